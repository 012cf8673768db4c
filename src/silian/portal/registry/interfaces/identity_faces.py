"""How links, evidence and decisions are shown: words for codes, bars, marked characters."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from silian.portal.bilingual import choose
from silian.portal.registry.models import IdentityLink

REASONS: Mapping[str, tuple[str, str]] = {
    "": ("证据充分", "Enough evidence"),
    "doubt": ("证据不足", "Not enough evidence"),
    "names_disagree": ("代码相同、名称不符", "Same code, other name"),
    "other_region": ("所在地区不同", "Other region"),
    "other_branch": ("本部与分支或部门", "Branch or department"),
    "ambiguous_bridge": ("简称可指多家", "Short name fits several"),
    "contradicting_codes": ("代码互相矛盾", "Contradicting codes"),
    "member_stated": ("成员自行登记，涉及他人", "Entered by a member, of others"),
    "must_not_link": ("已决定不是同一", "Decided: not the same"),
    "decided": ("已决定为同一", "Decided: the same"),
    "same_subject": ("经其他登记已归并", "Merged through others"),
}
BAND_LABELS: Mapping[str, tuple[str, str]] = {
    "high": ("50 % 以上", "50 % and more"),
    "middle": ("25–50 %", "25–50 %"),
    "low": ("25 % 以下", "below 25 %"),
}
_COMPARISONS: Mapping[str, tuple[str, str]] = {
    "prior": ("任意两条登记", "Any two records"),
    "competition": ("与其他候选相比", "Beside other candidates"),
    "name": ("名称", "Name"),
    "unified_code": ("统一社会信用代码", "Unified code"),
    "weak_code": ("其他代码", "Other codes"),
    "region": ("地区", "Region"),
    "kind": ("单位类型", "Kind"),
    "ordinals": ("序号", "Numbers"),
    "host": ("上级单位", "Host"),
    "branch": ("分支或部门", "Branch"),
    "form": ("组织形式", "Legal form"),
    "founded": ("成立日期", "Founded"),
    "affiliations": ("任职单位", "Affiliations"),
    "co_authors": ("合作者", "Co-authors"),
    "fields": ("研究内容", "Fields"),
    "years": ("活跃年份", "Years"),
    "id_orcid": ("ORCID", "ORCID"),
}
#: What speaks of all records rather than of these two.
_OF_ALL = ("prior", "competition")
_LEVELS: Mapping[str, str] = {
    "any two records": "先验",
    "other candidates are likelier": "另有更可能的对象",
    "most such names have a match": "这类名称多有对应",
    "same name": "名称相同",
    "same brand and trade": "字号与行业相同",
    "same brand, other trade": "字号相同、行业不同",
    "one contains the other": "一个包含另一个",
    "aligned characters": "部分文字对应",
    "same code": "代码相同",
    "other code": "代码不同",
    "same county": "同一区县",
    "same prefecture": "同一城市",
    "same province": "同一省份",
    "other county": "不同区县",
    "other prefecture": "不同城市",
    "other province": "不同省份",
    "same kind": "类型相同",
    "other kind": "类型不同",
    "both without": "均无",
    "same numbers": "序号相同",
    "other numbers": "序号不同",
    "same host": "上级相同",
    "other host": "上级不同",
    "same branch": "分支相同",
    "other branch": "分支不同",
    "same form": "形式相同",
    "other form": "形式不同",
    "same day": "同一天",
    "same year": "同一年",
    "other year": "不同年份",
}
_HALF = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One comparison, drawn from the axis at 100 of 200."""

    label: str
    level: str
    bits: float
    x: float
    width: float

    @property
    def signed(self) -> str:
        """Bits with their sign."""
        return f"{self.bits:+.1f}"


def reason_label(link: IdentityLink) -> str:
    """Why a link stands as it does."""
    return choose(*REASONS.get(link.reason, (link.reason, link.reason)))


def bars(evidence: Iterable[Mapping[str, Any]]) -> list[Bar]:
    """Evidence as bars, the strongest first, the prior and other candidates at the end."""
    rows = [one for one in evidence if round(float(one["weight_bits"]), 1)]
    most = max((abs(float(one["weight_bits"])) for one in rows), default=1.0) or 1.0
    rows.sort(key=lambda one: (one["comparison"] in _OF_ALL, -abs(float(one["weight_bits"]))))
    drawn = []
    for one in rows:
        bits = float(one["weight_bits"])
        width = _HALF * abs(bits) / most
        drawn.append(
            Bar(
                label=choose(*_COMPARISONS.get(one["comparison"], (one["comparison"],) * 2)),
                level=choose(_LEVELS.get(one["level"], one["level"]), one["level"]),
                bits=bits,
                x=_HALF if bits > 0 else _HALF - width,
                width=width,
            )
        )
    return drawn


def marked_names(left: str, right: str) -> tuple[list[tuple[str, bool]], list[tuple[str, bool]]]:
    """Both names in pieces, with whether the other name lacks the piece.

    Examples
    --------
    >>> marked_names("宁波屹澍有限公司", "屹澍股份有限公司")
    ([('宁波', True), ('屹澍', False), ('有限公司', False)], [('屹澍', False), ('股份', True), ('有限公司', False)])
    """
    one: list[tuple[str, bool]] = []
    other: list[tuple[str, bool]] = []
    for tag, a, b, c, d in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if b > a:
            one.append((left[a:b], tag != "equal"))
        if d > c:
            other.append((right[c:d], tag != "equal"))
    return one, other


def compared_facts(
    left: Sequence[tuple[str, str, str]], right: Sequence[tuple[str, str, str]]
) -> list[tuple[str, str, str, str]]:
    """Rows of (label, left, right, standing), where both tell nothing left out."""
    return [
        (choose(zh, en), one, other, _standing(one, other))
        for (zh, en, one), (_, _, other) in zip(left, right, strict=True)
        if one or other
    ]


def _standing(one: str, other: str) -> str:
    """Same, some (of two lists), other, or unknown where one doesn't tell.

    Examples
    --------
    >>> _standing("甲、乙", "乙、丙"), _standing("甲", "乙"), _standing("甲", "")
    ('some', 'other', 'unknown')
    """
    if not one or not other:
        return "unknown"
    if one == other:
        return "same"
    return "some" if set(one.split("、")) & set(other.split("、")) else "other"
