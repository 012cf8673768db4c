"""What people decide about records: taken at once, kept for every later run, undone at will."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from silian.identifiers import kind_of
from silian.portal.accounts.domain.access import Viewer, require
from silian.portal.audit import domain as audit
from silian.portal.registry.domain.identities import records_of, subject_of
from silian.portal.registry.domain.identity_errors import (
    AlreadyDecided,
    DecisionContradicts,
    DecisionUnclear,
    described,
)
from silian.portal.registry.domain.identity_settling import decisions_of, pairs_of, words_on
from silian.portal.registry.domain.identity_store import lock, resettle
from silian.portal.registry.models import (
    IdentityDecision,
    IdentityLink,
    IdentityMember,
    Organisation,
    Person,
)

KINDS = ("organisation", "person")
_DECISIONS = ("merge", "split", "must_not_link")
_MOST_RECORDS = 200
_MODELS: dict[str, Any] = {"organisation": Organisation, "person": Person}


def decide(
    kind: str, decision_kind: str, record_ids: Sequence[str], *, viewer: Viewer, note: str = ""
) -> IdentityDecision:
    """Decide that records are one, that the first is none of the others, or that no two are one.

    Holds at once and on every later run. What the engine had said is kept with the decision.

    Raises
    ------
    AccessDenied
        If the viewer may not decide.
    DecisionUnclear
        If it names fewer than two records, unknown ones or such of another kind.
    AlreadyDecided
        If somebody decided the same.
    DecisionContradicts
        If an earlier decision or the records' codes say otherwise.
    """
    require(viewer, "identity.decide")
    ids = list(dict.fromkeys(one.strip() for one in record_ids if one.strip()))
    names = _checked(kind, decision_kind, ids)
    with transaction.atomic():
        lock(kind)
        made = IdentityDecision(
            subject_kind=kind,
            decision_kind=decision_kind,
            record_ids=ids,
            note=note.strip()[:500],
            actor_id=viewer.person_id,
        )
        held = decisions_of(kind)
        _refuse_repeated(made, held)
        _refuse_contradicting(made, held)
        made.shown = {"names": names, "links": _shown(made)}
        made.save()
        resettle(kind, ids)
        audit.log(
            "identity.decide", viewer, ids[0], decision=decision_kind, records=ids, note=made.note
        )
    return made


def split_off(record_id: str, *, viewer: Viewer, note: str = "") -> IdentityDecision:
    """Take one record out of its subject.

    Raises
    ------
    DecisionUnclear
        If the record shares no subject.
    """
    member = IdentityMember.objects.filter(record_id=record_id).first()
    if member is None:
        raise DecisionUnclear(
            f"{record_id} shares its subject with no other record; there is nothing to split.",
            f"{record_id} 没有与其他登记归并，无需拆分。",
        )
    rest = IdentityMember.objects.filter(subject_id=member.subject_id).exclude(record_id=record_id)
    others = rest.order_by("record_id").values_list("record_id", flat=True)
    return decide(member.subject_kind, "split", [record_id, *others], viewer=viewer, note=note)


def withdraw(decision_id: int, *, viewer: Viewer) -> IdentityDecision:
    """Undo a decision; it stays in the history.

    Raises
    ------
    IdentityDecision.DoesNotExist
        If there is none with this id.
    AlreadyDecided
        If it was withdrawn before.
    """
    require(viewer, "identity.decide")
    with transaction.atomic():
        decision = IdentityDecision.objects.get(pk=decision_id)
        lock(decision.subject_kind)
        decision.refresh_from_db()
        if decision.withdrawn_at:
            raise AlreadyDecided(
                f"decision {decision_id} was withdrawn on {decision.withdrawn_at:%Y-%m-%d %H:%M}.",
                f"该决定已于 {decision.withdrawn_at:%Y-%m-%d %H:%M} 撤回。",
                decision,
            )
        decision.withdrawn_at, decision.withdrawn_by_id = timezone.now(), viewer.person_id
        decision.save(update_fields=["withdrawn_at", "withdrawn_by"])
        resettle(decision.subject_kind, decision.record_ids)
        audit.log("identity.withdraw", viewer, decision.record_ids[0], decision=decision.pk)
    return decision


def postpone(link: IdentityLink, *, viewer: Viewer, note: str = "") -> None:
    """Put a pair at the end of the queue."""
    require(viewer, "identity.decide")
    with transaction.atomic():
        IdentityLink.objects.filter(pk=link.pk).update(
            postponed_at=timezone.now(),
            postponed_by_id=viewer.person_id,
            postponed_note=note.strip()[:500],
        )
        audit.log("identity.postpone", viewer, link.left_id, other=link.right_id, note=note[:500])


def decisions(viewer: Viewer, *, kind: str = "") -> QuerySet[IdentityDecision]:
    """All decisions, withdrawn ones too, the newest first."""
    require(viewer, "identity.read")
    rows = IdentityDecision.objects.select_related("actor", "withdrawn_by")
    rows = rows.filter(subject_kind=kind) if kind else rows
    return rows.order_by("-created_at", "-pk")


def _checked(kind: str, decision_kind: str, ids: Sequence[str]) -> dict[str, str]:
    """Name by record, after everything that needs no lock is looked at."""
    if kind not in KINDS or decision_kind not in _DECISIONS:
        raise DecisionUnclear(
            f"{decision_kind!r} on {kind!r}; expected one of {', '.join(_DECISIONS)} on "
            f"{' or '.join(KINDS)}.",
            f"决定“{decision_kind}”（{kind}）无效，应为 {'、'.join(_DECISIONS)} 之一。",
        )
    if not 2 <= len(ids) <= _MOST_RECORDS:
        raise DecisionUnclear(
            f"{len(ids)} different records arrived; expected 2 to {_MOST_RECORDS}.",
            f"收到 {len(ids)} 条不同的记录，应为 2 到 {_MOST_RECORDS} 条。",
        )
    rows = _MODELS[kind].objects.filter(public_id__in=ids)
    names = dict(rows.values_list("public_id", "name"))
    unknown = [one for one in ids if one not in names]
    if unknown:
        raise DecisionUnclear(
            f"no {kind} has the id {', '.join(unknown)}.",
            f"没有编号为 {'、'.join(unknown)} 的{'单位' if kind == 'organisation' else '人员'}。",
        )
    return names


def _refuse_repeated(made: IdentityDecision, held: Sequence[IdentityDecision]) -> None:
    words = words_on(held)
    wanted = pairs_of(made)
    same = [one for pair in wanted if (one := words.get(pair)) and _alike(one, made)]
    if len(same) == len(wanted):
        zh, en = described(same[0])
        raise AlreadyDecided(f"{en}; the same as this.", f"{zh}，与本次相同，无需重复。", same[0])


def _alike(one: IdentityDecision, other: IdentityDecision) -> bool:
    return (one.decision_kind == "merge") == (other.decision_kind == "merge")


def _refuse_contradicting(made: IdentityDecision, held: Sequence[IdentityDecision]) -> None:
    words = words_on(held) | dict.fromkeys(pairs_of(made), made)
    for pair in sorted(pairs_of(made)):
        earlier = words_on(held).get(pair)
        if earlier and not _alike(earlier, made):
            _contradicted(earlier)
    groups = _groups(pair for pair, one in words.items() if one.decision_kind == "merge")
    for (left, right), one in words.items():
        if one.decision_kind != "merge" and left in groups and groups[left] == groups.get(right):
            earlier = one if one is not made else _merging(words, groups, left)
            _contradicted(earlier)
    if made.decision_kind == "merge":
        _refuse_two_codes(made, groups)


def _contradicted(earlier: IdentityDecision) -> None:
    zh, en = described(earlier)
    raise DecisionContradicts(
        f"{en}; withdraw that decision first if it was wrong.",
        f"与先前的决定矛盾：{zh}。如该决定有误，请先撤回。",
        earlier,
    )


def _merging(
    words: dict[tuple[str, str], IdentityDecision], groups: dict[str, str], record: str
) -> IdentityDecision:
    """One of the decisions that brought a record into its group."""
    return next(
        one
        for (left, _), one in words.items()
        if one.decision_kind == "merge" and groups[left] == groups[record]
    )


def _groups(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Smallest record by record, of those that decisions bring together."""
    root: dict[str, str] = {}

    def find(one: str) -> str:
        while root.setdefault(one, one) != one:
            one = root[one]
        return one

    for left, right in pairs:
        low, high = sorted((find(left), find(right)))
        root[high] = low
    return {one: find(one) for one in list(root)}


def _refuse_two_codes(made: IdentityDecision, groups: dict[str, str]) -> None:
    """Refuse what would bring two codes together, also those of records linked to these."""
    named = {one for one, group in groups.items() if group == groups[made.record_ids[0]]}
    together = named | set(records_of(subject_of(named).values()))
    field = "unified_social_credit_code" if made.subject_kind == "organisation" else "orcid"
    rows = _MODELS[made.subject_kind].objects.filter(public_id__in=together).exclude(**{field: ""})
    holders: dict[str, tuple[str, str]] = {}
    for public_id, name, code in rows.order_by("public_id").values_list("public_id", "name", field):
        if code.upper() not in holders or public_id in named:
            holders[code.upper()] = (public_id, name)
    if len(holders) < 2:
        return
    codes = sorted(holders)
    if all(public_id in named for public_id, _ in holders.values()):
        raise DecisionContradicts(
            f"these records hold the codes {', '.join(codes)}; two codes are two subjects. Correct "
            "the wrong code first.",
            f"这些登记的代码不同（{'、'.join(codes)}），不能归并；如有误，请先更正代码。",
        )
    firms = [f"{holders[code][1]} {holders[code][0]} {code}" for code in codes]
    raise DecisionContradicts(
        f"these records share their subjects with {'; '.join(firms)}; two codes are two subjects. "
        "Split the record off that is linked wrongly, or correct the wrong code first.",
        f"这些登记已分别与代码不同的主体归并（{'；'.join(firms)}），不能再归并为一；"
        "请先拆分归并有误的登记，或更正代码。",
    )


def _shown(made: IdentityDecision) -> list[dict[str, Any]]:
    """What the engine had said of the pairs, as it stood."""
    ids = made.record_ids
    rows = IdentityLink.objects.filter(
        subject_kind=made.subject_kind, left_id__in=ids, right_id__in=ids
    )
    wanted = pairs_of(made)
    return [
        {
            "left_id": row.left_id,
            "right_id": row.right_id,
            "probability": row.probability,
            "weight_bits": row.weight_bits,
            "state": row.state,
            "reason": row.reason,
            "evidence": row.evidence,
        }
        for row in rows
        if (row.left_id, row.right_id) in wanted
    ]


def kind_of_records(ids: Sequence[str]) -> str:
    """Kind of the first record, by its id.

    Raises
    ------
    DecisionUnclear
        If it is neither an organisation nor a person.
    """
    kind = kind_of(ids[0]) if ids else ""
    if kind not in KINDS:
        raise DecisionUnclear(
            f"{ids[0] if ids else 'no record'} is no organisation or person.",
            "只能归并单位或人员的登记。",
        )
    return kind
