"""A portrait in words: labels, trends and charts in the reader's language, and as plain values."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from silian.portal.bilingual import choose
from silian.portal.exchange.domain.figures_in_words import in_words
from silian.portal.insight.domain.portrait_tags import tags_by_group
from silian.portal.insight.domain.portrait_values import PeerFigure, Portrait, Tag, Topic
from silian.portal.registry.interfaces.faces import FACES

WAYS = {
    "achievement": ("成果", "achievements"),
    "patent": ("专利", "patents"),
    "project": ("项目", "projects"),
    "publication": ("论文", "papers"),
    "contract": ("签约", "contracts"),
}
TRENDS = {
    "rising": ("上升", "rising", "good"),
    "falling": ("下降", "falling", "warn"),
    "steady": ("平稳", "steady", "info"),
    "few": ("数量少", "few works", ""),
}
ORIGINS = {
    "register": ("登记", "register"),
    "works": ("成果推断", "from works"),
    "own": ("本人申报", "own words"),
}
_PARTNER_BARS = 8
_NEARLY_ALL = 0.995  # more is told as all, which it isn't
_CHAINS = {
    "achievement": "chain-innovation",
    "patent": "chain-capital-bright",
    "project": "chain-industry",
    "publication": "chain-talent",
}


def page_of(portrait: Portrait) -> dict[str, Any]:
    """What the page shows beside the portrait itself: groups of tags and charts."""
    years = [str(year) for year in portrait.years]
    return {
        "portrait": portrait,
        "groups": tags_by_group(portrait.tags),
        "works_chart": _works_chart(portrait, years),
        "topics_chart": _topics_chart(portrait, years),
        "partner_chart": _partner_chart(portrait),
        "partner_rows": min(_PARTNER_BARS, len(portrait.partners)),
        "public_peers": [one for one in portrait.peers if not one.private],
        "private_peers": [one for one in portrait.peers if one.private],
    }


def values_of(portrait: Portrait) -> dict[str, Any]:
    """The portrait as JSON: all but what is hidden and who said what of the tags."""
    values = _plain(asdict(portrait))
    for name in ("hidden", "notes", "may_note"):
        del values[name]
    for tag in values["tags"]:
        if tag["correction"]:
            tag["correction"] = {
                name: tag["correction"][name]
                for name in ("text", "reason", "by_subject", "created_at")
            }
    return values


def label_of(tag: Tag) -> str:
    """What a tag is called in the reader's language."""
    return choose(tag.label_zh, tag.label_en)


def ways_in_words(ways: dict[str, int]) -> str:
    """Joint works by kind.

    Examples
    --------
    >>> ways_in_words({"patent": 2, "publication": 1})
    '专利 2 · 论文 1'
    """
    return " · ".join(
        f"{choose(*WAYS[kind])} {count}" if kind in WAYS else f"{kind} {count}"
        for kind, count in ways.items()
    )


def trend_of(topic: Topic) -> tuple[str, str]:
    """A trend in words, and the tone of its tag."""
    zh, en, tone = TRENDS[topic.trend]
    return choose(zh, en), tone


def figure_in_words(figure: PeerFigure, value: float | None, *, english: bool) -> str:
    """A figure of a comparison with its unit, or a dash."""
    if value is None:
        return "—"
    if figure.unit in ("count", ""):
        return f"{value:,.1f}".removesuffix(".0")
    return in_words(value, figure.unit, english=english)


def standing_in_words(figure: PeerFigure, *, english: bool) -> str:
    """How many peers a figure leaves behind; in words at the end, where a bar shows nothing.

    Where nobody is behind, the subject shares the last place: all who have none stand there.
    """
    share, n_compared = figure.share_behind_rate, figure.peer_count + 1
    if share is None:
        return "too few peers to compare" if english else "同类太少，不作比较"
    if share == 1:
        return "ahead of all" if english else "优于全部"
    if share:
        told = ">99%" if share > _NEARLY_ALL else f"{share:.0%}"
        return f"ahead of {told}" if english else f"优于 {told}"
    if figure.private:  # told in steps only
        if english:
            return f"in the last group of {n_compared}, or level with it"
        return f"{n_compared} 家中处于末段或与其持平"
    return f"lowest of {n_compared}, or tied" if english else f"{n_compared} 个中最低或并列最低"


def kind_label(kind: str) -> str:
    """Name of a kind of record in the reader's language."""
    return str(FACES[kind].label) if kind in FACES else kind


def _works_chart(portrait: Portrait, years: list[str]) -> dict[str, Any] | None:
    if not portrait.works_by_kind:
        return None
    return {
        "categories": years,
        "stacked": True,
        "series": [
            {"name": choose(*WAYS[kind]), "values": list(counts), "colour": _CHAINS[kind]}
            for kind, counts in portrait.works_by_kind.items()
        ],
    }


def _topics_chart(portrait: Portrait, years: list[str]) -> dict[str, Any] | None:
    topics = [topic for topic in portrait.topics if any(topic.counts)]
    if not topics:
        return None
    return {
        "categories": years,
        "series": [
            {"name": choose(one.label_zh, one.label_en), "values": list(one.counts)}
            for one in topics[:5]
        ],
    }


def _partner_chart(portrait: Portrait) -> dict[str, Any] | None:
    partners = portrait.partners[:_PARTNER_BARS]
    if len(partners) < 2:
        return None
    return {
        "categories": [one.name for one in partners],
        "horizontal": True,
        "series": [
            {
                "name": choose("合作次数", "Joint works"),
                "values": [one.count for one in partners],
                "colour": "chain-talent",
            }
        ],
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, date | datetime) else value
