"""SILIAN_TABLES: the city's questions give the same answers on Spark as on DuckDB."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from spark_cluster import why_absent

from silian.portal.industry.domain import facts
from silian.portal.industry.domain.city_lists import entitled_list, near_misses, policy_counts
from silian.portal.industry.domain.facts_coverage import coverage
from silian.portal.industry.domain.ladder import ladder, next_candidates
from silian.portal.industry.domain.peers import PeerTable, peer_table
from silian.portal.industry.models import EnterpriseYear
from silian.portal.registry.models import Organisation
from silian.tables.sessions import SparkSession, UnknownSession

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)
POLICY = "technology_sme"


@pytest.fixture
def spark() -> Iterator[None]:
    """Spark's application of this process, ended afterwards."""
    yield
    SparkSession().close()


def _answers() -> dict[str, Any]:
    counts = policy_counts(as_of=DAY)
    entitled, near = entitled_list(POLICY, as_of=DAY), near_misses(POLICY, as_of=DAY)
    return {
        "counts": counts,
        "entitled": (entitled.rows, entitled.total_cny, entitled.unknown_count),
        "near": (near.rows, near.counts_by_condition),
        "coverage": coverage(),
        "ladder": ladder(year=2025),
        "candidates": next_candidates("technology_sme", as_of=DAY, year=2025),
        "peers": _figures(peer_table(2025, "")),
        "rows": _rows(),
    }


def _figures(peers: PeerTable) -> dict[str, str]:
    return {name: repr(column.tolist()) for name, column in peers.columns.items()}


def _rows() -> list[dict[str, Any]]:
    session = facts.facts_session()
    try:
        return session.query("SELECT * FROM facts ORDER BY subject_id, year").to_pylist()
    finally:
        session.close()


@pytest.mark.slow
@pytest.mark.skipif(bool(why_absent()), reason=why_absent())
def test_spark_gives_the_answers_of_duckdb(
    firms: list[Organisation], settings: Any, spark: None
) -> None:
    facts.rebuild()
    EnterpriseYear.objects.filter(organisation=firms[3], year=2025).first().save()  # type: ignore[union-attr]
    here = _answers()
    peer_table.cache_clear()
    settings.TABLES = "spark"
    assert _answers() == here


def test_an_address_that_names_no_tables_is_refused(
    firms: list[Organisation], settings: Any
) -> None:
    settings.TABLES = "postgresql://somewhere"
    with pytest.raises(UnknownSession, match="SILIAN_TABLES is 'postgresql"):
        facts.facts_session()
