"""What the command line writes: tables on stdout, progress and errors on stderr."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

_WIDTH_WITHOUT_TERMINAL = 100

Advance = Callable[[int, int | None], None]


def console(*, stderr: bool = False) -> Console:
    """A console for this moment's streams, 100 columns wide where there is no terminal."""
    made = Console(stderr=stderr, highlight=False)
    if not made.is_terminal:
        made.width = _WIDTH_WITHOUT_TERMINAL
    return made


def say(text: str, *, style: str = "") -> None:
    """One line for people, on stderr, so that stdout stays for results."""
    console(stderr=True).print(text, style=style or None, soft_wrap=True, markup=False)


def print_json(value: Any) -> None:
    """A result for programs: one JSON document on stdout."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2, default=str)
    sys.stdout.write("\n")


def fail(message: str, *, remedy: str = "", exit_code: int = 1) -> NoReturn:
    """End the command with one clear message, what to do about it, and an exit code."""
    say(f"✗ {message}", style="bold red")
    if remedy:
        say(f"  {remedy}")
    raise typer.Exit(exit_code)


def fail_among_several(name: str, choices: Iterable[str]) -> NoReturn:
    """End the command where a name fits several things, each told by its id."""
    several = "\n  ".join(choices)
    fail(
        f"“{name}”不止一个。{name!r} is not the only one.",
        remedy=f"请用编号 Use an id:\n  {several}",
        exit_code=2,
    )


@contextmanager
def progress_bar(label: str) -> Iterator[Advance]:
    """A bar on stderr while something long runs; call what it yields with (done, total)."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    with Progress(*columns, console=console(stderr=True), transient=False) as progress:
        task = progress.add_task(label, total=None)

        def advance(done: int, total: int | None = None) -> None:
            progress.update(task, completed=done, total=total)

        yield advance
        if progress.tasks[0].total is None:
            progress.update(task, total=progress.tasks[0].completed)
