"""From the references of rows to the records they point at."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from silian.identifiers import public_id
from silian.portal.catalogue import KINDS
from silian.portal.registry.domain.chain_nodes import link_chain_nodes
from silian.portal.registry.domain.history import record_history
from silian.portal.registry.domain.kept_links import Kept, kept_links
from silian.portal.registry.domain.names import name_key
from silian.portal.registry.domain.reasons import Reason
from silian.portal.registry.domain.references import (
    MENTIONS,
    kept_ids,
    mentions_register,
    portions,
    unknown_reference,
)
from silian.portal.registry.domain.validation import CheckedRow
from silian.portal.registry.domain.withheld import EMPLOYER
from silian.portal.registry.domain.year_subjects import (
    YearSubjects,
    find_year_subjects,
    link_year_subject,
)
from silian.portal.registry.interfaces.columns import Reference
from silian.portal.registry.models import Organisation, Person

if TYPE_CHECKING:
    from silian.portal.registry.domain.saving import LoadContext

_ROLE_OF_LEADER = "leader"
_REGIONS_TOLD, _CANDIDATES_TOLD = 50, 4  # texts in the notes of a load, regions for each
# Columns that keep people and organisations as written, where a register gives only names.
_WRITTEN = {"inventor": "inventor_text", "author": "author_text", "assignees": "assignee_text"}


_ORGANISATION = ("organisation", "单位", "organisation")
# Relations without which a record of a kind says nothing.
_REQUIRED = {
    "affiliation": (("person", "人员", "person"), _ORGANISATION),
    "enterprise_year": (_ORGANISATION,),
    "grant": (_ORGANISATION,),
    "chain_member": (_ORGANISATION,),
}


@dataclass(slots=True)
class Links:
    """Relations of one row, by id.

    Attributes
    ----------
    fields
        Relations that are columns of the record (``organisation_id``, ...).
    contributors
        Role to people in their order; only roles that the row gave.
    assignees
        Organisations of a patent, or ``None`` where the row gave none.
    blanks
        Values of columns for where the row, or else the record, has none.
    """

    fields: dict[str, Any] = field(default_factory=dict)
    contributors: dict[str, list[int]] = field(default_factory=dict)
    assignees: list[int] | None = None
    reasons: list[Reason] = field(default_factory=list)
    names: dict[str, list[str]] = field(default_factory=dict)  # role to names still unmatched
    pretended: bool = False  # refers to a person whom a dry run took back
    kept: Kept = field(default_factory=Kept)
    blanks: dict[str, Any] = field(default_factory=dict)


def link_rows(
    kind: str, rows: Sequence[CheckedRow], context: "LoadContext"
) -> Iterator[tuple[CheckedRow, Links]]:
    """Links of each row; people who are only named are found or made for the whole batch."""
    subjects = find_year_subjects(kind, rows, context.register)
    pairs = [(row, _direct_links(kind, row, subjects, context)) for row in rows]
    _link_named_people(kind, pairs, context)
    for row, links in pairs:
        _complain_of_missing(kind, links)
        yield row, links


@cache
def _references(kind: str) -> dict[str, Reference]:
    return {column.name: column.reference for column in KINDS[kind].columns if column.reference}


def _direct_links(
    kind: str, row: CheckedRow, subjects: YearSubjects | None, context: "LoadContext"
) -> Links:
    links = Links()
    if context.by_hand:
        links.kept = kept_links(kind, context.register, row.source_key)
    references = _references(kind)
    for name in row.given & references.keys():
        reference = references[name]
        if reference.many:
            if reference.to == "organisation":
                links.assignees = links.assignees or []
            else:
                links.contributors.setdefault(reference.field, [])
        else:
            links.fields.setdefault(f"{reference.field}_id", None)
    for name, key in links.kept.fields.items():
        links.fields.setdefault(name, key)
    _link_organisation(row, links, context)
    link_chain_nodes(row, links, context)
    if subjects is not None:
        link_year_subject(row, links, subjects, context)
    for reference, value in row.references:
        match reference.to, reference.many:
            case "region", _:
                _link_region(reference.by, value, links, context)
            case "organisation", True:
                _link_assignees(reference.by, value, row, links, context)
            case "person", True if reference.by == "key":
                for key in value:
                    person = context.resolver.person_by_key.get(key)
                    if person is None:
                        _missing_person(f"{reference.field}_keys", key, links, context)
                    else:
                        links.contributors[reference.field].append(person)
            case "person", True:
                links.names.setdefault(reference.field, []).extend(value)
            case "person", False if reference.by == "key":
                person = context.resolver.person_by_key.get(value)
                if person is None:
                    _missing_person(f"{reference.field}_key", value, links, context)
                links.fields[f"{reference.field}_id"] = person
            case "person", False:
                links.names.setdefault(_ROLE_OF_LEADER, []).append(value)
    if "region_adcode" in references:
        _link_place(row, links, context)
    if links.fields.get("leader_id"):
        links.contributors[_ROLE_OF_LEADER] = [links.fields["leader_id"]]
    # Where keys say who it is, names beside them are for the reader.
    links.names = {
        role: names for role, names in links.names.items() if not links.contributors.get(role)
    }
    return links


def _link_organisation(row: CheckedRow, links: Links, context: "LoadContext") -> None:
    named = {r.by: v for r, v in row.references if r.to == "organisation" and not r.many}
    if not named:
        return
    found = context.resolver.organisation_of(row)
    if found is None:
        column = next(by for by in ("key", "code", "name") if by in named)
        links.reasons.append(
            unknown_reference(f"organisation_{column}", named[column], "单位", "organisation")
        )
    links.fields["organisation_id"] = found


def _link_region(by: str, value: str, links: Links, context: "LoadContext") -> None:
    regions = context.resolver.regions
    if by == "adcode":
        found = regions.by_adcode.get(value)
        if found is None:
            links.reasons.append(unknown_reference("region_adcode", value, "地区", "region"))
        links.fields["region_id"] = found
    elif links.fields.get("region_id") is None:
        links.fields["region_id"] = regions.of_name(value)


def _link_place(row: CheckedRow, links: Links, context: "LoadContext") -> None:
    """Take the address for a region that no other column tells; keep what could not be read."""
    if context.by_hand or links.fields.get("region_id") is not None:
        return
    regions, address = context.resolver.regions, row.fields.get("address") or ""
    written = next((v for r, v in row.references if (r.to, r.by) == ("region", "name")), "")
    if address and (found := regions.of_address(address)) is not None:
        links.blanks["region_id"] = found
        context.notes["region_by_address"] += 1
    elif written:
        candidates = regions.meant(written).candidates
        context.notes[_note_of_region(written, candidates, context)] += 1
        if "address" in {field.name for field in KINDS[row.kind].model._meta.concrete_fields}:
            links.blanks["address"] = written


def _note_of_region(written: str, candidates: Sequence[str], context: "LoadContext") -> str:
    """A note with the text, as long as not too many texts were told."""
    code = "region_name_ambiguous" if candidates else "region_name_unknown"
    if written not in context.regions_told and len(context.regions_told) >= _REGIONS_TOLD:
        return code
    context.regions_told.add(written)
    more = "…" if len(candidates) > _CANDIDATES_TOLD else ""
    shown = "、".join(candidates[:_CANDIDATES_TOLD]) + more
    return f"{code}:{written[:80]}" + (f" = {shown}" if shown else "")


def _link_assignees(
    by: str, values: list[str], row: CheckedRow, links: Links, context: "LoadContext"
) -> None:
    resolver = context.resolver
    held = links.assignees if links.assignees is not None else []
    for value in values:
        found = (
            resolver.organisation_by_key.get(value)
            if by == "key"
            else links.kept.assignees.get(name_key(value))
            or resolver.organisation_by_name.get(name_key(value))
        )
        if found is None:
            links.reasons.append(
                unknown_reference(f"assignee_{by}s", value, "单位", "organisation")
            )
        elif found not in held:
            held.append(found)
    links.assignees = held
    if held and not links.fields.get("organisation_id"):
        links.fields["organisation_id"] = held[0]
    if by == "name" and not row.fields.get("assignee_text"):
        row.fields["assignee_text"] = "；".join(values)[:1000]


def _missing_person(column: str, key: str, links: Links, context: "LoadContext") -> None:
    # A dry run saves nobody, but knows whom it would have saved.
    if context.dry_run and hash(key) in context.seen.get("person", ()):
        links.pretended = True
    else:
        links.reasons.append(unknown_reference(column, key, "人员", "person"))


# People who are only named


def _link_named_people(
    kind: str, pairs: Sequence[tuple[CheckedRow, Links]], context: "LoadContext"
) -> None:
    wanted: set[tuple[str, int]] = set()
    for row, links in pairs:
        organisation = links.fields.get("organisation_id")
        for role, names in links.names.items():
            written = _WRITTEN.get(role)
            if written and KINDS[kind].model.__name__ in {"Patent", "Publication"}:
                row.fields.setdefault(written, "、".join(names)[:1000])
            unknown = [name for name in names if (role, name) not in links.kept.people]
            if organisation and not links.reasons:
                wanted.update((name, organisation) for name in unknown)
            elif unknown and context.by_hand:
                links.reasons.append(_nowhere(role, unknown[0]))
    found = _people_by_name(wanted)
    _make_people([pair for pair in sorted(wanted) if pair not in found], found, context)
    for _, links in pairs:
        if links.reasons:
            continue
        organisation = links.fields.get("organisation_id") or 0
        for role, names in links.names.items():
            held = links.contributors.setdefault(role, [])
            for name in names:
                people = links.kept.people.get((role, name)) or found.get((name, organisation), [])
                if len(people) > 1 and (role, name) not in links.kept.people:
                    context.notes["person_name_ambiguous"] += 1
                else:
                    held.extend(person for person in people if person not in held)
            if role == _ROLE_OF_LEADER and held:
                links.fields["leader_id"] = held[0]


def _nowhere(role: str, name: str) -> Reason:
    return Reason(
        field=f"{role}_name" if role == _ROLE_OF_LEADER else f"{role}_names",
        code="person_without_organisation",
        message_zh=f"“{name}”须与单位一起才能确定是谁，请先填写单位。",
        message_en=f"{name!r} is told from others by the organisation; state that first.",
        arrived=name,
    )


def _people_by_name(wanted: set[tuple[str, int]]) -> dict[tuple[str, int], list[int]]:
    found: dict[tuple[str, int], list[int]] = {}
    for portion in portions({name for name, _ in wanted}):
        people = Person.objects.filter(name__in=portion, organisation__isnull=False)
        for name, organisation, key in people.values_list("name", "organisation_id", "id"):
            if (name, organisation) in wanted:
                found.setdefault((name, organisation), []).append(key)
        # Whoever hides an employer is still the one whom its name and theirs mean.
        hiding = Person.objects.filter(name__in=portion).exclude(withheld={})
        for name, key, withheld in hiding.values_list("name", "id", "withheld"):
            for organisation in sorted(set(withheld.get(EMPLOYER, {}).values())):
                if (name, organisation) in wanted:
                    found.setdefault((name, organisation), []).append(key)
    return found


def _make_people(
    missing: Sequence[tuple[str, int]],
    found: dict[tuple[str, int], list[int]],
    context: "LoadContext",
) -> None:
    """People of whom only name and place are known; one name at one place is one person."""
    if not missing:
        return
    register = mentions_register()
    place: dict[int, str] = {}
    for portion in portions({organisation for _, organisation in missing}):
        organisations = Organisation.objects.filter(pk__in=portion)
        place.update(organisations.values_list("id", "public_id"))
    made: dict[str, tuple[Person, tuple[str, int]]] = {}
    for name, organisation in missing:
        key = f"{place[organisation]} {name}"
        person = Person(
            register=register,
            source_key=key,
            public_id=public_id("person", MENTIONS, key),
            name=name[:100],
            organisation_id=organisation,
            owner_id=organisation,
        )
        made[person.public_id] = (person, (name, organisation))
    there = kept_ids(Person, made)  # who works elsewhere by now
    Person.objects.bulk_create([person for person, _ in made.values()], ignore_conflicts=True)
    for portion in portions(made):
        for identifier, key in Person.objects.filter(public_id__in=portion).values_list(
            "public_id", "id"
        ):
            found[made[identifier][1]] = [key]
    new = {identifier: pair for identifier, (_, pair) in made.items() if identifier not in there}
    record_history(Person, [found[pair][0] for pair in new.values()], "+", context.change)
    context.touched.update(new)
    context.notes["person_mentioned"] += len(new)


def _complain_of_missing(kind: str, links: Links) -> None:
    if links.reasons or links.pretended:
        return
    for name, zh, en in _REQUIRED.get(kind, ()):
        if links.fields.get(f"{name}_id") is None:
            links.reasons.append(
                Reason(
                    field=f"{name}_key",
                    code="missing",
                    message_zh=f"必填，未指明{zh}。",
                    message_en=f"required: name the {en} by its key.",
                )
            )
