"""The talent graph (人才图谱) around one person: who works with whom, and in which teams."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone

from silian.identifiers import kind_of
from silian.portal.accounts.domain.access import Viewer, require, visible
from silian.portal.innovation.models import Contribution
from silian.portal.insight.domain.portrait_notes import hidden_keys, notes_of
from silian.portal.insight.domain.portrait_partners import partners_of
from silian.portal.insight.domain.portrait_subjects import subject_of_record
from silian.portal.insight.domain.portrait_works import WORK_KINDS, read_works, works_of
from silian.portal.insight.domain.talent_ties import (
    JointTie,
    divided,
    ties_among,
    without_hidden_ties,
)
from silian.portal.registry.domain.identities import subject_of
from silian.portal.registry.domain.resolution import portions
from silian.portal.registry.models import IdentityMember, Organisation, Person

_PEOPLE_SHOWN = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPerson:
    """Somebody in the network.

    Attributes
    ----------
    count
        Works together with the person in the middle (of that person: all works).
    team
        Number of the team among the partners, -1 without one.
    """

    record_id: str
    name: str
    title: str
    organisation: str
    organisation_id: str
    count: int
    weight: float
    last_year: int | None
    team: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TalentNetwork:
    """People around one person.

    Attributes
    ----------
    centre
        The person; ``people`` are the partners, the closest first.
    ties
        Between any two of them, by the ids of their records.
    n_partners
        All partners, of whom only the closest are shown.
    """

    centre: NetworkPerson
    people: tuple[NetworkPerson, ...]
    ties: tuple[JointTie, ...]
    n_partners: int

    @property
    def teams(self) -> tuple[tuple[NetworkPerson, ...], ...]:
        """Partners by team, those of two and more."""
        by_team: dict[int, list[NetworkPerson]] = defaultdict(list)
        for one in self.people:
            if one.team >= 0:
                by_team[one.team].append(one)
        found = [tuple(members) for _, members in sorted(by_team.items())]
        return tuple(members for members in found if len(members) > 1)


def talent_network(person: Any, viewer: Viewer, as_of: date | None = None) -> TalentNetwork:
    """The closest partners of a person and the ties among them, by works the viewer may see.

    Teams are told among the partners without the person in the middle, who would tie all of them.
    """
    require(viewer, "talent.read")
    as_of = as_of or timezone.localdate()
    subject = subject_of_record(person, viewer)
    works = works_of(subject, viewer, as_of)
    partners = partners_of(subject, works, viewer, as_of, hidden_keys(notes_of(subject)))
    closest = sorted(partners, key=lambda one: (-one.weight, one.record_id))[:_PEOPLE_SHOWN]
    ids = [one.record_id for one in closest]
    among = _ties_among(ids, viewer, as_of)
    teams = divided(ids, among)
    about = _about([person.public_id, *ids], viewer)
    own = [
        JointTie(
            first=person.public_id,
            second=one.record_id,
            count=one.count,
            weight=one.weight,
            last=max(source.stated_on for source in one.evidence),
        )
        for one in closest
    ]
    return TalentNetwork(
        centre=_person(person.public_id, about, len(works), 0.0, None, -1),
        people=tuple(
            _person(
                one.record_id,
                about,
                one.count,
                one.weight,
                one.last_year,
                teams.get(one.record_id, -1),
            )
            for one in closest
        ),
        ties=(*own, *among),
        n_partners=len(partners),
    )


def _ties_among(ids: list[str], viewer: Viewer, as_of: date) -> list[JointTie]:
    """Ties between people, by the works that at least two of them have in common."""
    keys = _keys(_subjects(ids))
    people_of: dict[str, set[str]] = defaultdict(set)
    for portion in portions(sorted(keys)):
        parts = Contribution.objects.filter(person_id__in=portion)
        for key, work in parts.values_list("person_id", "subject_id"):
            people_of[work].add(keys[key])
    joint = {work: people for work, people in people_of.items() if len(people) > 1}
    days = _days(joint, viewer, as_of)
    return without_hidden_ties(ties_among({work: joint[work] for work in days}, days))


def _subjects(ids: list[str]) -> dict[str, str]:
    """The id that is shown, by subject."""
    subjects = subject_of(ids)
    return {subjects.get(one, one): one for one in ids}


def _keys(shown: dict[str, str]) -> dict[int, str]:
    """The id that is shown of each record of these subjects, by primary key."""
    members = dict(
        IdentityMember.objects.filter(subject_id__in=list(shown)).values_list(
            "record_id", "subject_id"
        )
    )
    ids = {one: one for one in shown} | members
    rows = Person.objects.filter(public_id__in=list(ids)).values_list("pk", "public_id")
    return {key: shown[ids[one]] for key, one in rows}


def _days(works: Any, viewer: Viewer, as_of: date) -> dict[str, date]:
    by_kind: dict[str, list[str]] = defaultdict(list)
    for work in works:
        by_kind[kind_of(work)].append(work)
    days: dict[str, date] = {}
    for kind, ids in by_kind.items():
        rows = visible(WORK_KINDS[kind].model._default_manager.all(), viewer)
        for portion in portions(sorted(ids)):
            for work in read_works(kind, rows.filter(public_id__in=portion)):
                if work.day <= as_of:
                    days[work.record_id] = work.day
    return days


def _about(ids: list[str], viewer: Viewer) -> dict[str, tuple[str, str, str, str]]:
    employers = visible(Organisation.objects.all(), viewer)
    rows = Person.objects.filter(public_id__in=ids)
    seen = set(rows.filter(organisation__in=employers).values_list("public_id", flat=True))
    columns = ("public_id", "name", "title", "organisation__name", "organisation__public_id")
    return {
        one: (name, title, employer or "", employer_id or "")
        if one in seen
        else (name, title, "", "")
        for one, name, title, employer, employer_id in rows.values_list(*columns)
    }


def _person(
    record_id: str,
    about: dict[str, tuple[str, str, str, str]],
    count: int,
    weight: float,
    last_year: int | None,
    team: int,
) -> NetworkPerson:
    name, title, organisation, organisation_id = about[record_id]
    return NetworkPerson(
        record_id=record_id,
        name=name,
        title=title,
        organisation=organisation,
        organisation_id=organisation_id,
        count=count,
        weight=weight,
        last_year=last_year,
        team=team,
    )
