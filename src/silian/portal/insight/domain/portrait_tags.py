"""Tags of a portrait: every statement with its sources, its day, its expiry and how sure it is."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from silian.portal.accounts.domain.access import Viewer, visible
from silian.portal.insight.domain.portrait_dating import said_on
from silian.portal.insight.domain.portrait_rules import (
    TagGroup,
    portrait_rules,
    tag_groups,
    years_after,
)
from silian.portal.insight.domain.portrait_statements import (
    Statement,
    chain_statements,
    holding_statements,
    record_statements,
    source_of,
    title_statements,
)
from silian.portal.insight.domain.portrait_subjects import Subject
from silian.portal.insight.domain.portrait_texts import field_names, folded
from silian.portal.insight.domain.portrait_values import Note, Partner, Source, Tag, Work
from silian.portal.insight.models import TagNote
from silian.portal.registry.models import Affiliation, Organisation

_SOURCES_SHOWN = 5


@dataclass(slots=True)
class _Gathered:
    """What all statements with one key say."""

    label_zh: str
    label_en: str
    group: str
    value: str = ""
    link_id: str = ""
    confidence: float = 0.0
    expires_on: date | None = None
    stated: list[Source] = field(default_factory=list)
    works: list[Source] = field(default_factory=list)


def tags_of(
    subject: Subject,
    works: Sequence[Work],
    partners: Sequence[Partner],
    notes: Iterable[Note],
    viewer: Viewer,
    as_of: date,
) -> tuple[Tag, ...]:
    """Tags group by group, the surest and newest first; hidden ones are not among them."""
    gathered: dict[str, _Gathered] = {}
    statements = (
        *record_statements(subject, as_of),
        *_affiliations(subject, viewer, as_of),
        *holding_statements(subject, viewer, as_of),
        *chain_statements(subject, viewer, as_of),
        *title_statements(subject, viewer, as_of),
    )
    for one in statements:
        _gather(gathered, one)
    for one in (*_of_works(works), *_activity(works, as_of), *_collaboration(partners)):
        _gather(gathered, one, is_work=True)
    corrections = {one.tag_key: one for one in notes if one.action == TagNote.Action.CORRECTED}
    hidden = {one.tag_key for one in notes if one.action == TagNote.Action.HIDDEN}
    tags = [
        _tag(key, found, as_of, corrections.get(key))
        for key, found in gathered.items()
        if key not in hidden
    ]
    tags += [
        _own_tag(one, as_of)
        for one in notes
        if one.action == TagNote.Action.ADDED
        and one.tag_key not in hidden
        and timezone.localdate(one.created_at) <= as_of
    ]
    return tuple(_shown(tags))


def _gather(gathered: dict[str, _Gathered], said: Statement, *, is_work: bool = False) -> None:
    found = gathered.get(said.key)
    if found is None:
        found = gathered[said.key] = _Gathered(said.label_zh, said.label_en, said.group)
    found.value = found.value or said.value
    found.link_id = found.link_id or said.link_id
    found.confidence = max(found.confidence, said.confidence)
    found.expires_on = found.expires_on or said.expires_on
    (found.works if is_work else found.stated).append(said.source)


def _tag(key: str, found: _Gathered, as_of: date, correction: Note | None) -> Tag:
    sources = {one.record_id: one for one in (*found.stated, *found.works)}
    newest = sorted(sources.values(), key=lambda one: (one.stated_on, one.record_id), reverse=True)
    stated_on = newest[0].stated_on
    expires_on = found.expires_on or tag_groups()[found.group].expires_on(stated_on)
    sure = found.confidence
    if found.works and not sure:
        sure = portrait_rules().confidence_of_works(len({one.record_id for one in found.works}))
    return Tag(
        key=key,
        group=found.group,
        label_zh=found.label_zh,
        label_en=found.label_en or found.label_zh,
        value=found.value,
        origin="register" if found.stated else "works",
        sources=tuple(newest[:_SOURCES_SHOWN]),
        n_sources=len(newest),
        stated_on=stated_on,
        expires_on=expires_on,
        expired=expires_on is not None and expires_on <= as_of,
        confidence=round(sure, 3),
        link_id=found.link_id,
        correction=correction,
    )


def _own_tag(note: Note, as_of: date) -> Tag:
    group = note.tag_key.split(":")[1]
    stated_on = timezone.localdate(note.created_at)
    expires_on = note.expires_on or tag_groups()[group].expires_on(stated_on)
    return Tag(
        key=note.tag_key,
        group=group,
        label_zh=note.text,
        label_en=note.text,
        value="",
        origin="own",
        sources=(),
        n_sources=0,
        stated_on=stated_on,
        expires_on=expires_on,
        expired=expires_on is not None and expires_on <= as_of,
        confidence=portrait_rules().confidence_own_words,
    )


def _shown(tags: Iterable[Tag]) -> Iterator[Tag]:
    by_group: dict[str, list[Tag]] = defaultdict(list)
    for tag in tags:
        if not (tag.expired and tag_groups()[tag.group].then == "dropped"):
            by_group[tag.group].append(tag)
    for group in tag_groups().values():
        yield from sorted(by_group[group.key], key=_first)[: group.most]


def _first(tag: Tag) -> tuple[Any, ...]:
    corrected = tag.origin == "own" or tag.correction is not None
    rounded = -round(tag.confidence, 1)
    return tag.expired, not corrected, rounded, -tag.n_sources, -tag.stated_on.toordinal(), tag.key


def _affiliations(subject: Subject, viewer: Viewer, as_of: date) -> Iterator[Statement]:
    """Standings of a person at visible organisations; one that ended is expired."""
    if subject.kind != "person":
        return
    rows = visible(Affiliation.objects.filter(person__in=subject.keys), viewer)
    rows = rows.filter(organisation__in=visible(Organisation.objects.all(), viewer))
    held = list(rows.select_related("organisation", "register").order_by("pk"))
    columns = ("organisation_id", "role", "affiliation_kind", "valid_from", "valid_until")
    known = said_on(held, columns, as_of)
    for row in held:
        if row.pk not in known:
            continue
        said = [row.organisation.name, row.role]
        if row.affiliation_kind != Affiliation.AffiliationKind.EMPLOYMENT:
            said.append(str(row.get_affiliation_kind_display()))
        yield Statement(
            key=f"affiliation:{row.public_id}",
            group="standing",
            label_zh=" · ".join(one for one in said if one),
            source=source_of(row, known[row.pk].since(*columns)),
            confidence=portrait_rules().confidence_stated,
            # The last day of a standing still belongs to it.
            expires_on=row.valid_until + timedelta(days=1) if row.valid_until else None,
            link_id=row.organisation.public_id,
        )


def _of_works(works: Iterable[Work]) -> Iterator[Statement]:
    for work in works:
        for code in work.field_codes:
            zh, en = field_names(f"field:{code}")
            yield Statement(
                key=f"field:{code}", group="field", label_zh=zh, label_en=en, source=work.source
            )
        for word in {folded(one): one for one in reversed(work.keywords)}.values():
            yield Statement(
                key=f"keyword:{folded(word)}", group="field", label_zh=word, source=work.source
            )
        for code in sorted({one[:4] for one in work.ipc_codes if one}):
            zh, en = field_names(f"ipc:{code}")
            yield Statement(
                key=f"ipc:{code}", group="field", label_zh=zh, label_en=en, source=work.source
            )


_ACTIVITY: Mapping[str, tuple[str, str]] = {
    "achievement": ("新增科技成果", "New achievements"),
    "patent": ("新申请专利", "New patents"),
    "project": ("新立科技项目", "New projects"),
    "publication": ("新发表论文", "New papers"),
}


def _activity(works: Iterable[Work], as_of: date) -> Iterator[Statement]:
    """Kinds of work of the last years, as long as activity holds."""
    group: TagGroup = tag_groups()["activity"]
    since = years_after(as_of, -(group.lasts_years or 1))
    recent: dict[str, list[Work]] = defaultdict(list)
    for work in works:
        if work.day > since:
            recent[work.kind].append(work)
    for kind, found in sorted(recent.items()):
        zh, en = _ACTIVITY[kind]
        for work in found:
            yield Statement(
                key=f"activity:{kind}",
                group="activity",
                label_zh=zh,
                label_en=en,
                value=str(len(found)),
                source=work.source,
            )


def _collaboration(partners: Sequence[Partner]) -> Iterator[Statement]:
    for partner in partners[: tag_groups()["collaboration"].most]:
        for source in partner.evidence:
            yield Statement(
                key=f"partner:{partner.record_id}",
                group="collaboration",
                label_zh=partner.name,
                value=f"{partner.count}",
                source=source,
                confidence=portrait_rules().confidence_of_works(partner.count),
                link_id=partner.record_id,
            )


def tags_by_group(tags: Iterable[Tag]) -> list[tuple[TagGroup, list[Tag]]]:
    """Tags under their groups, groups without any left out."""
    by_group: dict[str, list[Tag]] = defaultdict(list)
    for tag in tags:
        by_group[tag.group].append(tag)
    return [(group, by_group[key]) for key, group in tag_groups().items() if by_group[key]]
