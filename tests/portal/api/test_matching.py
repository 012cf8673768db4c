"""Search, matches, reasons and outcomes over REST, on a real index."""

from collections.abc import Callable
from typing import Any

import pytest
from embedding_endpoint import embedding_endpoint

from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.accounts.domain.api_keys import create_key
from silian.portal.audit.models import AuditEntry
from silian.portal.exchange.domain import consistency
from silian.portal.exchange.domain.index import open_matcher
from silian.portal.exchange.models import Match, Outcome
from silian.portal.industry.models import Need
from silian.portal.innovation.models import Achievement

pytestmark = pytest.mark.django_db


@pytest.fixture
def need(make_need: Callable[..., Need]) -> Need:
    return make_need("n", title="耐高温永磁材料", text="驱动电机需要耐高温的钕铁硼永磁材料。")


@pytest.fixture
def supplies(
    make_achievement: Callable[..., Achievement], index: Callable[[], int], need: Need
) -> dict[str, Achievement]:
    made = {
        "magnet": make_achievement("m", title="高矫顽力钕铁硼永磁材料", summary="耐高温永磁材料。"),
        "members": make_achievement("c", title="永磁材料表面防护", audience="members"),
        "hidden": make_achievement("h", title="永磁材料秘密配方", audience="owner"),
        "bearing": make_achievement("b", title="陶瓷轴承润滑", summary="高速轴承。"),
    }
    index()
    return made


def titles(items: list[dict[str, Any]]) -> set[str]:
    return {item["record"]["title"] for item in items}


SEEN = {
    "anonymous": {"高矫顽力钕铁硼永磁材料"},
    "viewer": {"高矫顽力钕铁硼永磁材料", "永磁材料表面防护"},
    "enterprise": {"高矫顽力钕铁硼永磁材料", "永磁材料表面防护"},
    "research": {"高矫顽力钕铁硼永磁材料", "永磁材料表面防护", "永磁材料秘密配方"},
    "operator": {"高矫顽力钕铁硼永磁材料", "永磁材料表面防护", "永磁材料秘密配方"},
}


@pytest.mark.parametrize("role", SEEN)
def test_a_whole_need_is_searched_by_post_as_a_few_words_are(
    role: str, callers: dict, supplies: dict
) -> None:
    sent = {"text": "驱动电机需要耐高温的永磁材料。" * 1_000, "kinds": ["achievement"]}
    response = callers[role].post("/search", sent)
    assert response.status_code == 200, response.content
    assert titles(response.json()["items"]) >= SEEN[role]
    assert "永磁材料秘密配方" not in titles(response.json()["items"]) - SEEN[role]


def test_a_text_beyond_the_limit_is_refused_with_the_limit(callers: dict) -> None:
    response = callers["anonymous"].post("/search", {"text": "磁" * 20_001})
    assert (response.status_code, response.json()["errors"][0]["field"]) == (422, "text")
    assert "20000" in response.json()["errors"][0]["message_zh"]


@pytest.mark.parametrize("role", SEEN)
def test_search_finds_what_the_caller_may_see(role: str, callers: dict, supplies: dict) -> None:
    response = callers[role].get("/search?q=永磁材料&kind=achievement")
    assert response.status_code == 200, response.content
    assert titles(response.json()["items"]) == SEEN[role]


def test_a_record_hidden_a_moment_ago_is_not_shown_though_the_index_still_has_it(
    callers: dict, supplies: dict, need: Need
) -> None:
    Achievement.objects.filter(pk=supplies["magnet"].pk).update(audience="owner")
    found = callers["viewer"].get("/search?q=高矫顽力&kind=achievement").json()["items"]
    assert "高矫顽力钕铁硼永磁材料" not in titles(found)
    text = callers["viewer"].post("/match", {"text": "高矫顽力", "kinds": ["achievement"]}).json()
    path = f"/needs/{need.public_id}/matches?kind=achievement"
    for body in (text, callers["enterprise"].get(path).json()):
        assert "高矫顽力钕铁硼永磁材料" not in titles(body["kinds"]["achievement"]["hits"])


def test_a_hit_adds_up_to_its_score(callers: dict, supplies: dict) -> None:
    [hit] = callers["anonymous"].get("/search?q=耐高温永磁材料&kind=achievement").json()["items"]
    total = hit["base_score"] + sum(part["contribution"] for part in hit["contributions"])
    assert hit["score"] == pytest.approx(total)
    assert 1 <= hit["level"] <= 4
    assert hit["record"]["public_id"] == supplies["magnet"].public_id


def test_pages_of_a_search_join_to_the_whole(callers: dict, supplies: dict) -> None:
    whole = callers["operator"].get("/search?q=永磁材料&limit=50").json()
    joined, path = [], "/search?q=永磁材料&limit=1"
    for _ in whole["items"]:
        page = callers["operator"].get(path)
        joined += page.json()["items"]
        following = [p for p in page["Link"].split(",") if 'rel="next"' in p]
        path = following[0].split(">")[0].split("/api/v1")[1] if following else ""
    assert path == ""
    assert [hit["record"] for hit in joined] == [hit["record"] for hit in whole["items"]]


def test_a_kind_that_cannot_be_found_is_named(callers: dict, supplies: dict) -> None:
    response = callers["anonymous"].get("/search?q=x&kind=person,planet")
    assert (response.status_code, response.json()["code"]) == (422, "unknown_kind")
    assert "planet" in response.json()["detail_en"]


def test_a_text_is_matched_by_kind(callers: dict, supplies: dict) -> None:
    response = callers["viewer"].post(
        "/match", {"text": "耐高温的永磁材料", "kinds": ["achievement", "person"]}
    )
    kinds = response.json()["kinds"]
    assert set(kinds) == {"achievement", "person"}
    assert titles(kinds["achievement"]["hits"]) == SEEN["viewer"]
    assert kinds["person"]["hits"] == []


def test_a_need_finds_its_supply_and_the_supply_its_need(
    callers: dict, supplies: dict, need: Need
) -> None:
    forth = callers["enterprise"].get(f"/needs/{need.public_id}/matches?kind=achievement").json()
    best = forth["kinds"]["achievement"]["hits"][0]["record"]
    assert best["public_id"] == supplies["magnet"].public_id
    back = callers["research"].get(f"/supplies/{best['public_id']}/matches").json()
    assert [hit["record"]["public_id"] for hit in back["hits"]] == [need.public_id]


def test_one_pair_is_explained_and_an_absence_too(
    callers: dict, supplies: dict, need: Need
) -> None:
    base = f"/needs/{need.public_id}"
    hit = callers["viewer"].get(f"{base}/matches/{supplies['magnet'].public_id}").json()
    assert {"feature", "value", "contribution"} == set(hit["contributions"][0])
    absent = callers["viewer"].get(f"{base}/why-not/{supplies['bearing'].public_id}").json()
    assert absent["reason"] in {"not_retrieved", "ranked_below", "present"}
    hidden = callers["viewer"].get(f"{base}/why-not/{supplies['hidden'].public_id}")
    assert (hidden.status_code, hidden.json()["code"]) == (404, "record_not_found")


def test_a_need_is_told_what_it_leaves_open(callers: dict, need: Need) -> None:
    body = callers["viewer"].get(f"/needs/{need.public_id}/clarity").json()
    assert 0 <= body["score"] <= 100
    assert {finding["aspect"] for finding in body["findings"]} >= {"budget", "deadline"}
    assert all(finding["label_zh"] and finding["label_en"] for finding in body["findings"])
    assert body["score"] == pytest.approx(sum(finding["points"] for finding in body["findings"]))


def test_a_supply_is_not_a_need_and_the_answer_says_where_it_belongs(
    callers: dict, supplies: dict, need: Need
) -> None:
    answer = callers["viewer"].get(f"/needs/{supplies['magnet'].public_id}/matches")
    assert (answer.status_code, answer.json()["code"]) == (404, "wrong_kind")
    assert "/supplies/{supply_id}/matches" in answer.json()["detail"]
    answer = callers["viewer"].get(f"/supplies/{need.public_id}/matches")
    assert (answer.status_code, answer.json()["code"]) == (404, "wrong_kind")
    hidden = callers["viewer"].get(f"/needs/{supplies['hidden'].public_id}/matches")
    assert (hidden.status_code, hidden.json()["code"]) == (404, "record_not_found")


@pytest.mark.parametrize(
    ("method", "path", "sent"),
    [
        ("GET", "/search?q=磁&field=T99", None),
        ("POST", "/search", {"text": "磁", "field_codes": ["T99"]}),
        ("GET", "/records?kind=need&field=T99", None),
    ],
)
def test_a_field_that_is_none_is_refused(
    method: str, path: str, sent: Any, callers: dict, supplies: dict
) -> None:
    answer = callers["viewer"].request(method, path, sent)
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_field")
    assert "没有技术领域“T99”" in answer.json()["detail"]


def test_a_field_is_asked_for_by_its_name_or_as_a_register_wrote_it(
    callers: dict, make_need: Callable[..., Need], index: Callable[[], int]
) -> None:
    make_need("a", title="甲", field_codes=["T0403"])
    make_need("b", title="乙", field_codes=["磁学"])
    index()
    for field, title in (("高分子材料", "甲"), ("New materials", "甲"), ("磁学", "乙")):
        answer = callers["viewer"].get(f"/records?kind=need&field={field}")
        assert [item["title"] for item in answer.json()["items"]] == [title]


@pytest.mark.parametrize(
    ("method", "path", "sent"),
    [
        ("POST", "/match", {"text": "。。"}),
        ("POST", "/search", {"text": "，！"}),
        ("GET", "/search?q=%E3%80%82", None),
    ],
)
def test_a_text_without_a_word_is_told_so(
    method: str, path: str, sent: Any, callers: dict, supplies: dict
) -> None:
    answer = callers["viewer"].request(method, path, sent)
    assert (answer.status_code, answer.json()["code"]) == (422, "nothing_to_search")


def test_an_outcome_is_recorded_listed_and_withdrawn(
    callers: dict, supplies: dict, need: Need
) -> None:
    path = f"/needs/{need.public_id}/outcomes"
    supply_id = supplies["magnet"].public_id
    signed = callers["enterprise"].post(
        path, {"supply_id": supply_id, "action": "signed", "amount_cny": "1500000.10"}
    )
    assert signed.status_code == 201, signed.content
    assert signed.json()["amount_cny"] == "1500000.10"
    assert signed.json()["match_status"] == "signed"
    listed = callers["enterprise"].get(f"/outcomes?need_id={need.public_id}").json()
    assert [item["id"] for item in listed["items"]] == [signed.json()["id"]]
    assert callers["research"].get("/outcomes").json()["items"] == []
    withdrawn = callers["enterprise"].post(f"/outcomes/{signed.json()['id']}/withdrawal", None)
    assert withdrawn.status_code == 201, withdrawn.content
    assert Match.objects.get().status == "suggested"
    trail = AuditEntry.objects.filter(action__startswith="match.").order_by("pk")
    assert [entry.action for entry in trail] == ["match.outcome", "match.withdraw"]


def test_an_outcome_is_restored_and_corrected(callers: dict, supplies: dict, need: Need) -> None:
    enterprise = callers["enterprise"]
    sent = {"supply_id": supplies["magnet"].public_id, "action": "signed", "amount_cny": "41200"}
    signed = enterprise.post(f"/needs/{need.public_id}/outcomes", sent).json()["id"]
    enterprise.post(f"/outcomes/{signed}/withdrawal", None)

    restored = enterprise.post(f"/outcomes/{signed}/restoration", None)
    assert restored.status_code == 201, restored.content
    assert (restored.json()["action"], restored.json()["match_status"]) == ("restored", "signed")
    again = enterprise.post(f"/outcomes/{signed}/restoration", None)
    assert (again.status_code, again.json()["code"]) == (409, "outcome_not_withdrawn")
    right = enterprise.post(f"/outcomes/{signed}/correction", {"amount_cny": "412000"})
    assert right.status_code == 201, right.content
    told = right.json()
    assert (told["corrects"], told["action"], told["amount_cny"]) == (signed, "signed", "412000.00")


def test_what_looks_like_a_slip_is_asked_about(callers: dict, supplies: dict, need: Need) -> None:
    path = f"/needs/{need.public_id}/outcomes"
    sent = {"supply_id": supplies["magnet"].public_id, "action": "signed", "amount_cny": "5e9"}
    asked = callers["enterprise"].post(path, sent)
    assert (asked.status_code, asked.json()["code"]) == (409, "confirmation_needed")
    assert [error["code"] for error in asked.json()["errors"]] == ["amount_unusual"]
    assert "confirmed: true" in asked.json()["detail_en"]
    assert callers["enterprise"].post(path, sent | {"confirmed": True}).status_code == 201


@pytest.mark.parametrize(
    ("role", "payload", "status", "code"),
    [
        ("enterprise", {"action": "unsuitable"}, 422, "reason_required"),
        ("enterprise", {"action": "signed"}, 422, "amount_required"),
        ("enterprise", {"action": "signed", "amount_cny": "-1"}, 422, "amount_out_of_range"),
        ("enterprise", {"action": "burnt"}, 422, "invalid_request"),
        ("enterprise", {"action": "signed", "amount_cny": "1e30"}, 422, "amount_out_of_range"),
        ("enterprise", {"action": "contacted", "colour": "red"}, 422, "invalid_request"),
        ("research", {"action": "signed", "amount_cny": "1"}, 403, "not_your_record"),
        ("viewer", {"action": "contacted"}, 403, "role_not_allowed"),
        ("anonymous", {"action": "contacted"}, 401, "sign_in_required"),
    ],
)
def test_a_wrong_outcome_says_what_is_wrong(
    role: str, payload: dict, status: int, code: str, callers: dict, supplies: dict, need: Need
) -> None:
    sent = {"supply_id": supplies["magnet"].public_id} | payload
    response = callers[role].post(f"/needs/{need.public_id}/outcomes", sent)
    assert (response.status_code, response.json()["code"]) == (status, code)


def test_words_of_a_choice_are_listed_in_chinese(callers: dict, supplies: dict, need: Need) -> None:
    sent = {"supply_id": supplies["magnet"].public_id, "action": "burnt"}
    answer = callers["enterprise"].post(f"/needs/{need.public_id}/outcomes", sent)
    [error] = answer.json()["errors"]
    assert error["message_zh"] == "收到“burnt”，应为 contacted、unsuitable、signed 之一。"


def test_an_outcome_at_the_wrong_time_is_a_conflict(
    callers: dict, supplies: dict, need: Need
) -> None:
    Need.objects.filter(pk=need.pk).update(status="closed")
    sent = {"supply_id": supplies["magnet"].public_id, "action": "contacted"}
    response = callers["enterprise"].post(f"/needs/{need.public_id}/outcomes", sent)
    assert (response.status_code, response.json()["code"]) == (409, "need_not_open")


def test_a_strangers_outcome_is_not_withdrawn(callers: dict, supplies: dict, need: Need) -> None:
    sent = {"supply_id": supplies["bearing"].public_id, "action": "contacted"}
    made = callers["enterprise"].post(f"/needs/{need.public_id}/outcomes", sent).json()
    _, token = create_key(viewer=SYSTEM, name="stranger", role="enterprise")
    stranger = type(callers["viewer"])(client=callers["viewer"].client, token=token)
    response = stranger.post(f"/outcomes/{made['id']}/withdrawal", None)
    assert response.status_code == 403
    assert callers["viewer"].post("/outcomes/999999/withdrawal", None).status_code == 403
    assert callers["operator"].post("/outcomes/999999/withdrawal", None).status_code == 404


def test_a_key_of_nobody_sees_no_outcome_of_nobody(
    callers: dict, supplies: dict, need: Need
) -> None:
    Need.objects.filter(pk=need.pk).update(owner=None)
    sent = {"supply_id": supplies["magnet"].public_id, "action": "contacted"}
    callers["operator"].post(f"/needs/{need.public_id}/outcomes", sent)
    Outcome.objects.update(actor=None)
    _, token = create_key(viewer=SYSTEM, name="nobody", role="enterprise")
    nobody = type(callers["viewer"])(client=callers["viewer"].client, token=token)
    assert nobody.get("/outcomes").json()["items"] == []
    assert callers["operator"].get("/outcomes").json()["total"] == 1


def test_the_index_tells_how_far_it_is(
    callers: dict, supplies: dict, make_need: Callable[..., Need]
) -> None:
    before = callers["operator"].get("/index").json()
    make_need("late")
    after = callers["operator"].get("/index").json()
    assert before["waiting_count"] == 0
    assert after["waiting_count"] >= 1
    assert after["counts_by_kind"]["achievement"] == 4
    assert callers["enterprise"].get("/index").status_code == 403


def test_a_key_of_the_operators_making_has_nothing_of_the_operators_outcomes(
    callers: dict,
    supplies: dict,
    need: Need,
    viewers: dict[str, Any],
    organisations: dict[str, Any],
) -> None:
    sent = {"supply_id": supplies["bearing"].public_id, "action": "contacted"}
    made = callers["operator"].post(f"/needs/{need.public_id}/outcomes", sent).json()
    _, token = create_key(
        viewer=viewers["operator"],
        name="other",
        role="enterprise",
        organisation=organisations["other"],
    )
    other = type(callers["viewer"])(client=callers["viewer"].client, token=token)
    assert other.get("/outcomes").json()["items"] == []
    assert other.post(f"/outcomes/{made['id']}/withdrawal", None).status_code == 403
    assert Match.objects.get().status == "contacted"


def test_words_answer_while_meaning_is_away_and_the_answer_says_so(
    settings: Any, callers: dict, need: Need, supplies: dict
) -> None:
    anybody = callers["operator"]
    with embedding_endpoint(settings) as endpoint:
        consistency.rebuild()
        open_matcher().embed_pending()
        assert anybody.get("/search?q=永磁材料").json()["meaning_failure"] == ""
        endpoint.off = True
        found = anybody.get("/search?q=耐高温的永磁材料").json()
        assert found["meaning_failure"] == "endpoint_refused"
        assert "高矫顽力钕铁硼永磁材料" in titles(found["items"])
        matched = anybody.post("/match", {"text": "耐高温的永磁材料"}).json()["kinds"][
            "achievement"
        ]
        assert matched["meaning_failure"] == "endpoint_refused"
        assert "高矫顽力钕铁硼永磁材料" in titles(matched["hits"])
        pair = f"/needs/{need.public_id}/matches/{supplies['magnet'].public_id}"
        assert anybody.get(pair).json()["meaning_failure"] == "endpoint_refused"
