"""A hit's reasons made ready to draw: bars by named feature, constraints in words."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from silian.engines.matching.values import ConstraintCheck, Contribution, Hit
from silian.portal.bilingual import both, choose
from silian.portal.registry.interfaces.amounts import cny
from silian.portal.registry.interfaces.faces import FACES
from silian.portal.registry.interfaces.fields import field_label

#: Feature: (label, group). A feature that is missing here shows its own name.
FEATURES: dict[str, tuple[Any, str]] = {
    "title_term_match": (both("标题用词吻合", "Title words shared"), "words"),
    "term_match": (both("全文用词吻合", "All words shared"), "words"),
    "document_term_match": (both("供给标题被提到", "Its title is mentioned"), "words"),
    "title_meaning": (both("标题语义相近", "Meaning of the title"), "meaning"),
    "meaning": (both("全文语义相近", "Meaning of the whole"), "meaning"),
    "meaning_interplay": (both("与以往相似配对", "Like earlier pairs"), "meaning"),
    "field_match": (both("技术领域一致", "Same field"), "facts"),
    "readiness_fit": (both("成熟度合适", "Readiness fits"), "facts"),
    "budget_fit": (both("价格与预算合适", "Price fits the budget"), "facts"),
    "distance_fit": (both("距离近", "Near"), "facts"),
    "track_record": (both("以往业绩", "Track record"), "facts"),
    "freshness": (both("更新较近", "Fresh"), "facts"),
    "graph_proximity": (both("合作网络相近", "Near in the network"), "facts"),
    "kind_worth": (both("此类供给的一般水平", "Its kind in general"), "facts"),
    "words_rank": (both("用词吻合的名次", "Rank by words"), "words"),
    "meaning_rank": (both("语义相近的名次", "Rank by meaning"), "meaning"),
}
#: Kinds whose title is a name: a need hardly ever says it, but it says what they are known for.
NAMED_KINDS = frozenset({"person", "organisation", "platform", "facility", "service_agency"})
_OF_NAMED = {
    "document_term_match": both("名称、专长或关键词被提到", "Its name or keywords are mentioned"),
}
#: True of every supply of a kind alike, and no reason for this one: told last.
GENERAL_FEATURES = frozenset({"kind_worth"})
GROUPS = {
    "words": both("用词", "Words"),
    "meaning": both("语义", "Meaning"),
    "facts": both("条件", "Facts"),
}
_CONSTRAINTS = {
    "kind": both("类型", "Kind"),
    "region": both("地区", "Region"),
    "field": both("技术领域", "Field"),
    "price_max": both("价格上限", "Highest price"),
    "price_min": both("价格下限", "Lowest price"),
    "readiness_min": both("成熟度下限", "Lowest readiness"),
    "available_on": both("可用日期", "Available on"),
    "audience": both("可见范围", "Audience"),
    "excluded_owner": both("不与本单位匹配", "Not one's own"),
    "excluded_document": both("已排除的记录", "Excluded records"),
}
_AUDIENCES = {
    "public": both("公开", "public"),
    "members": both("登录可见", "members"),
    "owner": both("仅本单位", "own organisation"),
}
_DRAWING_WIDTH = 200.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One feature's contribution as a bar: ``x``, ``width``, ``axis`` in a drawing 200 wide."""

    label: str
    value: str
    contribution: float
    x: float
    width: float
    axis: float
    group: str

    @property
    def signed(self) -> str:
        return f"{round(self.contribution, 3) + 0.0:+.3f}"  # never -0.000


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What a group of features added in all; ``percent`` of the largest group."""

    label: str
    contribution: float
    percent: float
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One constraint in words."""

    label: str
    outcome: str
    outcome_label: str
    allowed: str
    arrived: str


def bars_of(hit: Hit) -> list[Bar]:
    """Bars by size, what holds for all of a kind last; what takes away goes to the left.

    The axis stands in the middle, or at the left edge where nothing is taken away.
    """
    known = [each for each in hit.contributions if abs(each.contribution) > 1e-9]
    largest = max((abs(each.contribution) for each in known), default=1.0)
    axis = _DRAWING_WIDTH / 2 if any(each.contribution < 0 for each in known) else 0.0
    bars = []
    for each in sorted(known, key=_telling_first):
        width = (_DRAWING_WIDTH - axis) * abs(each.contribution) / largest
        _, group = FEATURES.get(each.feature, ("", "facts"))
        bars.append(
            Bar(
                label=feature_label(each.feature, hit.document.kind),
                value=_number(each.value),
                contribution=each.contribution,
                x=axis if each.contribution >= 0 else axis - width,
                axis=axis,
                width=width,
                group=group,
            )
        )
    return bars


def level_bound(hit: Hit) -> str:
    """Why the level is not higher, where something other than the pair holds it down."""
    bounds = {
        "kind": choose(
            f"等级到 {hit.level:.0f} 为止：在排序所学的评定中，此类供给从未高于 {hit.level:.0f} 级。",
            f"Level {hit.level:.0f} at most: in what the ranker learned from, no supply of this "
            "kind was judged higher.",
        ),
        "words": choose(
            f"等级到 {hit.level:.0f} 为止：所写的要点有相当一部分没有提到，意思也不够接近。",
            f"Level {hit.level:.0f} at most: much of what is asked in a few words is not "
            "mentioned, and its meaning is not near enough to make up for it.",
        ),
        "unshared": choose(
            f"等级到 {hit.level:.0f} 为止：没有能说明内容的共同词，意思也并不比其他记录更接近。",
            f"Level {hit.level:.0f} at most: no telling word is shared, and it is no nearer in "
            "meaning than any other record.",
        ),
        "question": choose(
            "所写过于笼统，任何供给都说得上，等级不再升高。",
            "What is asked is so general that it fits any supply: levels stay low.",
        ),
        "subject": choose(
            "所问与这里的供给不像同一类事，又少有共同的词，等级不再升高。",
            "What is asked seems to be about something else than supplies are for, and few words "
            "are shared: levels stay low.",
        ),
    }
    return bounds.get(hit.level_bound, "")


def told_words(terms: Sequence[str]) -> list[str]:
    """Words in common without those that stand within another.

    Examples
    --------
    >>> told_words(["汽车电机", "高温", "电机", "汽车"])
    ['汽车电机', '高温']
    """
    return [one for one in terms if not any(one != other and one in other for other in terms)]


def feature_label(feature: str, kind: str = "") -> str:
    """Name of a feature in the reader's language, as it is true of a kind of supply."""
    if kind in NAMED_KINDS and feature in _OF_NAMED:
        return str(_OF_NAMED[feature])
    return str(FEATURES[feature][0]) if feature in FEATURES else feature.replace("_", " ")


def top_reasons(hit: Hit) -> list[Contribution]:
    """What speaks for or against this very supply, the largest first."""
    told = [one for one in hit.contributions if one.feature not in GENERAL_FEATURES]
    return sorted((one for one in told if one.contribution), key=_telling_first)


def _telling_first(one: Contribution) -> tuple[bool, float]:
    return one.feature in GENERAL_FEATURES, -abs(one.contribution)


def shares_of(hit: Hit) -> list[Share]:
    """What words, meaning and facts added, each in all."""
    sums = dict.fromkeys(GROUPS, 0.0)
    for each in hit.contributions:
        sums[FEATURES.get(each.feature, ("", "facts"))[1]] += each.contribution
    largest = max((abs(total) for total in sums.values()), default=0.0) or 1.0
    return [
        Share(
            label=str(GROUPS[group]),
            contribution=total,
            percent=max(0.0, 100.0 * total / largest),
            group=group,
        )
        for group, total in sums.items()
        if group != "facts" or total
    ]


def checks_of(checks: Sequence[ConstraintCheck]) -> list[Check]:
    """Constraints, the failed ones first."""
    order = {"failed": 0, "unknown": 1, "passed": 2}
    outcomes = {
        "passed": choose("符合", "Passed"),
        "failed": choose("不符合", "Failed"),
        "unknown": choose("未知（不排除）", "Unknown (not excluded)"),
    }
    return [
        Check(
            label=str(_CONSTRAINTS.get(each.constraint, each.constraint)),
            outcome=each.outcome,
            outcome_label=outcomes.get(each.outcome, each.outcome),
            allowed=_told(each.constraint, each.allowed),
            arrived=_told(each.constraint, each.arrived) or choose("未填写", "not stated"),
        )
        for each in sorted(checks, key=lambda check: order.get(check.outcome, 3))
    ]


def _told(constraint: str, text: str) -> str:
    """Codes of a check as readers know them."""
    if constraint.startswith("price"):
        sign, _, amount = text.rpartition(" ")
        return f"{_SIGNS.get(sign, sign)}{cny(amount)}".strip() if amount else ""
    if constraint == "readiness_min":
        return text.replace(">=", "≥")
    names: dict[str, Any] = {}
    if constraint == "audience":
        names = dict(_AUDIENCES)
    if constraint == "kind":
        names = {kind: face.label for kind, face in FACES.items()}
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if constraint == "field":
        return "、".join(field_label(part) for part in parts)
    return "、".join(str(names.get(part, part)) for part in parts)


_SIGNS = {"<=": "≤ ", ">=": "≥ "}


def _number(value: float) -> str:
    if not math.isfinite(value):
        return choose("未知", "unknown")
    value = round(value, 2) + 0.0  # never -0
    return f"{value:.0f}" if value == round(value) else f"{value:.2f}"
