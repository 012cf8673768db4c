"""``silian match`` the other way round: the needs that a supply could meet."""

from typing import Any

import pytest

from silian.portal.exchange.domain import outbox
from silian.portal.exchange.domain.index import open_matcher
from silian.portal.industry.models import Need
from silian.portal.innovation.models import Achievement


@pytest.fixture
def supply(need: Need) -> Achievement:
    outbox.drain()
    open_matcher().embed_pending()
    return Achievement.objects.get(source_key="A1")


def test_a_supply_finds_needs(supply: Achievement, need: Need, silian: Any) -> None:
    answer = silian("match", "--supply", supply.public_id, "--limit", "3")

    assert answer.code == 0
    assert f"供给 Supply  {supply.title}" in answer.out
    assert need.title in answer.out
    assert need.public_id in answer.out
    assert "需求 Need" in answer.out  # what the table holds


def test_programs_get_needs_in_json(supply: Achievement, need: Need, silian: Any) -> None:
    values = silian("match", "-s", supply.public_id, "--json").json()

    assert list(values) == ["need"]
    [hit] = values["need"]["hits"]
    assert (hit["id"], hit["kind"], hit["rank"]) == (need.public_id, "need", 1)
    assert values["need"]["beneath"] == {}
    assert {"level", "score", "contributions", "matched_terms"} <= set(hit)


def test_nothing_that_needs_it_is_said(supply: Achievement, need: Need, silian: Any) -> None:
    need.status = Need.Status.CLOSED
    need.save()
    outbox.drain()

    answer = silian("match", "--supply", supply.public_id)

    assert "没有找到需要它的需求。Nothing on record needs this." in answer.err


@pytest.mark.parametrize("narrowed", [["--kind", "person"], ["--region", "甘肃"], ["--by-kind"]])
def test_what_narrows_supply_is_refused(
    supply: Achievement, silian: Any, narrowed: list[str]
) -> None:
    answer = silian("match", "--supply", supply.public_id, *narrowed)

    assert answer.code == 2
    assert "--supply" in answer.err


def test_other_ids_are_told_where_they_belong(supply: Achievement, need: Need, silian: Any) -> None:
    of_need = silian("match", "--supply", need.public_id)
    unknown = silian("match", "--supply", "ach-aaaaaaaaaaaaaaaa")
    both = silian("match", "--supply", supply.public_id, "--need", need.public_id)

    assert (of_need.code, unknown.code, both.code) == (2, 1, 2)
    assert "--need" in of_need.err
    assert "没有这条供给 No such supply: ach-aaaaaaaaaaaaaaaa" in unknown.err
    assert "Traceback" not in of_need.err + unknown.err + both.err
