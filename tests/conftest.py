"""Test runs keep their data away from the user's: a throw-away SILIAN_HOME."""

import os
import tempfile
from pathlib import Path

import django
import django.conf
import hypothesis
import pytest

# Both here and not in pyproject: named there, the settings would load before this file and take
# the user's own folder.
_home = tempfile.TemporaryDirectory(prefix="silian-test-", ignore_cleanup_errors=True)
os.environ["SILIAN_HOME"] = _home.name
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "silian.portal.settings")
# OpenMP's threads spin while they wait, and tests share their cores: five times the time.
os.environ.setdefault("OMP_NUM_THREADS", "1")
django.setup()  # the conftest files of the portal import models
# A thread that outlives its test would find the next test's database. Processes that tests start
# run it as in life.
django.conf.settings.INDEX_THREAD = False

# Time is no test's business on a noisy machine. A gate must answer the same twice: CI draws the
# same examples each time, and people's own runs go on looking for new ones.
hypothesis.settings.register_profile("people", deadline=None)
hypothesis.settings.register_profile("gate", deadline=None, derandomize=True)
hypothesis.settings.load_profile("gate" if os.environ.get("CI") else "people")


# What starts processes, browsers or long training: named here so that it begins first, and no core
# waits at the end for another's last file. A file that is not named only begins later.
_LONG = (
    "tests/cli/test_installation.py",
    "tests/browser/",
    "tests/portal/homes/",
    "tests/portal/api/test_schema_fuzz.py",
    "tests/portal/exchange/test_exchange_processes.py",
    "tests/engines/matching/test_training.py",
    "tests/portal/registry/test_reading.py",
    "tests/portal/registry/test_jobs.py",
    "tests/portal/exchange/test_exchange_training.py",
    "tests/portal/views/test_city_pages.py",
    "tests/engines/matching/test_nudging.py",
    "tests/engines/matching/test_processes.py",
    "tests/tables/clauses/",
    "tests/language/",
    "tests/sample/",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the long files where several workers share the files out."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: _place(item.nodeid))


def _place(node_id: str) -> int:
    for place, beginning in enumerate(_LONG):
        if node_id.startswith(beginning):
            return place
    return len(_LONG)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of the real registers, or a skip that says what is missing."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("SILIAN_REAL_DATA", default))
    if not folder.is_dir():
        pytest.skip(f"the real registers are not at {folder} (set SILIAN_REAL_DATA)")
    return folder
