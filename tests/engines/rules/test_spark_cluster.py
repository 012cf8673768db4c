"""The same policies give identical answers on a Spark cluster and on DuckDB."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from policy_examples import (
    AS_OF,
    SCHEMA,
    SUBSIDY,
    TITLE,
    condition,
    facts_table,
)
from spark_cluster import running_cluster, why_absent

from silian.engines.rules import Evaluation, compile_policies, evaluate
from silian.tables.sessions import DuckDBSession, QueryFailed, SparkSession

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(why_absent()), reason=why_absent())]

# Every construct of the language, with the places where the engines differ from each other.
EVERYTHING = [
    "revenue_cny / research_expense_cny > 20",
    "revenue_cny / 0 > 1",
    "research_expense_cny / (revenue_cny - revenue_cny) IS NULL",
    "revenue_cny + research_expense_cny * 2 - 3 > 1000000 AND employee_count > 5",
    "0.1 + 0.2 = 0.3",
    "revenue_cny * 0.1 >= 4999999.99 * 0.1",
    "employee_count * 10 >= research_staff_count",
    "employee_count = 500 OR employee_count <> research_staff_count",
    "-employee_count < -20.5",
    "NOT abnormal_listing",
    "abnormal_listing = TRUE OR revenue_cny > 1",
    "region_code IN ('330203', 'C38')",
    "region_code NOT IN ('330203', '')",
    "employee_count IN (1, 2.5, 500)",
    "region_code LIKE '33%3'",
    "region_code LIKE '_30%' OR region_code LIKE '制造%'",
    "region_code NOT LIKE '50%'",
    "region_code = 'it''s'",
    "region_code < 'b' AND region_code >= ''",
    "starts_with(region_code, '33')",
    "contains(region_code, '造')",
    "has(titles, 'little_giant')",
    "titles IS NULL",
    "revenue_cny BETWEEN 100000 AND research_expense_cny",
    "established_on BETWEEN DATE '2010-02-28' AND as_of",
    "established_on NOT BETWEEN DATE '2010-02-28' AND DATE '2024-02-29'",
    "years_between(established_on, as_of) >= 3",
    "years_between(established_on, DATE '2024-02-29') = 4",
    "years_between(DATE '2020-02-29', established_on) < 1",
    "add_years(established_on, 5) = DATE '2025-03-01'",
    "as_of <= add_years(established_on, 1)",
    "add_years(established_on, -1) < DATE '2019-02-28'",
    "add_years(DATE '9999-01-01', 1) IS NULL",
    "research_expense_cny / revenue_cny >= 0.05",
    "revenue_cny / research_expense_cny * 7 > revenue_cny / 3",
    "year(established_on) >= 2015",
    "least(revenue_cny, research_expense_cny, 5000000) = 5000000",
    "greatest(employee_count, research_staff_count) > 800",
    "coalesce(revenue_cny, research_expense_cny, 0) > 1000000",
    "abs(research_expense_cny - research_expense_cny_last_year) < 1000000",
    "round(revenue_cny / 7, 2) * 7 > revenue_cny",
    "round(revenue_cny, -3) > revenue_cny",
    "round(employee_count / 2) * 2 > employee_count",
    "round(-employee_count / 2) * 2 < -employee_count",
    "floor(revenue_cny / 1000) * 1000 = revenue_cny",
    "ceil(revenue_cny / 7) > floor(revenue_cny / 7)",
    "floor(revenue_cny / 1e-20) > ceil(research_expense_cny / 1e-20)",
    "round(revenue_cny * 1e300 * 1e300) > floor(research_expense_cny)",
    "CASE WHEN revenue_cny > 1000000 THEN employee_count ELSE 0.5 END > 20",
    "CASE WHEN abnormal_listing THEN 'a' WHEN revenue_cny > 1 THEN 'b' ELSE region_code END = 'b'",
]
LANGUAGE = replace(
    TITLE,
    policy_id="language",
    conditions=tuple(condition(f"c{n}", text) for n, text in enumerate(EVERYTHING)),
)
COMPILED = compile_policies([SUBSIDY, TITLE, LANGUAGE], SCHEMA, as_of=AS_OF)


def seeded_rows(count: int) -> list[dict[str, Any]]:
    dice = random.Random(20260301)
    days = [date(2020, 2, 29), date(2021, 2, 28), date(2010, 2, 28), date(2023, 1, 1)]
    texts = ["", "330203", "C38", "it's", "制造业", "50%", "5000"]

    def money() -> float:
        fixed = [0.0, -0.0, 5e6, 4_999_999.99, 1e8, 7.0, 0.105, 1e12 / 3]
        return dice.choice([*fixed, dice.uniform(-1e6, 1e8), round(dice.uniform(0, 1e7), 2)])

    def row() -> dict[str, Any]:
        values = {
            "revenue_cny": money(),
            "research_expense_cny": money(),
            "research_expense_cny_last_year": money(),
            "employee_count": dice.choice([0, 1, 3, 500, dice.randrange(2000)]),
            "research_staff_count": dice.randrange(1000),
            "established_on": dice.choice([*days, days[0] + timedelta(dice.randrange(2000))]),
            "region_code": dice.choice(texts),
            "abnormal_listing": dice.random() < 0.3,
            "titles": dice.choice(["", ";little_giant;", ";high_tech_enterprise;little_giant;"]),
        }
        return {name: None if dice.random() < 0.15 else value for name, value in values.items()}

    return [row() for _ in range(count)]


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    folder = tmp_path_factory.mktemp("spark")
    settings = {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": "1g",
        "spark.executor.memory": "512m",
        "spark.executor.cores": "1",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
    }
    with running_cluster(folder) as url, SparkSession(url, settings=settings) as session:
        yield session


def ordered(evaluation: Evaluation) -> list[dict[str, Any]]:
    return evaluation.wide.sort_by("subject_id").to_pylist()


def test_policies_answer_alike_on_the_cluster_and_on_duckdb(spark: SparkSession, tmp_path: Path):
    table = facts_table(seeded_rows(3000))
    # In more row groups than workers, so that both have work.
    pq.write_table(table, tmp_path / "facts.parquet", row_group_size=500)
    spark.register("facts", tmp_path / "facts.parquet")
    with DuckDBSession(threads=1) as duckdb:
        duckdb.register("facts", table)
        here = evaluate(COMPILED, duckdb, "facts")
        there = evaluate(COMPILED, spark, "facts")

        executors = spark.native.sparkContext._jsc.sc().getExecutorMemoryStatus().size()
        assert executors == 3  # the driver and the two workers
        assert ordered(there) == ordered(here)
        assert there.counts() == here.counts()
        assert there.missing("research_subsidy", limit=50) == here.missing(
            "research_subsidy", limit=50
        )
        assert {one.entitled > 0 for one in here.counts()[:2]} == {True}


def test_arrow_tables_and_refused_queries_behave_as_on_duckdb(spark: SparkSession):
    spark.register("few", facts_table(seeded_rows(5)))

    assert spark.column_types("few")["employee_count"] == "bigint"
    assert spark.query("SELECT count(*) AS n FROM few").to_pylist() == [{"n": 5}]
    with pytest.raises(QueryFailed, match="nowhere"):
        spark.query("SELECT * FROM nowhere")
