"""Teams of the region: people who work with each other more than with others.

Found among the people, and by the works, that everybody who signed in may see: so all readers of
teams read the same.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from django.db.models import Count, Max
from django.utils import timezone

from silian.portal.accounts.domain.access import Viewer, require, visible
from silian.portal.accounts.domain.permissions import VIEWER
from silian.portal.innovation.models import Contribution
from silian.portal.insight.domain.portrait_rules import portrait_rules, years_after
from silian.portal.insight.domain.portrait_texts import field_names
from silian.portal.insight.domain.portrait_works import WORK_KINDS
from silian.portal.insight.domain.talent_ties import (
    JointTie,
    divided,
    ties_among,
    without_hidden_ties,
)
from silian.portal.insight.models import TagNote
from silian.portal.registry.domain.resolution import portions
from silian.portal.registry.models import IdentityMember, Organisation, Person

_ANY_MEMBER = Viewer(role=VIEWER, label="teams")
_SMALLEST = 3
_NAMED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamMember:
    """Somebody of a team, with how strongly tied inside."""

    record_id: str
    name: str
    organisation: str
    strength: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """A group of people with joint works.

    Attributes
    ----------
    members
        The strongest tied first; of many the first few, ``size`` counts all.
    fields
        Names (zh, en) of its main fields.
    organisations
        Names of those with most members.
    last
        Day of the newest dated work; ``None`` where none is dated.
    """

    number: int
    size: int
    members: tuple[TeamMember, ...]
    n_works: int
    last: date | None
    field_codes: tuple[str, ...]
    fields: tuple[tuple[str, str], ...]
    organisations: tuple[str, ...]


def teams(
    viewer: Viewer,
    as_of: date | None = None,
    *,
    field_code: str = "",
    of_all_years: bool = False,
) -> tuple[Team, ...]:
    """Teams of three and more, the largest first.

    Parameters
    ----------
    field_code
        Only those with this top field among their main ones.
    of_all_years
        By works of whatever age, undated ones among them, not of the recent years alone.
    """
    require(viewer, "talent.read")
    found = _teams(as_of or timezone.localdate(), of_all_years, _stamp())
    return tuple(one for one in found if not field_code or field_code in one.field_codes)


def _stamp() -> tuple[Any, ...]:
    """Changes with everything that teams are made of."""
    marks: list[Any] = [
        Contribution.objects.aggregate(n=Count("pk"), last=Max("pk")),
        IdentityMember.objects.aggregate(n=Count("pk"), last=Max("pk")),
        Person.objects.aggregate(n=Count("pk"), last=Max("updated_at")),
        TagNote.objects.aggregate(n=Count("pk"), last=Max("pk"), undone=Max("withdrawn_at")),
    ]
    marks += [
        entry.model._default_manager.aggregate(n=Count("pk"), last=Max("updated_at"))
        for entry in WORK_KINDS.values()
    ]
    return tuple(tuple(sorted(mark.items())) for mark in marks)


@lru_cache(maxsize=4)
def _teams(as_of: date, of_all_years: bool, stamp: tuple[Any, ...]) -> tuple[Team, ...]:
    recent = years_after(as_of, -portrait_rules().recent_years)
    days, dated, fields = _works(None if of_all_years else recent, as_of)
    people_of, names = _people_of(days)
    ties = without_hidden_ties(ties_among(people_of, days))
    team_of = divided(sorted(names), ties)
    members: dict[int, list[str]] = defaultdict(list)
    for one, number in sorted(team_of.items()):
        members[number].append(one)
    strength = _strength(ties, team_of)
    works = _works_by_team(people_of, team_of)
    employers = _employers({one: names[one] for one in team_of})
    found = [
        _team(group, works[number], names, employers, strength, dated, fields)
        for number, group in members.items()
        if len(group) >= _SMALLEST and works[number]
    ]
    found.sort(key=lambda team: (-team["size"], -team["n_works"], team["members"][0].record_id))
    return tuple(Team(number=number, **team) for number, team in enumerate(found, 1))


def _works(
    since: date | None, as_of: date
) -> tuple[dict[str, date], dict[str, date], dict[str, tuple[str, ...]]]:
    """Works after a day (all without one) and up to another: when known, when dated, top fields."""
    days: dict[str, date] = {}
    dated: dict[str, date] = {}
    fields: dict[str, tuple[str, ...]] = {}
    for entry in WORK_KINDS.values():
        rows = visible(entry.model._default_manager.all(), _ANY_MEMBER)
        if since is not None:
            rows = rows.filter(**{f"{entry.day}__gt": since})
        columns = ("public_id", entry.day, "created_at", "field_codes")
        for one, stated, created_at, codes in rows.values_list(*columns).iterator():
            day = stated or timezone.localdate(created_at)
            if day <= as_of:
                days[one] = day
                if stated:
                    dated[one] = stated
                fields[one] = tuple(sorted({code[:3] for code in codes or ()}))
    return days, dated, fields


def _people_of(days: dict[str, date]) -> tuple[dict[str, set[str]], dict[str, tuple[int, str]]]:
    """Seen people of each work by subject, and key and name of each."""
    subjects = dict(IdentityMember.objects.values_list("record_id", "subject_id").iterator())
    rows = visible(Person.objects.all(), _ANY_MEMBER).order_by("public_id")
    subject_by_key: dict[int, str] = {}
    names: dict[str, tuple[int, str]] = {}
    for key, one, name in rows.values_list("pk", "public_id", "name").iterator():
        subject = subjects.get(one, one)
        subject_by_key[key] = subject
        names.setdefault(subject, (key, name))
    people_of: dict[str, set[str]] = defaultdict(set)
    for key, work in Contribution.objects.values_list("person_id", "subject_id").iterator():
        if work in days and key in subject_by_key:
            people_of[work].add(subject_by_key[key])
    return people_of, names


def _strength(ties: list[JointTie], team_of: dict[str, int]) -> Counter[str]:
    """How strongly each is tied inside the own team."""
    strength: Counter[str] = Counter()
    for tie in ties:
        if team_of.get(tie.first) == team_of.get(tie.second):
            for one in (tie.first, tie.second):
                strength[one] += tie.weight  # type: ignore[assignment]
    return strength


def _works_by_team(people_of: dict[str, set[str]], team_of: dict[str, int]) -> dict[int, list[str]]:
    """Works of each team: those in which two of it have a part."""
    works: dict[int, list[str]] = defaultdict(list)
    for work, people in people_of.items():
        counts = Counter(team_of[one] for one in people if one in team_of)
        for number, count in counts.items():
            if count > 1:
                works[number].append(work)
    return works


def _employers(names: dict[str, tuple[int, str]]) -> dict[str, str]:
    """Names of the employers of people, as far as everybody sees them."""
    by_key: dict[int, tuple[int, str]] = {}
    for portion in portions(sorted(key for key, _ in names.values())):
        rows = Person.objects.filter(pk__in=portion, organisation__isnull=False)
        columns = ("pk", "organisation_id", "organisation__name")
        by_key.update({key: (house, name) for key, house, name in rows.values_list(*columns)})
    seen: set[int] = set()
    for portion in portions(sorted({house for house, _ in by_key.values()})):
        houses = visible(Organisation.objects.filter(pk__in=portion), _ANY_MEMBER)
        seen.update(houses.values_list("pk", flat=True))
    employed = {key: name for key, (house, name) in by_key.items() if house in seen}
    return {one: employed[key] for one, (key, _) in names.items() if key in employed}


def _team(
    group: list[str],
    works: list[str],
    names: dict[str, tuple[int, str]],
    employers: dict[str, str],
    strength: Counter[str],
    dated: dict[str, date],
    fields: dict[str, tuple[str, ...]],
) -> dict[str, Any]:
    ranked = sorted(group, key=lambda one: (-strength[one], one))
    counted = Counter(code for work in works for code in fields[work])
    codes = tuple(sorted(counted, key=lambda code: (-counted[code], code))[:3])
    employed = Counter(employers[one] for one in group if one in employers)
    return {
        "size": len(group),
        "members": tuple(
            TeamMember(
                record_id=one,
                name=names[one][1],
                organisation=employers.get(one, ""),
                strength=round(float(strength[one]), 2),
            )
            for one in ranked[:_NAMED]
        ),
        "n_works": len(works),
        "last": max((dated[work] for work in works if work in dated), default=None),
        "field_codes": codes,
        "fields": tuple(field_names(f"field:{code}") for code in codes),
        "organisations": tuple(sorted(employed, key=lambda name: (-employed[name], name))[:3]),
    }
