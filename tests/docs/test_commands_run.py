"""Every command that the pages print, run in reading order on the city that `make demo` makes.

Wants that city: `make demo-data`, or its home in SILIAN_DEMO_HOME. The city is copied first.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from printed_commands import ROOT, Printed, printed_commands

COMMANDS = [each for each in printed_commands() if not each.inline]
WITH_COMMANDS = list(dict.fromkeys(each.page for each in COMMANDS))
DEMO_HOME = Path(os.environ.get("SILIAN_DEMO_HOME", ROOT / "var/demo"))

#: Beginnings of commands that are not run here, and why.
NOT_RUN = {
    ("init",): "asks for a password; tests/cli/test_commands.py",
    ("serve",): "goes on until it is stopped; tests/cli/test_installation.py",
    ("work",): "goes on until it is stopped; tests/cli/test_commands.py",
    ("sample", "--size", "small", "--load"): "the city is there already",
    ("sample", "--size", "small", "--seed", "7", "--load"): "the city is there already",
    ("train",): "takes minutes; tests/portal/exchange",
    ("restore",): "into another home; tests/cli/test_installation.py",
    ("diagnose", "--all"): "takes minutes; tests/cli/test_guidance.py",
}
_FILE = re.compile(r"[\w/-]+(\.[a-z]+)+")
_WRITTEN = {"-o", "--output", "--out", "--pdf", "--export-decisions"}
_WRITES_ITS_ARGUMENT = {("backup",), ("graph", "export")}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (DEMO_HOME / "silian.sqlite3").is_file(), reason="no demo city: run make demo-data"
    ),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the demo's home, its tables and index brought to this version."""
    copied = tmp_path_factory.mktemp("demo") / "home"
    shutil.copytree(DEMO_HOME, copied)
    for arguments in (("init", "--without-operator"), ("build",)):
        done = _run(arguments, copied, copied)
        assert done.returncode == 0, done.stderr
    return copied


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=lambda page: page.name)
def test_every_command_of_a_page_that_can_be_run_runs(
    page: Path, home: Path, tmp_path: Path
) -> None:
    failed = {}
    for printed in COMMANDS:
        if printed.page != page or not _can_be_run(printed, tmp_path):
            continue
        ran = _run(printed.arguments, home, tmp_path)
        if ran.returncode != 0 or "Traceback" in ran.stderr:
            failed[str(printed)] = (ran.returncode, ran.stderr[-2_000:])
        if printed.arguments[0] == "template":  # the reader fills it before it is loaded
            for book in tmp_path.glob("*.xlsx"):
                book.unlink()

    assert failed == {}


def _run(
    arguments: tuple[str, ...], home: Path, folder: Path
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "silian.cli", *arguments],
        cwd=folder,
        env={**os.environ, "SILIAN_HOME": str(home), "SILIAN_NO_INPUT": "1"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def _can_be_run(printed: Printed, folder: Path) -> bool:
    """Nothing in it is the reader's: no placeholder, no file that no earlier command wrote."""
    arguments = printed.arguments
    if printed.has_placeholder:
        return False
    if any(arguments[: len(beginning)] == beginning for beginning in NOT_RUN):
        return False
    if any(arguments[: len(beginning)] == beginning for beginning in _WRITES_ITS_ARGUMENT):
        return True
    return all(
        before in _WRITTEN or (folder / argument).exists()
        for before, argument in zip(("", *arguments), arguments, strict=False)
        if _FILE.fullmatch(argument)
    )


def test_what_is_not_run_is_printed_somewhere() -> None:
    printed = [each.arguments for each in COMMANDS]
    assert [
        beginning
        for beginning in NOT_RUN
        if not any(each[: len(beginning)] == beginning for each in printed)
    ] == []
