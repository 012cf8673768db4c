"""Records over REST: pages, filters, reading, writing, versions."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from silian.portal.audit.models import AuditEntry
from silian.portal.industry.models import Need
from silian.portal.registry.models import Organisation, Region, Register

pytestmark = pytest.mark.django_db
NEED = {"title": "耐高温永磁材料攻关", "text": "驱动电机工作温度达 180 ℃，现有磁体退磁。"}


def ids(page: dict[str, Any]) -> list[str]:
    return [item["public_id"] for item in page["items"]]


def walk(caller: Any, path: str) -> list[list[str]]:
    """All pages by the Link header."""
    pages = []
    while path:
        response = caller.get(path)
        assert response.status_code == 200, response.content
        pages.append(ids(response.json()))
        links = [part.split(";") for part in response["Link"].split(",")]
        following = [link.strip(" <>") for link, relation in links if "next" in relation]
        parts = urlsplit(following[0]) if following else None
        path = f"{parts.path.removeprefix('/api/v1')}?{parts.query}" if parts else ""
    return pages


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_pages_hold_every_record_once_in_order(
    limit: int, callers: dict, make_need: Callable[..., Need]
) -> None:
    made = [make_need(f"n{number}").public_id for number in range(6)]
    pages = walk(callers["viewer"], f"/records?kind=need&limit={limit}")
    assert [public_id for page in pages for public_id in page] == made
    assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1)


def test_a_record_made_meanwhile_moves_no_other_to_another_page(
    callers: dict, make_need: Callable[..., Need]
) -> None:
    made = [make_need(f"n{number}").public_id for number in range(4)]
    first = callers["viewer"].get("/records?kind=need&limit=2").json()
    Need.objects.get(public_id=made[0]).delete()
    late = make_need("late").public_id
    second = callers["viewer"].get(f"/records?kind=need&limit=5&cursor={first['next_cursor']}")
    assert ids(first) + ids(second.json()) == [*made, late]
    assert second.json()["total"] == 4
    assert second["X-Total-Count"] == "4"
    assert second.json()["next_cursor"] == ""


@pytest.mark.parametrize("cursor", ["x", "a2E", "a-1", "%00", "azk5OTk5OTk5OTk5OTk5OTk5OTk5OQ"])
def test_a_made_up_cursor_is_refused(cursor: str, callers: dict) -> None:
    response = callers["viewer"].get(f"/records?kind=need&cursor={cursor}")
    assert response.status_code in {400, 422}
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("count", [1, 3])
def test_a_list_asks_the_database_equally_often_for_one_and_for_three(
    count: int,
    callers: dict,
    make_need: Callable[..., Need],
    django_assert_num_queries: Any,
) -> None:
    for number in range(count):
        make_need(f"n{number}")
    callers["operator"].get("/records?kind=need")  # notes the key's use
    with django_assert_num_queries(3):  # the key, the total, the page
        callers["operator"].get("/records?kind=need")


def test_filters_hold_together(
    callers: dict, make_need: Callable[..., Need], register: Register, organisations: dict
) -> None:
    region = Region.objects.create(
        register=register, source_key="330203", adcode="330203", name="海曙区", level="district"
    )
    wanted = make_need("a", title="永磁电机", region=region, field_codes=["T0401"])
    make_need("b", title="永磁电机")
    make_need("c", title="轴承", region=region)
    caller = callers["viewer"]
    for query in (
        "q=永磁&region=330200",
        "region=330203&field=T04",
        "source_key=a&register_code=test-register",
        f"organisation={organisations['enterprise'].public_id}&q=永磁&field=T0401",
    ):
        assert ids(caller.get(f"/records?kind=need&{query}").json()) == [wanted.public_id], query
    assert ids(caller.get("/records?kind=region&field=T04").json()) == []
    assert callers["enterprise"].get("/records?kind=need&mine=true").json()["total"] == 3
    assert callers["research"].get("/records?kind=need&mine=true").json()["total"] == 0
    assert caller.get("/records?kind=need&updated_since=2099-01-01T00:00:00Z").json()["total"] == 0


def test_each_sees_what_the_table_lets_them_see(
    callers: dict, make_need: Callable[..., Need]
) -> None:
    needs = {
        "public": make_need("p"),
        "members": make_need("m", audience="members"),
        "owner": make_need("o", audience="owner"),
        "draft": make_need("d", status="draft"),
    }
    seen = {}
    for role, caller in callers.items():
        page = set(ids(caller.get("/records?kind=need").json()))
        seen[role] = {name for name, need in needs.items() if need.public_id in page}
        single = {
            name
            for name, need in needs.items()
            if caller.get(f"/records/{need.public_id}").status_code == 200
        }
        assert single == seen[role]
    assert seen == {
        "anonymous": {"public"},
        "viewer": {"public", "members"},
        "research": {"public", "members"},
        "enterprise": set(needs),
        "operator": set(needs),
    }


def test_a_hidden_record_and_no_record_are_told_alike(
    callers: dict, make_need: Callable[..., Need]
) -> None:
    hidden = make_need("o", audience="owner").public_id
    answers = []
    for public_id in (hidden, "need-aaaaaaaaaaaaaaaa"):
        response = callers["research"].get(f"/records/{public_id}")
        answers.append((response.status_code, response.json()["code"]))
    assert answers == [(404, "record_not_found")] * 2


def test_a_record_comes_with_its_columns_its_source_and_its_owner(
    callers: dict, make_need: Callable[..., Need], organisations: dict[str, Organisation]
) -> None:
    need = make_need("n", budget_cny="2000000.00", keywords=["永磁"])
    body = callers["viewer"].get(f"/records/{need.public_id}").json()
    own = organisations["enterprise"]
    assert body["title"] == "需求 n"
    assert body["values"]["budget_cny"] == "2000000.00"
    assert body["values"]["keywords"] == ["永磁"]
    assert body["values"]["organisation_key"] == own.public_id
    assert body["source"] == {"register_code": "test-register", "key": "n", "row": None}
    assert body["owner"] == {"public_id": own.public_id, "name": own.name}


def test_an_unchanged_record_is_not_sent_again(
    callers: dict, make_need: Callable[..., Need]
) -> None:
    path = f"/records/{make_need('n').public_id}"
    first = callers["viewer"].get(path)
    again = callers["viewer"].get(path, **{"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])


def test_tags_hold_for_clients_that_take_compressed_answers(
    callers: dict, make_need: Callable[..., Need]
) -> None:
    gzip = {"Accept-Encoding": "gzip, deflate"}
    need = make_need("n", text="永磁材料需要耐高温。" * 50)
    path = f"/records/{need.public_id}"
    first = callers["enterprise"].get(path, **gzip)
    assert (first["Content-Encoding"], first["ETag"][:3]) == ("gzip", 'W/"')
    again = callers["enterprise"].get(path, **gzip, **{"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    tag = {"If-Match": f'"other", {first["ETag"]}'}
    changed = callers["enterprise"].patch(path, {"values": {"title": "改"}}, **gzip, **tag)
    assert changed.status_code == 200
    late = callers["enterprise"].patch(path, {"values": {"title": "再改"}}, **tag)
    assert (late.status_code, late.json()["code"]) == (412, "record_changed")


def test_an_enterprise_states_a_need_that_is_its_own(
    callers: dict, organisations: dict[str, Organisation]
) -> None:
    response = callers["enterprise"].post(
        "/records", {"kind": "need", "source_key": "1", "values": NEED}
    )
    assert response.status_code == 201, response.content
    saved = response.json()["record"]
    need = Need.objects.get(public_id=saved["public_id"])
    assert need.owner == need.organisation == organisations["enterprise"]
    assert need.register.code == "portal"
    assert response["Location"] == f"/api/v1/records/{need.public_id}"
    assert (
        callers["enterprise"].get(f"/records/{need.public_id}").json()["values"]["title"]
        == (NEED["title"])
    )


def test_equal_keys_of_two_organisations_are_two_records(callers: dict) -> None:
    sent = {"kind": "patent", "source_key": "1", "values": {"title": "一种永磁体"}}
    made = {
        callers[r].post("/records", sent).json()["record"]["public_id"]
        for r in ("enterprise", "research")
    }
    assert len(made) == 2


def test_the_same_key_again_is_refused_and_changes_nothing(callers: dict) -> None:
    sent = {"kind": "need", "source_key": "1", "values": NEED}
    callers["enterprise"].post("/records", sent)
    again = callers["enterprise"].post("/records", sent | {"values": NEED | {"title": "另一个"}})
    assert (again.status_code, again.json()["code"]) == (422, "key_taken")
    assert Need.objects.get().title == NEED["title"]


def test_every_wrong_column_is_named_in_both_languages(callers: dict) -> None:
    response = callers["enterprise"].post(
        "/records",
        {
            "kind": "need",
            "source_key": "1",
            "values": {"title": "", "budget_cny": "很多", "colour": "red"},
        },
    )
    problem = response.json()
    assert (response.status_code, problem["code"]) == (422, "row_refused")
    assert response["Content-Type"] == "application/problem+json"
    assert {error["field"] for error in problem["errors"]} >= {"title", "budget_cny", "colour"}
    assert all(error["message_zh"] and error["message_en"] for error in problem["errors"])
    assert not Need.objects.exists()


@pytest.mark.parametrize(
    ("role", "kind", "status"),
    [
        ("anonymous", "need", 401),
        ("viewer", "need", 403),
        ("research", "need", 403),
        ("enterprise", "organisation", 403),
        ("research", "region", 403),
        ("enterprise", "patent", 201),
        ("research", "patent", 201),
        ("operator", "patent", 201),
    ],
)
def test_the_kind_decides_who_may_make_a_record(
    role: str, kind: str, status: int, callers: dict
) -> None:
    sent = {"kind": kind, "source_key": "1", "values": {"title": "一种永磁体"}}
    response = callers[role].post("/records", sent)
    assert response.status_code == status, response.content


def test_nobody_speaks_for_another_organisation(
    callers: dict, organisations: dict[str, Organisation]
) -> None:
    for name, value in (
        ("organisation_key", organisations["other"].public_id),
        ("organisation_name", organisations["other"].name),
    ):
        response = callers["enterprise"].post(
            "/records", {"kind": "need", "source_key": name, "values": NEED | {name: value}}
        )
        assert (response.status_code, response.json()["code"]) == (403, "access_denied")
    assert not Need.objects.exists()


def test_what_was_read_can_be_sent_back_unchanged(callers: dict) -> None:
    made = (
        callers["enterprise"]
        .post(
            "/records", {"kind": "need", "source_key": "1", "values": NEED | {"budget_cny": "10万"}}
        )
        .json()["record"]
    )
    assert made["values"]["budget_cny"] == "100000.00"
    path, sent = f"/records/{made['public_id']}", {"values": made["values"]}
    first = callers["enterprise"].patch(path, sent)
    assert first.json()["record"]["values"] == made["values"], first.content
    assert callers["enterprise"].patch(path, sent).json()["status"] == "unchanged"


def test_a_change_touches_named_columns_only(callers: dict) -> None:
    made = (
        callers["enterprise"]
        .post(
            "/records",
            {"kind": "need", "source_key": "1", "values": NEED | {"budget_cny": "100000"}},
        )
        .json()["record"]
    )
    changed = (
        callers["enterprise"]
        .patch(f"/records/{made['public_id']}", {"values": {"readiness_target": 7}})
        .json()
    )
    assert changed["status"] == "changed"
    assert changed["record"]["values"] == made["values"] | {"readiness_target": 7}


def test_a_change_of_a_changed_record_is_refused(callers: dict) -> None:
    made = callers["enterprise"].post(
        "/records", {"kind": "need", "source_key": "1", "values": NEED}
    )
    path = f"/records/{made.json()['record']['public_id']}"
    first = callers["enterprise"].patch(
        path, {"values": {"title": "第一次修改"}}, **{"If-Match": made["ETag"]}
    )
    assert first.status_code == 200
    late = callers["enterprise"].patch(
        path, {"values": {"title": "第二次修改"}}, **{"If-Match": made["ETag"]}
    )
    assert (late.status_code, late.json()["code"]) == (412, "record_changed")
    assert late["ETag"] == first["ETag"]
    assert Need.objects.get().title == "第一次修改"


def test_others_records_are_not_changed(callers: dict, make_need: Callable[..., Need]) -> None:
    foreign = make_need("f", owner="other")
    response = callers["enterprise"].patch(
        f"/records/{foreign.public_id}", {"values": {"title": "x"}}
    )
    assert (response.status_code, response.json()["code"]) == (403, "not_your_record")
    assert "归属" in response.json()["detail"]
    answer = callers["operator"].patch(f"/records/{foreign.public_id}", {"values": {"title": "y"}})
    assert answer.json()["status"] == "changed"


def test_the_history_tells_what_changed_and_who_changed_it(callers: dict) -> None:
    made = (
        callers["enterprise"]
        .post("/records", {"kind": "need", "source_key": "1", "values": NEED})
        .json()["record"]
    )
    path = f"/records/{made['public_id']}"
    callers["enterprise"].patch(path, {"values": {"title": "新标题"}})
    versions = callers["enterprise"].get(f"{path}/history").json()["items"]
    assert [version["change"] for version in versions] == ["changed", "created"]
    assert versions[0]["changes"]["title"] == [NEED["title"], "新标题"]
    assert versions[0]["changed_by"] == "enterprise"
    assert callers["research"].get(f"{path}/history").status_code == 403


def test_a_refusal_is_logged_once_a_minute(callers: dict) -> None:
    for _ in range(3):
        callers["viewer"].post("/records", {"kind": "need", "source_key": "1", "values": NEED})
    entry = AuditEntry.objects.get(action="access.denied")
    assert entry.details["code"] == "role_not_allowed"
    callers["anonymous"].post("/records", {})
    assert AuditEntry.objects.filter(action="access.denied").count() == 1


@pytest.mark.parametrize(
    ("moment", "status"),
    [
        ("2026-01-01T00:00:00%2B08:00", 200),
        ("0001-01-01T00:00:00%2B23:59", 200),
        ("9999-12-31T23:59:59-23:59", 200),
        ("2026-01-01T00:00:00%2B18:44", 200),
        ("2026-01-01T00:00:00", 422),
        ("1700000000", 422),
    ],
)
def test_a_moment_needs_its_time_zone(moment: str, status: int, callers: dict) -> None:
    response = callers["viewer"].get(f"/records?kind=need&updated_since={moment}")
    assert response.status_code == status, response.content


def test_every_kind_is_searched_by_a_word(callers):
    from silian.portal.catalogue import KINDS

    for kind in KINDS:
        answer = callers["operator"].get(f"/records?kind={kind}&q=磁")
        assert answer.status_code == 200, kind


def test_an_approximate_figure_is_not_said_to_be_taken(callers: dict) -> None:
    sent = {"kind": "need", "source_key": "1", "values": NEED | {"budget_cny": "约200万"}}
    answer = callers["enterprise"].post("/records", sent)
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["message_zh"]) == (
        422,
        "收到“约200万”，为约数，此处须为确切数值，请填写 200 万元。",
    )
