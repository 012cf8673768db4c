import csv
import random
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from silian.engines.graph import (
    Decision,
    OrganisationRecord,
    OrganisationSettings,
    learn_organisation_weights,
    resolve_organisations,
)
from silian.engines.graph.resolution_errors import (
    ContradictingDecision,
    DuplicateRecord,
    InvalidDecision,
    LabelsInsufficient,
    ThresholdOutOfRange,
)
from silian.engines.graph.resolution_scoring import default_comparisons, weigh_attributes

CODES = ("91330200MA2AF1L13C", "91330200144071234A")


def _records(*names, **kwargs):
    return [
        OrganisationRecord(record_id=f"r{place}", name=name, **kwargs)
        for place, name in enumerate(names)
    ]


def _groups(resolution):
    return [one.record_ids for one in resolution.clusters]


@pytest.mark.parametrize(
    "names",
    [
        ("宁波屹澍磁性材料有限公司", "宁波市屹澍磁性材料股份有限公司"),
        ("宁波屹澍磁性材料有限公司", "屹澍磁材"),
        ("屹澍科技（北京）有限公司", "北京屹澍科技有限公司"),
        ("中国科学院宁波材料技术与工程研究所", "中科院宁波材料所"),
        ("宁波市农业科学研究院", "宁波农科院"),
        ("農業部屹澍機械化研究所", "农业农村部屹澍机械化研究所"),
        ("浙江屹澍电力股份有限公司", "浙屹澍电力A"),
    ],
)
def test_two_spellings_of_one_organisation_are_linked(names):
    assert _groups(resolve_organisations(_records(*names))) == [("r0", "r1")]


@pytest.mark.parametrize(
    "names",
    [
        ("三一重工股份有限公司", "三一重能股份有限公司"),
        ("屹澍大学第一附属医院", "屹澍大学第二附属医院"),
        ("宁波屹澍磁性材料有限公司", "宁波屹澍磁性材料有限公司象山分公司"),
        ("中国科学院沈阳自动化研究所", "中国科学院自动化研究所"),
        ("南京银行股份有限公司", "杭州银行股份有限公司"),
        ("东北师范大学", "华东师范大学"),
        ("中国石油大学（华东）", "中国石油大学（北京）"),
        ("屹澍科技（北京）有限公司", "屹澍科技（上海）有限公司"),
        ("宁波屹澍电子有限公司", "宁波沐岚电子有限公司"),
    ],
)
def test_two_organisations_alike_in_name_stay_two(names):
    assert _groups(resolve_organisations(_records(*names))) == [("r0",), ("r1",)]


def test_every_link_carries_evidence_that_adds_up_to_its_weight():
    [link] = resolve_organisations(
        _records("宁波屹澍磁性材料有限公司", "宁波市屹澍磁性材料股份有限公司")
    ).links
    assert {one.comparison for one in link.evidence} >= {"prior", "name", "kind", "form", "region"}
    compared = [one for one in link.evidence if one.comparison != "competition"]
    assert sum(one.weight_bits for one in compared) == pytest.approx(link.weight_bits, abs=0.01)
    assert 0.5 < link.probability <= 1


def test_evidence_with_competition_adds_up_to_the_odds():
    names = ("屹澍磁材", "宁波屹澍磁性材料有限公司", "宁波屹澍磁材科技有限公司")
    found = resolve_organisations(
        _records(*names), settings=OrganisationSettings(review_from=0.01, link_from=0.9)
    )
    doubtful = [
        one
        for one in (*found.links, *found.review)
        if "r0" in (one.left_id, one.right_id) and 0.01 < one.probability < 0.99
    ]
    assert len(doubtful) == 2
    for link in doubtful:
        assert "competition" in {one.comparison for one in link.evidence}
        odds = sum(one.weight_bits for one in link.evidence)
        assert link.probability == pytest.approx(1 / (1 + 2**-odds), abs=1e-3)
    assert sum(one.probability for one in doubtful) <= 1.0


def test_two_different_unified_codes_never_come_together():
    left, right = _records("宁波屹澍磁性材料有限公司", "宁波屹澍磁性材料有限公司")
    found = resolve_organisations(
        [replace(left, unified_code=CODES[0]), replace(right, unified_code=CODES[1])]
    )
    assert _groups(found) == [("r0",), ("r1",)]


def test_no_third_record_brings_two_unified_codes_together():
    name = "宁波屹澍磁性材料有限公司"
    a, b, c = _records(name, name, name)
    found = resolve_organisations(
        [replace(a, unified_code=CODES[0]), b, replace(c, unified_code=CODES[1])]
    )
    assert all(
        len({code for code in (CODES[0] * ("r0" in ids), CODES[1] * ("r2" in ids)) if code}) < 2
        for ids in _groups(found)
    )
    assert any(one.reason == "contradicting_codes" for one in found.review)


def test_one_unified_code_outweighs_a_change_of_name():
    left, right = _records(
        "宁波屹澍磁性材料有限公司", "宁波沐岚电子有限公司", unified_code=CODES[0]
    )
    assert _groups(resolve_organisations([left, right])) == [("r0", "r1")]


def test_code_and_short_name_alone_never_merge_but_are_shown():
    found = resolve_organisations(
        _records(
            "宁波屹澍磁性材料股份有限公司",
            "杭州沐岚银行股份有限公司",
            other_names=("屹澍磁材",),
            weak_codes={"stock": "600999"},
        )
    )
    assert _groups(found) == [("r0",), ("r1",)]
    assert [one.reason for one in found.review] == ["names_disagree"]


def test_a_short_name_does_not_chain_two_companies():
    found = resolve_organisations(
        _records("宁波屹澍磁性材料股份有限公司", "屹澍", "杭州屹澍生物医药股份有限公司")
    )
    assert not any({"r0", "r2"} <= set(ids) for ids in _groups(found))


def test_former_names_link_what_was_renamed():
    old, new = _records("宁波屹澍电子厂", "宁波沐岚磁业股份有限公司")
    found = resolve_organisations([old, replace(new, other_names=("宁波屹澍电子厂",))])
    assert _groups(found) == [("r0", "r1")]


def test_a_renamed_company_keeps_its_code_and_a_piece_of_its_brand():
    records = _records(
        "宁波珩璟屹澍电子股份有限公司",
        "宁波屹澍文化传媒股份有限公司",
        weak_codes={"stock": "600999"},
    )
    assert _groups(resolve_organisations(records)) == [("r0", "r1")]
    assert _groups(resolve_organisations([replace(one, weak_codes={}) for one in records])) == [
        ("r0",),
        ("r1",),
    ]


def test_a_list_finds_companies_by_what_is_left_of_their_brand():
    old = ("宁波屹澍电子有限公司", "杭州沐岚机械有限公司", "温州珩璟服装有限公司")
    new = ("屹澍文化传媒集团有限公司", "沐岚智能装备有限公司", "珩璟控股集团有限公司")
    records = [
        OrganisationRecord(record_id=f"{source}{place}", name=name, source=source)
        for source, names in (("a", old), ("b", new))
        for place, name in enumerate(names)
    ]
    links = resolve_organisations(records, scope="between").links
    assert {(one.left_id, one.right_id) for one in links} == {
        ("a0", "b0"),
        ("a1", "b1"),
        ("a2", "b2"),
    }
    assert resolve_organisations(records).links == ()


def test_english_names_are_compared_word_by_word():
    found = resolve_organisations(
        _records("Yishu Magnetics Co., Ltd.", "Yishu Magnetics Company Limited", "Mulan Foods Ltd")
    )
    assert _groups(found) == [("r0", "r1"), ("r2",)]


def test_between_registers_only_records_of_two_sources_are_linked():
    name = "宁波屹澍磁性材料有限公司"
    records = [
        OrganisationRecord(record_id="a1", name=name, source="a"),
        OrganisationRecord(record_id="a2", name=name, source="a"),
        OrganisationRecord(record_id="b1", name=name, source="b"),
    ]
    pairs = {
        (one.left_id, one.right_id) for one in resolve_organisations(records, scope="between").links
    }
    assert pairs == {("a1", "b1"), ("a2", "b1")}


NAMES = (
    "宁波屹澍磁性材料有限公司",
    "宁波市屹澍磁性材料股份有限公司",
    "屹澍磁材",
    "宁波沐岚电子有限公司",
)


def test_a_decision_takes_a_merge_back_and_another_brings_it_again():
    apart = Decision(kind="split", record_ids=("r1", "r0", "r2"))
    together = Decision(kind="merge", record_ids=("r0", "r1", "r2"))
    free = resolve_organisations(_records(*NAMES))
    split = resolve_organisations(_records(*NAMES), decisions=[apart])
    again = resolve_organisations(_records(*NAMES), decisions=[apart, together])
    assert _groups(free) == [("r0", "r1", "r2"), ("r3",)]
    assert ("r1",) in _groups(split)
    assert any(one.reason == "must_not_link" for one in split.review)
    assert _groups(again) == _groups(free)


def test_must_not_link_holds_against_third_records():
    decision = Decision(kind="must_not_link", record_ids=("r0", "r1"))
    found = resolve_organisations(_records(*NAMES), decisions=[decision])
    assert not any({"r0", "r1"} <= set(ids) for ids in _groups(found))


def test_people_may_merge_what_names_never_would():
    decision = Decision(kind="merge", record_ids=("r0", "r3"))
    found = resolve_organisations(_records(*NAMES), decisions=[decision])
    assert _groups(found) == [("r0", "r1", "r2", "r3")]


def test_decisions_on_records_that_are_gone_are_passed_over():
    decision = Decision(kind="split", record_ids=("gone", "r0"))
    assert _groups(resolve_organisations(_records(*NAMES), decisions=[decision])) == _groups(
        resolve_organisations(_records(*NAMES))
    )


def test_a_decision_may_not_merge_two_unified_codes():
    left, right = _records("甲屹公司", "乙澍公司")
    with pytest.raises(ContradictingDecision):
        resolve_organisations(
            [replace(left, unified_code=CODES[0]), replace(right, unified_code=CODES[1])],
            decisions=[Decision(kind="merge", record_ids=("r0", "r1"))],
        )


@settings(max_examples=10)
@given(st.permutations(range(5)))
def test_the_order_of_records_changes_nothing(order):
    records = _records(*NAMES, "沐岚电子")
    straight = resolve_organisations(records)
    shuffled = resolve_organisations([records[place] for place in order])
    assert straight.clusters == shuffled.clusters


def test_a_reload_gives_the_same_values():
    assert resolve_organisations(_records(*NAMES)) == resolve_organisations(_records(*NAMES))


def test_refusals_say_what_is_wrong():
    twice = [*_records("甲屹公司"), *_records("乙澍公司")]
    with pytest.raises(DuplicateRecord):
        resolve_organisations(twice)
    with pytest.raises(ThresholdOutOfRange):
        resolve_organisations([], settings=OrganisationSettings(link_from=0.1, review_from=0.5))
    with pytest.raises(InvalidDecision):
        resolve_organisations(
            _records("甲屹公司"), decisions=[Decision(kind="merge", record_ids=("r0",))]
        )
    with pytest.raises(LabelsInsufficient):
        learn_organisation_weights(_records("甲屹公司", "乙澍公司"), [("r0", "r1")])


def test_nothing_and_empty_names_resolve_to_nothing():
    assert resolve_organisations([]).clusters == ()
    assert len(resolve_organisations(_records("", "  ", "屹澍")).clusters) == 3


def _invented(n_companies, seed=7):
    """Companies, each under its full name and under a short one that skips characters."""
    draw = random.Random(seed)
    characters = "屹澍沐岚珩璟翊棠榕樾琛昱晟曜霁岫峤汐淼漪溯泓沅芷芃苒蔚蓁钧铄锴铎骁骥翎"
    trades = ["磁性材料", "电子科技", "精密机械", "生物医药", "环保设备", "汽车零部件"]
    records, same = [], []
    for number in range(n_companies):
        brand, trade = "".join(draw.choices(characters, k=3)), draw.choice(trades)
        full = f"{draw.choice(['宁波', '杭州', '温州'])}{brand}{trade}有限公司"
        short = brand + trade[0] + trade[-1]
        records.append(OrganisationRecord(record_id=f"f{number}", name=full, source="register"))
        records.append(OrganisationRecord(record_id=f"s{number}", name=short, source="list"))
        same.append((f"f{number}", f"s{number}"))
    return records, same


def test_short_names_find_their_company_among_hundreds():
    records, same = _invented(400)
    links = {
        (one.left_id, one.right_id) for one in resolve_organisations(records, scope="between").links
    }
    right = len(links & set(same))
    assert right / len(links) > 0.97
    assert right / len(same) > 0.95


def test_weights_are_learned_from_labelled_pairs():
    records, same = _invented(200)
    learned = learn_organisation_weights(records, same, between=True)
    links = resolve_organisations(records, scope="between", settings=learned).links
    assert len({(one.left_id, one.right_id) for one in links} & set(same)) / len(same) > 0.95
    assert all(
        0 < level.m <= 1 and 0 < level.u <= 1 for one in learned.comparisons for level in one.levels
    )


@pytest.mark.slow
def test_spark_gives_the_same_resolution(tmp_path: Path):
    spark_sql = pytest.importorskip("pyspark.sql", reason="wants the extra 'spark'")
    from shutil import which

    from splink.backends.spark import similarity_jar_location

    if not which("java"):
        pytest.skip("Spark wants Java")
    session = (
        spark_sql.SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.warehouse.dir", str(tmp_path))
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.default.parallelism", "1")
        .config("spark.jars", similarity_jar_location())
        .getOrCreate()
    )
    try:
        records = _records(*NAMES)
        assert resolve_organisations(records, connection=session) == resolve_organisations(records)
    finally:
        session.stop()


@pytest.mark.real_data
def test_traps_with_one_code_and_short_name_do_not_merge(real_data: Path):
    path = real_data / "org_aliases_cn" / "corrupt_code_traps.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    records = [
        OrganisationRecord(
            record_id=f"{place:03}",
            name=row["full_name"],
            other_names=(row["short_name_given"],),
            weak_codes={"stock": row["code"]},
        )
        for place, row in enumerate(rows)
    ]
    assert resolve_organisations(records).links == ()


@pytest.mark.real_data
def test_short_names_of_listed_companies_find_their_full_names(real_data: Path):
    path = real_data / "org_aliases_cn" / "short_full.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))[::4]
    records = [
        OrganisationRecord(record_id=f"{side}{place}", name=row[column], source=side)
        for place, row in enumerate(rows)
        for side, column in (("s", "short_name"), ("f", "full_name"))
    ]
    links = resolve_organisations(records, scope="between", one_to_one=True).links
    right = sum(one.left_id[1:] == one.right_id[1:] for one in links)
    assert 2 * right / (len(links) + len(rows)) > 0.96


def test_conditions_in_duckdb_and_splink_meet_the_same_levels() -> None:
    columns = {
        "province": ["33", "33", "32", None, "华北"],
        "prefecture": ["3302", "3302", None, None, None],
        "county": ["330203", "330281", None, None, None],
        "unified_code": ["A", "A", "B", None, None],
        "founded": ["2001-02-03", "2001-02-03", "2001-09-09", "1999-01-01", None],
        "branch": ["", "杭州分公司", "", "杭州分公司", None],
        "ordinals": ["", "第一", "第二", "第一", None],
    }
    left, right = (np.array(side) for side in zip(*combinations(range(5), 2), strict=True))

    in_place = weigh_attributes(columns, left, right, default_comparisons())
    with duckdb.connect() as connection:
        by_splink = weigh_attributes(columns, left, right, default_comparisons(), connection)

    assert in_place.comparisons == by_splink.comparisons
    assert in_place.levels.tolist() == by_splink.levels.tolist()
    assert in_place.bits.tolist() == by_splink.bits.tolist()
    assert set(in_place.levels[:, 0].tolist()) == {-1, 0, 1}


def test_a_province_outweighs_counties_of_its_name():
    found = resolve_organisations(
        [
            OrganisationRecord(
                record_id="a", name="河南屹澍制药股份有限公司", region_code="410000"
            ),
            OrganisationRecord(record_id="b", name="河南屹澍制药股份有限公司"),
        ]
    )

    [link] = found.links
    assert "same province" in {one.level for one in link.evidence}
