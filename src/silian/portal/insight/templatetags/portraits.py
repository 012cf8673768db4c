"""Filters that show portraits: tags, trends, ways of working together, figures beside peers."""

from collections.abc import Sequence
from typing import Any

from django import template

from silian.identifiers import kind_of
from silian.portal.bilingual import choose
from silian.portal.insight.domain.portrait_rules import TagGroup
from silian.portal.insight.domain.portrait_values import PeerFigure, Portrait, Tag, Topic
from silian.portal.insight.interfaces.portrait_faces import (
    ORIGINS,
    figure_in_words,
    label_of,
    standing_in_words,
    trend_of,
    ways_in_words,
)
from silian.portal.registry.interfaces.faces import url_of

register = template.Library()


@register.filter
def tag_label(tag: Tag) -> str:
    return label_of(tag)


@register.filter
def group_label(group: TagGroup | Any) -> str:
    """Name of anything that has one in both languages."""
    return choose(group.label_zh, group.label_en)


@register.filter
def origin_label(tag: Tag) -> str:
    return choose(*ORIGINS[tag.origin])


@register.filter
def trend_label(topic: Topic) -> str:
    return trend_of(topic)[0]


@register.filter
def trend_tone(topic: Topic) -> str:
    return trend_of(topic)[1]


@register.filter
def ways(by_kind: dict[str, int]) -> str:
    return ways_in_words(by_kind)


@register.filter
def own_figure(figure: PeerFigure) -> str:
    return figure_in_words(figure, figure.value, english=_english())


@register.filter
def median_figure(figure: PeerFigure) -> str:
    return figure_in_words(figure, figure.median, english=_english())


@register.filter
def expired_tags(tags: Sequence[Tag]) -> list[Tag]:
    """Tags that no longer hold: told apart, so that they don't crowd out those that do."""
    return [tag for tag in tags if tag.expired]


@register.filter
def standing(figure: PeerFigure) -> str:
    return standing_in_words(figure, english=_english())


@register.filter
def peer_bar(share: float) -> str:
    """How far a share of peers fills a bar 300 wide; at the very end there is still a mark.

    Examples
    --------
    >>> peer_bar(0.5), peer_bar(0.0)
    ('150.0', '6.0')
    """
    return f"{max(_LEAST_BAR, 300.0 * share):.1f}"


@register.filter
def peer_group(figure: PeerFigure) -> str:
    return choose(figure.group_zh, figure.group_en)


@register.filter
def about(portrait: Portrait) -> str:
    """The line of plain facts under the name."""
    return " · ".join(portrait.about_en if _english() else portrait.about_zh)


@register.filter
def source_url(public_id: str) -> str:
    """Page of the record that says something; '' where its kind has no page of its own."""
    if kind_of(public_id) in _WITHOUT_PAGE:
        return ""
    return url_of(public_id)


_WITHOUT_PAGE = frozenset({"affiliation", "enterprise_year", "chain_member", "chain_link", "grant"})

_LEAST_BAR = 6.0


def _english() -> bool:
    return choose("zh", "en") == "en"
