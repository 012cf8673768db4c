"""The index from outside: what goes in can be found, what is changed or gone is so at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import lancedb
import numpy as np
import pytest
from matching_world import (
    DOCUMENTS,
    SEGMENTER,
    TinyEmbedder,
    new_matcher,
    reopened,
)

from silian.engines.matching import Constraints, Document, Matcher, Query
from silian.engines.matching import errors as matching_errors
from silian.language import EmbeddingCache

EVERYONE = ("public", "members", "owner")
MAGNETS = Query(title="需要一种耐高温的永磁材料用于新能源汽车电机")


def ids(result: object) -> list[str]:
    return [hit.document.document_id for hit in result.hits]  # type: ignore[attr-defined]


@pytest.fixture
def matcher(tmp_path: Path) -> Iterator[Matcher]:
    with new_matcher(tmp_path / "index") as made:
        made.add(DOCUMENTS)
        made.embed_pending()
        yield made


def test_words_are_searchable_before_meaning(tmp_path: Path) -> None:
    with new_matcher(tmp_path / "index") as matcher:
        matcher.add(DOCUMENTS)
        before = matcher.search(MAGNETS)
        assert ids(before) == ["ach-1", "fac-1"]
        assert {source for hit in before.hits for source in hit.sources} == {"words"}
        assert before.meaning_pending_count == 3
        assert matcher.embed_pending() == 6
        after = matcher.search(MAGNETS)
        assert ids(after) == ["ach-1", "fac-1", "ach-2"]
        assert after.hits[0].sources == ("words", "meaning")
        assert after.meaning_pending_count == 0


def test_copies_of_one_owner_stand_behind_all_others(matcher: Matcher) -> None:
    first = next(one for one in DOCUMENTS if one.document_id == "ach-1")
    copies = [replace(first, document_id=f"ach-1-copy-{number}") for number in range(3)]
    other_owner = replace(first, document_id="ach-1-elsewhere", owner_id="org-elsewhere")
    matcher.add([*copies, other_owner])
    plain = ids(matcher.search(MAGNETS))
    assert plain.index("ach-1-copy-2") < plain.index("fac-1")
    query = replace(MAGNETS, copies_last=True)
    result = matcher.search(query)
    assert sorted(ids(result)) == sorted(plain)
    assert ids(result)[-3:] == ["ach-1-copy-0", "ach-1-copy-1", "ach-1-copy-2"]
    assert {"ach-1", "ach-1-elsewhere", "fac-1"} <= set(ids(result)[:-3])
    [together] = matcher.search_many([query])
    assert ids(together) == ids(result)
    shown = matcher.why_not(replace(query, limit=3), "ach-1-copy-0")
    assert (shown.reason, shown.rank) == ("ranked_below", ids(result).index("ach-1-copy-0") + 1)


def test_a_document_comes_back_as_it_was_added(matcher: Matcher) -> None:
    query = replace(MAGNETS, constraints=Constraints(audiences=EVERYONE), limit=100)
    found = {hit.document.document_id: hit.document for hit in matcher.search(query).hits}
    wanted = {one.document_id: one for one in DOCUMENTS if one.kind != "need"}
    assert found == wanted
    matcher.optimise()
    assert {h.document.document_id: h.document for h in matcher.search(query).hits} == wanted


def test_adding_again_changes_nothing(matcher: Matcher) -> None:
    before = matcher.search(MAGNETS).hits
    changes = matcher.add(DOCUMENTS)
    assert (changes.inserted, changes.replaced) == (0, len(DOCUMENTS))
    assert matcher.search(MAGNETS).hits == before
    assert matcher.statistics().document_count == len(DOCUMENTS)
    assert matcher.statistics().pending_vectors == 0


def test_of_one_id_given_twice_the_last_counts(matcher: Matcher) -> None:
    first = Document(document_id="ach-9", kind="achievement", title="石墨烯散热膜")
    matcher.add([first, replace(first, title="激光熔覆修复")])
    assert matcher.explain(Query(title="石墨烯散热膜"), "ach-9").matched_terms == ()
    assert matcher.explain(Query(title="激光熔覆"), "ach-9").matched_terms == (
        "激光熔覆",
        "激光",
        "熔覆",
    )


@pytest.mark.parametrize("optimised", [False, True])
def test_an_update_is_visible_at_once(matcher: Matcher, optimised: bool) -> None:
    if optimised:
        matcher.optimise()
    matcher.update([replace(DOCUMENTS[1], title="激光熔覆修复模具", body="")])
    found = matcher.search(Query(title="激光熔覆")).hits[0]
    assert found.document.document_id == "ach-2"
    gone = matcher.search(Query(title="反渗透海水淡化膜")).hits
    assert all("words" not in hit.sources for hit in gone)


def test_a_change_beside_the_text_keeps_the_vector(matcher: Matcher) -> None:
    matcher.optimise()
    matcher.update([replace(DOCUMENTS[0], price_cny=1.0)])
    assert matcher.statistics().pending_vectors == 0
    hit = matcher.search(MAGNETS).hits[0]
    assert (hit.document.price_cny, hit.sources) == (1.0, ("words", "meaning"))


@pytest.mark.parametrize("optimised", [False, True])
def test_a_deleted_document_is_gone(matcher: Matcher, optimised: bool) -> None:
    if optimised:
        matcher.optimise()
    assert matcher.delete(["ach-1", "ach-unknown"]).deleted == 1
    assert "ach-1" not in ids(matcher.search(MAGNETS))
    assert matcher.why_not(MAGNETS, "ach-1").reason == "not_indexed"
    matcher.optimise()
    assert "ach-1" not in matcher.content_hashes()
    matcher.add([DOCUMENTS[0]])
    assert "ach-1" in ids(matcher.search(MAGNETS))


def test_another_reader_sees_writes_deletes_and_optimising(
    matcher: Matcher, tmp_path: Path
) -> None:
    with reopened(tmp_path / "index") as other:
        assert len(other.content_hashes()) == 6
        matcher.delete(["ach-1"])
        assert "ach-1" not in other.content_hashes()
        matcher.optimise()
        assert "ach-1" not in other.content_hashes()
        other.add([replace(DOCUMENTS[0], content_hash="anew")])
        assert matcher.content_hashes()["ach-1"] == "anew"
        assert ids(matcher.search(MAGNETS)) == ids(other.search(MAGNETS))


def test_many_small_writes_stay_searchable_and_fold(matcher: Matcher) -> None:
    for number in range(12):
        matcher.add(
            [
                Document(
                    document_id=f"ach-n{number}", kind="achievement", title=f"超声波清洗{number}号"
                )
            ]
        )
        assert len(matcher.search(Query(title="超声波清洗", limit=50)).hits) >= number + 1
    assert matcher.statistics().unoptimised_rows == 18
    matcher.optimise()
    statistics = matcher.statistics()
    assert (statistics.document_count, statistics.unoptimised_rows) == (18, 0)
    assert statistics.pending_vectors == 12


def test_statistics_and_content_hashes_tell_what_is_there(matcher: Matcher) -> None:
    statistics = matcher.statistics()
    assert statistics.counts_by_kind == {
        "achievement": 2,
        "facility": 1,
        "need": 1,
        "patent": 1,
        "person": 1,
    }
    assert statistics.disk_bytes > 0
    assert (statistics.embedder_name, statistics.n_dimensions) == ("tiny-1", 32)
    assert matcher.content_hashes() == {one.document_id: one.content_hash for one in DOCUMENTS}


def test_a_supply_finds_who_needs_it(matcher: Matcher) -> None:
    result = matcher.search(Query(title="耐高温永磁材料制备技术", direction="need"))
    assert ids(result) == ["ned-1"]


def test_contributions_sum_to_the_score(matcher: Matcher) -> None:
    for hit in matcher.search(MAGNETS).hits:
        total = hit.base_score + sum(part.contribution for part in hit.contributions)
        assert hit.score == pytest.approx(total)


def test_matched_terms_are_shared_words_most_telling_first(matcher: Matcher) -> None:
    query = Query(title="永磁材料 反渗透")
    hit = next(h for h in matcher.search(query).hits if h.document.document_id == "fac-1")
    assert hit.matched_terms == ("材料", "永磁")


def test_many_answers_equal_single_answers(matcher: Matcher) -> None:
    queries = [
        MAGNETS,
        Query(title="海水淡化", constraints=Constraints(region_codes=("33",))),
        Query(title=""),
        Query(title="heat resistance", constraints=Constraints(audiences=EVERYONE), limit=2),
        Query(title="寻找永磁", direction="need"),
        Query(title="永磁", vector=tuple(np.eye(32)[3].tolist())),
    ]
    seen: list[tuple[int, int]] = []
    together = matcher.search_many(queries, progress=lambda done, total: seen.append((done, total)))
    alone = [matcher.search(query) for query in queries]
    assert [one.hits for one in together] == [one.hits for one in alone]
    assert [one.candidate_count for one in together] == [one.candidate_count for one in alone]
    assert seen == [(6, 6)]


def test_a_question_is_embedded_once_however_often_it_is_asked(tmp_path: Path) -> None:
    embedder = TinyEmbedder()
    with new_matcher(tmp_path / "index", embedder=embedder) as matcher:
        matcher.add(DOCUMENTS)
        matcher.embed_pending()
        embedder.embedded_count = 0
        need = Query(title="耐高温永磁材料", body="电机退磁，需要耐温的磁体")
        kinds = [Constraints(kinds=(kind,)) for kind in ("achievement", "person", "facility")]
        queries = [replace(need, constraints=one) for one in kinds]

        together = matcher.search_many(queries)
        alone = [matcher.search(query) for query in queries]
        asked, _ = matcher.candidates(queries[0])

        assert [one.hits for one in together] == [one.hits for one in alone]
        assert asked.title_vector is not None
        assert embedder.embedded_count == 2  # the whole, and its title


def test_optimising_changes_no_answer_but_the_weights(matcher: Matcher) -> None:
    before = ids(matcher.search(MAGNETS))
    matcher.optimise()
    assert ids(matcher.search(MAGNETS)) == before


def test_explain_scores_a_document_that_was_not_among_the_hits(matcher: Matcher) -> None:
    hit = matcher.explain(replace(MAGNETS, limit=1), "ach-2")
    assert (hit.document, hit.rank) == (DOCUMENTS[1], 3)
    assert matcher.explain(MAGNETS, "ach-1") == matcher.search(MAGNETS).hits[0]


def test_why_not_names_each_reason(matcher: Matcher) -> None:
    first_only = replace(MAGNETS, limit=1)
    assert matcher.why_not(MAGNETS, "nobody").reason == "not_indexed"
    assert matcher.why_not(first_only, "ach-1").reason == "present"
    below = matcher.why_not(first_only, "fac-1")
    assert (below.reason, below.rank, below.cutoff_rank) == ("ranked_below", 2, 1)
    assert "words_rank" in below.weakest_features
    hidden = matcher.why_not(MAGNETS, "per-1")
    assert hidden.reason == "constraint"
    assert [check.constraint for check in hidden.checks if check.outcome == "failed"] == [
        "audience"
    ]
    assert hidden.hit is not None
    without_vectors = replace(MAGNETS, vector=(0.0,) * 32)
    assert matcher.why_not(without_vectors, "ach-2").reason == "not_retrieved"


def test_every_constraint_is_explained(matcher: Matcher) -> None:
    constraints = Constraints(
        kinds=("achievement", "facility"),
        region_codes=("3302", "99"),
        field_codes=("T0401",),
        price_max_cny=600_000.0,
        price_min_cny=1.0,
        readiness_min=6,
        available_on=date(2026, 3, 1),
        viewer_owner_id="org-a",
        excluded_owner_ids=("org-z",),
        excluded_document_ids=("ach-7",),
    )
    [hit] = matcher.search(replace(MAGNETS, constraints=constraints)).hits
    assert {check.constraint: check.outcome for check in hit.checks} == dict.fromkeys(
        (
            "kind",
            "audience",
            "region",
            "field",
            "price_max",
            "price_min",
            "readiness_min",
            "available_on",
            "excluded_owner",
            "excluded_document",
        ),
        "passed",
    )
    facility = matcher.explain(replace(MAGNETS, constraints=Constraints(readiness_min=3)), "fac-1")
    assert [
        (c.outcome, c.allowed, c.arrived)
        for c in facility.checks
        if c.constraint == "readiness_min"
    ] == [("unknown", ">= 3", "")]


def test_threads_search_and_write_side_by_side(matcher: Matcher) -> None:
    def search(number: int) -> int:
        asked = Constraints(price_max_cny=float(number), region_codes=("33", "31"))
        query = replace(MAGNETS, constraints=asked, limit=100)
        return sum(len(matcher.search(query).hits) for _ in range(10))

    def write(number: int) -> int:
        one = Document(document_id=f"ach-t{number}", kind="achievement", title="永磁材料")
        return matcher.add([one]).inserted

    with ThreadPoolExecutor(6) as threads:
        searches = [threads.submit(search, number) for number in range(60)]
        writes = [threads.submit(write, number) for number in range(10)]
        assert [one.result() for one in writes] == [1] * 10
        assert all(one.result() > 0 for one in searches)
    assert matcher.statistics().document_count == len(DOCUMENTS) + 10


def test_an_empty_index_answers_nothing(tmp_path: Path) -> None:
    with new_matcher(tmp_path / "index") as matcher:
        assert matcher.search(MAGNETS).hits == ()
        matcher.optimise()
        assert matcher.search(MAGNETS).hits == ()
        assert matcher.embed_pending() == 0
    with reopened(tmp_path / "index") as again:
        assert again.search_many([MAGNETS])[0].hits == ()


def test_embedding_resumes_and_never_embeds_a_text_twice(tmp_path: Path) -> None:
    embedder = TinyEmbedder()
    with EmbeddingCache(tmp_path / "cache.sqlite") as cache:
        options = {"embedder": embedder, "embedding_cache": cache}
        with new_matcher(tmp_path / "first", **options) as first:
            first.add(DOCUMENTS)
            assert first.embed_pending(limit=4) == 4
            assert first.statistics().pending_vectors == 2
        with reopened(tmp_path / "first", **options) as resumed:
            progress: list[tuple[int, int]] = []
            resumed.embed_pending(progress=lambda done, total: progress.append((done, total)))
            assert progress == [(2, 2)]
            assert embedder.embedded_count == 6
        with new_matcher(tmp_path / "rebuilt", **options) as rebuilt:
            rebuilt.add(DOCUMENTS)
            assert rebuilt.embed_pending() == 6
            assert embedder.embedded_count == 6


def test_vectors_from_elsewhere_are_as_good(matcher: Matcher, tmp_path: Path) -> None:
    from silian.engines.matching.rows import text_of

    with Matcher.create(tmp_path / "bare", segmenter=SEGMENTER, n_dimensions=32) as bare:
        bare.add(DOCUMENTS)
        with pytest.raises(matching_errors.EmbedderMissing):
            bare.embed_pending()
        vectors = TinyEmbedder().embed([text_of(one) for one in DOCUMENTS], role="passage")
        bare.add_vectors([one.document_id for one in DOCUMENTS], vectors)
        [vector] = TinyEmbedder().embed([MAGNETS.title], role="query")
        query = replace(MAGNETS, vector=tuple(vector.tolist()))
        assert bare.search(query).hits == matcher.search(query).hits


def test_a_ranker_sees_the_candidates_it_asks_for(matcher: Matcher) -> None:
    question, batch = matcher.candidates(MAGNETS, ["fac-1", "ned-1"])
    assert batch.document_ids == ("fac-1", "ned-1")
    assert batch.words_of(batch.title_terms.row(0)) == SEGMENTER.words("磁性测量仪器")
    assert batch.field_codes == ((), ())
    assert np.isnan(batch.readiness_level).all()
    assert batch.vectors.shape == (2, 32)
    assert np.linalg.norm(batch.vectors, axis=1) == pytest.approx([1.0, 1.0], abs=1e-3)
    assert question.terms[: len(question.terms)] == tuple(
        dict.fromkeys(SEGMENTER.words(MAGNETS.title))
    )
    centred = batch.vectors - question.mean_vector
    asked = question.vector - question.mean_vector
    cosine = centred @ asked / np.linalg.norm(centred, axis=1) / np.linalg.norm(asked)
    assert batch.cosine == pytest.approx(cosine, abs=2e-3)
    with pytest.raises(matching_errors.UnknownDocument):
        matcher.candidates(MAGNETS, ["nobody"])


def test_what_cannot_be_done_is_refused_with_a_remedy(matcher: Matcher, tmp_path: Path) -> None:
    refusals = [
        (matching_errors.LimitOutOfRange, lambda: matcher.search(replace(MAGNETS, limit=0))),
        (
            matching_errors.LimitOutOfRange,
            lambda: matcher.search_many([replace(MAGNETS, limit=1001)]),
        ),
        (
            matching_errors.UnknownDirection,
            lambda: matcher.search(replace(MAGNETS, direction="up")),
        ),
        (
            matching_errors.VectorWrongDimension,
            lambda: matcher.search(replace(MAGNETS, vector=(1.0,))),
        ),
        (
            matching_errors.VectorWrongDimension,
            lambda: matcher.add_vectors(["ach-1"], np.ones((1, 5), np.float32)),
        ),
        (matching_errors.UnknownDocument, lambda: matcher.explain(MAGNETS, "nobody")),
        (
            matching_errors.UnknownDocument,
            lambda: matcher.add_vectors(["nobody"], np.ones((1, 32), np.float32)),
        ),
        (
            matching_errors.InvalidDocument,
            lambda: matcher.add([Document(document_id="", kind="x", title="")]),
        ),
        (
            matching_errors.InvalidDocument,
            lambda: matcher.add([replace(DOCUMENTS[0], price_cny=float("nan"))]),
        ),
        (matching_errors.IndexMissing, lambda: reopened(tmp_path / "nowhere")),
        (matching_errors.IndexExists, lambda: new_matcher(tmp_path / "index")),
    ]
    for error, call in refusals:
        with pytest.raises(error):
            call()
    other = TinyEmbedder()
    other.name = "other-1"
    with pytest.raises(matching_errors.EmbedderMismatch):
        reopened(tmp_path / "index", embedder=other)
    matcher.close()
    with pytest.raises(matching_errors.IndexClosed):
        matcher.search(MAGNETS)


def test_rows_that_searches_show_otherwise_than_the_table_holds_are_named(
    matcher: Matcher, tmp_path: Path
) -> None:
    matcher.optimise()
    assert matcher.mislaid_ids() == ()
    lost = DOCUMENTS[0].document_id
    table = lancedb.connect(str(tmp_path / "index" / "tables")).open_table("documents")
    table.delete(f"document_id = '{lost}'")

    assert lost in matcher.content_hashes()
    assert matcher.mislaid_ids() == (lost,)

    matcher.optimise()

    assert lost not in matcher.content_hashes()
    assert matcher.mislaid_ids() == ()


def test_deleted_and_late_documents_are_not_mislaid(matcher: Matcher) -> None:
    matcher.optimise()
    matcher.delete([DOCUMENTS[0].document_id])
    matcher.add([replace(DOCUMENTS[1], title="改了名", content_hash="new")])

    assert matcher.mislaid_ids() == ()
