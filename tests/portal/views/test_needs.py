"""The page, the form and the matches of a need, for each who looks."""

import csv
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.test import Client

from silian.portal.exchange.models import Match, Outcome
from silian.portal.industry.models import Need
from silian.portal.innovation.models import Achievement
from silian.portal.registry.domain.names import name_key
from silian.portal.registry.models import Organisation, OrganisationName

HTMX = {"HX-Request": "true"}
FORM = {
    "title": "主轴轴承降温",
    "text": "主轴轴承温升 45 ℃，需降到 25 ℃ 以内。",
    "need_kind": "technology",
    "audience": "public",
}


@pytest.fixture
def need(make_need: Callable[..., Need]) -> Need:
    return make_need("n", title="耐高温永磁材料攻关", budget_cny=Decimal(800_000))


@pytest.fixture
def achievement(make_achievement: Callable[..., Achievement]) -> Achievement:
    return make_achievement("a", title="高矫顽力永磁材料")


def test_a_stranger_reads_a_need_and_is_asked_to_sign_in_for_matches(
    client: Client, need: Need
) -> None:
    shown = client.get(f"/needs/{need.public_id}/").content.decode()
    assert "耐高温永磁材料攻关" in shown
    assert "80 万元" in shown
    assert "/account/sign-in/?next=" in shown
    assert "hx-get" not in shown
    answer = client.get(f"/needs/{need.public_id}/matches/", headers=HTMX)
    assert (answer.status_code, "HX-Redirect" in answer.headers) == (204, True)


def test_a_need_of_others_that_is_not_visible_does_not_exist(
    client: Client, make_need: Callable[..., Need], users: dict[str, Any]
) -> None:
    draft = make_need("d", owner="other", status="draft")
    client.force_login(users["enterprise"])
    for path in ("", "edit/", "matches/", "why-not/"):
        assert client.get(f"/needs/{draft.public_id}/{path}").status_code == 404
    assert client.get("/needs/need-aaaaaaaaaaaaaaaa/").status_code == 404
    assert client.get("/needs/nonsense/").status_code == 404


def test_clarity_is_shown_and_follows_the_form(client: Client, users: dict[str, Any]) -> None:
    client.force_login(users["enterprise"])
    empty = client.post("/needs/clarity/", {}, headers=HTMX).content.decode()
    full = client.post(
        "/needs/clarity/",
        FORM | {"budget_cny": "80", "deadline": "2027-06-30", "target": "温升不高于 25 ℃"},
        headers=HTMX,
    ).content.decode()
    assert empty.count('<li class="missing">') == 5
    assert full.count('<li class="present">') >= 4


def test_a_form_with_unreadable_numbers_is_still_checked(
    client: Client, users: dict[str, Any]
) -> None:
    client.force_login(users["enterprise"])
    posted = FORM | {"budget_cny": "很多", "deadline": "明年", "readiness_target": "x"}
    assert client.post("/needs/clarity/", posted, headers=HTMX).status_code == 200


@pytest.mark.parametrize(("intent", "status"), [("publish", "published"), ("draft", "draft")])
def test_an_enterprise_states_a_need_of_its_own(
    intent: str,
    status: str,
    client: Client,
    users: dict[str, Any],
    organisations: dict[str, Any],
) -> None:
    client.force_login(users["enterprise"])
    posted = FORM | {"intent": intent, "budget_cny": "12.5", "keywords": "轴承、润滑"}
    response = client.post("/needs/new/", posted)
    made = Need.objects.get(title="主轴轴承降温")
    assert response.headers["Location"] == f"/needs/{made.public_id}/"
    assert (made.status, made.budget_cny, made.keywords) == (status, 125_000, ["轴承", "润滑"])
    assert made.owner == made.organisation == organisations["enterprise"]
    assert (made.published_on is not None) == (status == "published")


def test_a_refused_form_keeps_what_was_written_and_says_what_is_wrong(
    client: Client, users: dict[str, Any]
) -> None:
    client.force_login(users["enterprise"])
    response = client.post("/needs/new/", FORM | {"title": "", "budget_cny": "很多"})
    shown = response.content.decode()
    assert response.status_code == 422
    assert "主轴轴承温升 45 ℃" in shown
    assert shown.count("is-invalid") == 2
    assert not Need.objects.exists()


def test_editing_changes_the_need_and_only_ones_own(
    client: Client, need: Need, users: dict[str, Any]
) -> None:
    client.force_login(users["enterprise"])
    shown = client.get(f"/needs/{need.public_id}/edit/").content.decode()
    assert 'value="80"' in shown
    client.post(f"/needs/{need.public_id}/edit/", FORM | {"intent": "close", "budget_cny": ""})
    need.refresh_from_db()
    assert (need.title, need.status, need.budget_cny) == ("主轴轴承降温", "closed", None)
    client.force_login(users["research"])
    assert client.get(f"/needs/{need.public_id}/edit/").status_code == 403


def test_matches_show_their_reasons(
    client: Client, need: Need, achievement: Achievement, users: dict[str, Any], index: Any
) -> None:
    index()
    client.force_login(users["enterprise"])
    shown = client.get(f"/needs/{need.public_id}/matches/", headers=HTMX).content.decode()
    assert "<html" not in shown
    assert f'id="hit-{achievement.public_id}"' in shown
    assert '<table class="bars">' in shown
    assert '<ul class="checks">' in shown
    assert 'role="tab" id="tab-achievement"' in shown
    assert "接洽" in shown
    client.force_login(users["viewer"])
    shown = client.get(f"/needs/{need.public_id}/matches/").content.decode()
    assert "<html" in shown
    assert "action-buttons" not in shown


def test_printed_matches_name_each_kind_and_what_is_left_out(
    client: Client, need: Need, achievement: Achievement, users: dict[str, Any], index: Any
) -> None:
    index()
    client.force_login(users["enterprise"])
    shown = client.get(f"/needs/{need.public_id}/matches/", headers=HTMX).content.decode()
    assert '<h3 class="print-only">成果</h3>' in shown
    assert shown.count('<h3 class="print-only">') == shown.count('role="tabpanel"')
    assert "全部结果请用“导出匹配清单”" in shown


def test_why_not_names_the_reason_or_offers_what_was_meant(
    client: Client,
    need: Need,
    achievement: Achievement,
    make_achievement: Callable[..., Achievement],
    users: dict[str, Any],
    index: Any,
) -> None:
    namesakes = [
        make_achievement(key, title=f"钐钴永磁材料{key}", summary="耐热。") for key in ("甲", "乙")
    ]
    index()
    client.force_login(users["enterprise"])
    path = f"/needs/{need.public_id}/why-not/"
    pasted = f"https://example.org/records/{achievement.public_id}/"
    shown = client.get(path, {"supply": pasted}, headers=HTMX).content.decode()
    assert "它就在结果里，排第 1。" in shown
    shown = client.get(path, {"supply": "矫顽力"}, headers=HTMX).content.decode()
    assert ("是指哪一条" in shown, "它就在结果里" in shown) == (False, True)
    shown = client.get(path, {"supply": "钐钴永磁材料"}, headers=HTMX).content.decode()
    assert "是指哪一条" in shown
    assert [f"?supply={one.public_id}" in shown for one in namesakes] == [True, True]
    shown = client.get(path, {"supply": "钐钴 永磁材料乙"}, headers=HTMX).content.decode()
    assert ("是指哪一条" in shown, f"/records/{namesakes[1].public_id}/" in shown) == (False, True)
    shown = client.get(path, {"supply": "zzzqqq"}, headers=HTMX).content.decode()
    assert "没有找到这样的供给" in shown
    for unknown in ("ach-aaaaaaaaaaaaaaaa", need.public_id):
        shown = client.get(path, {"supply": unknown}, headers=HTMX).content.decode()
        assert 'role="alert"' in shown


def test_why_not_takes_a_supply_by_its_name_or_code_whatever_the_index_has_read(
    client: Client,
    need: Need,
    make_achievement: Callable[..., Achievement],
    make_organisation: Callable[..., Organisation],
    users: dict[str, Any],
    index: Any,
) -> None:
    for number in range(12):
        make_achievement(f"P{number}", title=f"澄屿海洋大学共享平台{number}")
    index()
    university = make_organisation(
        "澄屿海洋大学（鹿洲）",
        "university",
        unified_social_credit_code="12990101MA01CKE31A",
    )
    OrganisationName.objects.create(
        organisation=university,
        name="澄屿海洋大学共享平台",
        normalised=name_key("澄屿海洋大学共享平台"),
        name_kind="former",
    )
    client.force_login(users["enterprise"])
    path = f"/needs/{need.public_id}/why-not/"
    for is_indexed in (False, True):
        if is_indexed:
            index()
        for named in (
            "澄屿海洋大学（鹿洲）",
            "澄屿海洋大学(鹿洲)",
            "12990101MA01CKE31A",
            "澄屿海洋大学共享平台",
        ):
            shown = client.get(path, {"supply": named}, headers=HTMX).content.decode()
            assert "是指哪一条" not in shown
            assert f"/organisations/{university.public_id}" in shown
            assert ("它还不在索引里" in shown) == (not is_indexed)


def test_outcomes_are_recorded_refused_and_withdrawn(
    client: Client, need: Need, achievement: Achievement, users: dict[str, Any], index: Any
) -> None:
    index()
    client.force_login(users["enterprise"])
    path = f"/needs/{need.public_id}/outcomes/{achievement.public_id}/"
    here = HTMX | {"HX-Current-URL": f"http://testserver/needs/{need.public_id}/"}

    answer = client.post(path, {"action": "contacted"}, headers=here)
    assert "接洽中" in answer.content.decode()
    assert 'id="history" hx-swap-oob="true"' in answer.content.decode()
    answer = client.post(path, {"action": "unsuitable"}, headers=here)
    assert (answer.status_code, "须填写原因" in answer.content.decode()) == (422, True)
    answer = client.post(path, {"action": "signed", "amount_wan": "1,250.5"}, headers=here)
    shown = answer.content.decode()
    assert (answer.status_code, "确认无误，仍要记录" in shown) == (422, True)
    assert "合同金额 1,250.5 万元，远高于需求预算 80 万元。" in shown
    sent = {"action": "signed", "amount_wan": "1,250.5", "confirmed": "yes"}
    answer = client.post(path, sent, headers=here)
    assert "1,250.5 万元" in answer.content.decode()
    assert '<span id="need-status" hx-swap-oob="true"><span class="tag tag-good">已签约' in (
        answer.content.decode()
    )
    need.refresh_from_db()
    assert need.status == "contracted"

    signed = Outcome.objects.get(action="signed")
    assert signed.amount_cny == Decimal("12505000.00")
    answer = client.post(f"/outcomes/{signed.pk}/withdraw/", headers=here)
    assert "接洽中" in answer.content.decode()
    assert Match.objects.get().status == "contacted"
    assert f'hx-post="/outcomes/{signed.pk}/restore/"' in answer.content.decode()
    answer = client.post(f"/outcomes/{signed.pk}/withdraw/", headers=here)
    assert answer.status_code == 422
    answer = client.post(f"/outcomes/{signed.pk}/restore/", headers=here)
    assert "1,250.5 万元" in answer.content.decode()
    answer = client.post(f"/outcomes/{signed.pk}/correct/", {"amount_wan": "125.05"}, headers=here)
    shown = answer.content.decode()
    assert (answer.status_code, "125.05 万元" in shown) == (200, True)
    assert '<span class="tag">修改</span>' in shown


@pytest.mark.parametrize(
    ("written", "amount_cny"),
    [
        ("12.5", "125000.00"),
        ("1,250", "12500000.00"),
        ("１２", "120000.00"),
        ("30万", "300000.00"),
        ("三十万元", "300000.00"),
        ("0", "0.00"),
    ],
)
def test_an_amount_is_read_as_it_is_written(
    written: str,
    amount_cny: str,
    client: Client,
    make_need: Callable[..., Need],
    achievement: Achievement,
    users: dict[str, Any],
) -> None:
    need = make_need("plain", budget_cny=None)
    client.force_login(users["enterprise"])
    path = f"/needs/{need.public_id}/outcomes/{achievement.public_id}/"

    answer = client.post(path, {"action": "signed", "amount_wan": written}, headers=HTMX)

    assert answer.status_code == 200, answer.content.decode()
    assert Outcome.objects.get().amount_cny == Decimal(amount_cny)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("1e9", "金额“1e9”无法识别"),
        ("一百", "金额“一百”无法识别"),
        ("约30万", "金额“约30万”无法识别"),
        ("-5", "合同金额为 -5 万元，应为 0 元至 100 亿元。"),
        ("99999999", "应为 0 元至 100 亿元。"),
        ("", "须填写合同金额"),
    ],
)
def test_what_is_no_amount_is_refused_and_stays_in_the_form(
    written: str,
    said: str,
    client: Client,
    need: Need,
    achievement: Achievement,
    users: dict[str, Any],
) -> None:
    client.force_login(users["enterprise"])
    path = f"/needs/{need.public_id}/outcomes/{achievement.public_id}/"

    answer = client.post(path, {"action": "signed", "amount_wan": written}, headers=HTMX)

    shown = answer.content.decode()
    assert (answer.status_code, said in shown) == (422, True), shown
    assert f'name="amount_wan" inputmode="decimal" maxlength="30" required value="{written}"' in (
        shown
    )
    assert not Outcome.objects.exists()


@pytest.mark.parametrize(
    ("explanation", "by"), [({"unavailable": "recorded_earlier"}, "导入"), ({}, "—")]
)
def test_a_loaded_contract_names_nobody(
    explanation: dict[str, str],
    by: str,
    client: Client,
    need: Need,
    achievement: Achievement,
    users: dict[str, Any],
    index: Any,
) -> None:
    index()
    match = Match.objects.create(
        need=need,
        supply_id=achievement.public_id,
        supply_kind="achievement",
        status="signed",
        explanation=explanation,
    )
    Outcome.objects.create(match=match, action="signed", amount_cny=Decimal(412_000))
    client.force_login(users["operator"])

    shown = client.get(f"/needs/{need.public_id}/matches/", headers=HTMX).content.decode()

    assert "41.2 万元" in shown
    assert f'<span class="small muted">{by} ' in shown
    assert "None" not in shown


def test_outcomes_work_without_scripts(
    client: Client, need: Need, achievement: Achievement, users: dict[str, Any], index: Any
) -> None:
    index()
    client.force_login(users["enterprise"])
    path = f"/needs/{need.public_id}/outcomes/{achievement.public_id}/"
    answer = client.post(path, {"action": "contacted"})
    assert answer.headers["Location"] == f"/needs/{need.public_id}/"


def test_strangers_to_a_match_can_not_decide_about_it(
    client: Client,
    make_need: Callable[..., Need],
    make_achievement: Callable[..., Achievement],
    users: dict[str, Any],
    index: Any,
) -> None:
    others = make_need("o", owner="other")
    supply = make_achievement("o", owner="other")
    index()
    path = f"/needs/{others.public_id}/outcomes/{supply.public_id}/"
    for role in ("enterprise", "research", "viewer"):
        client.force_login(users[role])
        assert client.post(path, {"action": "contacted"}, headers=HTMX).status_code == 403
    assert not Outcome.objects.exists()


def test_the_supplier_sees_who_needs_it_and_may_only_contact(
    client: Client, need: Need, achievement: Achievement, users: dict[str, Any], index: Any
) -> None:
    index()
    client.force_login(users["research"])
    shown = client.get(f"/records/{achievement.public_id}/needs/", headers=HTMX).content.decode()
    assert f'id="hit-{need.public_id}"' in shown
    assert 'value="contacted"' in shown
    assert 'value="signed"' not in shown
    shown = client.get("/my-matches/").content.decode()
    assert "高矫顽力永磁材料" in shown


def test_a_match_list_is_exported_with_its_reasons(
    client: Client, need: Need, achievement: Achievement, users: dict[str, Any], index: Any
) -> None:
    index()
    client.force_login(users["enterprise"])
    path = f"/needs/{need.public_id}/matches/export/"
    text = b"".join(client.get(path, {"format": "csv"}).streaming_content).decode("utf-8-sig")
    heading, first = text.splitlines()[:2]
    assert heading.startswith("类型,名次,供给,单位,相关等级")
    assert "高矫顽力永磁材料" in first
    workbook = b"".join(client.get(path, {"format": "xlsx"}).streaming_content)
    assert workbook[:2] == b"PK"


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_a_title_that_a_spreadsheet_would_run_leaves_marked_as_text(
    client: Client,
    need: Need,
    make_achievement: Callable[..., Achievement],
    users: dict[str, Any],
    index: Any,
    file_format: str,
) -> None:
    make_achievement("f", title='=HYPERLINK("http://x","耐高温永磁材料")')
    index()
    client.force_login(users["enterprise"])
    path = f"/needs/{need.public_id}/matches/export/"
    content = b"".join(client.get(path, {"format": file_format}).streaming_content)
    if file_format == "csv":
        lines = list(csv.reader(content.decode("utf-8-sig").splitlines()))
    else:
        book = openpyxl.load_workbook(io.BytesIO(content))
        lines = [list(line) for line in book.active.iter_rows(values_only=True)]
    titles = [line[2] for line in lines[1:]]
    assert '\'=HYPERLINK("http://x","耐高温永磁材料")' in titles
    assert not [title for title in titles if str(title).startswith("=")]


def test_matches_say_why_a_level_4_may_stand_below_a_level_3(
    client: Client, need: Need, achievement: Achievement, users: dict[str, Any], index: Any
) -> None:
    index()
    client.force_login(users["enterprise"])
    for path in (f"/needs/{need.public_id}/matches/", f"/records/{achievement.public_id}/needs/"):
        shown = client.get(path, headers=HTMX).content.decode()
        assert shown.count("等级 4 有时排在等级 3 之后") == 1, path


def test_an_enterprise_with_a_supply_may_only_contact_others_needs(
    client: Client,
    make_need: Callable[..., Need],
    make_achievement: Callable[..., Achievement],
    users: dict[str, Any],
    index: Any,
) -> None:
    make_need("o", owner="other", title="别家要永磁材料")
    supply = make_achievement("s", owner="enterprise", title="本企业的永磁材料")
    index()
    client.force_login(users["enterprise"])
    shown = client.get(f"/records/{supply.public_id}/needs/", headers=HTMX).content.decode()
    assert 'value="contacted"' in shown
    assert 'value="signed"' not in shown
