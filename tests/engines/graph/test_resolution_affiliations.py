import pytest

from silian.engines.graph import OrganisationRecord, resolve_affiliations, split_affiliations


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "中国科学院宁波材料技术与工程研究所, 浙江 宁波 315201",
            [("中国科学院宁波材料技术与工程研究所", "")],
        ),
        (
            "沈知远1，顾一2(1.屹澍大学地理科学学院,浙江 宁波315000；2.沐岚农业大学,青海 西宁810016)",
            [("屹澍大学", "地理科学学院"), ("沐岚农业大学", "")],
        ),
        ("屹澍大学农学院宁波 315000", [("屹澍大学", "农学院")]),
        (
            "沐岚工程职业学院，数字媒体学院，宁波 315000",
            [("沐岚工程职业学院", "数字媒体学院")],
        ),
        ("(屹澍信息产业（北京）有限公司,<email>)", [("屹澍信息产业有限公司(北京)", "")]),
        ("屹澍大学附属沐岚医院麻醉科,宁波", [("屹澍大学附属沐岚医院", "麻醉科")]),
        ("沈知远，顾一", []),
        ("", []),
    ],
)
def test_free_text_tells_organisations_and_departments(text, expected):
    found = [(one.organisation, one.department) for one in split_affiliations(text)]
    assert found == expected


def test_affiliations_come_to_known_organisations():
    known = [
        OrganisationRecord(
            record_id="org-1",
            name="中国科学院宁波材料技术与工程研究所",
            other_names=("宁波材料所",),
        ),
        OrganisationRecord(record_id="org-2", name="宁波大学"),
        OrganisationRecord(record_id="org-3", name="宁波工程学院"),
    ]
    texts = [
        "中国科学院宁波材料技术与工程研究所, 浙江 宁波 315201",
        "宁波大学材料学院，宁波 315211；宁波工程学院，宁波",
        "屹澍大学，杭州",
        "中科院宁波材料所磁材事业部",
    ]
    found = [
        [one.organisation_id for one in matches] for matches in resolve_affiliations(texts, known)
    ]
    assert found == [["org-1"], ["org-2", "org-3"], [""], ["org-1"]]


def test_no_text_and_no_organisations_are_fine():
    assert resolve_affiliations([], []) == []
    [[match]] = resolve_affiliations(["宁波大学"], [])
    assert match.organisation_id == ""
