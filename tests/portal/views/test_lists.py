"""The two lists: what they cost, what they narrow, what they keep and export."""

import csv
import io
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from silian.portal.accounts.domain.access import SYSTEM, Viewer
from silian.portal.audit.models import AuditEntry
from silian.portal.exchange.domain.listing import ListQuestion, page_of
from silian.portal.exchange.domain.service import SUPPLY_KINDS
from silian.portal.exchange.models import SavedFilter
from silian.portal.industry.models import Need
from silian.portal.innovation.models import Achievement, Facility
from silian.portal.registry.domain.intake import create_job, run_job
from silian.portal.registry.interfaces.import_notes import unread_columns
from silian.portal.registry.models import Region, Register

# One literal number each, for one row and for three.
NEED_LIST_QUERIES = 9
ACHIEVEMENT_LIST_QUERIES = 7
MIXED_LIST_QUERIES = 6


@pytest.fixture
def regions(register: Register) -> dict[str, Region]:
    rows = {
        "990100": ("澄屿市", "Chengyu", "city"),
        "990102": ("望潮区", "Wangchao", "district"),
        "990103": ("石澜区", "Shilan", "district"),
    }
    return {
        adcode: Region.objects.create(
            register=register, source_key=adcode, adcode=adcode, name=name, name_en=en, level=level
        )
        for adcode, (name, en, level) in rows.items()
    }


def ask(kinds: tuple[str, ...] = ("need",), viewer: Viewer = SYSTEM, **values: Any) -> Any:
    chosen = {name: tuple(given) for name, given in values.pop("chosen", {}).items()}
    return page_of(
        ListQuestion(kinds=kinds, chosen=chosen, **values), viewer=viewer, all_kinds=kinds
    )


def titles(page: Any) -> list[str]:
    return sorted(str(record) for record in page.records)


def facet(page: Any, name: str) -> dict[str, int]:
    (found,) = [each for each in page.facets if each.name == name]
    return {value.value: value.count for value in found.values}


@pytest.mark.parametrize("n_rows", [1, 3])
def test_need_list_costs_the_same_for_one_and_three_rows(
    n_rows: int,
    client: Client,
    make_need: Callable[..., Need],
    django_assert_num_queries: Any,
) -> None:
    for number in range(n_rows):
        make_need(str(number))
    with django_assert_num_queries(NEED_LIST_QUERIES):
        response = client.get("/needs/")
    assert response.content.decode().count('<article class="item') == n_rows


@pytest.mark.parametrize("n_rows", [1, 3])
def test_supply_list_of_one_kind_costs_the_same_for_one_and_three_rows(
    n_rows: int,
    client: Client,
    make_achievement: Callable[..., Achievement],
    django_assert_num_queries: Any,
) -> None:
    for number in range(n_rows):
        make_achievement(str(number))
    with django_assert_num_queries(ACHIEVEMENT_LIST_QUERIES):
        response = client.get("/supply/?kind=achievement")
    assert response.content.decode().count('<article class="item') == n_rows


@pytest.mark.parametrize("n_rows", [1, 3])
def test_mixed_supply_list_costs_the_same_for_one_and_three_rows(
    n_rows: int,
    client: Client,
    make_achievement: Callable[..., Achievement],
    django_assert_num_queries: Any,
) -> None:
    for number in range(n_rows):
        make_achievement(str(number))
    with django_assert_num_queries(MIXED_LIST_QUERIES):
        client.get("/supply/")


def test_filters_keep_what_fits_and_each_facet_counts_what_the_others_leave(
    make_need: Callable[..., Need], regions: dict[str, Region]
) -> None:
    make_need("a", title="甲", region=regions["990102"], field_codes=["T0401"], budget_cny=50_000)
    make_need("b", title="乙", region=regions["990103"], field_codes=["T0403", "T0106"])
    make_need("c", title="丙", region=regions["990102"], field_codes=["T0106"], status="closed")

    assert titles(ask(chosen={"field": ["T04"]})) == ["乙", "甲"]
    assert titles(ask(chosen={"field": ["T0106"]})) == ["丙", "乙"]
    assert titles(ask(chosen={"region": ["990100"]})) == ["丙", "乙", "甲"]
    assert titles(ask(chosen={"price": ["to10", "unknown"], "status": ["published"]})) == [
        "乙",
        "甲",
    ]
    page = ask(chosen={"region": ["990102"]})
    assert titles(page) == ["丙", "甲"]
    assert facet(page, "region") == {"990102": 2, "990103": 1}
    assert facet(page, "status") == {"published": 1, "closed": 1}
    assert facet(page, "field") == {"T01": 1, "T04": 1}
    assert facet(page, "price") == {"to10": 1, "unknown": 1}


def test_a_city_counts_what_ticking_it_would_leave(
    make_need: Callable[..., Need],
    make_achievement: Callable[..., Achievement],
    regions: dict[str, Region],
) -> None:
    make_need("a", region=regions["990100"])
    make_need("b", region=regions["990102"])
    make_need("c", region=regions["990103"])
    counts = facet(ask(), "region")
    assert counts == {"990100": 3, "990102": 1, "990103": 1}
    for adcode, count in counts.items():
        assert ask(chosen={"region": [adcode]}).total == count

    # Over several kinds, of which only one has a record of the city itself.
    make_achievement("d", region=regions["990102"])
    assert facet(ask(("need", "achievement")), "region")["990100"] == 4


def test_words_are_all_required_and_look_into_the_organisation_too(
    make_need: Callable[..., Need],
) -> None:
    make_need("a", title="耐高温磁体", text="电机")
    make_need("b", title="耐高温涂层", text="叶片")
    assert titles(ask(text="耐高温 电机")) == ["耐高温磁体"]
    assert ask(text="东海磁材").total == 2
    assert ask(text="没有这个词").total == 0


def test_a_page_beyond_the_last_is_the_last_page(make_need: Callable[..., Need]) -> None:
    for number in range(23):
        make_need(str(number))
    page = ask(page=99)
    assert (page.page, page.page_count, len(page.records), page.total) == (2, 2, 3, 23)


def test_amounts_sort_with_unknown_ones_last(make_achievement: Callable[..., Achievement]) -> None:
    make_achievement("a", title="贵", price_cny=Decimal(900_000))
    make_achievement("b", title="便宜", price_cny=Decimal(10_000))
    make_achievement("c", title="面议")
    order = [str(r) for r in ask(("achievement",), sort="amount_up").records]
    assert order == ["便宜", "贵", "面议"]
    order = [str(r) for r in ask(("achievement",), sort="amount_down").records]
    assert order == ["贵", "便宜", "面议"]


def test_mixed_list_puts_kinds_in_one_order(
    make_achievement: Callable[..., Achievement], register: Register
) -> None:
    make_achievement("a", title="先")
    Facility.objects.create(register=register, source_key="f", name="后", facility_kind="test_bed")
    page = ask(SUPPLY_KINDS)
    shown = [str(record) for record in page.records]
    assert shown[0] == "后"
    assert page.kind_counts["facility"] == 1
    assert page.kind_counts["organisation"] == 3
    assert page.total == len(shown) == 5


def test_drafts_and_members_only_records_stay_from_strangers(
    client: Client, make_need: Callable[..., Need], users: dict[str, Any]
) -> None:
    make_need("a", title="公开的需求")
    make_need("b", title="还是草稿", status="draft")
    make_need("c", title="登录可见的", audience="members")
    shown = client.get("/needs/").content.decode()
    assert ("公开的需求" in shown, "还是草稿" in shown, "登录可见的" in shown) == (
        True,
        False,
        False,
    )
    client.force_login(users["enterprise"])
    shown = client.get("/needs/").content.decode()
    assert ("还是草稿" in shown, "登录可见的" in shown) == (True, True)


def test_titles_are_escaped_and_matched_words_marked(
    client: Client, make_need: Callable[..., Need]
) -> None:
    make_need("a", title="<script>alert(1)</script>耐高温")
    shown = client.get("/needs/?q=耐高温").content.decode()
    assert "<script>alert(1)" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;<mark>耐高温</mark>" in shown


@pytest.mark.parametrize(
    "query", ["page=x", "page=-1", "sort=oops", "kind=nothing", "price=zzz", "field=%00", "q=%25_'"]
)
def test_an_odd_address_is_no_error(query: str, client: Client, register: Register) -> None:
    assert client.get(f"/supply/?{query}").status_code == 200


def test_a_filter_is_saved_per_user_and_deleted_by_its_owner_only(
    client: Client, users: dict[str, Any]
) -> None:
    client.force_login(users["viewer"])
    posted = {"list_name": "needs", "name": "我的", "query_string": "status=published&page=3"}
    response = client.post("/filters/save/", posted)
    assert response.headers["Location"] == "/needs/?status=published"
    saved = SavedFilter.objects.get(user=users["viewer"], name="我的")
    assert "我的" in client.get("/needs/").content.decode()

    client.force_login(users["research"])
    assert client.post(f"/filters/{saved.pk}/delete/").status_code == 404
    client.force_login(users["viewer"])
    assert client.post(f"/filters/{saved.pk}/delete/").status_code == 302
    assert not SavedFilter.objects.exists()


def test_export_holds_the_filtered_rows_and_is_logged(
    client: Client, make_need: Callable[..., Need], users: dict[str, Any]
) -> None:
    make_need("a", title="甲需求", status="closed")
    make_need("b", title="乙需求")
    client.force_login(users["enterprise"])
    response = client.get("/lists/export/?list=needs&format=csv&status=closed")
    rows = list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))
    assert len(rows) == 2
    assert "甲需求" in rows[1]
    entry = AuditEntry.objects.get(action="list.export")
    assert (entry.subject, entry.details["row_count"]) == ("need", 1)


def rows_of_export(client: Client, query: str, language: str = "zh-hans") -> list[dict[str, str]]:
    client.cookies["django_language"] = language
    response = client.get(f"/lists/export/?{query}")
    assert response.status_code == 200, response.content
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "zh-hans",
            {
                "需求类型": "技术攻关",
                "状态": "已关闭",
                "可见范围": "公开",
                "技术领域": "新材料、高分子材料、磁学",
            },
        ),
        (
            "en",
            {
                "Kind of need": "Technology",
                "Status": "Closed",
                "Audience": "Public",
                "Technical fields": "New materials、Polymers、磁学",
            },
        ),
    ],
)
def test_an_export_speaks_the_readers_language_and_leads_back_to_the_record(
    language: str,
    expected: dict[str, str],
    client: Client,
    make_need: Callable[..., Need],
    users: dict[str, Any],
) -> None:
    fields = ["T04", "T0403", "磁学"]
    need = make_need("a", status="closed", need_kind="technology", field_codes=fields)
    client.force_login(users["enterprise"])
    [row] = rows_of_export(client, "list=needs&format=csv", language)
    assert {name: row.get(name) for name in expected} == expected
    beside = ("公开编号", "页面地址") if language == "zh-hans" else ("Public id", "Page address")
    address = f"http://testserver/needs/{need.public_id}/"
    assert [row[name] for name in beside] == [need.public_id, address]


def test_an_export_in_english_words_loads_again_unchanged(
    client: Client, make_need: Callable[..., Need], users: dict[str, Any], tmp_path: Path
) -> None:
    make_need("a", status="closed", need_kind="service", field_codes=["T04", "T0403", "磁学"])
    client.force_login(users["enterprise"])
    for file_format in ("csv", "xlsx", "jsonl"):
        client.cookies["django_language"] = "en"
        response = client.get(f"/lists/export/?list=needs&format={file_format}")
        path = tmp_path / f"needs.{file_format}"
        path.write_bytes(b"".join(response.streaming_content))
        job = run_job(create_job(path, "template:need", register_code="test-register").pk)
        assert (job.state, job.rejected_count, job.changed_count, job.accepted_count) == (
            "done",
            0,
            0,
            0,
        )
        assert job.unchanged_count == 1
        assert unread_columns(job.notes) == []
    assert Need.objects.get().field_codes == ["T04", "T0403", "磁学"]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("list=needs&format=pdf", "格式“pdf”无法识别，应为 csv、xlsx、jsonl。"),
        ("list=needs&status=bogus", "状态“bogus”无法识别。"),
        ("list=needs&budget_min=abc&format=doc", "没有名为“budget_min”的筛选"),
        ("list=supply&kind=bogus", "类型“bogus”无法识别。"),
    ],
)
def test_no_file_is_made_of_what_it_can_not_tell(
    query: str, told: str, client: Client, users: dict[str, Any]
) -> None:
    client.force_login(users["operator"])
    answer = client.get(f"/lists/export/?{query}")
    assert (answer.status_code, told in answer.content.decode()) == (400, True)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/needs/?budget_min=abc", ["没有名为“budget_min”的筛选"]),
        (
            "/needs/?sort=bogus&page=x&region=zzz",
            ["排序“bogus”无法识别", "页码“x”无法识别", "地区“zzz”无法识别"],
        ),
        ("/needs/?price=abc&field=T99", ["预算“abc”无法识别", "技术领域“T99”无法识别"]),
        ("/supply/?kind=bogus", ["类型“bogus”无法识别"]),
        ("/supply/?kind=achievement&transfer=x", ["转化方式“x”无法识别"]),
        ("/search/?q=磁&price=abc", ["价格上限“abc”无法识别，应为万元数"]),
        ("/search/?q=磁&region=xx", ["没有地区“xx”"]),
        ("/search/?q=磁&field=T99&readiness=0", ["技术领域“T99”", "成熟度“0”无法识别"]),
    ],
)
def test_a_page_tells_what_it_left_aside(
    path: str, told: list[str], client: Client, make_need: Callable[..., Need]
) -> None:
    make_need("a")
    shown = client.get(path).content.decode()
    assert "以下条件未使用：" in shown
    assert [words for words in told if words not in shown] == []


@pytest.mark.parametrize(
    "path", ["/needs/?status=&sort=newest&page=1&utm_source=mail", "/supply/?kind=patent&transfer="]
)
def test_a_page_has_nothing_to_tell_of_what_it_offers_itself(
    path: str, client: Client, db: None
) -> None:
    assert "以下条件未使用" not in client.get(path).content.decode()


def test_each_kind_of_a_mixed_list_is_offered_as_a_file(
    client: Client, make_achievement: Callable[..., Any], users: dict[str, Any]
) -> None:
    make_achievement("a")
    client.force_login(users["operator"])
    shown = client.get("/supply/?q=").content.decode()
    assert "kind=achievement&amp;list=supply&amp;format=xlsx" in shown
    assert "kind=patent&amp;list=supply" not in shown


def test_export_is_closed_to_viewers_and_needs_one_kind(
    client: Client, users: dict[str, Any]
) -> None:
    client.force_login(users["viewer"])
    assert client.get("/lists/export/?list=needs").status_code == 403
    client.force_login(users["operator"])
    assert client.get("/lists/export/?list=supply").status_code == 404
