from datetime import date

import pytest
from small_graphs import graph_of

from silian.engines.graph import find_conflicts, standard_conflict_rules, unanswered
from silian.engines.graph.snapshot_errors import UnknownNode

RULES = standard_conflict_rules(
    colleague_years=3, coauthor_years=5, project_years=3, funder_years=2
)
ON = date(2026, 6, 1)
NODES = [
    ("zhang", "person"),
    ("li", "person"),
    ("wife", "person"),
    ("uni", "organisation"),
    ("firm", "organisation"),
    ("paper", "publication"),
    ("project-1", "project"),
    ("project-2", "project"),
    ("fund", "organisation"),
]


def _found(tmp_path, edges, on=ON):
    graph = graph_of(tmp_path, NODES, edges)
    found = find_conflicts(graph, "zhang", "li", rules=RULES, on=on)
    back = find_conflicts(graph, "li", "zhang", rules=RULES, on=on)
    assert [one.code for one in back] == [one.code for one in found]
    return [(one.code, one.certain) for one in found]


def _posts(zhang, li):
    return [
        ("zhang", "uni", "works_at", 1.0, *zhang),
        ("li", "uni", "works_at", 1.0, *li),
    ]


@pytest.mark.parametrize(
    ("zhang", "li", "wanted"),
    [
        ((date(2015, 1, 1), None), (date(2020, 1, 1), None), [("colleagues", True)]),
        (
            (date(2015, 1, 1), date(2024, 1, 1)),
            (date(2020, 1, 1), None),
            [("colleagues", True)],
        ),
        ((date(2015, 1, 1), date(2019, 1, 1)), (date(2020, 1, 1), None), []),  # never together
        ((date(2010, 1, 1), date(2021, 1, 1)), (date(2009, 1, 1), None), []),  # too long ago
        ((None, None), (date(2020, 1, 1), None), [("colleagues", False)]),
        ((None, date(2019, 1, 1)), (date(2020, 1, 1), None), []),
        ((date(2027, 1, 1), None), (date(2020, 1, 1), None), []),  # not yet
    ],
)
def test_colleagues_are_those_of_one_time(tmp_path, zhang, li, wanted):
    assert _found(tmp_path, _posts(zhang, li)) == wanted


@pytest.mark.parametrize(
    ("day", "wanted"),
    [
        (date(2022, 1, 1), [("coauthors", True)]),
        (date(2021, 5, 1), []),
        (date(2026, 7, 1), []),
        (None, [("coauthors", False)]),
    ],
)
def test_papers_count_for_some_years_and_an_unknown_day_clears_nobody(tmp_path, day, wanted):
    edges = [(who, "paper", "writes", 1.0, day) for who in ("zhang", "li")]
    assert _found(tmp_path, edges) == wanted


def test_one_funder_of_two_projects_is_found(tmp_path):
    days = (date(2025, 1, 1), date(2025, 12, 31))
    edges = [
        ("zhang", "project-1", "leads", 1.0, *days),
        ("li", "project-2", "takes_part_in", 1.0, *days),
        ("fund", "project-1", "funds", 1.0, *days),
        ("fund", "project-2", "funds", 1.0, *days),
    ]
    assert _found(tmp_path, edges) == [("funder", True)]
    assert _found(tmp_path, edges, on=date(2029, 1, 1)) == []


def test_the_firm_of_a_relative_is_ones_own(tmp_path):
    edges = [
        ("wife", "zhang", "relative_of"),
        ("wife", "firm", "owns"),
        ("li", "firm", "invests"),
    ]
    assert _found(tmp_path, edges) == [("family_firm", True)]


def test_direct_ties_count_in_either_direction(tmp_path):
    assert _found(tmp_path, [("li", "zhang", "guides")]) == [("guidance", True)]
    assert _found(tmp_path, [("zhang", "li", "relative_of")]) == [("relatives", True)]


def test_every_conflict_shows_its_edges(tmp_path):
    edges = _posts((date(2015, 1, 1), None), (date(2020, 1, 1), date(2025, 1, 1)))
    graph = graph_of(tmp_path, NODES, edges)
    (found,) = find_conflicts(graph, "zhang", "li", rules=RULES, on=ON)
    assert found.meeting.node_id == "uni"
    assert [edge.source_id for edge in (*found.first, *found.second)] == ["zhang", "li"]
    assert found.last_day == date(2025, 1, 1)
    assert (found.label_zh, found.label_en) == ("同期同事", "colleagues")


def test_strangers_have_none_and_unknown_people_are_refused(tmp_path):
    assert _found(tmp_path, []) == []
    graph = graph_of(tmp_path, NODES, [])
    with pytest.raises(UnknownNode):
        find_conflicts(graph, "zhang", "wang", rules=RULES, on=ON)


def test_a_fund_for_everybody_ties_nobody_and_what_nothing_tells_is_told(tmp_path):
    edges = [
        ("zhang", "project-1", "leads", 1.0, date(2024, 1, 1), None),
        ("li", "project-2", "leads", 1.0, date(2024, 1, 1), None),
        ("fund", "project-1", "funds", 1.0, date(2024, 1, 1), None),
        ("fund", "project-2", "funds", 1.0, date(2024, 1, 1), None),
    ]
    graph = graph_of(tmp_path, NODES, edges)
    years = {"colleague_years": 3, "coauthor_years": 5, "project_years": 3, "funder_years": 2}
    for most, wanted in ((None, ["funder"]), (2, ["funder"]), (1, [])):
        rules = standard_conflict_rules(**years, funder_most_ties=most)
        found = find_conflicts(graph, "zhang", "li", rules=rules, on=ON)
        assert [one.code for one in found] == wanted
    assert [one.code for one in unanswered(graph, RULES)] == [
        "relatives",
        "guidance",
        "colleagues",
        "coauthors",
        "coinventors",
        "family_firm",
    ]
