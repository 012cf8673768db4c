"""What links and decisions come to: the state of every link, and who shares a subject.

The engine clusters; here the decisions are laid over it, so that a pair that somebody judged, or
that is settled by other records, waits for nobody any more.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from silian.engines.graph import (
    Cluster,
    ContradictingDecision,
    Decision,
    Link,
    OrganisationRecord,
    PersonRecord,
    cluster,
    organisation_codes,
    organisation_identities,
)
from silian.engines.graph.resolution_values import LinkState
from silian.portal.registry.domain.identity_records import lexicon_of_city
from silian.portal.registry.models import IdentityDecision

Records = Sequence[OrganisationRecord] | Sequence[PersonRecord]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Outcome of a settling.

    Attributes
    ----------
    links
        Each with the state that decisions and other records gave it.
    clusters
        Of two records or more.
    passed_over
        Decisions that the codes of the records contradict by now.
    """

    links: tuple[Link, ...]
    clusters: tuple[Cluster, ...]
    passed_over: tuple[int, ...] = ()
    subject_of: dict[str, str] = field(default_factory=dict)


def decisions_of(kind: str) -> list[IdentityDecision]:
    """Decisions that hold, in their order."""
    rows = IdentityDecision.objects.filter(subject_kind=kind, withdrawn_at=None)
    return list(rows.order_by("created_at", "pk"))


def settle(
    records: Records, links: Iterable[Link], decisions: Sequence[IdentityDecision]
) -> Settled:
    """Cluster records by their links under the decisions.

    Parameters
    ----------
    records
        At least all that links and decisions name; names without a record are passed over.
    links
        As the evidence alone found them.
    """
    known = {one.record_id for one in records}
    held = [one for one in links if one.left_id in known and one.right_id in known]
    followed, passed_over = list(decisions), []
    codes, identities = _codes(records), _identities(records)
    while True:
        try:
            found, clusters = cluster(
                [one.record_id for one in records],
                held,
                codes=codes,
                identities=identities,
                decisions=[_as_value(one) for one in followed],
            )
        except ContradictingDecision as refused:
            pair = {str(refused.details["left"]), str(refused.details["right"])}
            wrong = [
                one
                for one in followed
                if one.decision_kind == "merge" and pair <= set(one.record_ids)
            ]
            passed_over += [one.pk for one in wrong]
            followed = [one for one in followed if one not in wrong]
            if not wrong:
                raise
        else:
            break
    subjects = {record: one.cluster_id for one in clusters for record in one.record_ids}
    return Settled(
        links=tuple(_decided(found, subjects, followed)),
        clusters=tuple(one for one in clusters if len(one.record_ids) > 1),
        passed_over=tuple(sorted(passed_over)),
        subject_of=subjects,
    )


def pairs_of(decision: IdentityDecision) -> set[tuple[str, str]]:
    """Pairs of records that a decision speaks of; a split only of its first and the others."""
    ids = list(dict.fromkeys(decision.record_ids))
    firsts = ids[:1] if decision.decision_kind == "split" else ids
    return {
        (min(left, right), max(left, right))
        for place, left in enumerate(firsts)
        for right in ids[place + 1 :]
    }


def words_on(decisions: Iterable[IdentityDecision]) -> dict[tuple[str, str], IdentityDecision]:
    """The latest decision on every two records."""
    return {pair: one for one in decisions for pair in pairs_of(one)}


def _decided(
    links: Iterable[Link], subjects: dict[str, str], decisions: Sequence[IdentityDecision]
) -> Iterable[Link]:
    words = words_on(decisions)
    apart = {
        frozenset((subjects.get(left, left), subjects.get(right, right)))
        for (left, right), one in words.items()
        if one.decision_kind != "merge"
    }
    for link in links:
        one, other = subjects[link.left_id], subjects[link.right_id]
        word = words.get((link.left_id, link.right_id))
        if one == other:
            decided = word is not None and word.decision_kind == "merge"
            by_others = "" if link.state == "linked" else "same_subject"
            yield _with(link, "linked", "decided" if decided else by_others)
        elif frozenset((one, other)) in apart:
            yield _with(link, "refused", "must_not_link")
        else:
            yield link


def _with(link: Link, state: LinkState, reason: str) -> Link:
    return replace(link, state=state, reason=reason)


def _as_value(decision: IdentityDecision) -> Decision:
    return Decision(
        kind=decision.decision_kind,
        record_ids=tuple(decision.record_ids),
        decided_by=str(decision.actor_id or ""),
        note=decision.note,
    )


def _codes(records: Records) -> dict[str, str]:
    organisations = [one for one in records if isinstance(one, OrganisationRecord)]
    people = [one for one in records if isinstance(one, PersonRecord)]
    return organisation_codes(organisations) | {
        one.record_id: f"orcid:{one.identifiers['orcid'].casefold()}"
        for one in people
        if one.identifiers.get("orcid")
    }


def _identities(records: Records) -> dict[str, str]:
    organisations = [one for one in records if isinstance(one, OrganisationRecord)]
    return organisation_identities(organisations, lexicon_of_city()) if organisations else {}
