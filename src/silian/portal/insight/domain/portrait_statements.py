"""What registers say of a subject in its own records: columns, platforms, chain places, titles."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from silian.identifiers import kind_of
from silian.library.service_kinds import service_kind_names
from silian.portal.accounts.domain.access import Viewer, allowed, visible
from silian.portal.catalogue import KINDS
from silian.portal.innovation.models import Facility, Platform, ServiceAgency
from silian.portal.insight.domain.chain_placements import placements
from silian.portal.insight.domain.graph_rights import visible_ids
from silian.portal.insight.domain.portrait_dating import first_known, said_on
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


def source_of(record: Any, stated_on: date) -> Source:
    """A record as the source of something, with the day since which it says so."""
    return Source(
        record_id=record.public_id,
        title=str(record),
        register=str(record.register),
        stated_on=stated_on,
    )


def record_statements(subject: Subject, as_of: date) -> Iterator[Statement]:
    """Columns of the subject's own records, as they stood on the day."""
    stated = portrait_rules().confidence_stated
    said = said_on(subject.members, _COLUMNS[subject.kind], as_of)
    for record in subject.members:
        if record.pk not in said:
            continue
        own = said[record.pk]
        for column, value, key, group, zh, en in _values(subject.kind, own.columns):
            yield Statement(
                key=key,
                group=group,
                label_zh=zh,
                label_en=en,
                source=source_of(record, own.since(column, value=value)),
                confidence=stated,
            )


_COLUMNS = {
    "person": ("title", "expertise", "field_codes"),
    "organisation": ("main_products", "keywords", "industry_name", "industry_code"),
}


def _values(kind: str, said: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str, str, str]]:
    """Column, value, key, group and names of each thing that a record says."""
    if kind == "person":
        if said["title"]:
            title = said["title"]
            yield "title", title, f"title:{folded(title)}", "standing", title, ""
        for word in said["expertise"] or ():
            yield "expertise", word, f"expertise:{folded(word)}", "capability", word, ""
        for code in said["field_codes"] or ():
            yield "field_codes", code, f"field:{code}", "field", *field_names(f"field:{code}")
        return
    for word in said["main_products"] or ():
        yield "main_products", word, f"product:{folded(word)}", "capability", word, ""
    for word in said["keywords"] or ():
        yield "keywords", word, f"keyword:{folded(word)}", "field", word, ""
    if trade := said["industry_name"]:
        code = said["industry_code"] or folded(trade)
        names = trade_names(said["industry_code"], trade)
        yield "industry_name", trade, f"industry:{code}", "chain", *names


def holding_statements(subject: Subject, viewer: Viewer, as_of: date) -> Iterator[Statement]:
    """What an organisation can do by what it runs: platforms, techniques, services."""
    if subject.kind != "organisation":
        return
    stated = portrait_rules().confidence_stated
    platforms = _held(Platform, subject, viewer)
    said = said_on(platforms, ("name", "platform_kind"), as_of)
    for record in platforms:
        if record.pk in said and (record.started_on or first_known(record)) <= as_of:
            kind = str(record.get_platform_kind_display())
            yield Statement(
                key=f"platform:{record.public_id}",
                group="standing",
                label_zh=record.name,
                value=kind,
                source=source_of(record, said[record.pk].since("name", "platform_kind")),
                confidence=stated,
                expires_on=record.valid_until,
                link_id=record.public_id,
            )
    for model, column, scheme in (
        (Facility, "techniques", "technique"),
        (ServiceAgency, "service_kinds", "service"),
    ):
        held = _held(model, subject, viewer)
        said = said_on(held, (column,), as_of)
        for record in held:
            own = said.get(record.pk)
            for word in (own.columns[column] or ()) if own else ():
                yield Statement(
                    key=f"{scheme}:{folded(word)}",
                    group="capability",
                    label_zh=word,
                    label_en=service_kind_names(word)[1] if scheme == "service" else "",
                    source=source_of(record, own.since(column, value=word)),
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
    held = list(rows.select_related("node", "register").order_by("pk")[:_HOLDINGS_READ])
    columns = ("node_id", "revenue_share", "role")
    said = said_on(held, columns, as_of)
    for row in held:
        if row.pk not in said:
            continue
        share = "" if row.revenue_share is None else f"{row.revenue_share:.0%}"
        yield Statement(
            key=f"node:{row.node.public_id}",
            group="chain",
            label_zh=row.node.name,
            label_en=row.node.name_en,
            value=share or row.role,
            source=source_of(row, said[row.pk].since(*columns)),
            confidence=portrait_rules().confidence_stated,
            expires_on=row.valid_until,
            link_id=row.node.public_id,
        )


def _refused_nodes(subject: Subject) -> set[str]:
    """Nodes of which somebody decided, last, that the subject does not belong there."""
    rows = ChainPlacement.objects.filter(subject_id__in=subject.all_ids)
    last = dict(rows.order_by("created_at", "pk").values_list("node__public_id", "verdict"))
    return {node for node, verdict in last.items() if verdict == ChainPlacement.Verdict.REFUSED}


#: What is read of a record to place it in the chains.
_PLACING_COLUMNS: dict[str, tuple[str, ...]] = defaultdict(
    lambda: ("title",),
    organisation=("name", "main_products", "keywords"),
    person=("expertise",),
    platform=("name", "keywords"),
    achievement=("title", "keywords"),
    project=("title", "keywords"),
    publication=("title", "keywords"),
    chain_member=("node_id", "role"),
)


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
    told = [
        row
        for row in sorted(rows, key=lambda row: (-row["confidence"], row["node_id"]))[:most]
        if row["node_id"] in nodes and {row["node_id"], _evidence(row)} <= seen | own.keys()
    ]
    said = _evidence_on({_evidence(row) for row in told}, as_of)
    for row in told:
        if _evidence(row) not in said:
            continue
        node = nodes[row["node_id"]]
        yield Statement(
            key=f"node:{node.public_id}",
            group="chain",
            label_zh=node.name,
            label_en=node.name_en,
            source=source_of(*said[_evidence(row)]),
            confidence=row["confidence"],
            link_id=node.public_id,
        )


def _evidence(row: Mapping[str, Any]) -> str:
    return str(row["evidence"] or row["subject_id"])


def _evidence_on(ids: set[str], as_of: date) -> dict[str, tuple[Any, date]]:
    """Records that said on the day what places somebody now, with the day since which they do."""
    by_kind: dict[str, list[str]] = defaultdict(list)
    for one in ids:
        by_kind[kind_of(one)].append(one)
    found: dict[str, tuple[Any, date]] = {}
    for kind, of_kind in by_kind.items():
        columns = _PLACING_COLUMNS[kind]
        rows = KINDS[kind].model._default_manager.filter(public_id__in=of_kind)
        records = list(rows.select_related("register"))
        said = said_on(records, columns, as_of)
        for record in records:
            then = said.get(record.pk)
            if then and all(getattr(record, name) == then.columns[name] for name in columns):
                found[record.public_id] = record, then.since(*columns)
    return found


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
