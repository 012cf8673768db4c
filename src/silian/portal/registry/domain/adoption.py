"""Mentions become registered: the row that registers an organisation takes over its mention."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from django.db import transaction

from silian.portal.exchange.models import Match
from silian.portal.registry.domain.chain_nodes import node_mention_key
from silian.portal.registry.domain.names import name_key
from silian.portal.registry.domain.references import MENTIONS, portions
from silian.portal.registry.domain.resolution import contradict, mention_key
from silian.portal.registry.domain.validation import CheckedRow
from silian.portal.registry.domain.withheld import EMPLOYER
from silian.portal.registry.models import ChainNode, Organisation, Person, Record

if TYPE_CHECKING:
    from silian.portal.registry.domain.linking import Links


_MODELS: dict[str, type[Record]] = {
    "organisation": Organisation,
    "person": Person,
    "chain_node": ChainNode,
}


def find_mentions(kind: str, rows: Sequence[tuple[CheckedRow, "Links"]]) -> list[Record | None]:
    """For each new row the mention that it registers, if there is exactly one."""
    model = _MODELS[kind]
    if not rows or not model._default_manager.filter(register__code=MENTIONS).exists():
        return [None] * len(rows)
    if kind == "chain_node":
        return _chain_nodes(rows)
    return _organisations(rows) if kind == "organisation" else _people(rows)


def _organisations(rows: Sequence[tuple[CheckedRow, "Links"]]) -> list[Record | None]:
    names = [name_key(row.fields["name"]) for row, _ in rows]
    codes = [row.fields.get("unified_social_credit_code", "") for row, _ in rows]
    wanted = {mention_key(name, code) for name, code in zip(names, codes, strict=True)}
    wanted |= {mention_key(name) for name in names}
    held: dict[str, Organisation] = {}
    for portion in portions(sorted(wanted)):
        found = Organisation.objects.select_for_update(of=("self",)).filter(
            register__code=MENTIONS, registered=False, source_key__in=portion
        )
        held.update({organisation.source_key: organisation for organisation in found})
    return [_mention(held, name, code) for name, code in zip(names, codes, strict=True)]


def _mention(held: dict[str, Organisation], name: str, code: str) -> Organisation | None:
    """The mention with this name, unless its code says that it is somebody else."""
    for key in (mention_key(name, code), mention_key(name)):
        mention = held.get(key)
        if mention and not contradict(code, mention.unified_social_credit_code):
            # Taken out, so that of two rows with one name only the first takes the mention.
            return held.pop(key)
    return None


def _chain_nodes(rows: Sequence[tuple[CheckedRow, "Links"]]) -> list[Record | None]:
    keys = [
        node_mention_key(row.fields.get("node_kind", "product"), row.fields["name"])
        for row, _ in rows
    ]
    held: dict[str, ChainNode] = {}
    for portion in portions(sorted(set(keys))):
        found = ChainNode.objects.select_for_update(of=("self",)).filter(
            register__code=MENTIONS, source_key__in=portion
        )
        held.update({node.source_key: node for node in found})
    return [held.pop(key, None) for key in keys]


def _people(rows: Sequence[tuple[CheckedRow, "Links"]]) -> list[Record | None]:
    pairs = [(row.fields["name"], links.fields.get("organisation_id")) for row, links in rows]
    held: dict[tuple[str, int | None], list[Person]] = {}
    for portion in portions({name for name, organisation in pairs if organisation}):
        people = Person.objects.select_for_update(of=("self",))
        for person in people.filter(register__code=MENTIONS, name__in=portion):
            places = {person.organisation_id, *person.withheld.get(EMPLOYER, {}).values()}
            for place in places:
                held.setdefault((person.name, place), []).append(person)
    # Two people of one name at one place: nobody knows whose mention it was.
    return (
        [
            held[pair][0] if pairs.count(pair) == 1 and len(held.get(pair, ())) == 1 else None
            for pair in pairs
        ]
        if held
        else [None] * len(pairs)
    )


def follow_new_ids(moved: Mapping[str, str]) -> None:
    """What people said of a record stays with it when its id changes with registration.

    Matches, words on portraits, decisions on who is who and on places in the chains.
    """
    from silian.portal.insight.models import ChainPlacement, TagNote
    from silian.portal.registry.domain.identity_departures import follow_ids

    if not moved:
        return
    with transaction.atomic():
        for old in portions(moved):
            for model, column in (
                (TagNote, "subject_id"),
                (ChainPlacement, "subject_id"),
            ):
                for row in model._default_manager.filter(**{f"{column}__in": old}):
                    setattr(row, column, moved[getattr(row, column)])
                    row.save(update_fields=[column])
            for match in Match.objects.filter(supply_id__in=old):
                _move_match(match, moved[match.supply_id])
        follow_ids(moved)


def _move_match(match: Match, supply_id: str) -> None:
    """Let a match go on with the new id, unless people acted on a match of the same two."""
    there = Match.objects.filter(need_id=match.need_id, supply_id=supply_id).first()
    if there is not None and there.outcomes.exists():
        return  # outcomes are never lost: both stand where people recorded them
    if there is not None:
        there.delete()
    match.supply_id = supply_id
    match.save(update_fields=["supply_id"])
