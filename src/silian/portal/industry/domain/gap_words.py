"""Gaps in words: the same on the command line, in reports and in lists."""

from collections.abc import Mapping, Sequence
from typing import Any

from silian.portal.exchange.domain.figures_in_words import both_in_words, in_words

Values = Mapping[str, Any]
_WAYS_SHOWN = 3


def gap_in_words(gap: Values, *, english: bool = False, heading: str = "") -> str:
    """One gap, from its values as JSON; a label that stands above it already is left out.

    Examples
    --------
    >>> rate = {"side": "term", "label_zh": "研发占比", "unit": "rate", "direction": "raise"}
    >>> gap_in_words({**rate, "current": 0.042, "required": 0.05})
    '研发占比 4.2% → 5%'
    >>> gap_in_words({**rate, "current": 0.0, "required": 0.0, "strict": True})
    '研发占比现为 0%，需大于 0%'
    """
    label = gap["label_en"] if english else gap["label_zh"]
    if gap["side"] == "code":
        return label
    if label == heading:
        label = ""
    switch = _switch(gap, english)
    if switch:
        return (f"{label}: {switch}" if english else f"{label}：{switch}") if label else switch
    now, then = both_in_words(gap["current"], gap["required"], gap["unit"], english=english)
    if not (gap.get("strict") or gap["current"] == gap["required"]):
        return f"{label} {now} → {then}".lstrip()
    bound = bound_in_words(gap, english=english)
    return f"{label} is {bound}".removeprefix(" ") if english else f"{label}现为 {bound}"


def bound_in_words(gap: Values, *, english: bool = False) -> str:
    """What is there and what is asked, where the limit itself may not do."""
    now, then = both_in_words(gap["current"], gap["required"], gap["unit"], english=english)
    up, strict = gap["direction"] == "raise", gap.get("strict") or gap["current"] == gap["required"]
    if english:
        word = ("above" if up else "below") if strict else ("at least" if up else "at most")
        return f"{now}; must be {word} {then}"
    word = ("大于" if up else "小于") if strict else ("达到" if up else "不高于")
    return f"{now}，需{word} {then}"


def ways_in_words(gaps: Sequence[Values], *, english: bool = False, heading: str = "") -> str:
    """What each unmet condition lacks: what is needed in any case, then the first of what would do.

    A measured side tells more than the facts in it; nothing is said twice.
    """
    said: dict[str, None] = {}
    for condition_id in dict.fromkeys(gap["condition_id"] for gap in gaps):
        own = telling([gap for gap in gaps if gap["condition_id"] == condition_id])
        needed, either = (
            list(dict.fromkeys(gap_in_words(one, english=english, heading=heading) for one in part))
            for part in (
                [gap for gap in own if not gap["alternative"]],
                [gap for gap in own if gap["alternative"]],
            )
        )
        said |= dict.fromkeys(needed)
        if either:
            more = (" …" if english else " 等") if len(either) > _WAYS_SHOWN else ""
            said[(" or " if english else " 或 ").join(either[:_WAYS_SHOWN]) + more] = None
    return ("; " if english else "；").join(said)


def telling(gaps: Sequence[Values]) -> list[Values]:
    """Of one condition's gaps those that say most: terms and codes, else single facts."""
    terms = [gap for gap in gaps if gap["side"] == "term" and _says(gap)]
    codes = [gap for gap in gaps if gap["side"] == "code"]
    facts = [gap for gap in gaps if gap["side"] == "fact"]
    return [*terms, *codes] or facts or list(gaps)


def _says(gap: Values) -> bool:
    return bool(gap["shortfall"] or gap.get("strict"))


def _switch(gap: Values, english: bool) -> str:
    """For a yes/no fact, what it would have to be."""
    from silian.library.facts import FACT

    fact = FACT.get(gap.get("name", ""))
    if gap["side"] == "term" or fact is None or fact.type != "boolean":
        return ""
    wanted = in_words(bool(gap["required"]), "", english=english)
    return f"must be “{wanted}”" if english else f"需为“{wanted}”"
