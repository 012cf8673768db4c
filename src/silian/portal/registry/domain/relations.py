"""What hangs on a record beside its own columns: names, contributions, assignees."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from silian.portal.innovation.models import Contribution, Patent
from silian.portal.registry.domain.inserting import insert_rows
from silian.portal.registry.domain.linking import Links
from silian.portal.registry.domain.names import name_key
from silian.portal.registry.domain.references import portions
from silian.portal.registry.domain.validation import CheckedRow
from silian.portal.registry.models import Organisation, OrganisationName, Record

if TYPE_CHECKING:
    from silian.portal.registry.domain.saving import LoadContext
    from silian.portal.registry.domain.undo_journal import Journal

Saved = tuple[CheckedRow, Links, Record]
_Kind = OrganisationName.NameKind
# Plain texts: a member of an enumeration is slow to hash and to spell.
_OFFICIAL, _FORMER = _Kind.OFFICIAL.value, _Kind.FORMER.value
_ALIAS, _ENGLISH = _Kind.ALIAS.value, _Kind.ENGLISH.value


def save_relations(
    kind: str, saved: Sequence[Saved], context: "LoadContext", *, new: frozenset[int] = frozenset()
) -> set[int]:
    """Bring names, contributions and assignees of saved records in line with their rows.

    Parameters
    ----------
    new
        Keys of the records that were just made, which have no names yet.

    Returns
    -------
    set[int]
        Keys of the records to which something was added or from which something went.
    """
    touched: set[int] = set()
    if kind == "organisation":
        touched |= _save_names(saved, new, context.change.journal)
    if any(links.contributors for _, links, _ in saved):
        touched |= _save_contributions(saved, context, new)
    if kind == "patent":
        given = [(links, record) for _, links, record in saved if links.assignees is not None]
        touched |= _save_assignees(given, new, context.change.journal)
    return touched


def follow_name(organisation: Organisation) -> None:
    """Let an organisation whose name was changed by hand be found by it; the old one stays.

    What it was called so far becomes a former name, as when a register brings the new one.
    """
    wanted = {(name_key(organisation.name), _OFFICIAL): organisation.name}
    if organisation.name_en:
        wanted[name_key(organisation.name_en), _ENGLISH] = organisation.name_en
    for held in organisation.names.filter(name_kind__in=(_OFFICIAL, _ENGLISH)):
        if wanted.get((held.normalised, held.name_kind)) == held.name:
            wanted.pop((held.normalised, held.name_kind))
            continue
        held.delete()
        if held.name_kind == _OFFICIAL and held.normalised != name_key(organisation.name):
            wanted[held.normalised, _FORMER] = held.name
    OrganisationName.objects.bulk_create(
        [
            OrganisationName(
                organisation=organisation, name=text[:300], normalised=key, name_kind=kind
            )
            for (key, kind), text in wanted.items()
        ],
        ignore_conflicts=True,
    )


def _save_names(saved: Sequence[Saved], new: frozenset[int], journal: "Journal | None") -> set[int]:
    held: dict[int, dict[tuple[str, str], OrganisationName]] = {}
    for portion in portions(record.id for _, _, record in saved if record.id not in new):
        for name in OrganisationName.objects.filter(organisation_id__in=portion):
            names = held.setdefault(name.organisation_id, {})
            names[name.normalised, name.name_kind] = name
    made: list[tuple[int, str, str, str]] = []
    gone: list[OrganisationName] = []
    for row, _, record in saved:
        key_of_record = record.id
        names = held.get(key_of_record, {})
        wanted = _wanted_names(row, record)
        for (key, kind), name in names.items():
            if kind == _OFFICIAL and (key, kind) not in wanted and not row.adds:
                # What it was called so far becomes a former name.
                wanted.setdefault((key, _FORMER), name.name)
        made.extend(
            (key_of_record, text[:300], key, kind)
            for (key, kind), text in wanted.items()
            if (key, kind) not in names
        )
        if not row.adds:
            given = _given_kinds(row)
            gone.extend(
                name
                for (key, kind), name in names.items()
                if kind in given and (key, kind) not in wanted
            )
    for portion in portions(name.pk for name in gone):
        OrganisationName.objects.filter(pk__in=portion).delete()
    columns = ("organisation_id", "name", "normalised", "name_kind")
    insert_rows(OrganisationName, columns, made, ignore_conflicts=True)
    touched = {made_for for made_for, *_ in made} | {name.organisation_id for name in gone}
    if journal is not None:
        for key in touched - new:
            former = held.get(key, {}).values()
            journal.related("names", "organisation", key, [names_row(name) for name in former])
    return touched


def names_row(name: OrganisationName) -> list[str]:
    """A name as the journal of a load keeps it."""
    return [name.name, name.normalised, name.name_kind]


def _wanted_names(row: CheckedRow, record: Any) -> dict[tuple[str, str], str]:
    name = record.name
    is_own = name == row.fields["name"]
    wanted = {(row.name_key if is_own else name_key(name), _OFFICIAL): name}
    if row.adds and not is_own:
        wanted[row.name_key, _ALIAS] = row.fields["name"]
    for key, kind, further in row.further_names:
        wanted[key, kind] = further
    return wanted


def _given_kinds(row: CheckedRow) -> set[str]:
    columns = {"name": _OFFICIAL, "aliases": _ALIAS, "name_en": _ENGLISH}
    # Former names stay: a list that leaves one out doesn't undo the past.
    return {kind for column, kind in columns.items() if column in row.given}


def _save_contributions(
    saved: Sequence[Saved], context: "LoadContext", new: frozenset[int]
) -> set[int]:
    from silian.portal.registry.models import Person

    subjects = [record.public_id for _, links, record in saved if links.contributors]
    held: dict[str, dict[tuple[int, str], Contribution]] = {}
    for portion in portions(subjects):
        for contribution in Contribution.objects.filter(subject_id__in=portion):
            of_subject = held.setdefault(contribution.subject_id, {})
            of_subject[contribution.person_id, contribution.role] = contribution
    former = {
        subject: [[person, role, part.position] for (person, role), part in parts.items()]
        for subject, parts in held.items()
    }
    made: list[tuple[int, str, str, int]] = []
    moved: list[Contribution] = []
    gone: list[Contribution] = []
    for row, links, record in saved:
        of_subject = held.get(record.public_id, {})
        wanted = {
            (person, role): position
            for role, people in links.contributors.items()
            for position, person in enumerate(people, 1)
        }
        for (person, role), position in wanted.items():
            contribution = of_subject.get((person, role))
            if contribution is None:
                made.append((person, record.public_id, role, min(position, 32_767)))
            elif contribution.position != position and not row.adds:
                contribution.position = position
                moved.append(contribution)
        if not row.adds:
            gone.extend(
                contribution
                for key, contribution in of_subject.items()
                if key[1] in links.contributors and key not in wanted
            )
    for portion in portions(contribution.pk for contribution in gone):
        Contribution.objects.filter(pk__in=portion).delete()
    Contribution.objects.bulk_update(moved, ["position"], batch_size=500)
    columns = ("person_id", "subject_id", "role", "position")
    insert_rows(Contribution, columns, made, ignore_conflicts=True)
    touched = {person for person, *_ in made} | {part.person_id for part in gone}
    for portion in portions(touched):
        people = Person.objects.filter(pk__in=portion)
        context.touched.update(people.values_list("public_id", flat=True))
    subjects_touched = {subject for _, subject, *_ in made}
    subjects_touched.update(part.subject_id for part in (*moved, *gone))
    touched_records = [one for _, _, one in saved if one.public_id in subjects_touched]
    journal = context.change.journal
    for record in touched_records if journal is not None else ():
        if record.pk not in new:
            parts = former.get(record.public_id, [])
            journal.related("contributions", record.kind, record.pk, parts)
    return {record.pk for record in touched_records}


def _save_assignees(
    pairs: Sequence[tuple[Links, Record]], new: frozenset[int], journal: "Journal | None"
) -> set[int]:
    through = Patent.assignees.through
    held: dict[int, set[int]] = {}
    for portion in portions(record.pk for _, record in pairs):
        rows = through.objects.filter(patent_id__in=portion)
        for patent, organisation in rows.values_list("patent_id", "organisation_id"):
            held.setdefault(patent, set()).add(organisation)
    made = []
    touched: set[int] = set()
    for links, record in pairs:
        wanted = set(links.assignees or ())
        now = held.get(record.pk, set())
        if now != wanted:
            touched.add(record.pk)
            if journal is not None and record.pk not in new:
                journal.related("assignees", "patent", record.pk, sorted(now))
        made.extend(through(patent_id=record.pk, organisation_id=key) for key in wanted - now)
        if now - wanted:
            through.objects.filter(patent_id=record.pk, organisation_id__in=now - wanted).delete()
    through.objects.bulk_create(made, ignore_conflicts=True, batch_size=5_000)
    return touched
