"""Folders that take long to make: made by the first worker of a run that wants them, then copied."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

PASSWORD = "a-long-Passphrase-7"


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder that ``make`` fills, the same for all workers of this run; never to be changed."""
    root = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:  # each worker has a folder in that of the run
        root = root.parent
    folder, ready = root / f"once-{name}", root / f"once-{name}.ready"
    with (root / f"once-{name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists():
            folder.mkdir()
            make(folder)
            ready.touch()
    return folder


def migrated_home(factory: pytest.TempPathFactory) -> Path:
    """An installation on SQLite with empty tables."""
    return made_once(factory, "migrated", lambda home: _run(home, "django", "migrate", "-v0"))


def sample_home(factory: pytest.TempPathFactory) -> Path:
    """An installation on SQLite with a small sample city, and in ``loaded.out`` what that printed."""
    return made_once(factory, "sample", _load_sample)


def _load_sample(home: Path) -> None:
    arguments = ("silian.cli", "sample", "--size", "0.05", "--seed", "7", "--load")
    (home / "loaded.out").write_text(_run(home, *arguments), "utf-8")


def _run(home: Path, module: str, *arguments: str) -> str:
    kept = {name: value for name, value in os.environ.items() if name != "SILIAN_DATABASE_URL"}
    environment = {
        **kept,
        "SILIAN_HOME": str(home),
        "SILIAN_DEMO_PASSWORD": PASSWORD,
        "SILIAN_NO_INPUT": "1",
        "DJANGO_SETTINGS_MODULE": "silian.portal.settings",
    }
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
