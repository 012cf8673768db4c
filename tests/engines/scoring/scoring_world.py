"""A small schema, facts in a session, and short ways to write systems."""

from datetime import date

import pyarrow as pa

from silian.engines.scoring import (
    Band,
    Branch,
    Indicator,
    IndicatorSystem,
    Normalisation,
    Weighting,
    compile_system,
)
from silian.sources import Source
from silian.tables.clauses import FactColumn, FactSchema
from silian.tables.sessions import DuckDBSession

DAY = date(2026, 3, 1)
READ = Source(title="办法", issuer="厅", verified=True)
UNREAD = Source(title="转载", verified=False)
FACTS = ("a", "b", "c", "d", "e")
SCHEMA = FactSchema(
    (
        *(FactColumn(name=name, type="number") for name in FACTS),
        FactColumn(name="staff_count", type="integer"),
        FactColumn(name="research_staff_count", type="integer"),
        FactColumn(name="listed", type="boolean"),
        FactColumn(name="titles", type="codes"),
        FactColumn(name="founded_on", type="date"),
        FactColumn(name="industry", type="text"),
        FactColumn(name="size", type="text"),
    )
)
ARROW_TYPES = {
    "number": pa.float64(),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
    "codes": pa.string(),
    "text": pa.string(),
    "date": pa.date32(),
}
GIVEN = Normalisation(method="given")
TRUTH = Normalisation(method="boolean")


class MemorySession(DuckDBSession):
    """Rows as the relation ``facts`` of a session in memory."""

    _database = DuckDBSession(threads=1)  # opened once: relations belong to each cursor

    def __init__(self, rows, *, year=None):
        self._connection = self._database.connection.cursor()
        columns = {"subject_id": pa.array([f"s{n:06d}" for n in range(len(rows))], pa.string())}
        if year is not None:
            columns["year"] = pa.array([row.get("year", year) for row in rows], pa.int64())
        for column in SCHEMA:
            columns[column.name] = pa.array(
                [row.get(column.name) for row in rows], ARROW_TYPES[column.type]
            )
        self.facts = pa.table(columns)
        self.register("facts", self.facts)


def bands(*pairs):
    return Normalisation(
        method="bands", bands=tuple(Band(at_least=bound, points=points) for bound, points in pairs)
    )


def leaf(indicator_id, expression, full_score=10.0, normalisation=GIVEN, **rest):
    scores = full_score if isinstance(full_score, dict | None) else {"": full_score}
    return Indicator(
        **{
            "indicator_id": indicator_id,
            "label_zh": indicator_id,
            "label_en": indicator_id,
            "expression": expression,
            "unit": "",
            "direction": "more",
            "normalisation": normalisation,
            "source": READ,
            "full_score": scores,
            **rest,
        }
    )


def branch(branch_id, *children, **rest):
    return Branch(
        branch_id=branch_id, label_zh=branch_id, label_en=branch_id, children=children, **rest
    )


def system(*children, **rest):
    return IndicatorSystem(
        **{
            "system_id": "trial",
            "label_zh": "试",
            "label_en": "trial",
            "version": "1",
            "subject": "enterprise",
            "official": False,
            "valid_from": date(2026, 1, 1),
            "source": READ,
            "root": branch("root", *children),
            "weighting": Weighting(method="given"),
            **rest,
        }
    )


def compiled(*children, **rest):
    return compile_system(system(*children, **rest), SCHEMA, as_of=DAY)
