"""What registers say of a subject in its own records: columns, platforms, chain places, titles."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from silian.portal.accounts.domain.access import Viewer, allowed, visible
from silian.portal.catalogue import find_record
from silian.portal.innovation.models import Facility, Platform, ServiceAgency
from silian.portal.insight.domain.chain_placements import placements
from silian.portal.insight.domain.graph_rights import visible_ids
from silian.portal.insight.domain.portrait_rules import portrait_rules, tag_groups
from silian.portal.insight.domain.portrait_subjects import Subject
from silian.portal.insight.domain.portrait_texts import field_names, folded
from silian.portal.insight.domain.portrait_values import Source
from silian.portal.insight.models import ChainPlacement
from silian.portal.registry.domain.trades import trade_names
from silian.portal.registry.models import ChainMember, ChainNode, OrganisationKind

if TYPE_CHECKING:
    from silian.portal.industry.domain.facts import FactsRow

_HOLDINGS_READ = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One record says one thing.

    Attributes
    ----------
    confidence
        0 where it follows from the number of works that say so.
    """

    key: str
    group: str
    label_zh: str
    source: Source
    label_en: str = ""
    value: str = ""
    confidence: float = 0.0
    expires_on: date | None = None
    link_id: str = ""


def known_since(record: Any) -> date:
    """Day from which a record counts: its own, else the day on which it last changed here."""
    return record.valid_from or timezone.localdate(record.updated_at)  # type: ignore[no-any-return]


def record_source(record: Any, as_of: date) -> Source:
    """A record as the source of what its columns say, confirmed when it last changed."""
    confirmed = min(timezone.localdate(record.updated_at), as_of)
    return Source(
        record_id=record.public_id,
        title=str(record),
        register=str(record.register),
        stated_on=max(known_since(record), confirmed),
    )


def record_statements(subject: Subject, as_of: date) -> Iterator[Statement]:
    """Columns of the subject's own records, as far as they were known on the day."""
    stated = portrait_rules().confidence_stated
    for record in subject.members:
        if known_since(record) > as_of:
            continue
        source = record_source(record, as_of)
        for key, group, zh, en in _columns(record):
            yield Statement(
                key=key, group=group, label_zh=zh, label_en=en, source=source, confidence=stated
            )


def _columns(record: Any) -> Iterator[tuple[str, str, str, str]]:
    """Key, group and names of each value."""
    if record.kind == "person":
        if record.title:
            yield f"title:{folded(record.title)}", "standing", record.title, ""
        for word in record.expertise or ():
            yield f"expertise:{folded(word)}", "capability", word, ""
        for code in record.field_codes or ():
            yield f"field:{code}", "field", *field_names(f"field:{code}")
        return
    for word in record.main_products or ():
        yield f"product:{folded(word)}", "capability", word, ""
    for word in record.keywords or ():
        yield f"keyword:{folded(word)}", "field", word, ""
    if record.industry_name:
        code = record.industry_code or folded(record.industry_name)
        names = trade_names(record.industry_code, record.industry_name)
        yield f"industry:{code}", "chain", *names


def holding_statements(subject: Subject, viewer: Viewer, as_of: date) -> Iterator[Statement]:
    """What an organisation can do by what it runs: platforms, techniques, services."""
    if subject.kind != "organisation":
        return
    stated = portrait_rules().confidence_stated
    for record in _held(Platform, subject, viewer):
        source = record_source(record, as_of)
        if (record.started_on or known_since(record)) <= as_of:
            kind = str(record.get_platform_kind_display())
            yield Statement(
                key=f"platform:{record.public_id}",
                group="standing",
                label_zh=record.name,
                value=kind,
                source=source,
                confidence=stated,
                expires_on=record.valid_until,
                link_id=record.public_id,
            )
    for model, column, scheme in (
        (Facility, "techniques", "technique"),
        (ServiceAgency, "service_kinds", "service"),
    ):
        for record in _held(model, subject, viewer):
            if known_since(record) > as_of:
                continue
            source = record_source(record, as_of)
            for word in getattr(record, column) or ():
                yield Statement(
                    key=f"{scheme}:{folded(word)}",
                    group="capability",
                    label_zh=word,
                    source=source,
                    confidence=stated,
                )


def chain_statements(subject: Subject, viewer: Viewer, as_of: date) -> Iterator[Statement]:
    """Nodes of industry chains: where registers place it, and where its texts do."""
    refused = _refused_nodes(subject)
    if subject.kind == "organisation":
        yield from _member_statements(subject, viewer, as_of, refused)
    yield from _placed_statements(subject, viewer, as_of)


def _member_statements(
    subject: Subject, viewer: Viewer, as_of: date, refused: set[str]
) -> Iterator[Statement]:
    rows = visible(ChainMember.objects.filter(organisation__in=subject.keys), viewer)
    rows = rows.exclude(node__public_id__in=refused)
    for row in rows.select_related("node", "register").order_by("pk")[:_HOLDINGS_READ]:
        if known_since(row) > as_of:
            continue
        share = "" if row.revenue_share is None else f"{row.revenue_share:.0%}"
        yield Statement(
            key=f"node:{row.node.public_id}",
            group="chain",
            label_zh=row.node.name,
            label_en=row.node.name_en,
            value=share or row.role,
            source=record_source(row, as_of),
            confidence=portrait_rules().confidence_stated,
            expires_on=row.valid_until,
            link_id=row.node.public_id,
        )


def _refused_nodes(subject: Subject) -> set[str]:
    """Nodes of which somebody decided, last, that the subject does not belong there."""
    rows = ChainPlacement.objects.filter(subject_id__in=subject.all_ids)
    last = dict(rows.order_by("created_at", "pk").values_list("node__public_id", "verdict"))
    return {node for node, verdict in last.items() if verdict == ChainPlacement.Verdict.REFUSED}


def _placed_statements(subject: Subject, viewer: Viewer, as_of: date) -> Iterator[Statement]:
    """Placements that follow from texts, by records that the viewer may see."""
    import pyarrow as pa
    import pyarrow.compute as pc

    table = placements()
    ids = [member.public_id for member in subject.members]
    rows = table.filter(pc.is_in(table["subject_id"], value_set=pa.array(ids))).to_pylist()
    rows = [row for row in rows if row["origin"] != "register"]
    seen = visible_ids(
        viewer, [one for row in rows for one in (row["node_id"], row["evidence"]) if one]
    )
    nodes = ChainNode.objects.in_bulk({row["node_id"] for row in rows}, field_name="public_id")
    own = {member.public_id: member for member in subject.members}
    most = tag_groups()["chain"].most
    for row in sorted(rows, key=lambda row: (-row["confidence"], row["node_id"]))[:most]:
        evidence = row["evidence"] or row["subject_id"]
        if row["node_id"] not in nodes or not {row["node_id"], evidence} <= seen | own.keys():
            continue
        record = own.get(evidence) or find_record(evidence)
        if known_since(record) > as_of:
            continue
        node = nodes[row["node_id"]]
        yield Statement(
            key=f"node:{node.public_id}",
            group="chain",
            label_zh=node.name,
            label_en=node.name_en,
            source=record_source(record, as_of),
            confidence=row["confidence"],
            link_id=node.public_id,
        )


def title_statements(subject: Subject, viewer: Viewer, as_of: date) -> Iterator[Statement]:
    """Titles in an enterprise's yearly facts: only for those who may read these."""
    from silian.library.facts import codes

    known = codes("titles")
    for record, facts in facts_shown(subject, viewer, as_of):
        origin = facts.origin.get("titles")
        for code in str(facts.values.get("titles") or "").split(";"):
            if code not in known or origin is None:
                continue
            yield Statement(
                key=f"held:{code}",
                group="standing",
                label_zh=known[code].label_zh,
                label_en=known[code].label_en,
                value=str(facts.year),
                source=Source(
                    record_id=origin.record_public_id,
                    title=f"{record} {facts.year}",
                    register=origin.register_name,
                    stated_on=min(date(facts.year, 12, 31), as_of),
                ),
                confidence=portrait_rules().confidence_stated,
            )


def facts_shown(subject: Subject, viewer: Viewer, as_of: date) -> "Iterator[tuple[Any, FactsRow]]":
    """The latest full year before the day of each enterprise whose facts the viewer may read."""
    from silian.portal.industry.domain.facts import facts_of
    from silian.portal.industry.models import EnterpriseYear

    for record in subject.members:
        is_enterprise = getattr(record, "organisation_kind", "") == OrganisationKind.ENTERPRISE
        if not is_enterprise or not allowed(viewer, "facts.read", record):
            continue
        told = EnterpriseYear.objects.filter(organisation=record, year__lt=as_of.year)
        year = told.order_by("-year").values_list("year", flat=True).first()
        if year is not None:
            yield record, facts_of(record, year)


def _held(model: Any, subject: Subject, viewer: Viewer) -> Sequence[Any]:
    rows = visible(model._default_manager.filter(organisation__in=subject.keys), viewer)
    return list(rows.select_related("register").order_by("-updated_at", "pk")[:_HOLDINGS_READ])
