"""What contracts say: who supplies whom, who books what, on the day of the outcome."""

from datetime import UTC, date, datetime
from typing import Any

from graph_city import City

from silian.portal.accounts.domain.access import Viewer
from silian.portal.exchange.models import Match, Outcome
from silian.portal.innovation.models import Facility
from silian.portal.insight.domain.graph_building import build_graph
from silian.portal.insight.domain.graph_contract_edges import match_edges
from silian.portal.insight.domain.graph_exploring import around
from silian.portal.insight.domain.graph_refreshing import keep_up
from silian.portal.registry.models import Record

SIGNED_ON, EDITED_ON = date(2026, 3, 1), date(2026, 3, 2)


def matched(need: Any, supply: Record, *actions: tuple[str, date]) -> Match:
    """A match with its outcomes, each at noon of its day."""
    status = next(
        (action for action, _ in reversed(actions) if action != Outcome.Action.WITHDRAWN), ""
    )
    match = Match.objects.create(
        need=need, supply_kind=supply.kind, supply_id=supply.public_id, status=status
    )
    for action, day in actions:
        outcome = Outcome.objects.create(match=match, action=action)
        moment = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        Outcome.objects.filter(pk=outcome.pk).update(created_at=moment)
    return match


def test_a_contract_ties_who_offers_to_who_needs_on_its_day(city: City, make_need: Any) -> None:
    need = make_need("N1")
    first = matched(need, city.achievement, ("contacted", date(2026, 1, 5)), ("signed", SIGNED_ON))
    facility = Facility.objects.create(
        register=city.register, source_key="F", name="电镜", organisation=city.university
    )
    second = matched(need, facility, ("signed", SIGNED_ON))
    third = matched(need, city.zhang, ("contacted", EDITED_ON))
    fourth = matched(
        need,
        city.patent,
        ("contacted", EDITED_ON),
        ("signed", date(2026, 4, 1)),
        ("withdrawn", date(2026, 4, 2)),
    )
    Match.objects.filter(pk=fourth.pk).update(status=Match.Status.CONTACTED)
    buyer, university = city.enterprise.public_id, city.university.public_id

    rows = {(*row[:3], *row[4:]) for row in match_edges(None)}

    signed, met = (SIGNED_ON, SIGNED_ON), (EDITED_ON, EDITED_ON)
    assert rows == {
        (need.public_id, city.achievement.public_id, "contracted", *signed, first.public_id),
        (university, buyer, "supplies", *signed, first.public_id),
        (need.public_id, facility.public_id, "contracted", *signed, second.public_id),
        (university, buyer, "supplies", *signed, second.public_id),
        (buyer, facility.public_id, "books", *signed, second.public_id),
        (need.public_id, city.zhang.public_id, "matched", *met, third.public_id),
        (need.public_id, city.patent.public_id, "matched", *met, fourth.public_id),
    }


def test_a_patents_owners_supply_and_nobody_supplies_himself(city: City, make_need: Any) -> None:
    matched(make_need("N1"), city.patent, ("signed", SIGNED_ON))
    supplied = [row[:2] for row in match_edges(None) if row[2] == "supplies"]
    assert supplied == [(city.university.public_id, city.enterprise.public_id)]


def test_who_supplies_is_told_to_the_two_who_signed(
    city: City, make_need: Any, viewers: dict[str, Viewer]
) -> None:
    city.achievement.owner = city.university
    city.achievement.save()
    build_graph()
    match = matched(make_need("N1"), city.achievement, ("signed", SIGNED_ON))
    assert not keep_up()

    def told(role: str) -> list[tuple[str, date | None]]:
        part = around(viewers[role], city.enterprise.public_id)
        return [(one.evidence[0], one.since) for one in part.ties if one.edge_type == "supplies"]

    said = [(match.public_id, SIGNED_ON)]
    assert [told(role) for role in ("operator", "enterprise", "research")] == [said] * 3
    assert told("viewer") == []
