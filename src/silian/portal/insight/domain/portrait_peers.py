"""How strong a subject is beside its peers: counts of public works, and an enterprise's figures.

Counts of public works are everybody's to read; still a median is the mean of the middle peers,
and nothing is compared with too few (``industry.domain.peers`` has the law).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from django.conf import settings
from django.db.models import Count, Max

from silian.portal.accounts.domain.access import ANONYMOUS_VIEWER, Viewer, allowed, visible
from silian.portal.industry.domain.peers import (
    enough_peers,
    placement_of,
)
from silian.portal.innovation.models import Contribution, Project
from silian.portal.insight.domain.portrait_rules import portrait_rules, years_after
from silian.portal.insight.domain.portrait_statements import facts_shown
from silian.portal.insight.domain.portrait_subjects import Subject
from silian.portal.insight.domain.portrait_texts import field_names
from silian.portal.insight.domain.portrait_values import PeerFigure
from silian.portal.insight.domain.portrait_works import WORK_KINDS
from silian.portal.registry.domain.trades import trade_names
from silian.portal.registry.models import IdentityMember, Organisation, OrganisationKind, Person

if TYPE_CHECKING:
    from numpy.typing import NDArray

_KINDS = {
    "achievement": ("科技成果", "Achievements"),
    "patent": ("专利", "Patents"),
    "project": ("科技项目", "Projects"),
    "publication": ("论文", "Papers"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerCounts:
    """Public works of the recent years of every subject of a kind, in columns.

    Attributes
    ----------
    places
        Row of each record, by primary key; records of one subject have one row.
    groups
        Shape (n_subjects,): main field of a person, kind of an organisation.
    trades
        Shape (n_subjects,): first three characters of the industry code; empty for people.
    columns
        Counts by kind of work, each of shape (n_subjects,).
    """

    places: Mapping[int, int]
    groups: "NDArray[np.str_]"
    trades: "NDArray[np.str_]"
    columns: "Mapping[str, NDArray[np.float64]]"


def peers_of(
    subject: Subject, field_code: str, viewer: Viewer, as_of: date
) -> tuple[PeerFigure, ...]:
    """Figures beside those of peers; private ones only where the viewer may read them."""
    return (*_public_figures(subject, field_code, as_of), *_private_figures(subject, viewer, as_of))


def peer_counts(kind: str, as_of: date) -> PeerCounts:
    """Counts of all subjects of a kind; kept until works, parts in them or identities change."""
    return _peer_counts(kind, as_of, _stamp(kind))


def _public_figures(subject: Subject, field_code: str, as_of: date) -> Iterator[PeerFigure]:
    table = peer_counts(subject.kind, as_of)
    row = next((table.places[key] for key in subject.keys if key in table.places), None)
    mask, zh, en = _group(subject, field_code, table, row)
    years = portrait_rules().recent_years
    for kind, (label_zh, label_en) in _KINDS.items():
        counts = table.columns[kind]
        value = 0.0 if row is None else float(counts[row])
        others = np.sort(counts[mask])
        if not value and not others.any():
            continue
        yield PeerFigure(
            key=f"count:{kind}",
            label_zh=f"近 {years} 年{label_zh}",
            label_en=f"{label_en}, last {years} years",
            unit="count",
            value=value,
            share_behind_rate=share_behind(value, others),
            median=middle(others),
            peer_count=len(others),
            group_zh=zh,
            group_en=en,
        )


def share_behind(value: float, others: "NDArray[np.float64]") -> float | None:
    """Share of ascending counts below a value; ``None`` with too few.

    Ties do not count: nobody is ahead of others for having nothing, as they have.

    Examples
    --------
    >>> share_behind(1.0, np.arange(20.0) // 10)
    0.5
    """
    if len(others) < enough_peers():
        return None
    return float(np.searchsorted(others, value, side="left")) / len(others)


def middle(others: "NDArray[np.float64]") -> float | None:
    """Mean of the middle of ascending counts, so many that it is nobody's own; or ``None``.

    Examples
    --------
    >>> middle(np.arange(31.0))
    15.0
    """
    if len(others) < enough_peers():
        return None
    width = settings.SMALL_COUNT_MIN
    first = (len(others) - width) // 2
    return round(float(others[first : first + width].mean()), 1)


def _group(
    subject: Subject, field_code: str, table: PeerCounts, row: int | None
) -> "tuple[NDArray[np.bool_], str, str]":
    """Other subjects of the narrowest group that holds enough, with the group's names."""
    others = np.ones(len(table.groups), dtype=np.bool_)
    if row is not None:
        others[row] = False
    for mask, zh, en in _groups(subject, field_code, table):
        found = mask & others, zh, en
        if int(found[0].sum()) >= enough_peers():
            break
    return found


def _groups(
    subject: Subject, field_code: str, table: PeerCounts
) -> "Iterator[tuple[NDArray[np.bool_], str, str]]":
    everybody = np.ones(len(table.groups), dtype=np.bool_)
    if subject.kind == "person":
        if field_code:
            zh, en = field_names(f"field:{field_code}")
            yield table.groups == field_code, f"{zh}领域的人员", f"People in {en.lower()}"
        yield everybody, "全部人员", "All people"
        return
    record = subject.record
    same_kind = table.groups == record.organisation_kind
    label = OrganisationKind(record.organisation_kind)
    zh, en = _both_names(label)
    trade = (record.industry_code or "")[:3]
    if trade and record.organisation_kind == OrganisationKind.ENTERPRISE:
        # Peers share the division, so that is the name of the group, not the finer trade.
        zh_trade, en_trade = trade_names(trade, "")
        same_trade = same_kind & (table.trades == trade)
        yield same_trade, f"同行业企业（{zh_trade}）", f"Same trade: {en_trade}"
    yield same_kind, f"{zh}（同类单位）", f"Same kind ({en})"
    yield everybody, "全部单位", "All organisations"


def _both_names(label: OrganisationKind) -> tuple[str, str]:
    from django.utils.translation import override

    with override("zh-hans"):
        zh = str(label.label)
    with override("en"):
        return zh, str(label.label)


def _private_figures(subject: Subject, viewer: Viewer, as_of: date) -> Iterator[PeerFigure]:
    """An enterprise's measures of the diagnosis beside its peers, and its scores."""
    for record, facts in facts_shown(subject, viewer, as_of):
        for one in placement_of(facts).standings:
            if one.value is None:
                continue
            yield PeerFigure(
                key=f"measure:{one.measure.code}",
                label_zh=f"{one.measure.label_zh}（{facts.year}）",
                label_en=f"{one.measure.label_en} ({facts.year})",
                unit=one.measure.unit,
                value=one.value,
                share_behind_rate=one.ahead_rate,
                median=one.quartiles[1] if one.quartiles else None,
                peer_count=one.known_count,
                group_zh=one.group.label_zh,
                group_en=one.group.label_en,
                private=True,
            )
        if allowed(viewer, "score.read", record):
            yield from _scores(facts, as_of)


def _scores(facts: Any, as_of: date) -> Iterator[PeerFigure]:
    from silian.portal.industry.domain.choices import choices
    from silian.portal.industry.domain.scores import scores_of

    for sheet in scores_of(facts, as_of=as_of):
        if sheet.system.system_id not in choices().headline_systems or sheet.score.total is None:
            continue
        peers = sheet.peers
        yield PeerFigure(
            key=f"score:{sheet.system.system_id}",
            label_zh=f"{sheet.system.label_zh}（{facts.year}）",
            label_en=f"{sheet.system.label_en} ({facts.year})",
            unit="",
            value=sheet.score.total,
            share_behind_rate=peers.share_behind_rate if peers else None,
            median=peers.median_total if peers else None,
            peer_count=peers.peer_count if peers else 0,
            group_zh=peers.group.label_zh if peers else "",
            group_en=peers.group.label_en if peers else "",
            private=True,
        )


def _stamp(kind: str) -> tuple[Any, ...]:
    """Changes with everything that the counts are made of."""
    parts: list[Any] = [Contribution.objects.aggregate(n=Count("pk"), last=Max("pk"))]
    parts += [
        entry.model._default_manager.aggregate(n=Count("pk"), last=Max("updated_at"))
        for entry in WORK_KINDS.values()
    ]
    parts.append(IdentityMember.objects.aggregate(n=Count("pk"), last=Max("pk")))
    model = Person if kind == "person" else Organisation
    parts.append(model._default_manager.aggregate(n=Count("pk"), last=Max("updated_at")))
    return tuple(tuple(sorted(part.items())) for part in parts)


@lru_cache(maxsize=4)
def _peer_counts(kind: str, as_of: date, stamp: tuple[Any, ...]) -> PeerCounts:
    model = Person if kind == "person" else Organisation
    rows, places = _rows(model)
    counts = {
        work_kind: _counted(kind, work_kind, places, len(rows), as_of) for work_kind in WORK_KINDS
    }
    return PeerCounts(
        places=places,
        groups=np.array([group for group, _ in rows], dtype=np.str_),
        trades=np.array([trade for _, trade in rows], dtype=np.str_),
        columns=counts,
    )


def _rows(model: Any) -> tuple[list[tuple[str, str]], dict[int, int]]:
    """Group and trade of each public subject, and the row of each record."""
    subjects = dict(IdentityMember.objects.values_list("record_id", "subject_id").iterator())
    records = visible(model._default_manager.all(), ANONYMOUS_VIEWER).order_by("pk")
    if model is Person:
        read = (
            (pk, one, _field(codes), "")
            for pk, one, codes in records.values_list("pk", "public_id", "field_codes").iterator()
        )
    else:
        columns = ("pk", "public_id", "organisation_kind", "industry_code")
        read = (
            (pk, one, kind, (code or "")[:3])
            for pk, one, kind, code in records.filter(registered=True)
            .values_list(*columns)
            .iterator()
        )
    rows: list[tuple[str, str]] = []
    places: dict[int, int] = {}
    row_of: dict[str, int] = {}
    for key, public_id, group, trade in read:
        subject = subjects.get(public_id, public_id)
        if subject not in row_of:
            row_of[subject] = len(rows)
            rows.append((group, trade))
        places[key] = row_of[subject]
    return rows, places


def _field(codes: Sequence[str] | None) -> str:
    return str(codes[0])[:3] if codes else ""


def _counted(
    kind: str, work_kind: str, places: Mapping[int, int], n_rows: int, as_of: date
) -> "NDArray[np.float64]":
    """Public works of the recent years by row; a work counts once for each subject in it."""
    entry = WORK_KINDS[work_kind]
    since = years_after(as_of, -portrait_rules().recent_years)
    works = visible(entry.model._default_manager.all(), ANONYMOUS_VIEWER)
    works = works.filter(**{f"{entry.day}__gt": since, f"{entry.day}__lte": as_of})
    pairs: set[tuple[int, str]] = set()
    if kind == "organisation":
        links = [works.values_list("organisation_id", "public_id")]
        if work_kind == "patent":
            links.append(works.values_list("assignees", "public_id"))
    else:
        parts = Contribution.objects.filter(subject_id__in=works.values("public_id"))
        links = [parts.values_list("person_id", "subject_id")]
        if work_kind == "project":
            assert works.model is Project
            links.append(works.values_list("leader_id", "public_id"))
    for link in links:
        pairs |= {(places[key], one) for key, one in link.iterator() if key in places}
    rows = np.array([row for row, _ in pairs], dtype=np.intp)
    return np.bincount(rows, minlength=n_rows).astype(np.float64)
