"""The review queue, and everything about one pair that a person needs to judge it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from silian.portal.accounts.domain.access import Viewer, require, visible
from silian.portal.bilingual import named
from silian.portal.innovation.models import Contribution
from silian.portal.registry.domain.identities import members_of, subject_of
from silian.portal.registry.domain.identity_settling import decisions_of, pairs_of
from silian.portal.registry.domain.trades import trade_label
from silian.portal.registry.models import (
    IdentityDecision,
    IdentityLink,
    IdentityMember,
    Organisation,
    Person,
    Record,
)

#: Lower ends of the bands of probability that the queue offers.
BANDS: tuple[tuple[str, float, float], ...] = (
    ("high", 0.5, 1.01),
    ("middle", 0.25, 0.5),
    ("low", 0.0, 0.25),
)
_SHOWN_MEMBERS = 50
_RELATED = (
    ("people", "人员", "People"),
    ("patents", "专利", "Patents"),
    ("achievements", "成果", "Achievements"),
    ("projects", "项目", "Projects"),
    ("publications", "论文", "Papers"),
    ("needs", "需求", "Needs"),
)
_MODELS: dict[str, Any] = {"organisation": Organisation, "person": Person}


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueQuestion:
    """What of the queue is asked for; empty parts ask for everything."""

    state: str = "review"
    kind: str = ""
    reason: str = ""
    band: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One record of a pair, with what the other side is held against."""

    record: Any
    names: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str, str], ...]  # label zh, label en, value
    related: tuple[tuple[str, str, int], ...]
    members: tuple[Any, ...]  # other records of the subject it belongs to


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two records side by side.

    Attributes
    ----------
    would_join
        Records that become one subject if the two are the same, the two among them.
    decision
        The one that holds on the two, if any.
    """

    link: IdentityLink
    left: Side
    right: Side
    would_join: tuple[Any, ...]
    decision: IdentityDecision | None


def queue(viewer: Viewer, question: QueueQuestion) -> QuerySet[IdentityLink]:
    """Links asked for; doubt with the likeliest first, what was put off last."""
    require(viewer, "identity.read")
    rows = IdentityLink.objects.filter(state=question.state)
    if question.kind:
        rows = rows.filter(subject_kind=question.kind)
    if question.reason:
        rows = rows.filter(reason=question.reason)
    for name, low, high in BANDS:
        if question.band == name:
            rows = rows.filter(probability__gte=low, probability__lt=high)
    if question.text:
        rows = rows.filter(_names(question.text))
    return rows.order_by(F("postponed_at").asc(nulls_first=True), "-probability", "pk")


def _names(text: str) -> Q:
    wanted = Q(left_id=text) | Q(right_id=text)
    for model in _MODELS.values():
        ids = model.objects.filter(name__icontains=text).values("public_id")
        wanted |= Q(left_id__in=ids) | Q(right_id__in=ids)
    return wanted


def facets(viewer: Viewer, question: QueueQuestion) -> dict[str, dict[str, int]]:
    """How many links each value of state, kind, reason and band has, other parts as asked."""

    def counted(part: str, field: str) -> dict[str, int]:
        rows = queue(viewer, replace(question, **{part: ""})).order_by()
        return dict(rows.values_list(field).annotate(n=Count("pk")))

    states = IdentityLink.objects.all()
    states = states.filter(subject_kind=question.kind) if question.kind else states
    bands = queue(viewer, replace(question, band="")).order_by()
    return {
        "state": dict(states.values_list("state").annotate(n=Count("pk"))),
        "kind": counted("kind", "subject_kind"),
        "reason": counted("reason", "reason"),
        "band": {
            name: bands.filter(probability__gte=low, probability__lt=high).count()
            for name, low, high in BANDS
        },
    }


def with_records(links: Sequence[IdentityLink]) -> list[tuple[IdentityLink, Any, Any]]:
    """Links with their two records; such as lost one since the last run are left out."""
    held: dict[str, Any] = {}
    for kind, model in _MODELS.items():
        ids = {
            end for one in links if one.subject_kind == kind for end in (one.left_id, one.right_id)
        }
        joined = ("register", "region") if kind == "organisation" else ("register", "organisation")
        rows = model.objects.filter(public_id__in=ids).select_related(*joined)
        held.update((row.public_id, row) for row in rows)
    return [
        (one, held[one.left_id], held[one.right_id])
        for one in links
        if one.left_id in held and one.right_id in held
    ]


def pair_of(link: IdentityLink, viewer: Viewer) -> Pair:
    """One link with all that a person compares.

    Raises
    ------
    LookupError
        If a record is gone since the last run.
    """
    require(viewer, "identity.read")
    found = with_records([link])
    if not found:
        raise LookupError(f"a record of link {link.pk} is gone; run the resolution again.")
    _, left, right = found[0]
    sides = (_side(left), _side(right))
    joined = {one.public_id: one for one in (left, right)}
    for side in sides:
        joined.update((one.public_id, one) for one in side.members)
    pair = (link.left_id, link.right_id)
    held = [one for one in decisions_of(link.subject_kind) if pair in pairs_of(one)]
    return Pair(
        link=link,
        left=sides[0],
        right=sides[1],
        would_join=tuple(joined[key] for key in sorted(joined)),
        decision=held[-1] if held else None,
    )


def next_in_queue(link: IdentityLink, viewer: Viewer, question: QueueQuestion) -> int | None:
    """Key of the link to judge after this one: the first of the queue that is another."""
    rows = queue(viewer, question).exclude(pk=link.pk)
    later = rows.filter(postponed_at=None)
    behind = later.filter(
        Q(probability__lt=link.probability) | Q(probability=link.probability, pk__gt=link.pk)
    )
    for some in (behind, later, rows):
        if (key := some.values_list("pk", flat=True).first()) is not None:
            return int(key)
    return None


def records_of_subject(record: Record, viewer: Viewer) -> list[tuple[Any, IdentityLink | None]]:
    """Other visible records of the same organisation or person, each with the link that says so."""
    subject = subject_of([record.public_id]).get(record.public_id)
    if subject is None:
        return []
    ids = [one for one in members_of(subject) if one != record.public_id]
    rows = visible(_MODELS[record.kind].objects.filter(public_id__in=ids), viewer)
    rows = rows.select_related("register", *(["region"] if record.kind == "organisation" else []))
    members = set(members_of(subject))
    links: dict[str, IdentityLink] = {}
    linked = IdentityLink.objects.filter(
        Q(left_id__in=ids) | Q(right_id__in=ids), subject_kind=record.kind, state="linked"
    ).order_by("probability")
    for link in linked:
        if {link.left_id, link.right_id} <= members:
            links[link.left_id] = links[link.right_id] = link
    for link in linked:  # the link to this very record says most
        if record.public_id in (link.left_id, link.right_id):
            other = link.right_id if link.left_id == record.public_id else link.left_id
            links[other] = link
    return [(one, links.get(one.public_id)) for one in rows.order_by("public_id")[:_SHOWN_MEMBERS]]


def _side(record: Any) -> Side:
    subject = IdentityMember.objects.filter(record_id=record.public_id).first()
    members = ()
    if subject is not None:
        ids = [one for one in members_of(subject.subject_id) if one != record.public_id]
        rows = _MODELS[record.kind].objects.filter(public_id__in=ids).select_related("register")
        members = tuple(rows.order_by("public_id")[:_SHOWN_MEMBERS])
    describe = _organisation if record.kind == "organisation" else _person
    names, facts, related = describe(record)
    return Side(record=record, names=names, facts=facts, related=related, members=members)


Described = tuple[
    tuple[tuple[str, str], ...], tuple[tuple[str, str, str], ...], tuple[tuple[str, str, int], ...]
]


def _organisation(record: Organisation) -> Described:
    names = tuple(
        (one.name, one.get_name_kind_display())
        for one in record.names.order_by("pk")
        if one.name != record.name
    )
    facts = (
        ("统一社会信用代码", "Unified code", record.unified_social_credit_code),
        ("证券代码", "Stock code", record.stock_code),
        ("类型", "Kind", str(record.get_organisation_kind_display())),
        ("地区", "Region", named(record.region) if record.region else ""),
        ("地址", "Address", record.address),
        ("成立日期", "Founded", record.established_on.isoformat() if record.established_on else ""),
        ("行业", "Industry", trade_label(record.industry_code, record.industry_name)),
    )
    related = tuple(
        (zh, en, getattr(record, name).count())
        for name, zh, en in _RELATED
        if hasattr(record, name)
    )
    return names, facts, related


def _person(record: Person) -> Described:
    names = ((record.name_en, "EN"),) if record.name_en else ()
    works = record.contributions.values_list("subject_id", flat=True)
    partners = (
        Contribution.objects.filter(subject_id__in=list(works[:200]))
        .exclude(person=record)
        .values_list("person__name", flat=True)
        .distinct()
    )
    places = [record.organisation.name] if record.organisation else []
    places += record.affiliations.values_list("organisation__name", flat=True)
    facts = (
        ("任职单位", "Works at", "、".join(dict.fromkeys(places))),
        ("职称职务", "Title", record.title),
        ("ORCID", "ORCID", record.orcid),
        ("专长", "Expertise", "、".join((record.expertise or [])[:12])),
        ("合作者", "Works with", "、".join(partners[:20])),
    )
    return names, facts, (("成果", "Works", works.count()),)
