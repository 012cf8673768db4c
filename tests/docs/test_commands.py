"""Commands in README and docs: the real command line reads them, and what they name exists."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer
from printed_commands import PAGES, ROOT, Printed, commands_in_helps, printed_commands
from typer.main import get_command

from silian.cli.application import app
from silian.identifiers import KIND_BY_PREFIX, public_id
from silian.library.policy_files import policy_paths
from silian.sample import City, generate_city

COMMANDS = printed_commands()
_ID = re.compile(rf"\b((?:{'|'.join(KIND_BY_PREFIX)})-[a-z2-7]{{16}})\b")
_FILE = re.compile(r"[\w-]+(\.[a-z]+)+")
#: What a placeholder may stand for where not every word would do.
_SAMPLES = {"RUN": "12345678-1234-5678-1234-567812345678"}
#: Options whose value is text of the reader's own, not the name of something.
_FREE_TEXT = {"--text", "-t", "--sheet"}


@pytest.fixture(scope="module")
def city() -> City:
    return generate_city("small", seed=7)


def test_commands_are_found() -> None:
    pages = {each.page.name for each in COMMANDS if not each.inline}
    assert {"README.md", "command-line.md", "diagnosis.md", "graph.md", "operate.md"} <= pages
    assert len(COMMANDS) > 100
    assert len(commands_in_helps()) > 5


@pytest.mark.parametrize("printed", [*COMMANDS, *commands_in_helps()], ids=str)
def test_the_command_line_understands_it(
    printed: Printed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in filter(_FILE.fullmatch, printed.arguments):
        Path(name).touch()  # options that want a file to exist are read, too

    exit_code = _exit_code_of_reading(printed.arguments)
    told = capsys.readouterr().err

    # A sentence may name a command without what it is asked about.
    assert exit_code == 0 or (printed.inline and "Missing argument" in told), told


def _exit_code_of_reading(arguments: tuple[str, ...]) -> int:
    try:
        _read(tuple(_SAMPLES.get(each, each) for each in arguments))
    except typer.Exit as ended:
        return ended.exit_code
    return 0


def _read(arguments: tuple[str, ...]) -> None:
    """Find the command and read its options, without running it."""
    from silian.cli.usage_errors import tell_usage_error

    if "COMMAND" in arguments:
        return
    command: Any = get_command(app)
    context = command.make_context("silian", list(arguments))
    try:
        while hasattr(command, "resolve_command"):
            rest = [*context._protected_args, *context.args]
            if not rest:
                return
            name, command, rest = command.resolve_command(context, rest)
            context = command.make_context(name, rest, parent=context)
    except typer.TyperException as error:
        tell_usage_error(error, None)


def test_ids_on_the_pages_are_records_of_the_sample_city(city: City) -> None:
    printed = {found for page in PAGES for found in _ID.findall(page.read_text("utf-8"))}
    kinds = {KIND_BY_PREFIX[one.rpartition("-")[0]] for one in printed}
    kept = {
        public_id(kind, "sample-city", row["source_key"])
        for kind in kinds
        for row in city.rows(kind)
    }

    assert len(printed) >= 4
    assert printed - kept == set()


def test_names_in_commands_are_of_the_sample_city(city: City) -> None:
    """Chinese arguments name somebody, a place, a chain, or a kind of record."""
    kinds = ("organisation", "person", "region", "chain_node", "service_agency", "facility")
    kept = {row["name"] for kind in kinds for row in city.rows(kind)}
    asked = {
        (str(each), argument)
        for each in COMMANDS
        for before, argument in zip(("", *each.arguments), each.arguments, strict=False)
        if not argument.isascii() and before not in _FREE_TEXT and "…" not in argument
    }
    unknown = {place for place, name in asked if name not in kept | {"专家"}}

    assert len(asked) >= 10
    assert unknown == set()


def test_policies_and_indicator_systems_in_commands_exist() -> None:
    systems = {path.stem for path in (ROOT / "src/silian/library/indicators").glob("*.yaml")}
    known = {path.stem for path in policy_paths()} | systems
    asked = {
        (str(each), argument)
        for each in COMMANDS
        if each.arguments[:1] and each.arguments[0] in {"entitle", "gap", "score", "whatif"}
        for before, argument in zip(("", *each.arguments), each.arguments, strict=False)
        if re.fullmatch(r"[a-z]+(_[a-z]+)+", argument) and before != "--subject"
    }

    assert len(asked) >= 8
    assert {place for place, name in asked if name not in known} == set()
