"""What each kind of record says about two things: the edges of the graph, read in bulk."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.db.models import F, Model

from silian.identifiers import PREFIX_BY_KIND
from silian.portal.capital.models import Grant
from silian.portal.industry.models import Need
from silian.portal.innovation.models import (
    Achievement,
    Contribution,
    Facility,
    Patent,
    Platform,
    Project,
    Publication,
    ServiceAgency,
)
from silian.portal.insight.domain.chain_placements import placements
from silian.portal.insight.domain.chain_verdicts import refused_members
from silian.portal.insight.domain.graph_contract_edges import EdgeRow, match_edges
from silian.portal.insight.domain.graph_rights import POLICY_PREFIX, programme_id
from silian.portal.registry.domain.identity_affiliations import affiliation_edges
from silian.portal.registry.domain.references import portions
from silian.portal.registry.models import (
    Affiliation,
    ChainLink,
    ChainMember,
    Organisation,
    Person,
    Region,
)

_CHUNK = 5_000
# Beyond so many takers-part everybody is everybody's partner, and the tie says nothing.
_MOST_PARTNERS = 15
_LEAST_WEIGHT = 0.01
_ROLE_TYPES = {"inventor": "invents", "author": "writes", "leader": "leads"}
_WORK_DAYS: dict[type[Model], tuple[str, str | None]] = {
    Achievement: ("completed_on", None),
    Patent: ("application_date", None),
    Project: ("started_on", "ended_on"),
    Publication: ("published_on", None),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeSource:
    """Edges that come from records of some kinds.

    Attributes
    ----------
    kinds
        The evidence: when such a record changes, these edges are read anew.
    rows
        Edges of the records of these ids; of all where ``None``.
    """

    kinds: tuple[str, ...]
    rows: Callable[[list[str] | None], Iterator[EdgeRow]]


def _columns(
    model: type[Any],
    edge_type: str,
    source: str,
    target: str,
    *,
    start: str | None = None,
    end: str | None = None,
    is_event: bool = False,
) -> EdgeSource:
    """Edges that stand in columns of the record itself; an event is over on its day."""
    wanted = [name for name in (source, target, "public_id", start, end) if name]

    def rows(ids: list[str] | None) -> Iterator[EdgeRow]:
        query = _chosen(model, ids).filter(
            **{f"{name.removesuffix('__public_id')}__isnull": False for name in (source, target)}
        )
        for row in query.values_list(*wanted).iterator(chunk_size=_CHUNK):
            days = list(row[3:])
            first = days.pop(0) if start else None
            last = days.pop(0) if end else None
            yield row[0], row[1], edge_type, 1.0, first, first if is_event else last, row[2]

    return EdgeSource(kinds=(model.kind,), rows=rows)


def _chosen(model: type[Any], ids: list[str] | None) -> Any:
    everything = model._default_manager.order_by("pk")
    return everything if ids is None else everything.filter(public_id__in=ids)


def _regions(ids: list[str] | None) -> Iterator[EdgeRow]:
    by_code = dict(Region.objects.values_list("adcode", "public_id"))
    for public_id, parent in _chosen(Region, ids).values_list("public_id", "parent_adcode"):
        if parent in by_code:
            yield public_id, by_code[parent], "part_of", 1.0, None, None, public_id


def _assignees(ids: list[str] | None) -> Iterator[EdgeRow]:
    """Owners of patents, and who applies together."""
    links = Patent.assignees.through.objects.order_by("patent_id", "pk")
    if ids is not None:
        links = links.filter(patent__public_id__in=ids)
    columns = ("patent__public_id", "organisation__public_id", "patent__application_date")
    owners: dict[tuple[str, date | None], list[str]] = defaultdict(list)
    for patent, organisation, day in links.values_list(*columns).iterator(chunk_size=_CHUNK):
        owners[patent, day].append(organisation)
    main = _chosen(Patent, ids).filter(organisation__isnull=False)
    columns = ("public_id", "organisation__public_id", "application_date")
    for patent, organisation, day in main.values_list(*columns).iterator(chunk_size=_CHUNK):
        if organisation not in owners[patent, day]:
            owners[patent, day].append(organisation)
    for (patent, day), organisations in owners.items():
        for one in organisations:
            yield one, patent, "owns", 1.0, day, None, patent
        yield from _partners(organisations, (day, day), patent)


def _works(model: type[Any]) -> EdgeSource:
    """Who did a work, and who thereby worked together."""
    start, end = _WORK_DAYS[model]

    def rows(ids: list[str] | None) -> Iterator[EdgeRow]:
        names = ["public_id", "organisation__public_id", "audience"]
        names += [name for name in (start, end) if name]
        works = {
            row[0]: row[1:]
            for row in _chosen(model, ids).values_list(*names).iterator(chunk_size=_CHUNK)
        }
        parts = Contribution.objects.order_by("subject_id", "position", "pk")
        if ids is not None:
            parts = parts.filter(subject_id__in=ids)
        columns = (
            "subject_id",
            "person__public_id",
            "role",
            "person__organisation__public_id",
            "person__audience",
        )
        people: dict[str, list[str]] = defaultdict(list)
        employers: dict[str, list[str]] = defaultdict(list)
        for subject, person, role, employer, seen_by in parts.values_list(*columns).iterator(
            chunk_size=_CHUNK
        ):
            if subject not in works:
                continue
            first, last = _days(model, works[subject][2:])
            edge_type = _ROLE_TYPES.get(role, "takes_part_in")
            yield person, subject, edge_type, 1.0, first, last, subject
            people[subject].append(person)
            if employer and _no_wider(works[subject][1], seen_by):
                employers[subject].append(employer)
        for subject, (organisation, _, *days) in works.items():
            span = _days(model, days)
            yield from _partners(people.get(subject, ()), span, subject)
            # Whose staff writes or researches together works together; inventors are named with
            # their assignees, who are partners by themselves.
            if model in (Project, Publication):
                own = [organisation] if organisation else []
                yield from _partners([*own, *employers.get(subject, ())], span, subject)

    return EdgeSource(kinds=(model.kind,), rows=rows)


def _no_wider(audience: str, other: str) -> bool:
    """Whether whoever sees the one sees the other too: an employer tells where somebody works."""
    return other == "public" or (other == "members" and audience != "public")


def _days(model: type[Any], days: Any) -> tuple[date | None, date | None]:
    """First and last day of a work: what is made or filed on a day does not last."""
    known = [*days, None, None]
    return known[0], known[1] if model is Project else known[0]


def _partners(
    members: Iterable[str], span: tuple[date | None, date | None], evidence: str
) -> Iterator[EdgeRow]:
    each = sorted(set(members))
    if len(each) <= _MOST_PARTNERS:
        for one, other in combinations(each, 2):
            yield one, other, "partner", 1.0, *span, evidence


def _main_employers(ids: list[str] | None) -> Iterator[EdgeRow]:
    """Where people say that they work, unless an affiliation tells the same with its days."""
    rows = _chosen(Person, ids).filter(organisation__isnull=False)
    rows = rows.exclude(affiliations__organisation=F("organisation"))
    columns = ("public_id", "organisation__public_id")
    for person, organisation in rows.values_list(*columns).iterator(chunk_size=_CHUNK):
        yield person, organisation, "works_at", 1.0, None, None, person


def _chain_members(ids: list[str] | None) -> Iterator[EdgeRow]:
    columns = (
        "organisation__public_id",
        "node__public_id",
        "revenue_share",
        "valid_from",
        "valid_until",
        "public_id",
    )
    rows = _chosen(ChainMember, ids).exclude(public_id__in=refused_members()).values_list(*columns)
    for organisation, node, share, first, last, public_id in rows.iterator(chunk_size=_CHUNK):
        weight = 1.0 if share is None else max(share, _LEAST_WEIGHT)
        yield organisation, node, "produces", weight, first, last, public_id


def _chain_links(ids: list[str] | None) -> Iterator[EdgeRow]:
    types = {ChainLink.Relation.UPSTREAM: "upstream_of", ChainLink.Relation.PART_OF: "part_of"}
    columns = ("source__public_id", "target__public_id", "relation", "weight", "public_id")
    for source, target, relation, weight, public_id in (
        _chosen(ChainLink, ids).values_list(*columns).iterator(chunk_size=_CHUNK)
    ):
        kept = max(weight, _LEAST_WEIGHT)
        yield source, target, types[relation], kept, None, None, public_id


def _programmes(ids: list[str] | None) -> Iterator[EdgeRow]:
    """Programmes and the projects that they pay for."""
    rows = _chosen(Project, ids).exclude(programme="")
    columns = ("programme", "public_id", "started_on", "ended_on")
    for programme, project, first, last in rows.values_list(*columns).iterator(chunk_size=_CHUNK):
        yield programme_id(programme), project, "funds", 1.0, first, last, project


def _grants(ids: list[str] | None) -> Iterator[EdgeRow]:
    columns = ("policy_id", "organisation__public_id", "paid_on", "public_id")
    rows = _chosen(Grant, ids).values_list(*columns)
    for policy, organisation, day, public_id in rows.iterator(chunk_size=_CHUNK):
        yield f"{POLICY_PREFIX}{policy}", organisation, "funds", 1.0, day, day, public_id


def placement_edges(ids: list[str] | None) -> Iterator[EdgeRow]:
    """Records placed at chain nodes by their texts or by a person; the register says the rest."""
    table = placements()
    table = table.filter(pc.not_equal(table["origin"], "register"))
    said_by = pc.if_else(
        pc.equal(pc.fill_null(table["evidence"], ""), ""), table["subject_id"], table["evidence"]
    )
    columns = [table[name] for name in ("subject_id", "node_id", "confidence")]
    for subject, node, confidence, evidence in _rows_said_by(said_by, columns, ids):
        weight = max(float(confidence or 1.0), _LEAST_WEIGHT)
        yield subject, node, "in_chain_node", weight, None, None, evidence


def _rows_said_by(said_by: Any, columns: list[Any], ids: list[str] | None) -> Iterator[Any]:
    """Rows of a derived table, the evidence last; those of some records where ids are given."""
    table = pa.table([*columns, said_by], names=[str(n) for n in range(len(columns) + 1)])
    if ids is not None:
        chosen = pc.is_in(said_by, pa.array(ids, said_by.type))
        table = table.filter(chosen)
    yield from zip(*(column.to_pylist() for column in table.columns), strict=True)


def _named_organisations(ids: list[str] | None) -> Iterator[EdgeRow]:
    """Organisations that only the free text of a paper or a patent names."""
    table = affiliation_edges()
    named: dict[tuple[str, str], list[str]] = defaultdict(list)
    columns = [table["kind"], table["organisation_id"]]
    for kind, organisation, subject in _rows_said_by(table["subject_id"], columns, ids):
        named[kind, subject].append(organisation)
    for kind, model in (("publication", Publication), ("patent", Patent)):
        day_column = _WORK_DAYS[model][0]
        subjects = [subject for of_kind, subject in named if of_kind == kind]
        days: dict[str, date | None] = {}
        for portion in portions(subjects):
            rows = model._default_manager.filter(public_id__in=portion)
            days.update(rows.values_list("public_id", day_column))
        edge_type = "owns" if kind == "patent" else "takes_part_in"
        for subject, day in days.items():
            organisations = named[kind, subject]
            last = None if edge_type == "owns" else day
            for one in dict.fromkeys(organisations):
                yield one, subject, edge_type, 1.0, day, last, subject
            yield from _partners(organisations, (day, day), subject)


_ORGANISATION = "organisation__public_id"
#: Whose texts and works place somebody: the evidence of placements.
_PLACING = tuple(kind for kind in PREFIX_BY_KIND if kind != "enterprise_year")

EDGE_SOURCES: tuple[EdgeSource, ...] = (
    EdgeSource(kinds=("region",), rows=_regions),
    _columns(Organisation, "located_in", "public_id", "region__public_id"),
    _columns(Platform, "located_in", "public_id", "region__public_id"),
    _columns(Facility, "located_in", "public_id", "region__public_id"),
    EdgeSource(kinds=("person",), rows=_main_employers),
    _columns(
        Affiliation,
        "works_at",
        "person__public_id",
        _ORGANISATION,
        start="valid_from",
        end="valid_until",
    ),
    _columns(Platform, "owns", _ORGANISATION, "public_id", start="started_on"),
    _columns(Facility, "owns", _ORGANISATION, "public_id"),
    _columns(ServiceAgency, "owns", _ORGANISATION, "public_id"),
    _columns(Achievement, "owns", _ORGANISATION, "public_id", start="completed_on"),
    _columns(Project, "leads", _ORGANISATION, "public_id", start="started_on", end="ended_on"),
    _columns(
        Project, "leads", "leader__public_id", "public_id", start="started_on", end="ended_on"
    ),
    _columns(
        Publication,
        "takes_part_in",
        _ORGANISATION,
        "public_id",
        start="published_on",
        is_event=True,
    ),
    EdgeSource(kinds=("patent",), rows=_assignees),
    EdgeSource(kinds=("publication", "patent"), rows=_named_organisations),
    *(_works(model) for model in _WORK_DAYS),
    _columns(Need, "needs", _ORGANISATION, "public_id", start="published_on"),
    EdgeSource(kinds=("chain_member",), rows=_chain_members),
    EdgeSource(kinds=("chain_link",), rows=_chain_links),
    EdgeSource(kinds=("grant",), rows=_grants),
    EdgeSource(kinds=("project",), rows=_programmes),
    EdgeSource(kinds=("match",), rows=match_edges),
    EdgeSource(kinds=_PLACING, rows=placement_edges),
)
