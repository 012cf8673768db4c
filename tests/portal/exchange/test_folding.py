"""One organisation is one entry of a list and of a search, whatever registers say of it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from silian.portal.accounts.domain.access import ANONYMOUS_VIEWER, SYSTEM, Viewer
from silian.portal.exchange.domain.figures import city_figures
from silian.portal.exchange.domain.listing import ListQuestion, page_of
from silian.portal.exchange.domain.outbox import drain
from silian.portal.exchange.domain.service import SearchPage, search
from silian.portal.registry.models import IdentityMember, Organisation, Region, Register

KINDS = ("organisation", "person")


@pytest.fixture
def directory(db: None) -> Register:
    return Register.objects.create(code="parks", name="园区名录", name_en="Parks' directory")


@pytest.fixture
def twins(
    make_organisation: Callable[..., Organisation], directory: Register
) -> tuple[Organisation, Organisation]:
    """One firm in two registers; the first is the one with the smaller id."""
    one = make_organisation("远山永磁有限公司", description="生产永磁材料")
    other = Organisation.objects.create(
        register=directory,
        source_key="p1",
        name="远山永磁",
        organisation_kind="enterprise",
        description="永磁材料",
    )
    first, second = sorted((one, other), key=lambda record: record.public_id)
    say_same(first, second)
    return first, second


def say_same(*records: Organisation) -> None:
    subject = min(record.public_id for record in records)
    for record in records:
        IdentityMember.objects.create(
            subject_kind="organisation", record_id=record.public_id, subject_id=subject
        )


def rename(record: Organisation, name: str) -> None:
    record.name = name
    record.save()


def listed(viewer: Viewer = SYSTEM, **values: Any) -> Any:
    asked = ListQuestion(**({"kinds": ("organisation",), "chosen": {}} | values))
    return page_of(asked, viewer=viewer, all_kinds=KINDS)


def shown(page: Any) -> dict[str, list[str]]:
    """Names of the entries, each with those that stand beside it."""
    return {
        str(one): [str(other) for other in page.also.get(one.public_id, ())] for one in page.records
    }


def hits(page: SearchPage) -> dict[str, list[str]]:
    return {str(one.record): [str(other) for other in one.also] for one in page.hits}


def test_a_list_tells_of_a_firm_once_and_names_its_other_records(
    twins: tuple[Organisation, Organisation], make_organisation: Callable[..., Organisation]
) -> None:
    make_organisation("近水电机有限公司")
    first, second = twins

    page = listed()

    assert shown(page) == {str(first): [str(second)], "近水电机有限公司": []}
    assert (page.total, page.kind_counts) == (2, {"organisation": 2, "person": 0})
    [kinds] = [one for one in page.facets if one.name == "type"]
    assert [(value.value, value.count) for value in kinds.values] == [("enterprise", 2)]
    assert shown(listed(kinds=KINDS)) == shown(page)


def test_a_record_stays_listed_where_only_it_fits_the_question(
    twins: tuple[Organisation, Organisation],
) -> None:
    first, second = twins
    for own, other in (twins, twins[::-1]):
        name = own.name
        rename(own, "某某只此一处")
        page = listed(text="只此一处")
        assert shown(page) == {"某某只此一处": [str(Organisation.objects.get(pk=other.pk))]}
        assert page.total == 1
        rename(own, name)
    assert first.public_id < second.public_id


def test_who_may_not_see_one_record_sees_the_other_and_no_trace_of_it(
    twins: tuple[Organisation, Organisation],
) -> None:
    for hidden, open_one in (twins, twins[::-1]):
        hidden.audience = "owner"
        hidden.save()
        drain()
        page = listed(ANONYMOUS_VIEWER)
        assert (shown(page), page.total) == ({str(open_one): []}, 1)
        found = search("永磁材料", viewer=ANONYMOUS_VIEWER, folded=True)
        assert hits(found) == {str(open_one): []}
        hidden.audience = "public"
        hidden.save()


def test_pages_of_a_list_hold_every_firm_once(
    make_organisation: Callable[..., Organisation],
) -> None:
    for number in range(23):
        say_same(*(make_organisation(f"第{number:02}家{part}") for part in ("甲", "乙")))

    pages = [listed(sort="title", page=number) for number in (1, 2)]

    assert [(page.total, page.page_count, len(page.records)) for page in pages] == [
        (23, 2, 20),
        (23, 2, 3),
    ]
    names = [str(one)[:4] for page in pages for one in page.records]
    assert sorted(names) == [f"第{number:02}家" for number in range(23)]


def test_a_search_folds_only_where_asked(twins: tuple[Organisation, Organisation]) -> None:
    drain()

    plain, folded = (search("永磁材料", viewer=SYSTEM, folded=one) for one in (False, True))

    assert {str(one.record) for one in plain.hits} == {str(one) for one in twins}
    assert plain.kind_counts == {"organisation": 2}
    [only] = folded.hits
    assert {str(only.record), *map(str, only.also)} == {str(one) for one in twins}
    assert only.hit.rank == 1
    assert folded.kind_counts == {"organisation": 1}
    assert (folded.ranked_count, folded.folded_count, folded.counts_everything) == (1, 1, True)


def test_the_api_folds_only_where_asked(
    client: Client, twins: tuple[Organisation, Organisation]
) -> None:
    drain()
    plain, folded = (
        client.get("/api/v1/search", {"q": "永磁材料", "folded": asked}).json()
        for asked in ("false", "true")
    )
    ids = {one.public_id for one in twins}
    assert ({one["record"]["public_id"] for one in plain["items"]}, plain["also"]) == (ids, {})
    assert (plain["total"], folded["total"]) == (2, 1)
    [only] = [one["record"]["public_id"] for one in folded["items"]]
    assert folded["also"] == {only: sorted(ids - {only})}


def test_a_hit_hidden_a_moment_ago_leaves_its_place_to_the_other_record(
    twins: tuple[Organisation, Organisation],
) -> None:
    drain()
    best = search("永磁材料", viewer=ANONYMOUS_VIEWER, folded=True).hits[0].record
    Organisation.objects.filter(pk=best.pk).update(audience="owner")

    found = search("永磁材料", viewer=ANONYMOUS_VIEWER, folded=True)

    [other] = [one for one in twins if one.pk != best.pk]
    assert hits(found) == {str(other): []}


def test_pages_show_the_other_registers_in_both_languages(
    client: Client, twins: tuple[Organisation, Organisation], register: Register
) -> None:
    Region.objects.create(
        register=register, source_key="990100", adcode="990100", name="城", level="city"
    )
    drain()
    first, second = twins
    for address in ("/supply/?kind=organisation", "/search/?q=永磁材料"):
        page = client.get(address).content.decode()
        assert page.count('class="item-also') == 1
        assert "另见 1 条登记" in page
        client.post("/language/", {"language": "en"})
        assert "Also registered in:" in client.get(address).content.decode()
        client.post("/language/", {"language": "zh-hans"})
    found = client.get("/portraits/?q=远山永磁").content.decode()
    assert (first.public_id in found, second.public_id in found) == (True, False)


def test_the_home_page_counts_as_the_list_does(
    twins: tuple[Organisation, Organisation], register: Register
) -> None:
    place = Region.objects.create(
        register=register, source_key="990101", adcode="990101", name="东区", level="district"
    )
    for one in twins:
        one.region = place
        one.save()
    cache.delete("city-figures")
    figures = city_figures()
    assert figures.kind_counts["organisation"] == listed(ANONYMOUS_VIEWER).total == 1
    assert [(one.name, one.supply_count) for one in figures.regions] == [("东区", 1)]


def test_an_export_still_has_every_record(
    client: Client, users: dict[str, Any], twins: tuple[Organisation, Organisation]
) -> None:
    client.force_login(users["operator"])
    answer = client.get("/lists/export/?list=supply&kind=organisation&format=csv")
    content = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert all(one.name in content for one in twins)
