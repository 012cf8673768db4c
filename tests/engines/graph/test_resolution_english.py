"""English names in texts are found as registers write them, or not at all."""

from silian.engines.graph import OrganisationRecord, resolve_affiliations
from silian.engines.graph.resolution_english import EnglishName, english_names, named_in_english

KNOWN = [
    OrganisationRecord(record_id="org-u", name="屹澍大学", other_names=("Yishu University",)),
    OrganisationRecord(
        record_id="org-c",
        name="宁波沐岚电子有限公司",
        other_names=("Ningbo Mulan Electronics Co., Ltd.", "MLE"),
    ),
    OrganisationRecord(
        record_id="org-g",
        name="宁波沐岚电子集团有限公司",
        other_names=("Ningbo Mulan Electronics Group Co., Ltd.",),
    ),
]


def found(text: str) -> list[EnglishName]:
    return list(named_in_english(text, english_names(KNOWN)))


def test_names_stand_between_commas_and_brackets_with_the_part_before_them() -> None:
    text = (
        "Q Shen1, Y Gu1,2 (1. School of Materials, Yishu University, Ningbo 315000, China; "
        "2. R&D Dept, NINGBO MULAN Electronics Co., Ltd, Ningbo)"
    )
    assert found(text) == [
        EnglishName(
            text="Yishu University", department="School of Materials", record_ids=("org-u",)
        ),
        EnglishName(
            text="NINGBO MULAN Electronics Co., Ltd", department="R&D Dept", record_ids=("org-c",)
        ),
    ]


def test_a_part_of_a_name_an_initialism_and_a_longer_name_are_none() -> None:
    assert found("Hospital of Yishu University, MLE, Mulan Electronics Co., Ltd.") == []
    [group] = found("Ningbo Mulan Electronics Group Co., Ltd.")
    assert group.record_ids == ("org-g",)


def test_a_name_of_two_records_is_for_review() -> None:
    twin = OrganisationRecord(record_id="org-v", name="逸树大学", other_names=("Yishu University",))
    [[match]] = resolve_affiliations(["A Li (Yishu University, China)"], [*KNOWN, twin])
    assert (match.organisation_id, match.state, match.probability) == ("org-u", "review", 0.5)


def test_both_languages_of_a_text_are_read() -> None:
    [matches] = resolve_affiliations(["沈知远（屹澍大学材料学院）; Yishu University"], KNOWN)
    assert [(one.organisation_id, one.affiliation.department) for one in matches] == [
        ("org-u", "材料学院"),
        ("org-u", ""),
    ]
    assert {one.state for one in matches} == {"linked"}
    assert resolve_affiliations(["Nobody Known Institute, China"], KNOWN) == [()]


def test_a_name_that_may_be_a_part_of_another_house_is_for_review() -> None:
    parts = [
        OrganisationRecord(
            record_id="org-p", name="某物理所", other_names=("Institute of Physics",)
        ),
        OrganisationRecord(record_id="org-m", name="某医学院", other_names=("Medical College",)),
        OrganisationRecord(
            record_id="org-n",
            name="宁波材料所",
            other_names=("Ningbo Institute of Materials Technology",),
        ),
    ]
    texts = [
        "J Kowalski (Institute of Physics, Jagiellonian University, Krakow, Poland)",
        "Li (Medical College, Yishu University, China)",
        "Ningbo Institute of Materials Technology, Jagiellonian University",
        "Ningbo Institute of Materials Technology, Chinese Academy of Sciences, Ningbo",
        "Yishu University, Institute of Magnets, Ningbo",
    ]
    assert [
        [(one.organisation_id, one.state, one.probability) for one in matches]
        for matches in resolve_affiliations(texts, [*KNOWN, *parts])
    ] == [
        [("org-p", "review", 0.5)],
        [("org-m", "review", 0.5), ("org-u", "linked", 1.0)],
        [("org-n", "review", 0.5)],
        [("org-n", "linked", 1.0)],
        [("org-u", "linked", 1.0)],
    ]
