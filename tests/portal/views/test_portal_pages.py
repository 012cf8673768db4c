"""Home, search, records, parties, accounts, audit and refusals."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from silian.portal.accounts.models import ApiKey, User
from silian.portal.exchange.models import Match, Outcome
from silian.portal.industry.models import Need
from silian.portal.innovation.models import Achievement, Contribution, Facility, Patent
from silian.portal.registry.models import Affiliation, OrganisationName, Person, Region, Register

PASSWORD = "a-long-Passphrase-7"


def text_of(response: Any) -> str:
    return response.content.decode()


def test_home_counts_public_records_and_the_signed_amount(
    client: Client,
    register: Register,
    make_need: Callable[..., Need],
    make_achievement: Callable[..., Achievement],
    settings: Any,
) -> None:
    settings.CONTRACTS_SUMMED_MIN = 1
    square = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}
    region = Region.objects.create(
        register=register,
        source_key="r",
        adcode="990102",
        name="望潮区",
        level="district",
        boundary=square,
    )
    met = make_need("a", status="contracted", region=region)
    make_need("b", status="draft")
    supply = make_achievement("a")
    match = Match.objects.create(
        need=met, supply_id=supply.public_id, supply_kind="achievement", status="signed"
    )
    Outcome.objects.create(match=match, action="signed", amount_cny=Decimal(1_500_000))
    Outcome.objects.create(match=match, action="withdrawn")
    Outcome.objects.create(match=match, action="signed", amount_cny=Decimal(2_000_000))
    shown = text_of(client.get("/"))
    assert "200 万元" in shown
    assert (
        '{"adcode": "990102", "name": "\\u671b\\u6f6e\\u533a", "needs": 1, "supplies": 0}' in shown
    )
    assert '<script id="map-data" type="application/json">' in shown


def test_home_of_an_empty_platform_says_so(client: Client, db: None) -> None:
    shown = text_of(client.get("/"))
    assert "还没有需求" in shown
    assert "还没有载入地区" in shown


def test_search_finds_marks_and_counts_by_kind(
    client: Client,
    make_need: Callable[..., Need],
    make_achievement: Callable[..., Achievement],
    index: Any,
) -> None:
    make_need("n", title="耐高温永磁材料攻关")
    make_achievement("a", title="高矫顽力永磁材料")
    index()
    shown = text_of(client.get("/search/", {"q": "永磁材料"}))
    assert "<mark>" in shown
    assert "耐高温" in shown
    shown = text_of(client.get("/search/", {"q": "永磁材料", "kind": "achievement"}))
    assert "耐高温" not in shown
    assert "高矫顽力" in shown


def test_search_without_words_or_hits_says_what_to_do(
    client: Client, make_need: Callable[..., Need], index: Any
) -> None:
    make_need("n")
    index()
    assert "想找什么？" in text_of(client.get("/search/"))
    assert "没有找到" in text_of(client.get("/search/", {"q": "zzzzqqqq"}))


def test_a_few_words_are_sent_on_to_an_address_that_can_be_shared(client: Client) -> None:
    sent = {"q": " 永磁 ", "kind": "need", "region": "", "bogus": "x"}
    answer = client.post("/search/", sent)
    assert (answer.status_code, answer["Location"]) == (
        302,
        "/search/?q=%E6%B0%B8%E7%A3%81&kind=need",
    )
    assert client.post("/search/", {"q": ""})["Location"] == "/search/"


def test_a_whole_need_is_searched_and_its_pages_keep_it(
    client: Client, make_achievement: Callable[..., Achievement], index: Any
) -> None:
    make_achievement("a", title="高矫顽力永磁材料")
    index()
    need = "".join(
        f"第{i}条：驱动电机需要耐高温的永磁材料，工作温度{i}摄氏度。" for i in range(100)
    )
    answer = client.post("/search/", {"q": need})
    assert answer.status_code == 302
    assert len(answer["Location"]) < 7_600
    shown = text_of(client.get(answer["Location"]))
    assert "高矫顽力" in shown
    assert f'value="{need}"' in shown
    assert f"{answer['Location'].partition('?')[2]}&amp;kind=achievement" in shown


@pytest.mark.parametrize("text", ["磁" * 3_001, "x" * 100_000])
def test_a_text_too_long_to_search_is_kept_and_its_limit_told(
    text: str, client: Client, db: None
) -> None:
    shown = text_of(client.post("/search/", {"q": text}))
    assert f"文字太长（{len(text):,} 字）：搜索最多 3,000 字" in shown
    assert f'value="{text}"' in shown
    client.cookies["django_language"] = "en"
    assert "The text is too long" in text_of(client.post("/search/", {"q": text}))


@pytest.mark.parametrize("long", ["x", "²", "AAAA", "é" * 50])
def test_a_long_text_that_is_none_searches_nothing(long: str, client: Client, db: None) -> None:
    assert "想找什么？" in text_of(client.get("/search/", {"long": long}))


def test_the_language_switch_is_kept_in_a_cookie(client: Client, db: None) -> None:
    assert '<html lang="zh-Hans">' in text_of(client.get("/"))
    response = client.post("/language/", {"language": "en", "next": "/needs/"})
    assert response.headers["Location"] == "/needs/"
    shown = text_of(client.get("/needs/"))
    assert '<html lang="en">' in shown
    assert "What enterprises are looking for" in shown


def test_a_record_page_shows_its_columns_people_and_source(
    client: Client, register: Register, organisations: dict[str, Any]
) -> None:
    facility = Facility.objects.create(
        register=register,
        source_key="f",
        source_row=12,
        name="扫描电镜",
        facility_kind="instrument",
        organisation=organisations["research"],
        price_cny_per_hour=Decimal(300),
        field_codes=["T0401"],
    )
    person = Person.objects.create(register=register, source_key="p", name="李一")
    Contribution.objects.create(person=person, subject_id=facility.public_id, role="keeper")
    shown = text_of(client.get(f"/records/{facility.public_id}/"))
    for piece in ("扫描电镜", "大型仪器", "300 元", "金属材料", "李一", "第 12 行", "东海大学"):
        assert piece in shown


def test_an_address_of_another_page_of_the_same_record_leads_there(
    client: Client, make_need: Callable[..., Need], organisations: dict[str, Any]
) -> None:
    need = make_need("n")
    response = client.get(f"/records/{need.public_id}/")
    assert response.headers["Location"] == f"/needs/{need.public_id}/"
    organisation = organisations["research"].public_id
    response = client.get(f"/records/{organisation}/")
    assert response.headers["Location"] == f"/organisations/{organisation}/"


def test_an_organisation_shows_names_people_and_what_it_has(
    client: Client,
    register: Register,
    organisations: dict[str, Any],
    make_achievement: Callable[..., Achievement],
) -> None:
    university = organisations["research"]
    OrganisationName.objects.create(
        organisation=university, name="东海工学院", normalised="东海工学院", name_kind="former"
    )
    person = Person.objects.create(register=register, source_key="p", name="王二")
    Affiliation.objects.create(
        register=register,
        source_key="w",
        person=person,
        organisation=university,
        role="教授",
        affiliation_kind="dual_employment",
    )
    make_achievement("a", title="大学的成果")
    Patent.objects.create(
        register=register,
        source_key="p",
        title="内部专利",
        organisation=university,
        audience="owner",
    )
    shown = text_of(client.get(f"/organisations/{university.public_id}/"))
    for piece in ("东海工学院", "曾用名", "王二", "双聘", "大学的成果"):
        assert piece in shown
    assert "内部专利" not in shown
    shown = text_of(client.get(f"/people/{person.public_id}/"))
    assert ("东海大学" in shown, "双聘" in shown) == (True, True)


def test_a_supply_is_offered_by_form_and_belongs_to_its_maker(
    client: Client, users: dict[str, Any], organisations: dict[str, Any]
) -> None:
    client.force_login(users["research"])
    posted = {
        "title": "网上发布的成果",
        "field_codes": ["T0401", "T0403"],
        "price_cny": "12.5",
        "readiness_level": "6",
        "audience": "members",
    }
    response = client.post("/supply/new/?kind=achievement", posted)
    made = Achievement.objects.get(title="网上发布的成果")
    assert response.headers["Location"] == f"/records/{made.public_id}/"
    assert (made.price_cny, made.field_codes) == (125_000, ["T0401", "T0403"])
    assert made.owner == made.organisation == organisations["research"]
    response = client.post(
        f"/records/{made.public_id}/edit/", posted | {"price_cny": "-3", "readiness_level": "12"}
    )
    assert response.status_code == 422
    assert text_of(response).count("is-invalid") == 2
    client.force_login(users["enterprise"])
    assert client.get(f"/records/{made.public_id}/edit/").status_code == 403


def test_sign_in_goes_where_one_wanted_to_but_never_off_the_site(
    client: Client, users: dict[str, User]
) -> None:
    posted = {"username": "viewer", "password": PASSWORD, "next": "/needs/?q=x"}
    response = client.post("/account/sign-in/", posted)
    assert response.headers["Location"] == "/needs/?q=x"
    client.post("/account/sign-out/")
    response = client.post("/account/sign-in/", posted | {"next": "https://evil.example/"})
    assert response.headers["Location"] == "/"


def test_a_wrong_password_is_told_without_saying_which_part_is_wrong(
    client: Client, users: dict[str, User]
) -> None:
    response = client.post("/account/sign-in/", {"username": "viewer", "password": "no"})
    assert response.status_code == 422
    assert "用户名或密码不正确" in text_of(response)


def test_a_password_is_changed_and_the_session_stays(
    client: Client, users: dict[str, User]
) -> None:
    client.force_login(users["viewer"])
    posted = {"old_password": PASSWORD, "new_password": "another-Phrase-88"}
    response = client.post("/account/profile/", posted | {"new_password_again": "other"})
    assert response.status_code == 422
    response = client.post(
        "/account/profile/", posted | {"new_password_again": "another-Phrase-88"}
    )
    assert response.status_code == 302
    assert client.get("/account/profile/").status_code == 200


def test_a_key_is_shown_once_and_revoked(client: Client, users: dict[str, User]) -> None:
    client.force_login(users["enterprise"])
    made = client.post("/account/keys/", {"name": "同步", "role": "enterprise"})
    # Reloading what a redirect leads to makes no second key.
    assert (made.status_code, made.url) == (302, "/account/keys/")  # type: ignore[attr-defined]
    carried = made.cookies["silian_new_key"]
    assert carried["httponly"]
    assert carried["path"] == "/account/keys/"
    assert f'value="{carried.value}"' in text_of(client.get("/account/keys/"))
    assert 'value="silian_' not in text_of(client.get("/account/keys/"))
    key = ApiKey.objects.get()
    assert not Session.objects.filter(session_data__contains=carried.value).exists()
    client.post("/account/keys/", {"revoke": str(key.pk)})
    key.refresh_from_db()
    assert key.revoked_at is not None


def test_a_key_of_others_is_not_shown_as_ones_own(client: Client, users: dict[str, User]) -> None:
    client.force_login(users["operator"])
    made = client.post("/account/keys/", {"name": "同步", "role": "viewer"})
    other = Client()
    other.force_login(users["enterprise"])
    for token in (made.cookies["silian_new_key"].value, "silian_0_x"):
        other.cookies["silian_new_key"] = token
        assert token not in text_of(other.get("/account/keys/"))


def test_the_operator_keeps_users(client: Client, users: dict[str, User]) -> None:
    client.force_login(users["operator"])
    posted = {"username": "新人", "password": "a-Phrase-of-9", "role": "enterprise"}
    response = client.post("/account/users/", posted | {"organisation": "没有这个单位"})
    assert (response.status_code, "对应 0 个单位" in text_of(response)) == (422, True)
    client.post("/account/users/", posted | {"organisation": "东海磁材有限公司"})
    made = User.objects.get(username="新人")
    assert made.organisation.name == "东海磁材有限公司"
    client.post("/account/users/", {"user": str(made.pk), "role": "viewer", "organisation": ""})
    made.refresh_from_db()
    assert (made.role, made.organisation, made.is_active) == ("viewer", None, False)
    last = {"user": str(users["operator"].pk), "role": "viewer", "is_active": "1"}
    assert client.post("/account/users/", last).status_code == 422


def test_the_audit_page_filters(client: Client, users: dict[str, User]) -> None:
    client.force_login(users["operator"])
    shown = text_of(client.get("/audit/", {"action": "user.create"}))
    assert shown.count("user.create") >= 4
    assert "没有符合条件的记录" in text_of(client.get("/audit/", {"subject": "zzz"}))


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_refusals_look_like_the_rest(
    language: str, client: Client, users: dict[str, User], settings: Any
) -> None:
    client.cookies["django_language"] = language
    client.force_login(users["viewer"])
    refused = client.get("/imports/")
    assert refused.status_code == 403
    assert "site-header" in text_of(refused)
    missing = client.get("/records/ach-aaaaaaaaaaaaaaaa/")
    assert missing.status_code == 404
    assert "site-header" in text_of(missing)


def test_an_error_of_the_server_keeps_its_look(client: Client, db: None, monkeypatch: Any) -> None:
    def broken() -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr("silian.portal.exchange.views.home.city_figures", broken)
    client.raise_request_exception = False
    response = client.get("/")
    assert response.status_code == 500
    assert "服务器出错了" in text_of(response)
