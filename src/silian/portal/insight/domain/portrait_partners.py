"""With whom a subject works: those who had a part in the same works, and who signed with it.

Read from the records themselves and not from the graph's snapshot, so that every tie is seen by
exactly those who may see the work that tells of it, and is there as soon as the work is.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils import timezone

from silian.identifiers import kind_of
from silian.portal.accounts.domain.access import Viewer, visible
from silian.portal.innovation.models import Contribution, Patent, Project
from silian.portal.insight.domain.portrait_subjects import Subject
from silian.portal.insight.domain.portrait_values import Partner, Source, Work
from silian.portal.insight.domain.portrait_works import WORK_KINDS
from silian.portal.insight.models import TagNote
from silian.portal.registry.domain.identities import subject_of
from silian.portal.registry.domain.parties import signed_with
from silian.portal.registry.domain.resolution import portions
from silian.portal.registry.models import Organisation, Person

_EVIDENCE_SHOWN = 3


@dataclass(slots=True)
class _Tie:
    works: dict[str, tuple[str, Source]] = field(default_factory=dict)  # kind and source by id
    weight: float = 0.0


def partners_of(
    subject: Subject,
    works: Sequence[Work],
    viewer: Viewer,
    as_of: date,
    hidden: frozenset[str] = frozenset(),
) -> tuple[Partner, ...]:
    """Visible partners, those with most joint works first; records of one subject count once."""
    by_id = {work.record_id: work for work in works}
    people = contributors_of_works(by_id)
    if subject.kind == "person":
        parties, model = people, Person
    else:
        parties, model = _organisations(by_id, people, viewer), Organisation
    ties: dict[int, _Tie] = defaultdict(_Tie)
    for work_id, keys in parties.items():
        others = keys - set(subject.keys)
        for key in others:
            work = by_id[work_id]
            ties[key].works[work_id] = (work.kind, work.source)
            ties[key].weight += 1 / len(others)
    if subject.kind == "organisation":
        _add_contracts(subject, viewer, as_of, ties)
    return _partners(model, ties, viewer, subject, hidden)


def contributors_of_works(work_ids: Iterable[str]) -> dict[str, set[int]]:
    """Keys of the people with a part in each work, leaders of projects among them."""
    found: dict[str, set[int]] = defaultdict(set)
    ids = sorted(work_ids)
    for portion in portions(ids):
        parts = Contribution.objects.filter(subject_id__in=portion)
        for work_id, person in parts.values_list("subject_id", "person_id"):
            found[work_id].add(person)
    for portion in portions(one for one in ids if kind_of(one) == "project"):
        led = Project.objects.filter(public_id__in=portion, leader__isnull=False)
        for work_id, person in led.values_list("public_id", "leader_id"):
            found[work_id].add(person)
    return found


def _organisations(
    works: Mapping[str, Work], people: Mapping[str, set[int]], viewer: Viewer
) -> dict[str, set[int]]:
    """Keys of the organisations in each work: assignees, and where its visible people work."""
    keys = {person for group in people.values() for person in group}
    employer: dict[int, int] = {}
    for portion in portions(sorted(keys)):
        rows = visible(Person.objects.filter(pk__in=portion, organisation__isnull=False), viewer)
        employer.update(rows.values_list("pk", "organisation_id"))
    found: dict[str, set[int]] = defaultdict(set)
    for work_id, group in people.items():
        found[work_id] |= {employer[person] for person in group if person in employer}
    patents = [work.record_id for work in works.values() if work.kind == "patent"]
    for portion in portions(patents):
        rows = Patent.objects.filter(public_id__in=portion)
        for work_id, owner in rows.values_list("public_id", "organisation_id"):
            found[work_id] |= {owner} - {None}
        for work_id, owner in rows.values_list("public_id", "assignees"):
            found[work_id] |= {owner} - {None}
    others = [work.record_id for work in works.values() if work.kind != "patent"]
    for work_id, owner in _owners(others):
        found[work_id].add(owner)
    return found


def _owners(work_ids: Sequence[str]) -> Iterable[tuple[str, int]]:
    for kind, entry in WORK_KINDS.items():
        if kind == "patent":
            continue
        for portion in portions(work_ids):
            rows = entry.model._default_manager.filter(
                public_id__in=portion, organisation__isnull=False
            )
            yield from rows.values_list("public_id", "organisation_id")


def _add_contracts(subject: Subject, viewer: Viewer, as_of: date, ties: dict[int, _Tie]) -> None:
    """Contracts about the organisation's needs, with whose supply it was."""
    for member in subject.members:
        for pair in signed_with(member, viewer):
            other = getattr(pair.supply, "organisation_id", None)
            if pair.supply.kind == "organisation":
                other = pair.supply.pk
            standing = pair.standing or pair.match
            day = timezone.localdate(getattr(standing, "created_at", None))
            if other is None or other in subject.keys or day > as_of:
                continue
            need: Any = pair.match.need
            source = Source(
                record_id=need.public_id,
                title=need.title,
                register=need.register.name,
                stated_on=day,
            )
            ties[other].works[need.public_id] = ("contract", source)
            ties[other].weight += 1.0


def _partners(
    model: Any,
    ties: Mapping[int, _Tie],
    viewer: Viewer,
    subject: Subject,
    hidden: frozenset[str],
) -> tuple[Partner, ...]:
    names: dict[int, tuple[str, str]] = {}
    for portion in portions(sorted(ties)):
        rows = visible(model._default_manager.filter(pk__in=portion), viewer)
        names.update(
            {key: (one, name) for key, one, name in rows.values_list("pk", "public_id", "name")}
        )
    subjects = subject_of(one for one, _ in names.values())
    merged: dict[str, _Tie] = defaultdict(_Tie)
    shown: dict[str, tuple[str, str]] = {}
    for key in sorted(names):
        record_id, name = names[key]
        canonical = subjects.get(record_id, record_id)
        if canonical in subject.all_ids:
            continue
        merged[canonical].works.update(ties[key].works)
        merged[canonical].weight += ties[key].weight
        if canonical not in shown or record_id == canonical:
            shown[canonical] = (record_id, name)
    silent = hidden_ties(subject, merged) if merged else set()
    partners = [
        _partner(model.kind, *shown[canonical], tie)
        for canonical, tie in merged.items()
        if canonical not in silent and f"partner:{shown[canonical][0]}" not in hidden
    ]
    return tuple(sorted(partners, key=lambda one: (-one.count, -one.weight, one.record_id)))


def hidden_ties(subject: Subject, others: Iterable[str]) -> set[str]:
    """Those of the others who hide that they work with the subject."""
    keys = [f"partner:{one}" for one in subject.all_ids]
    notes = TagNote.objects.filter(
        tag_key__in=keys, action=TagNote.Action.HIDDEN, withdrawn_at__isnull=True
    )
    who = set(notes.values_list("subject_id", flat=True))
    subjects = subject_of(who)
    return {subjects.get(one, one) for one in who} & set(others)


def _partner(kind: str, record_id: str, name: str, tie: _Tie) -> Partner:
    newest = sorted(
        (source for _, source in tie.works.values()),
        key=lambda source: (source.stated_on, source.record_id),
        reverse=True,
    )
    ways = Counter(kind for kind, _ in tie.works.values())
    return Partner(
        record_id=record_id,
        kind=kind,
        name=name,
        count=len(tie.works),
        last_year=newest[0].stated_on.year,
        ways=dict(sorted(ways.items())),
        weight=round(tie.weight, 3),
        evidence=tuple(newest[:_EVIDENCE_SHOWN]),
    )
