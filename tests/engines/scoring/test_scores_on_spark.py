"""Spark answers the raw values; the scores are those of DuckDB to the last bit."""

import pytest
from scoring_systems import SYSTEMS, seeded_rows
from scoring_world import MemorySession

from silian.engines.scoring import score_subjects
from silian.tables.sessions import SparkAbsent, SparkSession


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # pyspark's own
def test_scores_on_spark_equal_those_on_duckdb():
    rows = seeded_rows(200)
    for place, row in enumerate(rows):
        row["abcde"[place % 5]] = None
        row["abcde"[(place + 1) % 5]] = float("nan") if place % 11 == 0 else 0.5
        if place % 7 == 0:
            row["staff_count"] = row["listed"] = row["titles"] = None
    memory = MemorySession(rows)
    try:
        spark = SparkSession()
    except SparkAbsent as absent:
        pytest.skip(str(absent))
    with spark:
        spark.register("facts", memory.facts)
        for system in SYSTEMS.values():
            expected = score_subjects(system, memory, "facts", keep=("industry",)).arrow()
            assert score_subjects(system, spark, "facts", keep=("industry",)).arrow() == expected
