"""Checks the expressions of a file and points at the very character that is wrong."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from silian.library.facts import codes, facts, lag_name
from silian.library.marked_yaml import MarkedDocument, Place

if TYPE_CHECKING:
    from silian.tables.clauses import Clause, FactSchema

ConstantValue = float | str | bool | date

_HAS = re.compile(r"\bhas\s*\(\s*([a-z_]+)\s*,\s*'([^']*)'\s*\)", re.IGNORECASE)
_FIGURE = re.compile(r"(?<![\w.'])\d+(?:\.\d+)?(?![\w.'])")
_QUOTED = re.compile(r"'[^']*'")
_PLAIN_FIGURES = frozenset({"0", "1"})


class ExpressionChecks:
    """Parses a file's expressions in order, each with the names known by then.

    Parameters
    ----------
    subject
        Whose facts the expressions read.
    constants
        Parameters on the first day of the file.
    figures_allowed
        Whether figures other than 0 and 1 may stand in an expression; in policies they are
        parameters, so that they carry a source and can be changed in a scenario.
    """

    def __init__(
        self,
        document: MarkedDocument,
        schema: "FactSchema",
        *,
        subject: str = "enterprise",
        constants: Mapping[str, ConstantValue] | None = None,
        figures_allowed: bool = False,
    ) -> None:
        self.document = document
        self.schema = schema
        self.constants: dict[str, ConstantValue] = dict(constants or {})
        self.names: dict[str, Clause] = {}
        self.later_names: tuple[str, ...] = ()
        self.used: set[str] = set()
        self._figures_allowed = figures_allowed
        self._code_lists = {fact.code: fact.codes for fact in facts(subject) if fact.codes}

    def check(
        self,
        place: Place,
        text: str,
        expected_type: "Literal['number', 'boolean'] | None",
        *,
        more_constants: Mapping[str, ConstantValue] | None = None,
        facts_allowed: bool = True,
        figures_allowed: bool = False,
    ) -> "Clause | None":
        """Parse one expression and report what is wrong with it."""
        from silian.tables.clauses import ClauseError, FactSchema, parse_clause

        schema = self.schema if facts_allowed else FactSchema(())
        try:
            clause = parse_clause(
                text,
                schema,
                names=self.names if facts_allowed else {},
                constants={**self.constants, **(more_constants or {})},
                expected_type=expected_type,
            )
        except ClauseError as error:
            self._report_clause(place, text, error)
            return None
        self.used.update(clause.used)
        self._check_codes(place, text)
        if not (self._figures_allowed or figures_allowed):
            self._check_figures(place, text)
        return clause

    def let(self, place: Place, name: str, text: str, *, figures_allowed: bool = False) -> None:
        """Check a named expression and let later ones use it."""
        clause = self.check(place, text, None, figures_allowed=figures_allowed)
        if clause is not None:
            self.names[name] = clause

    def _report_clause(self, place: Place, text: str, error: Any) -> None:
        position = int(error.details.get("position", 0))
        word = re.match(r"\w+", text[position:])
        mark = self.document.mark_within(place, text, position)
        if word and word[0] in self.later_names:
            self.document.report(
                mark,
                "let_used_too_early",
                (
                    f"{word[0]} 在此处还没有定义，或引用了它自己。",
                    f"{word[0]} is not defined yet at this place, or names itself.",
                ),
                (
                    "let 只能使用写在它前面的 let；调整先后次序。",
                    "A let may use those written before it; change their order.",
                ),
                place,
            )
            return
        suggestion = str(error.details.get("suggestion", "") or "")
        self.document.report(
            mark,
            error.code,
            (getattr(error, "message_zh", "") or str(error), str(error)),
            (
                f"改为 {suggestion}。" if suggestion else "按条款语言的写法改正此处。",
                f"Write {suggestion}." if suggestion else "Mend it as the clause language asks.",
            ),
            place,
        )

    def _check_codes(self, place: Place, text: str) -> None:
        for found in _HAS.finditer(text):
            list_name = self._code_lists.get(found[1].lower(), "")
            if not list_name or found[2] in codes(list_name):
                continue
            near = _nearest(found[2], list(codes(list_name)))
            self.document.report(
                self.document.mark_within(place, text, found.start(2)),
                "unknown_code",
                (
                    f"{list_name} 中没有代码 {found[2]}。",
                    f"The list {list_name} has no code {found[2]}.",
                ),
                (
                    f"是否指 {near}？新的代码先写入 codes/{list_name}.yaml。",
                    f"Did you mean {near}? A new code goes to codes/{list_name}.yaml first.",
                ),
                place,
            )

    def _check_figures(self, place: Place, text: str) -> None:
        masked = _QUOTED.sub(lambda quoted: "'" + "_" * (len(quoted[0]) - 2) + "'", text)
        for found in _FIGURE.finditer(masked):
            if found[0] in _PLAIN_FIGURES:
                continue
            self.document.report(
                self.document.mark_within(place, text, found.start()),
                "figure_in_expression",
                (
                    f"表达式里直接写了数字 {found[0]}。",
                    f"The figure {found[0]} stands in the expression itself.",
                ),
                (
                    "把它写成带出处的参数（parameters），再引用参数名。",
                    "Make it a parameter with its source, and name the parameter here.",
                ),
                place,
            )


def taken_names(subject: str = "enterprise") -> frozenset[str]:
    """Names that parameters and lets can't have: facts, their lags and ``as_of``."""
    names = {"as_of", "base_amount_cny"}
    for fact in facts(subject):
        names.add(fact.code)
        for suffix in ("last_year", "mean_three_years", "growth_rate"):
            names.add(lag_name(fact.code, suffix))
    return frozenset(names)


def _nearest(name: str, known: Sequence[str]) -> str:
    import difflib

    close = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
    return close[0] if close else ""
