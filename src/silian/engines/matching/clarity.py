"""Could an expert answer this need? What it says, what it leaves open, and how to say it.

Rules over the text, given as data, look for five things that an answer starts from: the object,
the technical target, the present state, the budget and the deadline.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from silian.errors import EngineError


class ClarityRulesInvalid(EngineError, ValueError):
    """The rules of the clarity check can't be used."""

    code = "clarity_rules_invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class AspectRule:
    """How to recognise one aspect of a need.

    Attributes
    ----------
    aspect
        Stable name, e.g. ``"technical_target"``.
    points
        What the aspect adds to the score when it is fully there; all points sum to 100.
    weak_points
        What it adds when it is only hinted at.
    full_patterns, weak_patterns
        Regular expressions; a match of a full one settles it, of a weak one hints at it.
    void_patterns
        What is cut out before the patterns look: phrases that would mislead them.
    in_title_only
        Whether only the title counts.
    settled_by
        Fact that settles the aspect where it is given: ``"budget_cny"`` or ``"deadline"``.
    """

    aspect: str
    label_zh: str
    label_en: str
    points: float
    weak_points: float
    full_patterns: tuple[str, ...]
    suggestion_zh: str
    suggestion_en: str
    example_zh: str
    example_en: str
    weak_patterns: tuple[str, ...] = ()
    void_patterns: tuple[str, ...] = ()
    in_title_only: bool = False
    settled_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClarityRules:
    """Every aspect that is looked for, and from which score on a need counts as clear."""

    aspects: tuple[AspectRule, ...]
    clear_from: float

    def __post_init__(self) -> None:
        total = sum(one.points for one in self.aspects)
        if abs(total - 100.0) > 1e-9:
            raise ClarityRulesInvalid(
                f"The aspects' points sum to {total:g}; expected 100. Mend clarity.yaml."
            )
        for one in self.aspects:
            for pattern in (*one.full_patterns, *one.weak_patterns, *one.void_patterns):
                try:
                    re.compile(pattern)
                except re.error as error:
                    raise ClarityRulesInvalid(
                        f"Aspect {one.aspect!r} has the pattern {pattern!r}, which is no regular "
                        f"expression ({error}). Mend clarity.yaml."
                    ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A recognised place: ``text == source[start:end]``, source is ``"title"`` or ``"text"``."""

    source: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AspectFinding:
    """What was found of one aspect.

    ``state`` is ``"present"``, ``"weak"`` or ``"missing"``. Suggestion and example are empty
    where the aspect is present.
    """

    aspect: str
    label_zh: str
    label_en: str
    state: str
    points: float
    most_points: float
    spans: tuple[Span, ...]
    suggestion_zh: str
    suggestion_en: str
    example_zh: str
    example_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClarityReport:
    """The score, 0 to 100, is the sum of the findings' points."""

    score: float
    is_clear: bool
    findings: tuple[AspectFinding, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """Aspects that are missing or only hinted at."""
        return tuple(one.aspect for one in self.findings if one.state != "present")


def assess_clarity(
    title: str,
    text: str = "",
    *,
    rules: ClarityRules,
    budget_cny: float | None = None,
    deadline: date | None = None,
) -> ClarityReport:
    """Say what an expert would still have to ask.

    Parameters
    ----------
    title, text
        The need as people wrote it.
    rules
        What to look for; ``silian.library.loading.clarity_rules()`` are the packaged ones.
    budget_cny, deadline
        Facts that were given apart from the text.
    """
    facts = {"budget_cny": budget_cny is not None, "deadline": deadline is not None}
    findings = tuple(_find(rule, title, text, facts.get(rule.settled_by)) for rule in rules.aspects)
    score = sum(one.points for one in findings)
    return ClarityReport(score=score, is_clear=score >= rules.clear_from, findings=findings)


def _find(rule: AspectRule, title: str, text: str, settled: bool | None) -> AspectFinding:
    sources = {"title": title} if rule.in_title_only else {"title": title, "text": text}
    full = _spans(rule.full_patterns, rule.void_patterns, sources)
    weak = () if full else _spans(rule.weak_patterns, rule.void_patterns, sources)
    if full or settled:
        state, points = "present", rule.points
    elif weak:
        state, points = "weak", rule.weak_points
    else:
        state, points = "missing", 0.0
    is_open = state != "present"
    return AspectFinding(
        aspect=rule.aspect,
        label_zh=rule.label_zh,
        label_en=rule.label_en,
        state=state,
        points=points,
        most_points=rule.points,
        spans=full or weak,
        suggestion_zh=rule.suggestion_zh if is_open else "",
        suggestion_en=rule.suggestion_en if is_open else "",
        example_zh=rule.example_zh if is_open else "",
        example_en=rule.example_en if is_open else "",
    )


def _blanked(source: str, patterns: Sequence[str]) -> str:
    """Cut phrases out without moving the rest, so that places still count from the start."""
    for pattern in patterns:
        source = re.sub(pattern, lambda found: "\0" * len(found[0]), source, flags=re.IGNORECASE)
    return source


def _spans(
    patterns: Sequence[str], void_patterns: Sequence[str], sources: Mapping[str, str]
) -> tuple[Span, ...]:
    """All matches, in order, without those that lie inside another."""
    found: list[Span] = []
    for name, source in sources.items():
        looked_at = _blanked(source, void_patterns)
        matches = {
            match.span()
            for pattern in patterns
            for match in re.finditer(pattern, looked_at, flags=re.IGNORECASE)
            if match.end() > match.start()
        }
        reached = 0
        for start, end in sorted(matches, key=lambda span: (span[0], -span[1])):
            if end > reached:
                found.append(Span(source=name, start=start, end=end, text=source[start:end]))
                reached = end
    return tuple(found)
