"""One thread for OpenMP, which spins while it waits: tests share their cores."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
