"""What a subject has done, and when: achievements, patents, projects, publications."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db.models import Q
from django.utils import timezone

from silian.portal.accounts.domain.access import Viewer, visible
from silian.portal.innovation.models import (
    Achievement,
    Contribution,
    Patent,
    Project,
    Publication,
)
from silian.portal.insight.domain.portrait_rules import portrait_rules
from silian.portal.insight.domain.portrait_subjects import Subject
from silian.portal.insight.domain.portrait_texts import field_names, folded
from silian.portal.insight.domain.portrait_values import Topic, Work
from silian.portal.registry.domain.resolution import portions


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkKind:
    """Where records of one kind of work say when they came about and what they are on."""

    model: Any
    day: str
    keywords: bool = True
    ipc: bool = False


WORK_KINDS: Mapping[str, WorkKind] = {
    "achievement": WorkKind(model=Achievement, day="completed_on"),
    "patent": WorkKind(model=Patent, day="application_date", keywords=False, ipc=True),
    "project": WorkKind(model=Project, day="started_on"),
    "publication": WorkKind(model=Publication, day="published_on"),
}


def works_of(subject: Subject, viewer: Viewer, as_of: date) -> tuple[Work, ...]:
    """Visible works up to a day, the newest first; one without a day counts by its entry here."""
    contributed = _contributed(subject) if subject.kind == "person" else ()
    found: dict[str, Work] = {}
    for kind, entry in WORK_KINDS.items():
        rows = visible(entry.model._default_manager.all(), viewer)
        for condition in _conditions(kind, subject, contributed):
            for work in read_works(kind, rows.filter(condition)):
                if work.day <= as_of:
                    found[work.record_id] = work
    return tuple(sorted(found.values(), key=lambda work: (work.day, work.record_id), reverse=True))


def read_works(kind: str, rows: Any) -> Iterable[Work]:
    """Works of a queryset, without their texts."""
    entry = WORK_KINDS[kind]
    columns = ["public_id", "title", "register__name", entry.day, "created_at", "field_codes"]
    columns += ["keywords"] * entry.keywords + ["ipc_codes"] * entry.ipc
    for public_id, title, register, day, created_at, codes, *rest in rows.values_list(*columns):
        keywords = rest[0] or () if entry.keywords else ()
        yield Work(
            record_id=public_id,
            kind=kind,
            title=title,
            register=register,
            day=day or timezone.localdate(created_at),
            keywords=tuple(str(one) for one in keywords if str(one).strip()),
            field_codes=tuple(codes or ()),
            ipc_codes=tuple(rest[-1] or ()) if entry.ipc else (),
        )


def without_hidden(works: Iterable[Work], hidden: frozenset[str]) -> tuple[Work, ...]:
    """Works as if they did not say what is hidden."""
    if not hidden:
        return tuple(works)
    return tuple(
        replace(
            work,
            keywords=tuple(w for w in work.keywords if f"keyword:{folded(w)}" not in hidden),
            field_codes=tuple(c for c in work.field_codes if f"field:{c}" not in hidden),
            ipc_codes=tuple(c for c in work.ipc_codes if f"ipc:{c[:4]}" not in hidden),
        )
        for work in works
    )


def years_shown(works: Sequence[Work], as_of: date) -> tuple[int, ...]:
    """Years of a portrait's charts: twice the span that a trend compares, up to its day."""
    span = 2 * portrait_rules().trend_years
    last = as_of.year
    first = max(last - span + 1, min((work.day.year for work in works), default=last))
    return tuple(range(first, last + 1))


def counts_by_kind(works: Iterable[Work], years: Sequence[int]) -> dict[str, tuple[int, ...]]:
    """Works by kind and year; kinds without any are left out."""
    counts = Counter((work.kind, work.day.year) for work in works)
    found = {kind: tuple(counts[kind, year] for year in years) for kind in WORK_KINDS}
    return {kind: row for kind, row in found.items() if any(row)}


def topics_of(works: Iterable[Work], years: Sequence[int], as_of: date) -> tuple[Topic, ...]:
    """Fields by year (first level; IPC classes where works name no field), the most first."""
    by_topic: dict[str, Counter[int]] = defaultdict(Counter)
    for work in works:
        keys = {f"field:{code[:3]}" for code in work.field_codes}
        for key in keys or {f"ipc:{code[:3]}" for code in work.ipc_codes}:
            by_topic[key][work.day.year] += 1
    ranked = sorted(by_topic.items(), key=lambda pair: (-pair[1].total(), pair[0]))
    return tuple(
        _topic(key, counts, years, as_of.year) for key, counts in ranked if counts.total()
    )[: portrait_rules().topics_shown]


def main_field(works: Iterable[Work], stated: Iterable[str] = ()) -> str:
    """First-level field that most works are in, else the first that the record states, or ''."""
    counts = Counter(code for work in works for code in {one[:3] for one in work.field_codes})
    if counts:
        return min(counts, key=lambda code: (-counts[code], code))
    return next((code[:3] for code in stated), "")


def _topic(key: str, counts: Counter[int], years: Sequence[int], last: int) -> Topic:
    zh, en = field_names(key)
    return Topic(
        key=key,
        label_zh=zh,
        label_en=en,
        counts=tuple(counts[year] for year in years),
        total=counts.total(),
        trend=trend_of(counts, last),
    )


def trend_of(counts: Mapping[int, int], last: int) -> str:
    """Whether works become more: the last years beside as many before.

    Examples
    --------
    >>> trend_of({2020: 1, 2023: 2, 2024: 3}, 2024)
    'rising'
    >>> trend_of({2024: 2}, 2024)
    'few'
    """
    rules = portrait_rules()
    span = rules.trend_years
    recent = sum(counts.get(year, 0) for year in range(last - span + 1, last + 1))
    before = sum(counts.get(year, 0) for year in range(last - 2 * span + 1, last - span + 1))
    if recent + before < rules.trend_at_least_works:
        return "few"
    if recent >= before * rules.trend_ratio:
        return "rising"
    return "falling" if before >= recent * rules.trend_ratio else "steady"


def _contributed(subject: Subject) -> tuple[str, ...]:
    rows = Contribution.objects.filter(person_id__in=subject.keys)
    return tuple(sorted(set(rows.values_list("subject_id", flat=True))))


def _conditions(kind: str, subject: Subject, contributed: Sequence[str]) -> Iterable[Q]:
    if subject.kind == "organisation":
        yield Q(organisation_id__in=subject.keys)
        if kind == "patent":
            yield Q(assignees__in=subject.keys)
        return
    for portion in portions(contributed):
        yield Q(public_id__in=portion)
    if kind == "project":
        yield Q(leader_id__in=subject.keys)
