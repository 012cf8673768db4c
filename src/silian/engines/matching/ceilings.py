"""What holds levels down where features alone would raise them: kind, question, or what is lacking.

Level heads and scores extrapolate: nearer than anything that was judged, a supply of any kind
ends at the top, and something is always nearest, whatever is asked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

from silian.engines.matching.candidates import Booleans, Ceilings, FeatureTable, Floats
from silian.engines.matching.graded import GradedCandidates

LOWEST_LEVEL, HIGHEST_LEVEL = 1, 4
# Where none of so many questions gave a kind more, fewer than three in a hundred would (at 95 %:
# the rule of three).
_LEAST_QUESTIONS = 100
# A share of what is asked, by rarity of word parts: with so much in common, a question that
# seems to be about something else is about this. A dictionary gives words of all meanings, so
# that of a translated question more has to be shared.
_SHARED, _SHARED_TRANSLATED = 0.3, 0.6
# Levels below the ceiling at which a score begins to bend.
_SOFTNESS = 0.1
_WORDS = ("title_term_match", "term_match")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Why the level of one question's candidates may be held down.

    Attributes
    ----------
    of_kinds
        The highest level of kinds that have one below the top.
    is_general
        Whether the question tells no supply from another.
    is_off_subject
        Whether it is about something else than what supplies are for.
    is_translated
        Whether it is compared by words that a dictionary gave.
    lacks_much, shares_nothing
        Shape (n,): candidates that lack much of what a few words ask for, and those that share
        no telling word and mean nothing like it (see ``askedwords``).
    """

    of_kinds: Mapping[str, int]
    is_general: bool
    is_off_subject: bool
    is_translated: bool
    lacks_much: Booleans
    shares_nothing: Booleans


def ceilings_of(bounds: Bounds, kinds: Sequence[str], table: FeatureTable) -> Ceilings | None:
    """The lowest bound of each candidate and its reason; None where nothing is bounded."""
    if not (
        bounds.of_kinds
        or bounds.is_general
        or bounds.is_off_subject
        or bounds.lacks_much.any()
        or bounds.shares_nothing.any()
    ):
        return None
    of_kinds = np.array([bounds.of_kinds.get(kind, HIGHEST_LEVEL) for kind in kinds], dtype=float)
    levels, reasons = of_kinds.copy(), ["kind"] * len(kinds)
    held_down, reason = np.zeros(len(kinds), dtype=np.bool_), "question"
    if bounds.is_general:
        held_down[:] = True
    elif bounds.is_off_subject:
        least = _SHARED_TRANSLATED if bounds.is_translated else _SHARED
        held_down, reason = _shared(table) < least, "subject"
    for rows, level, why in (
        (bounds.lacks_much, HIGHEST_LEVEL - 1, "words"),
        (bounds.shares_nothing, LOWEST_LEVEL + 1, "unshared"),
        (held_down, LOWEST_LEVEL, reason),
    ):
        for row in np.flatnonzero(rows & (levels > level)).tolist():
            levels[row], reasons[row] = level, why
    return Ceilings(levels=levels, reasons=tuple(reasons), of_kinds=of_kinds)


def taken_by_kinds(scores: Floats, ceilings: Ceilings) -> Floats:
    """What keeps each score, shape (n,), below its kind's ceiling; nothing where that is the top.

    A score bends gradually as it comes near, so that the order within a kind stays.
    """
    bound = ceilings.of_kinds < HIGHEST_LEVEL
    bent = ceilings.of_kinds - _SOFTNESS * np.logaddexp(
        0.0, (ceilings.of_kinds - scores) / _SOFTNESS
    )
    return np.where(bound, bent - scores, 0.0)


def kind_ceilings_of(examples: Sequence[GradedCandidates]) -> dict[str, int]:
    """The highest level of each kind that many questions judged and none gave the top."""
    highest: dict[str, float] = {}
    asking: dict[str, set[str]] = {}
    for one in examples:
        if one.picked:  # Of what nobody picked it says nothing.
            continue
        for kind, level in zip(one.candidates.kinds, one.levels.tolist(), strict=True):
            highest[kind] = max(highest.get(kind, 1.0), level)
            asking.setdefault(kind, set()).add(one.group)
    return {
        kind: ceil(level)
        for kind, level in sorted(highest.items())
        if level <= HIGHEST_LEVEL - 1 and len(asking[kind]) >= _LEAST_QUESTIONS
    }


def _shared(table: FeatureTable) -> Floats:
    """The larger share of the question's words, in titles or anywhere; 0 where none is known."""
    columns = table.values[:, [table.names.index(name) for name in _WORDS]]
    shared: Floats = np.nan_to_num(columns, nan=0.0).max(axis=1, initial=0.0)
    return shared
