"""The `silian` commands that README, docs and helps print, as the shell would read them."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
#: Words in capitals stand for what is the reader's; so does an omission.
_PLACEHOLDER = re.compile(r"[A-Z]{2,}|.*…")
_ASSIGNMENT = re.compile(r"[A-Z_]+=\S*")
_SHELLS = ("", "sh")


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """One command on one page; ``inline`` where it stands within a sentence."""

    page: Path
    arguments: tuple[str, ...]
    inline: bool

    @property
    def has_placeholder(self) -> bool:
        """Whether something of the reader's has to be put in."""
        return any(_PLACEHOLDER.fullmatch(each) for each in self.arguments)

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}: silian {' '.join(self.arguments)}"


def printed_commands() -> list[Printed]:
    """All of the pages, in reading order; blocks of one page before its sentences."""
    return [each for page in PAGES for each in (*_in_blocks(page), *_in_sentences(page))]


def commands_in_helps() -> list[Printed]:
    """The examples that `--help` shows."""
    return [
        Printed(page=module, arguments=arguments, inline=False)
        for module in sorted((ROOT / "src/silian/cli").glob("*.py"))
        for line in re.findall(r"\[bold\](silian .*?)\[/\]", _text(module))
        if (arguments := _arguments(line)) is not None
    ]


def _in_blocks(page: Path) -> list[Printed]:
    found = []
    for language, block in re.findall(r"^```(\w*)\n(.*?)^```", _text(page), re.M | re.S):
        if language not in _SHELLS:
            continue
        for line in block.replace("\\\n", " ").splitlines():
            arguments = _arguments(line)
            if arguments is not None:
                found.append(Printed(page=page, arguments=arguments, inline=False))
    return found


def _in_sentences(page: Path) -> list[Printed]:
    text = re.sub(r"^```.*?^```", "", _text(page), flags=re.M | re.S)
    found = []
    for span in re.findall(r"`(silian [^`]*)`", text):
        arguments = _arguments(" ".join(span.split()))
        if arguments is not None:
            found.append(Printed(page=page, arguments=arguments, inline=True))
    return found


def _arguments(line: str) -> tuple[str, ...] | None:
    """What follows the name of the program; None where the line calls another one."""
    if "silian" not in line:
        return None
    words = shlex.split(line, comments=True)
    while words and _ASSIGNMENT.fullmatch(words[0]):
        words = words[1:]
    if not words or words[0] not in {"silian", ".venv/bin/silian"}:
        return None
    return tuple(words[1:])


def _text(page: Path) -> str:
    return page.read_text(encoding="utf-8")
