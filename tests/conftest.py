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
django.setup()  # the conftest files of the portal import models
# A thread that outlives its test would find the next test's database. Processes that tests start
# run it as in life.
django.conf.settings.INDEX_THREAD = False

# Time is no test's business on a noisy machine. A gate must answer the same twice: CI draws the
# same examples each time, and people's own runs go on looking for new ones.
hypothesis.settings.register_profile("people", deadline=None)
hypothesis.settings.register_profile("gate", deadline=None, derandomize=True)
hypothesis.settings.load_profile("gate" if os.environ.get("CI") else "people")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of the real registers, or a skip that says what is missing."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("SILIAN_REAL_DATA", default))
    if not folder.is_dir():
        pytest.skip(f"the real registers are not at {folder} (set SILIAN_REAL_DATA)")
    return folder
