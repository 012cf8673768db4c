"""Could an expert answer this need? What it says, what it leaves open, and how to say it.

Rules over the text, given as data, look for five things that an answer starts from: the object,
the technical target, the present state, the budget and the deadline.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from silian.engines.matching.claritytext import Span, blanked, folded, matching_spans
from silian.engines.matching.objectwords import ObjectWords, object_places
from silian.errors import EngineError

# Nobody answers a need that goes on longer, and the check has to keep up with typing.
_LONGEST = 50_000


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
        Regular expressions; a match of a full one settles it, of a weak one hints at it. They see
        texts in lower case and half-width forms; a group called ``number`` has to be a number
        above zero, in digits or in words.
    words
        Looks for the aspect by words instead of patterns.
    void_patterns
        What is cut out before the patterns look: phrases that would mislead them.
    hollow_patterns
        What is cut out for the full patterns only: phrases that hint and say nothing.
    in_title_only
        Whether only the title settles it; the text then hints at most.
    settled_by
        Fact that settles the aspect where it is given: ``"budget_cny"`` or ``"deadline"``.
    """

    aspect: str
    label_zh: str
    label_en: str
    points: float
    weak_points: float
    suggestion_zh: str
    suggestion_en: str
    example_zh: str
    example_en: str
    full_patterns: tuple[str, ...] = ()
    weak_patterns: tuple[str, ...] = ()
    void_patterns: tuple[str, ...] = ()
    hollow_patterns: tuple[str, ...] = ()
    words: ObjectWords | None = None
    in_title_only: bool = False
    settled_by: str = ""

    @property
    def patterns(self) -> tuple[str, ...]:
        """All of them, of every sort."""
        return (
            *self.full_patterns,
            *self.weak_patterns,
            *self.void_patterns,
            *self.hollow_patterns,
        )


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
            for pattern in one.patterns:
                try:
                    re.compile(pattern)
                except re.error as error:
                    raise ClarityRulesInvalid(
                        f"Aspect {one.aspect!r} has the pattern {pattern!r}, which is no regular "
                        f"expression ({error}). Mend clarity.yaml."
                    ) from error


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
        The need as people wrote it; its first 50,000 characters are looked at.
    rules
        What to look for; ``silian.library.loading.clarity_rules()`` are the packaged ones.
    budget_cny, deadline
        Facts that were given apart from the text.
    """
    facts = {"budget_cny": budget_cny is not None, "deadline": deadline is not None}
    texts = {"title": title, "text": text}
    folds = {name: folded(one[:_LONGEST]) for name, one in texts.items()}
    findings = tuple(
        _finding(rule, *_looked_for(rule, folds), texts, facts.get(rule.settled_by))
        for rule in rules.aspects
    )
    score = sum(one.points for one in findings)
    return ClarityReport(score=score, is_clear=score >= rules.clear_from, findings=findings)


_Places = list[tuple[str, int, int]]


def _looked_for(rule: AspectRule, folds: Mapping[str, str]) -> tuple[_Places, _Places]:
    """Where the aspect is settled, and, if nowhere, where it is hinted at."""
    if rule.words is not None:
        return _objects(rule, rule.words, folds)
    seen = {name: blanked(one, rule.void_patterns) for name, one in folds.items()}
    firm = {name: blanked(one, rule.hollow_patterns) for name, one in seen.items()}
    settling = {"title": firm["title"]} if rule.in_title_only else firm
    full = matching_spans(settling, rule.full_patterns)
    return full, [] if full else matching_spans(seen, rule.weak_patterns)


def _objects(
    rule: AspectRule, words: ObjectWords, folds: Mapping[str, str]
) -> tuple[_Places, _Places]:
    weak: _Places = []
    for name, folded_text in folds.items():
        seen = blanked(folded_text, rule.void_patterns)
        firm = blanked(seen, rule.hollow_patterns)
        places, is_specific = object_places(seen, words, firm=firm)
        found = [(name, start, end) for start, end in places]
        if is_specific and not (weak or (rule.in_title_only and name != "title")):
            return found, []
        found = found or matching_spans({name: seen}, rule.hollow_patterns)
        if weak := weak or found:
            break
    return [], weak


def _finding(
    rule: AspectRule,
    full: _Places,
    weak: _Places,
    texts: Mapping[str, str],
    settled: bool | None,
) -> AspectFinding:
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
        spans=tuple(
            Span(source=name, start=start, end=end, text=texts[name][start:end])
            for name, start, end in full or weak
        ),
        suggestion_zh=rule.suggestion_zh if is_open else "",
        suggestion_en=rule.suggestion_en if is_open else "",
        example_zh=rule.example_zh if is_open else "",
        example_en=rule.example_en if is_open else "",
    )
