"""Who types a whole name, a code, a number or an id means one record, and gets it first."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from silian.portal.accounts.domain.access import ANONYMOUS_VIEWER, SYSTEM, Viewer
from silian.portal.exchange.domain import outbox
from silian.portal.exchange.domain.index import open_matcher
from silian.portal.exchange.domain.named_records import is_code
from silian.portal.exchange.domain.service import Filters, best_for_text, match_text, search
from silian.portal.industry.models import Need
from silian.portal.innovation.models import Patent
from silian.portal.registry.domain.relations import follow_name
from silian.portal.registry.models import Organisation

NAME, NAME_EN = "峤柏（澄屿）永磁材料股份有限公司", "Qiaobai (Chengyu) Magnets Co., Ltd."
CREDIT_CODE, PATENT_NUMBER = "91990101MA01CKE31A", "CN990000702S"


@pytest.fixture
def firm(city: Any, make_organisation: Callable[..., Organisation]) -> Organisation:
    """A firm whose name has a bracketed place, among others that tell of what they make."""
    for number in range(30):
        make_organisation(f"澄屿永磁材料{number}号股份有限公司", description="永磁材料，澄屿。")
    made = make_organisation(
        NAME, name_en=NAME_EN, unified_social_credit_code=CREDIT_CODE, description="光伏。"
    )
    follow_name(made)
    city.patent.publication_number = PATENT_NUMBER
    city.patent.save()
    outbox.drain()
    open_matcher().embed_pending()
    return made


def found(text: str, viewer: Viewer = SYSTEM, **asked: Any) -> list[tuple[str, str]]:
    page = search(text, viewer=viewer, **asked)
    return [(one.record.public_id, one.named_by) for one in page.hits]


@pytest.mark.parametrize(
    "typed",
    [
        NAME,
        "峤柏(澄屿)永磁材料股份有限公司",
        "峤柏 ( 澄屿 ) 永磁材料股份有限公司",
        "嶠柏（澄嶼）永磁材料股份有限公司",
        NAME_EN,
        NAME_EN.upper(),
    ],
)
def test_a_whole_name_is_first_however_it_is_written(firm: Organisation, typed: str) -> None:
    page = search(typed, viewer=SYSTEM, folded=True)

    assert (page.hits[0].record, page.hits[0].named_by) == (firm, "name")
    assert page.hits[0].hit.level == 4.0
    assert [one.hit.rank for one in page.hits] == list(range(1, len(page.hits) + 1))
    assert len(page.hits) > 1  # what else the words fit follows
    assert not any(one.named_by for one in page.hits[1:])


def test_a_name_is_once_among_the_hits_and_counted_once(firm: Organisation) -> None:
    whole = search(NAME, viewer=SYSTEM, limit=100)

    ids = [one.record.public_id for one in whole.hits]
    assert len(ids) == len(set(ids)) == whole.total_candidates == whole.ranked_count


def test_a_former_name_finds_the_firm(firm: Organisation) -> None:
    firm.name = "新名称有限公司"
    firm.save()
    follow_name(firm)
    outbox.drain()

    assert found(NAME)[0] == (firm.public_id, "name")


def test_a_firm_that_is_only_mentioned_so_far_is_found_by_its_name(
    firm: Organisation, make_organisation: Callable[..., Organisation]
) -> None:
    mentioned = make_organisation("映川苒晟环境工程有限公司", registered=False)
    outbox.drain()

    assert found(mentioned.name)[0] == (mentioned.public_id, "name")


@pytest.mark.parametrize("typed", [CREDIT_CODE, CREDIT_CODE.lower(), "９１９９０１０１ MA01CKE31A"])
def test_a_credit_code_finds_its_firm_and_no_stranger(firm: Organisation, typed: str) -> None:
    assert found(typed) == [(firm.public_id, "code")]


@pytest.mark.parametrize("typed", [PATENT_NUMBER, "cn 990000702s", "ZL990000702S"])
def test_a_patent_number_finds_its_patent(city: Any, firm: Organisation, typed: str) -> None:
    assert found(typed)[0] == (city.patent.public_id, "code")


def test_a_number_or_id_of_a_need_finds_it_even_when_it_is_closed(
    firm: Organisation, make_need: Callable[..., Need]
) -> None:
    need = make_need("市科需2026-017", status=Need.Status.CLOSED)

    assert found("市科需2026-017")[0] == (need.public_id, "code")
    assert found(need.public_id) == [(need.public_id, "id")]
    assert found(need.public_id, kinds=("need",)) == [(need.public_id, "id")]
    assert found(need.public_id, kinds=("patent",)) == []


def test_whole_titles_and_names_of_people_are_first(city: Any, firm: Organisation) -> None:
    assert found("一种永磁材料晶界扩散方法")[0] == (city.patent.public_id, "name")
    assert found("林知远")[0] == (city.person.public_id, "name")
    city.person.name_en = "Zhiyuan Lin"
    city.person.save()
    outbox.drain()
    for typed in ("zhiyuan  LIN", "linzhiyuan", "ZHIYUANLIN"):
        assert found(typed)[0] == (city.person.public_id, "name"), typed


@pytest.mark.parametrize(
    "unknown",
    ["91990101MA01CKE31B", "CN112345678B", "need-aaaaaaaaaaaaaaaa", "0000-0002-1825-0097"],
)
def test_an_unknown_code_finds_nothing_and_says_so(
    firm: Organisation, client: Client, unknown: str
) -> None:
    assert found(unknown) == []
    page = client.get("/search/", {"q": unknown}).content.decode()
    assert "没有这个编号的记录" in page
    assert "item-title" not in page


def test_what_mentions_a_number_is_found_by_it(
    firm: Organisation, make_achievement: Callable[..., Any]
) -> None:
    mentions = make_achievement("A9", summary="成果已获专利 CN112345678B。")
    outbox.drain()

    assert found("CN112345678B") == [(mentions.public_id, "")]


def test_nobody_learns_by_a_name_or_code_what_they_may_not_see(
    city: Any, firm: Organisation, make_need: Callable[..., Need]
) -> None:
    hidden = make_need("秘密需求-01", title="不公开的需求", audience="owner")
    draft = make_need("草稿-01", title="草稿需求标题", status=Need.Status.DRAFT)

    for asked in (hidden.public_id, hidden.source_key, hidden.title, draft.public_id, draft.title):
        assert not any(by for _, by in found(asked, ANONYMOUS_VIEWER)), asked
        assert found(asked)[0][1]


def test_what_a_search_is_narrowed_by_holds_for_named_records_too(
    city: Any, firm: Organisation
) -> None:
    firm.region = city.region
    firm.save()
    outbox.drain()

    assert found(NAME, region_codes=("330203",))[0] == (firm.public_id, "name")
    assert (firm.public_id, "name") not in found(NAME, region_codes=("330204",))
    assert found(CREDIT_CODE, region_codes=("330204",)) == []


def test_page_programs_and_command_put_it_first(
    city: Any, firm: Organisation, client: Client
) -> None:
    page = client.get("/search/", {"q": NAME}).content.decode()
    answer = client.get("/api/v1/search", {"q": CREDIT_CODE}).json()

    assert re.search(r'class="item-title"><a href="([^"]+)"', page)[1].endswith(  # type: ignore[index]
        f"{firm.public_id}/"
    )
    assert "名称相符" in page
    assert [(one["record"]["public_id"], one["named_by"]) for one in answer["items"]] == [
        (firm.public_id, "code")
    ]
    # As ``silian match --text`` asks.
    best = best_for_text(NAME, viewer=SYSTEM).hits[0]
    assert (best.document.document_id, best.rank, best.level) == (firm.public_id, 1, 4.0)
    by_kind = match_text(NAME, viewer=SYSTEM, kinds=("organisation", "person"), filters=Filters())
    assert by_kind["organisation"].hits[0].document.document_id == firm.public_id


def test_why_not_knows_a_supply_by_its_whole_name(
    city: Any, firm: Organisation, client: Client, users: Any
) -> None:
    client.force_login(users["enterprise"])

    page = client.get(f"/needs/{city.need.public_id}/why-not/", {"supply": NAME})

    assert page.context["supply"] == firm


@pytest.mark.parametrize("text", ["永磁材料", "STM32F103C8T6", "2024", "3D打印", "GB/T 22900"])
def test_words_models_and_standards_are_no_codes(text: str) -> None:
    assert not is_code(text)


def test_a_patents_own_key_counts_as_its_number(city: Any, firm: Organisation) -> None:
    Patent.objects.filter(pk=city.patent.pk).update(source_key="CN201910012345.6")

    assert found("ZL 2019 1 0012345.6")[0] == (city.patent.public_id, "code")


def test_full_width_letters_ask_what_half_width_ones_ask(
    city: Any, firm: Organisation, make_achievement: Callable[..., Any]
) -> None:
    lidar = make_achievement("L", title="车载 LIDAR 2000 型")
    outbox.drain()

    half, full = (
        [(one.record.public_id, one.hit.score) for one in search(text, viewer=SYSTEM).hits]
        for text in ("LIDAR 2000", "ＬＩＤＡＲ ２０００")
    )

    assert half == full
    assert half[0][0] == lidar.public_id
