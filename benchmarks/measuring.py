"""Time, memory and disk of a measured part, and where it was measured."""

import os
import platform
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

_WARM_UP = 20


def timed_calls(calls: Sequence[Callable[[], Any]]) -> dict[str, float]:
    """CPU (all threads of the process) and wall time of each call, after some unmeasured ones.

    Returns
    -------
    dict
        ``cpu_p50_ms``, ``cpu_p95_ms``, ``wall_p50_ms``.
    """
    for call in calls[:_WARM_UP]:
        call()
    cpu, wall = [], []
    for call in calls:
        started, started_cpu = time.perf_counter(), time.process_time()
        call()
        cpu.append(time.process_time() - started_cpu)
        wall.append(time.perf_counter() - started)
    return {
        "cpu_p50_ms": round(1e3 * _quantile(cpu, 0.5), 2),
        "cpu_p95_ms": round(1e3 * _quantile(cpu, 0.95), 2),
        "wall_p50_ms": round(1e3 * _quantile(wall, 0.5), 2),
    }


class Stopwatch:
    """Wall and CPU seconds of a block: ``with Stopwatch() as watch: ...``."""

    wall_s: float
    cpu_s: float

    def __enter__(self) -> "Stopwatch":
        """Start."""
        self._wall, self._cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.wall_s = round(time.perf_counter() - self._wall, 4)
        self.cpu_s = round(time.process_time() - self._cpu, 4)


def memory_mb() -> dict[str, int]:
    """Own memory and pages of mapped files (which the system may drop) of this process, MB."""
    status = Path("/proc/self/status").read_text("ascii")
    fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    return {
        "own_mb": int(fields["RssAnon"].split()[0]) // 1024,
        "mapped_mb": int(fields["RssFile"].split()[0]) // 1024,
        "peak_mb": int(fields["VmHWM"].split()[0]) // 1024,
    }


def folder_mb(path: Path) -> int:
    """Bytes of all files under a folder, MB."""
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file()) // 2**20


def machine() -> dict[str, Any]:
    """Commit, machine and versions that a figure belongs to."""
    # Named from outside where the measured tree is an exported copy.
    commit = (
        os.environ.get("SILIAN_BENCH_COMMIT", "")
        or subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
        ).stdout.strip()
    )
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return {
        "commit": commit or "unknown",
        "cpu": model,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load_average": round(os.getloadavg()[0], 1),
    }


def _quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
