"""Who is who is scored where the settings say, with the same answers."""

from pathlib import Path
from shutil import which
from typing import Any

import pytest

from silian.portal.registry.domain.identity_runs import run_resolution
from silian.portal.registry.domain.identity_tables import scoring_connection
from silian.portal.registry.models import (
    IdentityLink,
    IdentityRun,
    Organisation,
    Person,
    Register,
)
from silian.tables.sessions import SparkSession, UnknownSession


@pytest.fixture
def registers(settings: Any, tmp_path: Path, db: None) -> None:
    """Two registers that list a university, a company and a professor, each in its own way."""
    settings.SILIAN_HOME = tmp_path
    names = (
        ("屹澍大学", "宁波屹澍磁性材料有限公司"),
        ("屹澍大學", "宁波市屹澍磁性材料股份有限公司"),
    )
    for number, (university, company) in enumerate(names):
        register = Register.objects.create(code=f"r{number}", name=f"登记{number}")
        place = Organisation.objects.create(register=register, source_key="u", name=university)
        Organisation.objects.create(register=register, source_key="c", name=company)
        Person.objects.create(
            register=register,
            source_key="p",
            name="沈知远",
            organisation=place,
            orcid="0000-0002-1825-0097",
        )


def found() -> list[tuple[Any, ...]]:
    for kind in ("organisation", "person"):
        run_resolution(kind)
    rows = IdentityLink.objects.order_by("subject_kind", "left_id", "right_id")
    return list(rows.values_list("subject_kind", "left_id", "state", "reason", "probability"))


def test_a_setting_that_names_no_tables_fails_the_run_and_says_so(
    registers: None, settings: Any
) -> None:
    settings.TABLES = "oracle"
    with pytest.raises(UnknownSession, match="oracle"):
        run_resolution("organisation")
    run = IdentityRun.objects.get()
    assert run.state == "failed"
    assert "expected duckdb, spark" in run.error_message


def test_duckdb_is_let_go_of_after_a_run(registers: None) -> None:
    with scoring_connection() as connection:
        assert connection.sql("SELECT 1").fetchall() == [(1,)]
    with pytest.raises(Exception, match="closed"):
        connection.sql("SELECT 1")


@pytest.mark.slow
def test_spark_links_what_duckdb_links(registers: None, settings: Any) -> None:
    pytest.importorskip("pyspark", reason="wants the extra 'spark'")
    if not which("java"):
        pytest.skip("Spark wants Java")
    in_duckdb = found()
    assert [row[2] for row in in_duckdb].count("linked") == 3
    IdentityRun.objects.all().delete()  # and the links with them
    settings.TABLES = "spark"
    try:
        assert found() == in_duckdb
    finally:
        SparkSession().close()
