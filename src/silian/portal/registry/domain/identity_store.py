"""Keeps what a resolution found: links and members, only what changed, in one transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from django.db.models import Q

from silian.engines.graph import Cluster, Evidence, Link
from silian.portal.registry.domain.identity_records import records_of
from silian.portal.registry.domain.identity_settling import (
    Settled,
    decisions_of,
    pairs_of,
    settle,
)
from silian.portal.registry.domain.identity_signals import identities_changed
from silian.portal.registry.domain.references import portions
from silian.portal.registry.models import IdentityLink, IdentityMember, IdentityRun

_KEPT = (
    "probability",
    "weight_bits",
    "state",
    "reason",
    "evidence",
    "found_state",
    "found_reason",
)
_BATCH = 2_000
#: Probabilities that differ by less are the same: sums of floats depend on their order.
_DIGITS = 6


def lock(kind: str) -> None:
    """Let nobody else settle this kind until the caller's transaction ends.

    SQLite has one writer anyway; elsewhere the first run's row is the latch.
    """
    first = IdentityRun.objects.select_for_update().filter(subject_kind=kind)
    list(first.order_by("pk").values_list("pk", flat=True)[:1])


def as_found(links: Iterable[Link]) -> list[Link]:
    """Links with the state that the evidence alone gave them."""
    return [
        Link(
            left_id=one.left_id,
            right_id=one.right_id,
            probability=round(one.probability, _DIGITS),
            weight_bits=one.weight_bits,
            state=one.found_state or one.state,
            reason="" if one.found_state == "linked" else one.reason,
            evidence=one.evidence,
        )
        for one in links
    ]


def store_all(run: IdentityRun, found: Sequence[Link], settled: Settled) -> None:
    """Make links and members of the kind what a run found; equal ones stay untouched."""
    kind = run.subject_kind
    reasons = {(one.left_id, one.right_id): one.reason for one in found}
    held = {
        (left, right): (key, list(values))
        for key, left, right, *values in IdentityLink.objects.filter(subject_kind=kind).values_list(
            "pk", "left_id", "right_id", *_KEPT
        )
    }
    new, changed = [], []
    for link in settled.links:
        pair = (link.left_id, link.right_id)
        values = _values(link, reasons[pair])
        before = held.pop(pair, None)
        row = IdentityLink(
            pk=before[0] if before else None,
            subject_kind=kind,
            left_id=link.left_id,
            right_id=link.right_id,
            run=run,
            **values,
        )
        if before is None:
            new.append(row)
        elif before[1] != list(values.values()):
            changed.append(row)
    for portion in portions([key for key, _ in held.values()]):
        IdentityLink.objects.filter(pk__in=portion).delete()
    IdentityLink.objects.bulk_create(new, batch_size=_BATCH)
    IdentityLink.objects.bulk_update(changed, [*_KEPT, "run"], batch_size=500)
    store_members(kind, settled.clusters, among=None)


def _values(link: Link, found_reason: str) -> dict[str, Any]:
    return {
        "probability": link.probability,
        "weight_bits": link.weight_bits,
        "state": link.state,
        "reason": link.reason,
        "evidence": [asdict(one) for one in link.evidence],
        "found_state": link.found_state or link.state,
        "found_reason": found_reason,
    }


def store_members(kind: str, clusters: Iterable[Cluster], *, among: set[str] | None) -> None:
    """Write who shares a subject: of all records, or only ``among`` those."""
    wanted = {
        record: (one.cluster_id, round(one.probability, _DIGITS))
        for one in clusters
        for record in one.record_ids
        if among is None or record in among
    }
    rows = IdentityMember.objects.filter(subject_kind=kind)
    held: dict[str, tuple[int, str, float]] = {}
    for portion in [None] if among is None else portions(among):
        some = rows if portion is None else rows.filter(record_id__in=portion)
        held.update(
            (record, (key, subject, probability))
            for key, record, subject, probability in some.values_list(
                "pk", "record_id", "subject_id", "probability"
            )
        )
    stale = [key for record, (key, *said) in held.items() if wanted.get(record) != tuple(said)]
    for portion in portions(stale):
        IdentityMember.objects.filter(pk__in=portion).delete()
    IdentityMember.objects.bulk_create(
        [
            IdentityMember(
                subject_kind=kind, record_id=record, subject_id=subject, probability=probability
            )
            for record, (subject, probability) in sorted(wanted.items())
            if held.get(record, (0,))[1:] != (subject, probability)
        ],
        batch_size=_BATCH,
    )
    _tell(
        {record: one[1] for record, one in held.items()}, {r: one[0] for r, one in wanted.items()}
    )


def _tell(before: dict[str, str], after: dict[str, str]) -> None:
    """Tell listeners which records go by another subject than before."""
    moved = {one for one in before.keys() | after.keys() if before.get(one) != after.get(one)}
    if moved:
        identities_changed.send(IdentityMember, record_ids=frozenset(moved))


def resettle(kind: str, ids: Iterable[str]) -> None:
    """Settle anew what hangs together with these records, from stored links and decisions.

    The same as a whole run would say: nothing beyond the links of these records can change.
    """
    decisions = decisions_of(kind)
    merged = [pair for one in decisions if one.decision_kind == "merge" for pair in pairs_of(one)]
    touched = _connected(kind, set(ids), merged)
    around = {
        end
        for portion in portions(touched)
        for pair in _links_at(kind, portion).values_list("left_id", "right_id")
        for end in pair
    }
    whole = _connected(kind, touched | around, merged)
    rows = {
        row.pk: row
        for portion in portions(whole)
        for row in _links_at(kind, portion)
        if row.left_id in whole and row.right_id in whole
    }
    settled = settle(
        records_of(kind, sorted(whole)), [link_of(row) for row in rows.values()], decisions
    )
    by_pair = {(row.left_id, row.right_id): row for row in rows.values()}
    changed = []
    for link in settled.links:
        row = by_pair[link.left_id, link.right_id]
        at_hand = row.left_id in touched or row.right_id in touched
        if at_hand and (row.state, row.reason) != (link.state, link.reason):
            row.state, row.reason = link.state, link.reason
            changed.append(row)
    IdentityLink.objects.bulk_update(changed, ["state", "reason"], batch_size=500)
    store_members(kind, settled.clusters, among=touched)


def link_of(row: IdentityLink) -> Link:
    """A stored link as the evidence alone found it."""
    return Link(
        left_id=row.left_id,
        right_id=row.right_id,
        probability=row.probability,
        weight_bits=row.weight_bits,
        state=row.found_state or row.state,
        reason=row.found_reason,
        evidence=tuple(Evidence(**one) for one in row.evidence),
    )


def _links_at(kind: str, ids: Sequence[str]) -> Any:
    return IdentityLink.objects.filter(subject_kind=kind).filter(
        Q(left_id__in=ids) | Q(right_id__in=ids)
    )


def _connected(kind: str, ids: set[str], merged: Sequence[tuple[str, str]]) -> set[str]:
    """Records that these hang together with, through likely links and decisions to merge."""
    found, frontier = set(ids), set(ids)
    while frontier:
        reached: set[str] = set()
        for portion in portions(frontier):
            for pair in (
                _links_at(kind, portion)
                .filter(found_state="linked")
                .values_list("left_id", "right_id")
            ):
                reached.update(pair)
        for pair in merged:
            if frontier & set(pair):
                reached.update(pair)
        frontier = reached - found
        found |= frontier
    return found
