"""A portrait as a file: JSON for programs, HTML that stands alone, PDF with its own fonts.

What the subject hides is in none of them, whoever asks: a file travels further than its reader.
"""

import json
from datetime import datetime, time
from functools import cache
from importlib import resources
from typing import Any

from django.utils import timezone
from django.utils.translation import override

from silian.portal.accounts.domain.access import Viewer, require
from silian.portal.audit import domain as audit
from silian.portal.exchange.interfaces.report_words import Words
from silian.portal.insight.domain.portrait_tags import tags_by_group
from silian.portal.insight.domain.portrait_values import PeerFigure, Portrait, Tag
from silian.portal.insight.interfaces.portrait_faces import (
    ORIGINS,
    TRENDS,
    WAYS,
    figure_in_words,
    kind_label,
    standing_in_words,
    values_of,
    ways_in_words,
)
from silian.portal.typesetting import typeset

MEDIA_TYPES = {
    "json": "application/json",
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
}


def report(portrait: Portrait, file_format: str, *, viewer: Viewer, english: bool = False) -> bytes:
    """The portrait as a file for a viewer; the export is logged.

    Parameters
    ----------
    portrait
        As this viewer may see it.
    file_format
        ``json``, ``html`` or ``pdf``.
    """
    require(viewer, "portrait.export")
    made = {
        "json": lambda: as_json(portrait),
        "html": lambda: as_html(portrait, english=english),
        "pdf": lambda: as_pdf(portrait, english=english),
    }[file_format]()
    audit.log("portrait.export", viewer, portrait.subject_id, format=file_format)
    return made


def as_json(portrait: Portrait) -> bytes:
    """Everything that the viewer may read, for programs."""
    return json.dumps(values_of(portrait), ensure_ascii=False, indent=1).encode()


def as_html(portrait: Portrait, *, english: bool = False) -> bytes:
    """One HTML file that needs nothing beside it: no script, no font, no address."""
    from django.template import Context, Engine

    template = Engine(autoescape=True).from_string(_text("portrait_report.html"))
    return template.render(Context(sheet_of(portrait, english=english))).encode()


def as_pdf(portrait: Portrait, *, english: bool = False) -> bytes:
    """A PDF for print, with page numbers, from fonts that come with the program."""
    noon = timezone.make_aware(datetime.combine(portrait.as_of, time(12)))
    sheet = sheet_of(portrait, english=english)
    return typeset(_text("portrait_report.typ"), sheet, made_at=noon)


def sheet_of(portrait: Portrait, *, english: bool = False) -> dict[str, Any]:
    """Everything that a file shows, in words of one language."""
    words = Words(english=english)
    with override("en" if english else "zh-hans"):
        return {
            "language": "en" if english else "zh",
            "title": words.pick(*_TITLES[portrait.kind]),
            "name": words.pick(portrait.name, portrait.name_en or portrait.name),
            "about": " · ".join(portrait.about_en if english else portrait.about_zh),
            "subtitle": words.pick(f"基准日 {portrait.as_of}", f"as of {portrait.as_of}"),
            "tiles": _tiles(portrait, words),
            "groups": [
                {"title": words.label(_labels(group)), "tags": [_tag(tag, words) for tag in tags]}
                for group, tags in tags_by_group(portrait.tags)
            ],
            "years": [str(year) for year in portrait.years],
            "works": _by_year(portrait, words),
            "topics": _topics(portrait, words),
            "partners": [
                [
                    one.name,
                    str(one.count),
                    str(one.last_year or "—"),
                    ways_in_words(dict(one.ways)),
                ]
                for one in portrait.partners
            ],
            "peers": [_peer(one, words) for one in portrait.peers],
            "needs": [_listing(one) for one in portrait.needs],
            "offers": [_listing(one) for one in portrait.offers],
            "headings": {name: words.pick(*pair) for name, pair in _HEADINGS.items()},
            "notes": _notes(portrait, words),
        }


_TITLES = {"person": ("人才画像", "Portrait"), "organisation": ("单位画像", "Portrait")}
_HEADINGS = {
    "tags": ("标签", "Tags"),
    "topics": ("历年方向", "Topics over time"),
    "works": ("历年成果", "Works by year"),
    "partners": ("合作", "Partners"),
    "peers": ("与同类比较", "Beside peers"),
    "needs": ("需求", "Needs"),
    "offers": ("可以提供", "Offers"),
    "topic": ("方向", "Topic"),
    "trend": ("走势", "Trend"),
    "kind": ("类别", "Kind"),
    "name": ("名称", "Name"),
    "count": ("次数", "Works"),
    "last": ("最近", "Last"),
    "ways": ("方式", "By"),
    "figure": ("指标", "Figure"),
    "value": ("数值", "Value"),
    "median": ("同类中位", "Median"),
    "position": ("在同类中", "Among peers"),
    "group": ("比较对象", "Beside"),
    "tag": ("标签", "Tag"),
    "source": ("来源", "Source"),
    "day": ("日期", "Day"),
    "expires": ("有效至", "Until"),
    "sure": ("可信度", "Sure"),
}


def _labels(thing: Any) -> dict[str, str]:
    return {"label_zh": thing.label_zh, "label_en": thing.label_en}


def _tiles(portrait: Portrait, words: Words) -> list[list[str]]:
    works = sum(one.count for one in portrait.offers if one.kind in WAYS)
    current = sum(not tag.expired for tag in portrait.tags)
    tiles = [
        [words.pick("有效标签", "Tags in force"), str(current)],
        [words.pick("成果合计", "Works"), str(works)],
        [words.pick("合作方", "Partners"), str(len(portrait.partners))],
    ]
    if portrait.kind == "organisation":
        needs = sum(one.count for one in portrait.needs)
        tiles.append([words.pick("在办需求", "Open needs"), str(needs)])
    return tiles


def _tag(tag: Tag, words: Words) -> dict[str, Any]:
    mark = words.pick("已过期", "expired") if tag.expired else ""
    correction = ""
    if tag.correction is not None:
        who = words.pick("本人更正", "own correction")
        if not tag.correction.by_subject:
            who = words.pick("运营方更正", "correction by the operator")
        correction = words.pick(f"{who}：{tag.correction.text}", f"{who}: {tag.correction.text}")
    zh, en = ORIGINS[tag.origin]
    source = words.pick(zh, en)
    if tag.sources:
        more = tag.n_sources - 1
        first = tag.sources[0]
        source = f"{first.register} · {first.title}"
        if more:
            source += words.pick(f" 等 {more + 1} 条", f" and {more} more")
    return {
        "label": words.pick(tag.label_zh, tag.label_en),
        "value": tag.value,
        "mark": mark,
        "expired": tag.expired,
        "correction": correction,
        "source": source,
        "day": str(tag.stated_on),
        "expires": str(tag.expires_on or "—"),
        "sure": f"{tag.confidence:.0%}",
    }


def _by_year(portrait: Portrait, words: Words) -> list[dict[str, Any]]:
    return [
        {"label": words.pick(*WAYS[kind]), "counts": list(counts)}
        for kind, counts in portrait.works_by_kind.items()
    ]


def _topics(portrait: Portrait, words: Words) -> list[dict[str, Any]]:
    return [
        {
            "label": words.pick(one.label_zh, one.label_en),
            "counts": list(one.counts),
            "total": one.total,
            "trend": words.pick(*TRENDS[one.trend][:2]),
        }
        for one in portrait.topics
    ]


def _peer(figure: PeerFigure, words: Words) -> dict[str, Any]:
    share = figure.share_behind_rate
    return {
        "label": words.pick(figure.label_zh, figure.label_en),
        "value": figure_in_words(figure, figure.value, english=words.english),
        "median": figure_in_words(figure, figure.median, english=words.english),
        "share": share,
        "share_text": standing_in_words(figure, english=words.english),
        "group": words.pick(
            f"{figure.group_zh} {figure.peer_count}", f"{figure.group_en} {figure.peer_count}"
        ),
    }


def _listing(listing: Any) -> dict[str, Any]:
    return {
        "kind": kind_label(listing.kind),
        "count": listing.count,
        "rows": [[one.title, str(one.stated_on)] for one in listing.rows],
    }


def _notes(portrait: Portrait, words: Words) -> list[str]:
    registers = "、".join(portrait.registers)
    return [
        words.pick(
            f"编号 {portrait.subject_id} · 来源登记库：{registers}",
            f"Subject {portrait.subject_id} · registers: {registers}",
        ),
        words.pick(
            "由成果推断的标签可信度随支持它的成果数增加；过期标签的依据已久，仅供参考。",
            "Tags from works are surer the more works carry them; expired ones rest on old works.",
        ),
    ]


@cache
def _text(name: str) -> str:
    return (resources.files(__package__) / name).read_text("utf-8")
