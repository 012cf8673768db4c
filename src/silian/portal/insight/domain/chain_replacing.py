"""Only what changed placed again: changed records, and the people who took part in changed works.

Confidences and names too general to count stay as they were learned over all records.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from silian.identifiers import PREFIX_BY_KIND
from silian.portal.innovation.models import Contribution
from silian.portal.insight.domain.chain_placement_files import in_order, table_of
from silian.portal.insight.domain.chain_placing import (
    WORKS,
    Learned,
    NamedNodes,
    Placement,
    by_person,
    by_text,
    read_texts,
    register_placements,
)
from silian.portal.insight.domain.chain_rules import placement_rules
from silian.portal.insight.domain.chain_sources import PlacedRecord, placed_records
from silian.portal.insight.domain.chain_texts import NodeNames, pieces_of
from silian.portal.registry.domain.references import portions
from silian.portal.registry.models import ChainMember, Person

if TYPE_CHECKING:
    import pyarrow as pa

_WORK_PREFIXES = tuple(f"{PREFIX_BY_KIND[kind]}-" for kind in sorted(WORKS))
_MEMBER_PREFIX = f"{PREFIX_BY_KIND['chain_member']}-"
_PERSON_PREFIX = f"{PREFIX_BY_KIND['person']}-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaced:
    """All placements after some records were placed again.

    Attributes
    ----------
    differs
        Whether any placement is another one now.
    n_placed
        How many records were placed again.
    """

    rows: "pa.Table"
    parts: "pa.Table"
    differs: bool
    n_placed: int


def names_table(nodes: NamedNodes) -> "pa.Table":
    """Spellings that are looked for, with the number, id and name of their node."""
    import pyarrow as pa

    found = NodeNames(nodes.spellings, placement_rules().least_name_length).nodes
    numbers = list(found.values())
    return pa.table(
        {
            "spelling": pa.array(list(found), pa.string()),
            "number": pa.array(numbers, pa.int64()),
            "node_id": pa.array([nodes.ids[one] for one in numbers], pa.string()),
            "name": pa.array([nodes.names[one] for one in numbers], pa.string()),
        }
    )


def parts_table(parts: Collection[tuple[str, str]]) -> "pa.Table":
    """Who took part in which placed work."""
    import pyarrow as pa

    return pa.table(
        {
            "person_id": pa.array([one for one, _ in parts], pa.string()),
            "work_id": pa.array([work for _, work in parts], pa.string()),
        }
    )


def place_changed(
    changed: Collection[str],
    *,
    rows: "pa.Table",
    parts: "pa.Table",
    names: "pa.Table",
    learned: Learned,
) -> Replaced:
    """Place some records again.

    Parameters
    ----------
    changed
        Public ids of records that changed, came or went.
    rows, parts, names
        As they were kept: all placements, who took part in placed works, spellings.
    """
    subjects = {one for one in changed if not one.startswith(_MEMBER_PREFIX)}
    subjects |= _organisations_of(changed, rows)
    register = register_placements(subjects)
    told = {(one.subject_id, one.node_id) for one in register}
    texts = [
        one
        for one in _texts_of(subjects, names, learned)
        if (one.subject_id, one.node_id) not in told
    ]
    people, parts_now = _people_of(subjects, parts)
    standing = _standing(rows, subjects, {work for _, work in parts_now} | people)
    placed_texts = [*standing, *texts]
    works = {one.subject_id for one in placed_texts if one.kind in WORKS}
    parts_now = [one for one in parts_now if one[1] in works]
    by_works = by_person(
        placed_texts,
        parts_now,
        _audiences_of(people),
        {(one.subject_id, one.node_id) for one in placed_texts},
        placement_rules(),
    )
    return _exchanged(rows, parts, subjects, people, [*register, *texts, *by_works], parts_now)


def _exchanged(
    rows: "pa.Table",
    parts: "pa.Table",
    subjects: set[str],
    people: set[str],
    placed: list[Placement],
    parts_now: list[tuple[str, str]],
) -> Replaced:
    import pyarrow as pa
    import pyarrow.compute as pc

    by_works = pc.and_(_among(rows["subject_id"], people), pc.equal(rows["origin"], "person"))
    old = pc.or_(_among(rows["subject_id"], subjects), by_works)
    before, after = in_order(rows.filter(old)), in_order(table_of(placed))
    others = parts.filter(pc.invert(_among(parts["person_id"], people)))
    return Replaced(
        rows=pa.concat_tables([rows.filter(pc.invert(old)), after]),
        parts=pa.concat_tables([others, parts_table(parts_now)]),
        differs=not before.equals(after),
        n_placed=len(subjects | people),
    )


def _organisations_of(changed: Collection[str], rows: "pa.Table") -> set[str]:
    """Organisations that changed memberships name or named."""
    members = [one for one in changed if one.startswith(_MEMBER_PREFIX)]
    found: set[str] = set()
    for portion in portions(members):
        now = ChainMember.objects.filter(public_id__in=portion)
        found.update(now.values_list("organisation__public_id", flat=True))
    named = rows.filter(_among(rows["evidence"], members))
    return found | set(named["subject_id"].to_pylist())


def _texts_of(subjects: set[str], names: "pa.Table", learned: Learned) -> list[Placement]:
    records = list(placed_records(subjects))
    nodes = _named_in(records, names)
    rules = placement_rules()
    return list(by_text(read_texts(nodes, rules, records), nodes, rules, learned))


def _named_in(records: list[PlacedRecord], names: "pa.Table") -> NamedNodes:
    """The nodes that these texts could name, in their order."""
    pieces: set[str] = set()
    for record in records:
        pieces |= pieces_of(record.texts)
    found = names.filter(_among(names["spelling"], pieces)).to_pylist()
    first = {row["number"]: row for row in sorted(found, key=lambda row: row["number"])}
    places = {number: place for place, number in enumerate(first)}
    return NamedNodes(
        ids=[row["node_id"] for row in first.values()],
        names=[row["name"] for row in first.values()],
        spellings=[(row["spelling"], places[row["number"]]) for row in found],
    )


def _people_of(subjects: set[str], parts: "pa.Table") -> tuple[set[str], list[tuple[str, str]]]:
    """Changed people and those who took or take part in changed works, with all their works."""
    works = [one for one in subjects if one.startswith(_WORK_PREFIXES)]
    people = {one for one in subjects if one.startswith(_PERSON_PREFIX)}
    people.update(parts.filter(_among(parts["work_id"], works))["person_id"].to_pylist())
    for portion in portions(works):
        now = Contribution.objects.filter(subject_id__in=portion)
        people.update(now.values_list("person__public_id", flat=True))
    found: list[tuple[str, str]] = []
    for portion in portions(people):
        rows = Contribution.objects.filter(person__public_id__in=portion).order_by("pk")
        found += rows.values_list("person__public_id", "subject_id")
    return people, list(dict.fromkeys(found))


def _standing(rows: "pa.Table", subjects: set[str], wanted: set[str]) -> list[Placement]:
    """What texts say of unchanged records."""
    import pyarrow.compute as pc

    kept = pc.and_(_among(rows["subject_id"], wanted - subjects), pc.equal(rows["origin"], "text"))
    return [Placement(**row) for row in rows.filter(kept).to_pylist()]


def _audiences_of(people: set[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for portion in portions(people):
        rows = Person.objects.filter(public_id__in=portion)
        found.update(rows.values_list("public_id", "audience"))
    return found


def _among(column: Any, ids: Collection[str]) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.is_in(column, value_set=pa.array(list(ids), pa.string()))
