"""What can't be meant as it is written is refused where it comes in, with the way to mend it."""

import math
import time
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest
from matching_world import DOCUMENTS, TinyEmbedder, new_matcher

from silian.engines.matching import Constraints, Document, Matcher, Query
from silian.engines.matching.checking import check_documents
from silian.engines.matching.errors import InvalidDocument, InvalidQuery, LimitOutOfRange
from silian.language.embedding import check_request

DOCUMENT = DOCUMENTS[0]
QUERY = Query(title="永磁材料")


@pytest.fixture(scope="module")
def matcher(tmp_path_factory: pytest.TempPathFactory) -> Matcher:
    made = new_matcher(tmp_path_factory.mktemp("checking") / "index")
    made.add(DOCUMENTS)
    made.embed_pending()
    return made


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("document_id", ""), ("document_id", 7), ("kind", ""), ("kind", None),
        ("title", None), ("title", b"x"), ("title", "a\ud800b"), ("body", 1.5), ("body", "\udfff"),
        ("keywords", "永磁"), ("keywords", ("a\x1fb",)), ("keywords", (1,)), ("keywords", None),
        ("keywords", {"永磁"}), ("keywords", (["a"],)), ("field_codes", "T04"),
        ("region_code", 330106), ("region_code", None), ("owner_id", None),
        ("readiness_level", 0), ("readiness_level", 42), ("readiness_level", 5.5),
        ("readiness_level", 5.0), ("readiness_level", True), ("readiness_level", "5"),
        ("price_cny", -5.0), ("price_cny", math.nan), ("price_cny", math.inf), ("price_cny", "100"),
        ("price_cny", True),
        ("longitude_degrees", 999.0), ("latitude_degrees", 95.0), ("latitude_degrees", math.nan),
        ("available_from", "2026-01-01"), ("available_until", datetime(2026, 1, 1)),
        ("updated_on", 2026), ("audience", "secret"), ("audience", ""), ("audience", ["public"]),
        ("track_record_count", -1), ("track_record_count", 1.0), ("track_record_count", 2**31),
        ("track_record_count", None), ("content_hash", None),
    ],
)  # fmt: skip
def test_a_document_that_could_not_be_found_as_meant_is_refused(
    matcher: Matcher, field: str, value: object
) -> None:
    before = matcher.statistics()
    with pytest.raises(
        InvalidDocument, match=rf"^{field} of document .* is .*; expected "
    ) as caught:
        matcher.add([replace(DOCUMENT, document_id="new"), replace(DOCUMENT, **{field: value})])
    assert caught.value.code == "invalid_document"
    assert caught.value.details["field"] == field
    assert {"arrived", "allowed", "document_id"} <= set(caught.value.details)
    assert matcher.statistics() == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", np.str_("永磁")), ("keywords", ["永磁", "高温"]), ("field_codes", ()),
        ("readiness_level", np.int64(7)), ("price_cny", np.float32(5)), ("price_cny", 80),
        ("price_cny", 0), ("longitude_degrees", -180), ("available_from", date(1900, 1, 1)),
        ("track_record_count", np.int32(3)), ("body", "永磁\x00材料 🧲"), ("region_code", ""),
    ],
)  # fmt: skip
def test_what_means_the_same_is_taken(tmp_path: Path, field: str, value: object) -> None:
    with new_matcher(tmp_path / "index") as matcher:
        given = replace(DOCUMENT, **{field: value})
        assert matcher.add([given]).inserted == 1
        [kept] = (hit.document for hit in matcher.search(QUERY).hits)
        expected = tuple(value) if isinstance(value, list) else value
        assert getattr(kept, field) == expected


@pytest.mark.parametrize("documents", [DOCUMENT, "ach-1", {"ach-1": DOCUMENT}])
def test_one_document_is_no_collection(matcher: Matcher, documents: object) -> None:
    with pytest.raises(InvalidDocument, match=r"Pass \[document\] for one"):
        matcher.add(documents)  # type: ignore[arg-type]


@pytest.mark.parametrize("one", [{"document_id": "a"}, "ach-1", None])
def test_each_document_must_be_one(matcher: Matcher, one: object) -> None:
    with pytest.raises(InvalidDocument, match=r"expected Document\(\.\.\.\)"):
        matcher.add([DOCUMENT, one])  # type: ignore[list-item]


def test_one_id_is_not_taken_for_its_letters(tmp_path: Path) -> None:
    with new_matcher(tmp_path / "index") as matcher:
        matcher.add([Document(document_id=one, kind="patent", title="泵") for one in "abc"])
        with pytest.raises(InvalidDocument, match=r"Pass \['abc'\] for one"):
            matcher.delete("abc")
        with pytest.raises(InvalidDocument, match=r"Pass \['a'\] for one"):
            matcher.add_vectors("a", np.ones((1, 32), np.float32))
        with pytest.raises(InvalidDocument, match="One of document_ids is 7"):
            matcher.delete(["a", 7])  # type: ignore[list-item]
        assert matcher.statistics().document_count == 3


def test_vectors_that_are_no_numbers_are_refused(matcher: Matcher) -> None:
    with pytest.raises(InvalidDocument, match="not finite"):
        matcher.add_vectors(["ach-1"], np.full((1, 32), np.nan, np.float32))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", None), ("title", "\ud800"), ("body", None), ("keywords", "永磁"),
        ("constraints", {"kinds": ("person",)}), ("field_codes", "T04"),
        ("budget_cny", -1.0), ("budget_cny", "80"), ("budget_cny", math.nan),
        ("readiness_target", 77), ("readiness_target", 5.5), ("region_code", None),
        ("longitude_degrees", 999), ("latitude_degrees", "30"), ("asked_on", "2026-01-01"),
        ("limit", "5"), ("limit", 5.0), ("limit", True), ("direction", None),
        ("vector", (math.nan,) * 32), ("vector", "abc"), ("vector", ((1.0,) * 32,)),
        ("nearness", [("ach-1", 1.0)]),
        ("constraints.kinds", "person"), ("constraints.region_codes", "3301"),
        ("constraints.region_codes", (3301,)), ("constraints.region_codes", None),
        ("constraints.field_codes", "T04"), ("constraints.price_max_cny", math.nan),
        ("constraints.price_max_cny", "80"), ("constraints.price_min_cny", -1),
        ("constraints.readiness_min", 0), ("constraints.readiness_min", "5"),
        ("constraints.available_on", datetime(2026, 1, 1)), ("constraints.audiences", "public"),
        ("constraints.audiences", ("secret",)), ("constraints.viewer_owner_id", None),
        ("constraints.excluded_owner_ids", "org-a"),
        ("constraints.excluded_document_ids", "ach-1"),
    ],
)  # fmt: skip
def test_a_question_that_can_not_be_meant_is_refused(
    matcher: Matcher, field: str, value: object
) -> None:
    place, _, name = field.rpartition(".")
    if place:
        query = replace(QUERY, constraints=replace(Constraints(), **{name: value}))
    else:
        query = replace(QUERY, **{name: value})
    for ask in (
        matcher.search,
        matcher.candidates,
        lambda asked: matcher.search_many([QUERY, asked]),
        lambda asked: matcher.explain(asked, "ach-1"),
        lambda asked: matcher.why_not(asked, "ach-1"),
    ):
        with pytest.raises(InvalidQuery, match=rf"^{field} is .*; expected ") as caught:
            ask(query)
        assert caught.value.code == "invalid_query"
        assert caught.value.details["field"] == field


def test_a_single_text_for_several_is_refused_with_the_way_to_mend_it(matcher: Matcher) -> None:
    asked = replace(QUERY, constraints=Constraints(region_codes="3301"))  # type: ignore[arg-type]
    with pytest.raises(InvalidQuery) as caught:
        matcher.search(asked)
    assert str(caught.value) == (
        "constraints.region_codes is '3301'; expected a tuple of str, () for no constraint. "
        "Write ('3301',) for one."
    )


@pytest.mark.parametrize("query", ["永磁", None, {"title": "永磁"}])
def test_words_alone_are_no_query(matcher: Matcher, query: object) -> None:
    with pytest.raises(InvalidQuery, match=r"Pass Query\(title=\.\.\.\) for words"):
        matcher.search(query)  # type: ignore[arg-type]


def test_limits_out_of_range_keep_their_own_code(matcher: Matcher) -> None:
    for limit in (0, 1001):
        with pytest.raises(LimitOutOfRange):
            matcher.search(replace(QUERY, limit=limit))


def test_lists_and_sets_are_taken_for_choices(matcher: Matcher) -> None:
    answers = [
        matcher.search(replace(QUERY, constraints=Constraints(kinds=kinds))).hits  # type: ignore[arg-type]
        for kinds in (("facility",), ["facility"], {"facility"})
    ]
    assert answers[0]
    assert answers[0] == answers[1] == answers[2]


class StrictReader(TinyEmbedder):
    """Refuses what every embedder refuses."""

    def embed(self, texts: list[str], *, role: str) -> np.ndarray:
        check_request(texts, role)
        return super().embed(texts, role=role)


def test_a_very_long_text_gets_a_vector_and_holds_up_no_other(tmp_path: Path) -> None:
    long = replace(DOCUMENT, document_id="long", body="永磁材料" * 200_000 + "钙钛矿")
    with new_matcher(tmp_path / "index", embedder=StrictReader()) as matcher:
        # Each of these signs is normalised to eighteen.
        matcher.add([DOCUMENT, long, replace(DOCUMENT, document_id="signs", body="ﷺ" * 20_000)])
        assert matcher.embed_pending() == 3
        assert matcher.statistics().pending_vectors == 0
        [found] = matcher.search(Query(title="钙钛矿", limit=1)).hits
        assert found.document.document_id == "long"
        assert "words" in found.sources
        assert matcher.search(Query(title="永磁", body="永磁材料" * 200_000)).hits


def test_checking_costs_next_to_nothing() -> None:
    documents = [
        replace(DOCUMENT, document_id=f"ach-{number}", body=f"{DOCUMENT.body}{number}" * 20)
        for number in range(20_000)
    ]
    start = time.process_time()
    check_documents(documents)
    # Some 3 microseconds each; cutting one into words takes fifty.
    assert (time.process_time() - start) / len(documents) < 25e-6
