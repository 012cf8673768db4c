"""Experts who are known by the same works take one place, with the others beneath."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.test import Client

from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.exchange.domain import outbox
from silian.portal.exchange.domain.index import open_matcher
from silian.portal.exchange.domain.service import (
    best_for_need,
    best_for_text,
    match_need,
    match_text,
    why_not,
)
from silian.portal.exchange.domain.shared_works import Matches
from silian.portal.innovation.models import Achievement, Contribution, Project
from silian.portal.registry.models import Person


@pytest.fixture
def authors(
    city: Any, make_achievement: Callable[..., Achievement]
) -> Callable[[Sequence[str], Sequence[Achievement]], list[Person]]:
    """Makes people who took part in all of some works, and tell nothing else."""

    def made(names: Sequence[str], works: Sequence[Achievement]) -> list[Person]:
        people = []
        for name in names:
            person = Person.objects.create(
                register=city.person.register, source_key=name, name=name, owner=city.university
            )
            for work in works:
                Contribution.objects.create(person=person, subject_id=work.public_id, role="author")
            people.append(person)
        return people

    return made


@pytest.fixture
def paper(make_achievement: Callable[..., Achievement]) -> Achievement:
    return make_achievement("P1", title="高矫顽力永磁材料的晶界扩散")


def indexed() -> None:
    outbox.drain()
    open_matcher().embed_pending()


def names(hits: Sequence[Any]) -> list[str]:
    return [hit.document.title for hit in hits]


def shown(result: Matches) -> dict[str, list[str]]:
    """Names beneath each person that is shown."""
    return {
        hit.document.title: sorted(names(result.beneath.get(hit.document.document_id, ())))
        for hit in result.hits
        if hit.document.kind == "person"
    }


def test_authors_of_one_work_take_one_place_whoever_asks(
    city: Any, authors: Any, paper: Achievement
) -> None:
    six = ["甲一", "乙二", "丙三", "丁四", "戊五", "己六"]
    authors(six, [paper])
    indexed()

    for people in (
        match_need(city.need, viewer=SYSTEM, limit=2)["person"],
        match_text("晶界扩散永磁材料", viewer=SYSTEM, limit=2)["person"],
        best_for_need(city.need, viewer=SYSTEM, kinds=("person",), limit=2),
        best_for_text("晶界扩散永磁材料", viewer=SYSTEM, kinds=("person",), limit=2),
    ):
        places = shown(people)
        [first] = set(places) & set(six)
        assert places == {"林知远": [], first: sorted(set(six) - {first})}
        assert len(people.hits) == 2
        ranks = sorted(hit.rank for hit in people.all_hits)
        assert ranks == list(range(1, 8))  # each keeps its own


def test_who_has_done_something_else_too_stands_alone(
    city: Any, authors: Any, paper: Achievement, make_achievement: Callable[..., Achievement]
) -> None:
    other = make_achievement("P2", title="永磁材料的回收")
    authors(["甲一"], [paper])
    authors(["乙二"], [other])
    authors(["丙三"], [paper, other])
    indexed()

    people = match_need(city.need, viewer=SYSTEM)["person"]
    places = shown(people)
    assert "丙三" in places
    assert "乙二" not in places.get("甲一", [])
    assert "甲一" not in places.get("乙二", [])
    assert {"甲一", "乙二", "丙三"} <= set(names(people.all_hits))


def test_people_without_works_and_leaders_of_one_project(city: Any, authors: Any) -> None:
    nobody = authors(["甲一", "乙二"], [])
    for person in nobody:
        person.biography = "永磁材料专家。"
        person.save()
    leader, member = authors(["丙三", "丁四"], [])
    project = Project.objects.create(
        register=city.person.register,
        source_key="J1",
        title="永磁材料关键技术",
        organisation=city.university,
        owner=city.university,
        leader=leader,
    )
    Contribution.objects.create(person=member, subject_id=project.public_id, role="author")
    indexed()

    places = shown(match_need(city.need, viewer=SYSTEM)["person"])
    assert places["甲一"] == places["乙二"] == []
    assert [places.get("丙三"), places.get("丁四")] in ([["丁四"], None], [None, ["丙三"]])


def test_who_comes_up_for_others_beneath_is_present(
    city: Any, authors: Any, paper: Achievement
) -> None:
    authors(["甲一", "乙二", "丙三", "丁四"], [paper])
    indexed()
    people = match_need(city.need, viewer=SYSTEM, limit=2)["person"]

    last = people.hits[-1].document.document_id
    deepest = max(people.all_hits, key=lambda hit: hit.rank).document.document_id
    for public_id in (last, deepest):
        assert why_not(city.need, public_id, viewer=SYSTEM, limit=2).reason == "present"
    beyond = why_not(city.need, last, viewer=SYSTEM, limit=1)
    assert (beyond.reason, beyond.cutoff_rank) == ("ranked_below", 1)


def test_page_api_and_file_name_those_beneath(
    city: Any, authors: Any, paper: Achievement, client: Client, users: Any
) -> None:
    authors(["甲一", "乙二", "丙三"], [paper])
    indexed()
    client.force_login(users["operator"])

    page = client.get(f"/needs/{city.need.public_id}/matches/").content.decode()
    assert "成果相同的其他专家（2 位）" in page
    answer = client.get(f"/api/v1/needs/{city.need.public_id}/matches?kind=person").json()
    [people] = answer["kinds"].values()
    [[lead, beneath]] = people["beneath"].items()
    told = {hit["record"]["title"] for hit in beneath}
    told |= {h["record"]["title"] for h in people["hits"] if h["record"]["public_id"] == lead}
    assert told == {"甲一", "乙二", "丙三"}
    exported = client.get(f"/needs/{city.need.public_id}/matches/export/?format=jsonl")
    rows = [json.loads(line) for line in b"".join(exported).splitlines()]  # type: ignore[arg-type]
    assert {row["title"] for row in rows if row["kind"] == "person"} >= told
