"""What lists keep of a record is what the record says, in the transaction that changes it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from django.db.models.signals import post_migrate

from silian.portal.accounts.domain.access import ANONYMOUS_VIEWER, SYSTEM, Viewer, visible
from silian.portal.exchange.domain import list_words
from silian.portal.exchange.domain.list_entries import drifted, fill, refresh
from silian.portal.exchange.domain.list_kinds import LISTED_KINDS
from silian.portal.exchange.domain.list_words import index_words
from silian.portal.exchange.domain.listing import PAGE_SIZE, ListPage, ListQuestion, page_of
from silian.portal.exchange.domain.mixed_list import entries_seen_by
from silian.portal.exchange.domain.service import SUPPLY_KINDS
from silian.portal.exchange.models import ListEntry
from silian.portal.industry.models import Need
from silian.portal.innovation.models import Achievement, Facility
from silian.portal.registry.domain.upsert import save_record
from silian.portal.registry.models import Organisation, Person, Region, Register


def supply(viewer: Viewer = SYSTEM, **values: Any) -> ListPage:
    question = ListQuestion(**({"kinds": SUPPLY_KINDS, "chosen": {}} | values))
    return page_of(question, viewer=viewer, all_kinds=SUPPLY_KINDS)


def names(page: ListPage) -> list[str]:
    return [str(record) for record in page.records]


def regions_of(page: ListPage) -> dict[str, int]:
    return {one.label: one.count for f in page.facets if f.name == "region" for one in f.values}


@pytest.fixture
def districts(register: Register) -> list[Region]:
    return [
        Region.objects.create(
            register=register, source_key=adcode, adcode=adcode, name=name, level="district"
        )
        for adcode, name in (("990102", "望潮区"), ("990103", "石澜区"))
    ]


@pytest.mark.parametrize("indexed", [False, True])
def test_words_are_any_part_of_a_text_whatever_their_length(
    indexed: bool, make_achievement: Callable[..., Achievement]
) -> None:
    make_achievement("a", title="锂离子电池材料 LiFePO4-C", summary="正极\n浆料")
    if indexed:
        assert index_words() == ListEntry.objects.count()
    found = {
        words: names(supply(text=words))
        for words in (
            "池",
            "电池",
            "离子电",
            "电池材料",
            "lifep",
            "PO4",
            "O",
            "浆料 电池",
            "料",
            "4-",
            "-",
        )
    }
    assert set(map(tuple, found.values())) == {("锂离子电池材料 LiFePO4-C",)}
    # Neither across a line, nor from pairs that stand apart, nor what a pattern would mean.
    for words in ("极浆", "电池离子", "材料电", "%", "电_材", "池\\", '"', "'", "电池 永磁"):
        assert supply(text=words).total == 0, words


@pytest.mark.parametrize("indexed", [False, True])
def test_a_changed_text_is_found_by_its_new_words_only(
    indexed: bool, make_achievement: Callable[..., Achievement]
) -> None:
    work = make_achievement("a", title="永磁材料", summary="")
    other = make_achievement("b", title="涂层", summary="")
    index_words()
    work.title = "谐波减速器"
    work.save()
    other.delete()
    make_achievement("c", title="轴承", summary="")
    assert index_words() == 2 if indexed else True
    found = {words: names(supply(text=words)) for words in ("永磁", "减速", "涂层", "轴承")}
    assert found == {"永磁": [], "减速": ["谐波减速器"], "涂层": [], "轴承": ["轴承"]}


def test_a_change_that_leaves_the_text_leaves_its_words(
    make_achievement: Callable[..., Achievement],
) -> None:
    work = make_achievement("a", title="永磁材料")
    index_words()
    work.audience = "members"
    work.save()
    assert index_words() == 0
    assert (supply(text="永磁").total, supply(ANONYMOUS_VIEWER, text="永磁").total) == (1, 0)


def test_where_many_texts_wait_for_the_index_all_are_read(
    monkeypatch: pytest.MonkeyPatch, make_achievement: Callable[..., Achievement]
) -> None:
    monkeypatch.setattr(list_words, "_MOST_UNINDEXED", 2)
    for number in range(4):
        make_achievement(str(number), title=f"永磁材料 {number}")
        if number == 0:
            index_words()
    assert supply(text="永磁").total == 4


def test_what_is_undone_was_never_listed(make_achievement: Callable[..., Achievement]) -> None:
    work = make_achievement("a", title="永磁材料")
    with transaction.atomic():
        work.audience = "owner"
        work.save()
        assert names(supply(ANONYMOUS_VIEWER, text="永磁")) == []
        transaction.set_rollback(True)
    assert names(supply(ANONYMOUS_VIEWER, text="永磁")) == ["永磁材料"]


def test_what_belongs_to_an_organisation_follows_its_name_and_place(
    register: Register, organisations: dict[str, Organisation], districts: list[Region]
) -> None:
    firm = organisations["research"]
    Person.objects.create(register=register, source_key="p", name="林一", organisation=firm)
    firm.name, firm.region = "南山大学", districts[0]
    firm.save()
    page = supply(text="南山大学")
    assert (sorted(names(page)), regions_of(page)) == (["南山大学", "林一"], {"望潮区": 2})
    assert supply(text="东海大学").total == 0

    firm.delete()
    assert supply(text="南山大学").total == 0
    assert names(supply(kinds=("person",))) == ["林一"]
    assert drifted() == []


def test_an_organisation_that_is_only_mentioned_is_not_listed_but_names_what_it_has(
    register: Register, make_organisation: Callable[..., Organisation]
) -> None:
    firm = make_organisation("只被提及的研究所", registered=False)
    Person.objects.create(register=register, source_key="p", name="林一", organisation=firm)
    assert names(supply(text="提及")) == ["林一"]
    firm.registered = True
    firm.save()
    assert sorted(names(supply(text="提及"))) == ["只被提及的研究所", "林一"]


def test_every_way_to_write_a_record_keeps_its_entry(
    organisations: dict[str, Organisation], districts: list[Region]
) -> None:
    values = {"name": "中试线", "facility_kind": "pilot_line", "organisation_name": "新来的研究院"}
    for name in ("中试线", "中试平台"):
        save_record(
            "facility",
            {**values, "name": name},
            viewer=SYSTEM,
            register_code="portal",
            source_key="f1",
        )
        assert names(supply(kinds=("facility",), text="研究院")) == [name]
        assert drifted() == []


@pytest.mark.parametrize("role", ["anonymous", "viewer", "enterprise", "research", "operator"])
def test_entries_are_seen_as_their_records_are(
    role: str,
    viewers: dict[str, Viewer],
    organisations: dict[str, Organisation],
    make_need: Callable[..., Need],
    make_achievement: Callable[..., Achievement],
) -> None:
    for audience in ("public", "members", "owner"):
        for owner in ("enterprise", "research"):
            make_achievement(f"{audience} {owner}", owner, audience=audience)
            for status in ("draft", "published"):
                make_need(f"{audience} {owner} {status}", owner, audience=audience, status=status)
    organisations["enterprise"].audience = "owner"
    organisations["enterprise"].save()
    viewer = viewers.get(role, ANONYMOUS_VIEWER)

    seen = ListEntry.objects.filter(entries_seen_by(viewer))
    for kind, spec in LISTED_KINDS.items():
        of_kind = set(seen.filter(kind=kind).values_list("public_id", flat=True))
        assert of_kind == set(visible(spec.base(), viewer).values_list("public_id", flat=True))
    assert supply(viewer).total == len(supply(viewer).records)
    assert supply(viewer, text="成果").total == seen.filter(kind="achievement").count()


@pytest.mark.parametrize("indexed", [False, True])
@pytest.mark.parametrize("sort", ["newest", "title"])
@pytest.mark.parametrize("text", ["", "磁", "有限公司"])
def test_pages_from_either_end_hold_every_record_once_in_order(
    indexed: bool,
    sort: str,
    text: str,
    make_achievement: Callable[..., Achievement],
    register: Register,
    organisations: dict[str, Organisation],
) -> None:
    for number in range(PAGE_SIZE + 3):
        make_achievement(f"{number:02}", "enterprise")
        Facility.objects.create(
            register=register,
            source_key=str(number),
            name=f"磁强计 {number % 7}",
            facility_kind="test_bed",
            organisation=organisations["enterprise"],
        )
    assert index_words() > PAGE_SIZE if indexed else True
    first = supply(text=text, sort=sort)
    pages = [supply(text=text, sort=sort, page=n + 1) for n in range(first.page_count)]
    records: list[Any] = [record for page in pages for record in page.records]
    assert len({record.public_id for record in records}) == len(records) == first.total
    if sort == "title":
        assert [str(one) for one in records] == sorted(str(one) for one in records)
    else:
        times = [one.updated_at for one in records]
        assert times == sorted(times, reverse=True)


def test_statements_that_tell_nobody_are_found_and_mended(
    make_achievement: Callable[..., Achievement],
) -> None:
    kept, gone = make_achievement("a", title="永磁材料"), make_achievement("b", title="涂层")
    Achievement.objects.filter(pk=kept.pk).update(title="谐波减速器")
    ListEntry.objects.filter(public_id=gone.public_id).update(public_id="ach-nobody")
    wrong = drifted()
    assert sorted(wrong) == sorted([kept.public_id, gone.public_id, "ach-nobody"])
    assert refresh(wrong) == 3
    assert drifted() == []
    assert sorted(names(supply(kinds=("achievement",)))) == ["涂层", "谐波减速器"]
    assert refresh([kept.public_id, "ach-unknown", "reg-x", "nonsense"]) == 0


def test_a_home_that_is_older_than_entries_gets_them_with_its_migration(
    make_achievement: Callable[..., Achievement],
) -> None:
    make_achievement("a", title="永磁材料")
    ListEntry.objects.all().delete()
    post_migrate.send(
        sender=apps.get_app_config("exchange"),
        app_config=apps.get_app_config("exchange"),
        verbosity=0,
        interactive=False,
        using="default",
    )
    assert names(supply(text="永磁")) == ["永磁材料"]
    assert fill() == ListEntry.objects.count() == 4
