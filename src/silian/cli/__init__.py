"""The command line: ``silian --help``."""

import os


def main() -> None:
    """Entry point of the ``silian`` command."""
    # Before NumPy loads: its threads wait for one another by spinning, so that on a machine with
    # other work a training takes five times the processor time. Here processes share the cores.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

    from silian.cli.application import app

    app()
