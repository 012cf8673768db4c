"""Records of organisations and people as the resolution compares them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db.models import QuerySet

from silian.engines.graph import (
    NameLexicon,
    OrganisationRecord,
    PersonRecord,
    default_lexicon,
    with_places,
)
from silian.portal.innovation.models import Contribution, Patent, Project, Publication
from silian.portal.registry.domain.references import portions
from silian.portal.registry.models import (
    Affiliation,
    Organisation,
    OrganisationName,
    Person,
    Region,
)

#: Works with more people say little about any two of them.
_MOST_CO_AUTHORS = 60
#: Words for what a person does; of somebody with hundreds of works the first are enough.
_MOST_FIELDS = 60
_CHUNK = 5_000
_WORKS: tuple[tuple[Any, str, str], ...] = (
    (Publication, "published_on", "published_on"),
    (Patent, "application_date", "grant_date"),
    (Project, "started_on", "ended_on"),
)


def lexicon_of_city() -> NameLexicon:
    """The names of places in force, and those of the loaded regions."""
    rows = Region.objects.exclude(level=Region.Level.COUNTRY)
    return with_places(default_lexicon(), dict(rows.values_list("adcode", "name")))


def organisation_records(ids: Iterable[str] | None = None) -> list[OrganisationRecord]:
    """Organisations with all their names and codes: all, or those with these public ids."""
    found: list[OrganisationRecord] = []
    if ids is None:
        names = _names_of(OrganisationName.objects.all())
        found += _organisations(Organisation.objects.all(), names)
        return found
    for portion in portions(ids):
        rows = Organisation.objects.filter(public_id__in=portion)
        names = _names_of(OrganisationName.objects.filter(organisation__in=rows))
        found += _organisations(rows, names)
    return found


def _names_of(rows: QuerySet[OrganisationName]) -> dict[int, list[str]]:
    names: dict[int, list[str]] = defaultdict(list)
    pairs = rows.order_by("organisation_id", "pk").values_list("organisation_id", "name")
    for organisation, name in pairs.iterator(chunk_size=_CHUNK):
        names[organisation].append(name)
    return names


def _organisations(
    rows: QuerySet[Organisation], names: dict[int, list[str]]
) -> Iterator[OrganisationRecord]:
    columns = rows.values_list(
        "pk",
        "public_id",
        "name",
        "name_en",
        "register__code",
        "unified_social_credit_code",
        "stock_code",
        "region__adcode",
        "established_on",
    )
    for key, public_id, name, name_en, source, code, stock, region, founded in columns.iterator(
        chunk_size=_CHUNK
    ):
        others = dict.fromkeys(one for one in (*names.get(key, ()), name_en) if one)
        others.pop(name, None)
        yield OrganisationRecord(
            record_id=public_id,
            name=name,
            other_names=tuple(others),
            source=source,
            unified_code=code,
            weak_codes={"stock": stock} if stock else {},
            region_code=region or "",
            founded=founded,
        )


def person_records(ids: Iterable[str] | None = None) -> list[PersonRecord]:
    """People with whom and what they are met with: all, or those with these public ids.

    Where they work goes by the organisation's subject, so that a university's two records are one
    place.
    """
    people = Person.objects.all()
    if ids is not None:
        people = people.filter(public_id__in=list(ids))
    met = _Met(people if ids is not None else None)
    columns = people.values_list(
        "pk", "public_id", "name", "register__code", "orcid", "expertise", "field_codes"
    )
    found = []
    for key, public_id, name, source, orcid, expertise, fields in columns.iterator(
        chunk_size=_CHUNK
    ):
        words = dict.fromkeys([*(expertise or ()), *(fields or ()), *met.words.get(key, ())])
        years = met.years.get(key, ())
        found.append(
            PersonRecord(
                record_id=public_id,
                name=name,
                source=source,
                identifiers={"orcid": orcid} if orcid else {},
                affiliations=tuple(sorted(met.places.get(key, ()))),
                co_authors=tuple(sorted(met.partners.get(key, set()) - {name})),
                fields=tuple(words)[:_MOST_FIELDS],
                first_year=min(years, default=0),
                last_year=max(years, default=0),
            )
        )
    return found


class _Met:
    """Places, partners, words and years by person."""

    def __init__(self, people: QuerySet[Person] | None) -> None:
        self.places: dict[int, set[str]] = defaultdict(set)
        self.partners: dict[int, set[str]] = defaultdict(set)
        self.words: dict[int, list[str]] = defaultdict(list)
        self.years: dict[int, list[int]] = defaultdict(list)
        self._read_places(people)
        self._read_works(people)

    def _read_places(self, people: QuerySet[Person] | None) -> None:
        from silian.portal.registry.domain.identities import subject_of

        pairs: list[tuple[int, str]] = []
        own, further = Person.objects.exclude(organisation=None), Affiliation.objects.all()
        if people is not None:
            own, further = own.filter(pk__in=people), further.filter(person__in=people)
        pairs += own.values_list("pk", "organisation__public_id").iterator()
        pairs += further.values_list("person_id", "organisation__public_id").iterator()
        subjects = subject_of({place for _, place in pairs})
        for person, place in pairs:
            self.places[person].add(subjects.get(place, place))

    def _read_works(self, people: QuerySet[Person] | None) -> None:
        parts = Contribution.objects.all()
        if people is None:
            self._take(_by_work(parts), parts_of_all=True)
            return
        works = set(parts.filter(person__in=people).values_list("subject_id", flat=True))
        for portion in portions(works):
            self._take(_by_work(parts.filter(subject_id__in=portion)), parts_of_all=False)

    def _take(self, works: dict[str, dict[int, str]], *, parts_of_all: bool) -> None:
        for people in works.values():
            if len(people) > _MOST_CO_AUTHORS:
                continue
            names = set(people.values())
            for person in people:
                self.partners[person] |= names
        for model, first, last in _WORKS:
            columns = [one.name for one in model._meta.concrete_fields]
            wanted = ["public_id", first, last, "field_codes"]
            wanted += ["keywords"] if "keywords" in columns else []
            rows = model._default_manager.all()
            if not parts_of_all:
                rows = rows.filter(public_id__in=[one for one in works if works[one]])
            for public_id, begun, ended, *words in rows.values_list(*wanted).iterator(
                chunk_size=_CHUNK
            ):
                days = [one.year for one in (begun, ended) if one]
                for person in works.get(public_id, ()):
                    self.years[person] += days
                    if len(self.words[person]) < _MOST_FIELDS:
                        self.words[person] += [word for held in words for word in held or ()]


def _by_work(parts: QuerySet[Contribution]) -> dict[str, dict[int, str]]:
    works: dict[str, dict[int, str]] = defaultdict(dict)
    rows = parts.order_by("subject_id", "position", "pk")
    for work, person, name in rows.values_list("subject_id", "person_id", "person__name").iterator(
        chunk_size=_CHUNK
    ):
        works[work][person] = name
    return works


def records_of(
    kind: str, ids: Iterable[str] | None = None
) -> Sequence[OrganisationRecord] | Sequence[PersonRecord]:
    """Records of one kind of subject."""
    return organisation_records(ids) if kind == "organisation" else person_records(ids)
