"""Worked scores of the library's systems, and the derived systems over a small population."""

from contextlib import closing
from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from silian.engines.scoring import compile_system, score_subjects
from silian.library.cases import cases_path
from silian.library.facts import fact_schema
from silian.library.indicator_cases import load_score_cases
from silian.library.indicator_files import system_paths, systems
from silian.tables.sessions import DuckDBSession

CASES = [
    pytest.param(case, id=f"{path.stem}-{number}")
    for path in system_paths()
    if cases_path(path).exists()
    for number, case in enumerate(load_score_cases(cases_path(path)), 1)
]


@pytest.mark.parametrize("case", CASES)
def test_the_engine_adds_up_the_worked_score(case):
    assert case.differences(systems()) == (), case.expected.name_zh


def scored(system_id, version, as_of, n_subjects=60, only_told=""):
    """Score invented enterprises; every third fact of some of them is missing."""
    system = next(one for one in systems() if (one.system_id, one.version) == (system_id, version))
    compiled = compile_system(system, fact_schema(), as_of=as_of)
    generator = np.random.default_rng(11)
    columns = {"subject_id": pa.array([f"org-{number}" for number in range(n_subjects)])}
    for column in compiled.facts:
        values = generator.lognormal(3.0, 1.0, n_subjects)
        known = generator.random(n_subjects) > 0.05
        if only_told:  # the last one tells one excellent figure and nothing else
            known[-1] = column.name == only_told
            values[-1] = 1e6
        if column.type == "integer":
            values = values.astype(np.int64)
        columns[column.name] = pa.array(values, mask=~known)
    with closing(DuckDBSession()) as session:
        session.register("facts", pa.table(columns))
        return system, score_subjects(compiled, session, "facts")


@pytest.mark.parametrize("system_id", ["innovation_points_reference", "innovation_points_entropy"])
def test_the_unofficial_points_rank_everybody_by_weights_from_the_population(system_id):
    system, table = scored(system_id, "1", date(2025, 6, 30))
    answers = table.arrow()
    totals = answers.column("total").drop_null().to_pylist()
    assert not system.official
    assert all(0 <= total <= 100 for total in totals)
    assert len(set(totals)) == len(totals) > 50
    assert set(answers.column("withheld").to_pylist()) <= {"", "too_little_known"}


@pytest.mark.parametrize("system_id", ["innovation_points_reference", "innovation_points_entropy"])
def test_who_tells_one_good_figure_and_no_other_is_not_ranked(system_id):
    _, table = scored(system_id, "1", date(2025, 6, 30), only_told="research_expense_cny")
    (last,) = (row for row in table.arrow().to_pylist() if row["subject_id"] == "org-59")
    assert (last["total"], last["rank"]) == (None, None)
    assert last["withheld"] == "too_little_known"


def test_the_official_points_show_ranks_by_single_indicators_but_no_total():
    system, table = scored("innovation_points", "2024", date(2025, 1, 31))
    assert system.official
    assert table.arrow().column("total").null_count == 60
    assert set(table.arrow().column("withheld").to_pylist()) == {"weights_unknown"}
