"""Each named feature, its unknowns, and that more of it means a better fit."""

from dataclasses import replace

import numpy as np
import pytest
from ranking_world import batch, question

from silian.engines.matching.candidates import CandidateBatch, Floats, Question, Ragged
from silian.engines.matching.features import FEATURES, MeaningFrame, compute_features
from silian.engines.matching.termparts import N_BUCKETS, TermParts, parts_of_word
from silian.engines.matching.wordparts import WordParts, parts_of_text


def column(name: str, asked: Question, held: CandidateBatch) -> Floats:
    return compute_features(asked, held).values[:, FEATURES.index(name)]


def test_the_table_holds_every_feature_in_order_for_any_number_of_candidates() -> None:
    for titles in ([], ["永磁材料"], ["永磁材料", "海水淡化膜"]):
        table = compute_features(question("永磁"), batch(titles))
        assert table.names == FEATURES
        assert table.values.shape == (len(titles), len(FEATURES))


def test_words_cut_differently_still_share_their_parts() -> None:
    asked = question("金刚石线切割")
    near, far = column("title_term_match", asked, batch(["金刚线锯切", "海水淡化"]))
    assert near > 0.2
    assert far == 0.0


def test_term_matches_are_shares_of_what_is_asked_and_of_what_is_offered() -> None:
    asked, held = question("永磁"), batch(["永磁", "永磁 制备 技术 研究"])
    assert column("title_term_match", asked, held).tolist() == [1.0, 1.0]
    whole, part = column("document_term_match", asked, held)
    assert whole == 1.0
    assert 0.0 < part < whole


def test_the_body_is_held_against_documents_bodies_too() -> None:
    asked = question("电机", "钕铁硼")
    held = batch(["电机", "电机"], words_of=lambda ids: [["电机", "钕铁硼"][at] for at in ids])
    with_body = batch(
        ["电机", "电机"],
        title_terms=Ragged.of([[0], [0]]),
        body_terms=Ragged.of([[], [1]]),
        words_of=lambda ids: [["电机", "钕铁硼"][at] for at in ids],
    )
    assert column("term_match", asked, held).tolist() == [0.0, 0.0]
    assert column("term_match", asked, with_body).tolist() == [0.0, 1.0]


def test_rare_parts_weigh_more_than_common_ones() -> None:
    counts = np.zeros(N_BUCKETS)
    counts[parts_of_text("技术")] = 90
    parts = WordParts.weighed(counts, 100)
    table = compute_features(question("磁钢技术"), batch(["磁钢", "技术"]), parts=parts)
    rare, common = table.values[:, FEATURES.index("title_term_match")]
    assert rare > 2 * common


def test_parts_of_a_word_are_its_characters_and_pairs_and_latin_words_stay_whole() -> None:
    assert [len(parts_of_word(word)) for word in ("金刚石", "cbn", "金")] == [5, 1, 1]
    assert np.array_equal(parts_of_text("ＣＢＮ单晶"), parts_of_text("cbn 单晶"))


def test_meaning_is_the_cosine_of_centred_vectors() -> None:
    mean = np.full(8, 0.5, dtype=np.float32)
    vector = np.eye(8)[0]
    held = batch(["甲", "乙"], np.eye(8)[:2])
    table = compute_features(
        question("需求", vector=vector), held, frame=MeaningFrame(question_mean=mean)
    )
    centred = vector - mean
    expected = (held.vectors @ centred) / np.linalg.norm(centred)
    assert table.values[:, FEATURES.index("meaning")] == pytest.approx(expected, abs=1e-6)


def test_without_vectors_meaning_is_unknown() -> None:
    assert np.isnan(column("meaning", question("需求"), batch(["甲"]))).all()
    partly = batch(["甲", "乙"], np.eye(8)[:2], has_vector=np.array([True, False]))
    known = ~np.isnan(column("meaning", question("需求", vector=np.eye(8)[0]), partly))
    assert known.tolist() == [True, False]


def test_fields_agree_as_far_as_their_codes_do() -> None:
    held = batch(["a", "b", "c", "d"], field_codes=(("T0401",), ("T0402",), ("T0501",), ()))
    found = column("field_match", question("x", field_codes=("T0401",)), held)
    assert found[:3].tolist() == [1.0, 0.8, 0.4]
    assert np.isnan(found[3])


def test_readiness_beyond_the_target_is_no_better_than_the_target() -> None:
    held = batch(["a", "b", "c", "d"], readiness_level=np.array([9.0, 6.0, 3.0, np.nan]))
    found = column("readiness_fit", question("x", readiness_target=6), held)
    assert found[:3].tolist() == [0.0, 0.0, -3.0]
    assert np.isnan(found[3])


def test_a_price_within_the_budget_fits_and_a_dearer_one_ever_less() -> None:
    held = batch(["a", "b", "c", "d"], price_cny=np.array([50.0, 100.0, 400.0, np.nan]))
    found = column("budget_fit", question("x", budget_cny=100.0), held)
    assert found[:3].tolist() == [1.0, 1.0, 0.25]
    assert np.isnan(found[3])


def test_seen_from_a_supply_a_richer_need_fits_better() -> None:
    held = batch(["a", "b"], price_cny=np.array([50.0, 400.0]))
    asked = question("x", budget_cny=100.0, direction="need")
    assert column("budget_fit", asked, held).tolist() == [0.5, 1.0]


def test_distance_is_great_circle_and_falls_back_on_the_region_code() -> None:
    held = batch(
        ["here", "shanghai", "same district", "same province", "unknown"],
        longitude_degrees=np.array([121.55, 121.47, np.nan, np.nan, np.nan]),
        latitude_degrees=np.array([29.87, 31.23, np.nan, np.nan, np.nan]),
        region_codes=("", "", "330203", "330106", ""),
    )
    asked = question("x", longitude_degrees=121.55, latitude_degrees=29.87, region_code="330203")
    found = column("distance_fit", asked, held)
    # Ningbo to Shanghai is 151 km.
    assert found[:4] == pytest.approx([1.0, 1 / 2.514, 1.0, 3 / 6], abs=2e-3)
    assert np.isnan(found[4])


def test_track_record_and_freshness_grow_with_use_and_youth() -> None:
    day = float(np.datetime64("2026-03-01", "D").astype(int))
    held = batch(
        ["a", "b"],
        track_record_count=np.array([0.0, 3.0]),
        updated_on_day=np.array([day - 730.5, day + 5]),
    )
    assert column("track_record", question("x"), held).tolist() == [0.0, np.log(4.0)]
    assert column("freshness", question("x"), held).tolist() == [-2.0, 0.0]


def test_graph_proximity_is_what_the_asker_knows_of_the_network() -> None:
    assert column("graph_proximity", question("x"), batch(["a"])).tolist() == [0.0]
    near = question("x")
    near = replace(near, query=replace(near.query, nearness={"1-b": 0.5}))
    assert column("graph_proximity", near, batch(["a", "b"])).tolist() == [0.0, 0.5]


def test_words_are_broken_up_once_and_by_number() -> None:
    spelled = ["金刚石", "cbn", "金", "电机"]
    asked: list[list[int]] = []

    def words_of(term_ids: np.ndarray) -> list[str]:
        asked.append(term_ids.tolist())
        return [spelled[at] for at in term_ids]

    kept = TermParts(words_of)
    for ids in ([2, 0, 2], [0], [], [3, 1, 0]):
        parts, lengths = kept.of(np.array(ids, dtype=np.int32))
        expected = [parts_of_word(spelled[at]) for at in ids]
        assert lengths.tolist() == [len(one) for one in expected]
        assert parts.tolist() == [part for one in expected for part in one.tolist()]
    assert asked == [[0, 2], [1, 3]]
