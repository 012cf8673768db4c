"""The talent graph for charts and files."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from silian.portal.bilingual import choose
from silian.portal.insight.domain.talent_gaps import GapCell, GapTable
from silian.portal.insight.domain.talent_network import TalentNetwork
from silian.portal.insight.domain.talent_paths import ExpertWay
from silian.portal.insight.domain.talent_teams import Team
from silian.portal.insight.interfaces.withheld import told
from silian.portal.registry.interfaces.fields import field_codes, field_label, field_parents
from silian.portal.registry.interfaces.sheets import table_bytes


def network_chart(network: TalentNetwork) -> dict[str, Any] | None:
    """Nodes and links of the network's drawing; the person in the middle first."""
    if not network.people:
        return None
    nodes = [{"id": network.centre.record_id, "name": network.centre.name, "team": -2, "value": 0}]
    nodes += [
        {"id": one.record_id, "name": one.name, "team": one.team, "value": one.count}
        for one in network.people
    ]
    links = [
        {"source": tie.first, "target": tie.second, "value": tie.count} for tie in network.ties
    ]
    return {"nodes": nodes, "links": links, "link_label": choose("合作 {n} 次", "{n} joint works")}


def network_values(network: TalentNetwork) -> dict[str, Any]:
    """The network as JSON."""
    return {
        "centre": asdict(network.centre),
        "people": [asdict(one) for one in network.people],
        "ties": [
            {
                "first": tie.first,
                "second": tie.second,
                "count": tie.count,
                "weight": tie.weight,
                "last": tie.last.isoformat(),
            }
            for tie in network.ties
        ],
        "teams": [[one.record_id for one in members] for members in network.teams],
        "n_partners": network.n_partners,
    }


def team_values(team: Team) -> dict[str, Any]:
    """A team as JSON."""
    return {
        "number": team.number,
        "size": team.size,
        "n_works": team.n_works,
        "last": team.last.isoformat() if team.last else None,
        "field_codes": list(team.field_codes),
        "organisations": list(team.organisations),
        "members": [
            {
                "public_id": one.record_id,
                "name": one.name,
                "organisation": one.organisation,
                "strength": one.strength,
            }
            for one in team.members
        ],
    }


def way_values(found: ExpertWay) -> dict[str, Any]:
    """One expert with the way there, as JSON."""
    way = found.way
    return {
        "expert_id": found.expert.public_id,
        "name": found.expert.name,
        "rank": found.rank,
        "level": found.level,
        "same_house": found.same_house,
        "by_organisations": found.by_organisations,
        "people": list(found.people),
        "words": way.words if way else "",
        "steps": [
            {
                "start_id": step.start.node_id,
                "end_id": step.end.node_id,
                "edge_type": step.edge_type,
                "words": step.words,
                "evidence": step.evidence,
            }
            for step in (way.steps if way else ())
        ],
    }


def gaps_values(table: GapTable) -> dict[str, Any]:
    """The table as JSON; a withheld count is null."""
    return {
        "area": {"code": table.area.code, "name": table.area.name},
        "areas": [{"code": area.code, "name": area.name} for area in table.areas],
        "fields": [
            {
                "code": one.code,
                "label_zh": one.label_zh,
                "label_en": one.label_en,
                "total": _cell(one.total),
                "cells": [_cell(cell) for cell in one.cells],
            }
            for one in table.fields
        ],
    }


def gaps_file(table: GapTable, file_format: str) -> Iterator[bytes]:
    """One row for each field and area; a withheld count is written as such."""
    headings = [
        choose("领域", "Field"),
        choose("地区", "Area"),
        choose("在招岗位", "Open positions"),
        choose("人才", "People"),
        choose("缺口", "Missing"),
    ]
    rows = [
        [one.label, area.label, cell.positions, told(cell.people), told(cell.missing)]
        for one in table.fields
        for area, cell in zip((table.area, *table.areas), (one.total, *one.cells), strict=True)
    ]
    yield from table_bytes("talent-gaps", headings, rows, file_format)


def field_options() -> list[tuple[str, str]]:
    """First-level fields to choose from."""
    return [(code, field_label(code)) for code in field_codes() if code not in field_parents()]


def _cell(cell: GapCell) -> dict[str, int | None]:
    return {"positions": cell.positions, "people": cell.people, "missing": cell.missing}
