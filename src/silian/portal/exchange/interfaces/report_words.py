"""Words of reports in one of the two languages."""

from collections.abc import Mapping
from typing import Any

from silian.portal.exchange.domain.figures_in_words import in_words


class Words:
    """Chooses between the two languages, and writes figures in one of them."""

    def __init__(self, *, english: bool) -> None:
        self.english = english

    def pick(self, zh: str, en: str) -> str:
        """The text in the report's language."""
        return (en or zh) if self.english else (zh or en)

    def label(self, values: Mapping[str, Any]) -> str:
        """Label of something that has one in both languages."""
        return self.pick(values["label_zh"], values["label_en"])

    def figure(self, value: Any, unit: str = "") -> str:
        """A figure with its unit."""
        return in_words(value, unit, english=self.english)

    def amount(self, value: float | None) -> str:
        """Yuan, or a dash."""
        return "—" if value is None else self.figure(value, "cny")


def headings(words: Words) -> dict[str, str]:
    """Headings of a diagnosis report, in its language."""
    pairs = {
        "entitled": ("可享政策", "Entitled"),
        "near": ("接近的政策", "Near"),
        "unknown": ("待补数据", "Data to complete"),
        "calendar": ("申报日历", "Calendar"),
        "prepare": ("准备材料", "To prepare"),
        "scores": ("评价得分", "Scores"),
        "history": ("历年数据", "Over the years"),
        "policy_name": ("政策", "Policy"),
        "amount": ("金额", "Amount"),
        "clause": ("依据", "Source"),
        "note": ("备注", "Note"),
        "gap": ("差距", "Gap"),
        "missing": ("缺少的数据", "Missing"),
        "opens": ("开始", "Opens"),
        "closes": ("截止", "Closes"),
        "left": ("剩余", "Left"),
        "materials": ("材料", "Materials"),
        "measure": ("指标", "Measure"),
        "value": ("本企业", "Own"),
        "median": ("同行中位数", "Median"),
        "position": ("优于同行", "Ahead of"),
        "total": ("最优组合合计", "Best combination"),
        "distance": ("差距", "Distance"),
        "evidence": ("依据数据", "Evidence"),
        "rank": ("排名", "Rank"),
        "page": ("页", "page"),
    }
    return {key: words.pick(zh, en) for key, (zh, en) in pairs.items()}
