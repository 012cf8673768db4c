"""What is wrong with a file of the library: where, and how to mend it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from silian.errors import EngineError


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Problem:
    """One thing that is wrong with a file.

    Attributes
    ----------
    path
        The file as it was named.
    line, column
        Counted from 1; 1 and 1 where the whole file is meant.
    code
        Stable name of the kind of problem.
    place
        Where in the document, e.g. ``conditions.employees.expression``.
    """

    path: str
    line: int
    column: int
    code: str
    place: str = ""
    message_zh: str
    message_en: str
    remedy_zh: str
    remedy_en: str

    def __str__(self) -> str:
        """``file:line:column: message`` as editors jump to."""
        return f"{self.path}:{self.line}:{self.column}: {self.message_en} {self.remedy_en}"


class FileRefused(EngineError, ValueError):
    """A file of the library with problems; ``problems`` lists every one."""

    code = "library_file_refused"

    def __init__(self, path: Path | str, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        listed = "\n".join(str(problem) for problem in self.problems)
        super().__init__(
            f"{path} has {len(self.problems)} problem(s); mend them and load it again:\n{listed}",
            path=str(path),
            problems=self.problems,
        )
