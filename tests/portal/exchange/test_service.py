"""Whom a need finds, whom it must not find, and why."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from silian.engines.matching.curves import N_HEADS, Curve
from silian.engines.matching.features import FEATURES
from silian.engines.matching.ranker import TrainedRanker
from silian.portal.accounts.domain.access import ANONYMOUS_VIEWER, SYSTEM, AccessDenied, Viewer
from silian.portal.catalogue import RecordNotFound
from silian.portal.exchange.domain import outbox
from silian.portal.exchange.domain.index import open_matcher
from silian.portal.exchange.domain.rankers import make_ranker_current, models_folder
from silian.portal.exchange.domain.service import (
    SUPPLY_KINDS,
    Filters,
    best_for_need,
    best_for_text,
    explain,
    match_need,
    match_supply,
    match_text,
    records_of,
    search,
    why_not,
)
from silian.portal.industry.models import Need
from silian.portal.innovation.models import Achievement


@pytest.fixture
def ready(city: Any) -> Any:
    outbox.drain()
    open_matcher().embed_pending()
    return city


def ids(result: Any) -> list[str]:
    return [hit.document.document_id for hit in result.hits]


def test_a_need_meets_supply_of_every_kind(ready: Any) -> None:
    results = match_need(ready.need, viewer=SYSTEM)

    assert tuple(results) == SUPPLY_KINDS
    assert ids(results["achievement"])[0] == ready.achievement.public_id
    assert ids(results["patent"]) == [ready.patent.public_id]
    assert ids(results["facility"]) == [ready.facility.public_id]
    assert ids(results["person"]) == [ready.person.public_id]


def test_a_need_never_meets_its_own_organisations_supply(ready: Any) -> None:
    results = match_need(ready.need, viewer=SYSTEM)

    assert ready.own_achievement.public_id not in ids(results["achievement"])
    assert ready.enterprise.public_id not in ids(results["organisation"])
    absence = why_not(ready.need, ready.own_achievement.public_id, viewer=SYSTEM)
    assert absence.reason == "constraint"
    assert [c.constraint for c in absence.checks if c.outcome == "failed"] == ["excluded_owner"]


def test_contributions_and_base_add_up_to_the_score(ready: Any) -> None:
    hit = match_need(ready.need, viewer=SYSTEM)["achievement"].hits[0]

    total = hit.base_score + sum(each.contribution for each in hit.contributions)
    assert total == pytest.approx(hit.score, abs=1e-9)


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        ("anonymous", {"公开永磁"}),
        ("viewer", {"公开永磁", "会员永磁"}),
        ("enterprise", {"公开永磁", "会员永磁"}),
        ("research", {"公开永磁", "会员永磁", "内部永磁"}),
        ("operator", {"公开永磁", "会员永磁", "内部永磁"}),
    ],
)
def test_everybody_finds_only_what_they_may_see(
    role: str,
    seen: set[str],
    viewers: dict[str, Viewer],
    make_achievement: Callable[..., Achievement],
) -> None:
    for audience, title in (("public", "公开"), ("members", "会员"), ("owner", "内部")):
        make_achievement(audience, title=f"{title}永磁", audience=audience)
    outbox.drain()
    viewer = viewers.get(role, ANONYMOUS_VIEWER)

    found = {hit.hit.document.title for hit in search("永磁", viewer=viewer).hits}
    matched = match_text("永磁", viewer=viewer, kinds=["achievement"])["achievement"]

    assert found == seen
    assert {hit.document.title for hit in matched.hits} == seen


def test_a_record_hidden_since_it_was_indexed_is_not_shown(
    ready: Any, viewers: dict[str, Viewer]
) -> None:
    Achievement.objects.filter(pk=ready.achievement.pk).update(audience="owner")

    def shown(role: str) -> bool:
        page = search("耐高温钕铁硼", viewer=viewers[role], kinds=["achievement"])
        hits = match_need(ready.need, viewer=viewers[role])["achievement"].hits
        found = {each.record for each in page.hits} | set(records_of(hits, viewers[role]).values())
        return ready.achievement in found

    assert (shown("enterprise"), shown("viewer"), shown("research")) == (False, False, True)


def test_a_draft_need_is_found_by_its_owner_only(
    viewers: dict[str, Viewer], make_need: Callable[..., Need]
) -> None:
    draft = make_need("D", title="尚未发布的秘密需求", status="draft")
    outbox.drain()

    assert [h.record for h in search("秘密需求", viewer=viewers["enterprise"]).hits] == [draft]
    assert search("秘密需求", viewer=viewers["research"], kinds=["need"]).hits == ()


def test_nobody_learns_of_hidden_supply_by_asking_why_it_is_absent(
    ready: Any, viewers: dict[str, Viewer], make_achievement: Callable[..., Achievement]
) -> None:
    hidden = make_achievement("H", audience="owner")
    outbox.drain()

    with pytest.raises(AccessDenied):
        why_not(ready.need, hidden.public_id, viewer=viewers["enterprise"])
    with pytest.raises(AccessDenied):
        explain(ready.need, hidden.public_id, viewer=viewers["enterprise"])
    assert explain(ready.need, hidden.public_id, viewer=viewers["research"]).document.title


def test_only_supply_can_be_asked_about(ready: Any, make_need: Callable[..., Need]) -> None:
    other = make_need("N2")

    with pytest.raises(RecordNotFound):
        why_not(ready.need, other.public_id, viewer=SYSTEM)


def test_expired_supply_is_not_offered(
    ready: Any, make_achievement: Callable[..., Achievement]
) -> None:
    yesterday = timezone.localdate() - timedelta(days=1)
    expired = make_achievement("E", title="耐高温永磁材料", valid_until=yesterday)
    outbox.drain()

    result = match_need(ready.need, viewer=SYSTEM, kinds=["achievement"])["achievement"]

    assert expired.public_id not in ids(result)


def test_filters_narrow_the_answer(ready: Any) -> None:
    near = Filters(region_codes=("3302",))
    far = Filters(region_codes=("11",))
    cheap = Filters(price_max_cny=100.0)

    assert ids(best_for_need(ready.need, viewer=SYSTEM, filters=near))
    assert not ids(best_for_need(ready.need, viewer=SYSTEM, filters=far))
    kept = best_for_need(ready.need, viewer=SYSTEM, filters=cheap, kinds=["achievement"])
    assert ready.achievement.public_id not in ids(kept)


def test_a_free_text_is_matched_like_a_need(ready: Any) -> None:
    text = "需要一种耐高温的永磁材料\n用于新能源汽车电机"

    best = best_for_text(text, viewer=SYSTEM)

    works = {ready.achievement.public_id, ready.own_achievement.public_id}
    assert set(ids(best)) >= {*works, ready.patent.public_id, ready.person.public_id}
    assert ids(best_for_text(text, viewer=SYSTEM, kinds=["facility"])) == [ready.facility.public_id]


def test_a_supply_finds_the_needs_it_could_meet(ready: Any, make_need: Callable[..., Need]) -> None:
    closed = make_need("C", title="耐高温永磁材料", status="closed")
    outbox.drain()

    result = match_supply(ready.achievement, viewer=SYSTEM)

    assert ids(result) == [ready.need.public_id]
    assert closed.public_id not in ids(result)
    assert ids(match_supply(ready.own_achievement, viewer=SYSTEM)) == []


def test_what_waits_for_its_meaning_is_counted(city: Any) -> None:
    outbox.drain()
    before = match_need(city.need, viewer=SYSTEM)["achievement"].meaning_pending_count
    open_matcher().embed_pending()
    after = match_need(city.need, viewer=SYSTEM)["achievement"].meaning_pending_count

    assert (before, after) == (1, 0)


def test_pages_of_a_search_follow_each_other(
    make_achievement: Callable[..., Achievement],
) -> None:
    for number in range(7):
        make_achievement(f"A{number}", title=f"永磁材料第{number}号")
    outbox.drain()

    pages = [search("永磁材料", viewer=SYSTEM, limit=3, offset=start) for start in (0, 3, 6)]

    found = [hit.record.public_id for page in pages for hit in page.hits]
    assert len(found) == len(set(found)) == 7
    assert [hit.hit.rank for page in pages for hit in page.hits] == list(range(1, 8))
    assert pages[0].kind_counts == {"achievement": 7}
    assert (pages[0].ranked_count, pages[0].counts_everything) == (7, True)


def test_counts_say_that_they_are_of_the_first_hits_only(
    make_achievement: Callable[..., Achievement], monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    monkeypatch.setattr("silian.portal.exchange.domain.free_search._COUNTED_HITS", 3)
    for number in range(5):
        make_achievement(str(number), title=f"永磁材料 {number}")
    outbox.drain()

    page = search("永磁材料", viewer=SYSTEM, kinds=["achievement"], limit=2)

    assert page.kind_counts == {"achievement": 3}
    assert (page.total_candidates, page.ranked_count, page.counts_everything) == (5, 3, False)
    monkeypatch.setattr("silian.portal.exchange.views.search._PAGE_SIZE", 2)
    shown = client.get("/search/", {"q": "永磁材料", "kind": "achievement"}).content.decode()
    assert "各类数量取自排名前 3 条" in shown


def test_a_record_deleted_a_moment_ago_is_left_out(ready: Any) -> None:
    Achievement.objects.filter(pk=ready.achievement.pk).delete()

    found = search("钕铁硼", viewer=SYSTEM)

    assert ready.achievement.public_id not in {hit.record.public_id for hit in found.hits}


@pytest.mark.parametrize(
    ("narrowing", "found"),
    [
        ({"region_codes": ("330200",)}, True),
        ({"region_codes": ("330000",)}, True),
        ({"region_codes": ("330203",)}, True),
        ({"region_codes": ("330204",)}, False),
        ({"field_codes": ("T04",)}, True),
        ({"field_codes": ("T0403",)}, True),
        ({"field_codes": ("T0401",)}, False),
    ],
)
def test_a_city_keeps_its_districts_and_a_field_its_sub_fields(
    narrowing: dict[str, Any], found: bool, city: Any
) -> None:
    city.achievement.region = city.region
    city.achievement.field_codes = ["T0403"]
    city.achievement.save()
    outbox.drain()

    page = search("永磁材料", viewer=SYSTEM, kinds=["achievement"], **narrowing)
    matched = match_text(
        "永磁材料", viewer=SYSTEM, kinds=["achievement"], filters=Filters(**narrowing)
    )["achievement"]

    assert (city.achievement in {each.record for each in page.hits}) == found
    assert (city.achievement.public_id in ids(matched)) == found


@pytest.mark.parametrize("n_rows", [1, 3])
def test_a_search_page_costs_one_query_a_kind(
    n_rows: int, make_achievement: Callable[..., Achievement], make_need: Callable[..., Need]
) -> None:
    for number in range(n_rows):
        make_achievement(f"A{number}")
        make_need(f"N{number}")
    outbox.drain()

    with CaptureQueriesContext(connection) as queries:
        page = search("永磁材料", viewer=SYSTEM)
        shown = [(hit.record.public_id, str(hit.record.organisation)) for hit in page.hits]

    assert len(shown) == 2 * n_rows
    # One for each kind, one for titles and one for names that the words could be.
    assert len(queries) == 4


@pytest.mark.parametrize("n_rows", [1, 3])
def test_matching_a_need_costs_the_same_queries_at_any_size(
    n_rows: int, city: Any, make_achievement: Callable[..., Achievement]
) -> None:
    for number in range(n_rows):
        make_achievement(f"M{number}", title="永磁材料")
    outbox.drain()
    need = Need.objects.select_related("organisation", "owner").get(pk=city.need.pk)

    with CaptureQueriesContext(connection) as queries:
        match_need(need, viewer=SYSTEM)

    assert len(queries) == 1


def test_a_needs_document_does_not_depend_on_the_day(city: Any) -> None:
    assert match_need(city.need, viewer=SYSTEM)["achievement"].hits == ()  # nothing indexed yet
    Need.objects.filter(pk=city.need.pk).update(deadline=date(2020, 1, 1))
    outbox.drain()

    assert ids(match_need(city.need, viewer=SYSTEM)["achievement"])


@pytest.fixture
def trained_by_title(ready: Any) -> None:
    """A model in place that orders by the meaning of titles."""
    nothing = Curve(knots=np.zeros(1), heights=np.zeros((1, N_HEADS)))
    rising = Curve(knots=np.array([-1.0, 1.0]), heights=np.array([[0.0] * 4, [1.0] * 4]))
    curves = {name: rising if name == "title_meaning" else nothing for name in FEATURES}
    ranker = TrainedRanker(curves=curves, base=np.ones(N_HEADS))
    ranker.save(models_folder() / "by-title" / "model.npz")
    make_ranker_current("by-title")


def test_a_hit_has_the_same_reasons_on_the_page_and_when_explained(
    ready: Any, trained_by_title: None
) -> None:
    need = ready.need
    assert need.text  # so that the title's meaning is another than the whole's
    [shown, *_] = match_need(need, viewer=SYSTEM, kinds=["achievement"])["achievement"].hits
    alone = best_for_need(need, viewer=SYSTEM, kinds=["achievement"]).hits[0]

    explained = explain(need, shown.document.document_id, viewer=SYSTEM)
    absent = why_not(need, shown.document.document_id, viewer=SYSTEM).hit

    assert "title_meaning" in {each.feature for each in shown.contributions}
    # As text, because an unknown value is NaN and equals nothing.
    assert repr(shown) == repr(alone) == repr(explained) == repr(absent)
