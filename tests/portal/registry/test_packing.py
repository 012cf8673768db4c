"""Batches that travel between processes arrive as they left."""

import pickle
from collections import Counter
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from silian.portal.registry.domain.batches import CheckedBatch, check_batch
from silian.portal.registry.domain.packing import pack, unpack
from silian.portal.registry.domain.validation import Parts
from silian.portal.registry.interfaces.mapped_rows import MappedRow
from silian.tables.readers import SourceRow

ORGANISATIONS: list[dict[str, Any]] = [
    {"source_key": "E1", "name": "甬江磁材有限公司", "aliases": ["甬江", "甬磁"], "name_en": "Yong"},
    {"source_key": "E2", "name": "海曙电机厂", "established_on": "2001-02-03", "region_adcode": "330203"},
    {"source_key": "", "name": "无主键"},
    {"source_key": "E3", "name": "又一磁材厂", "registered_capital_cny": "1200.50", "former_names": []},
    {"source_key": "E4", "name": "末行磁材厂", "established_on": "", "region_adcode": "330206"},
]  # fmt: skip


def arrived(batch: CheckedBatch) -> CheckedBatch:
    return unpack(pickle.loads(pickle.dumps(pack(batch))))


def checked(kind: str, rows: list[dict[str, Any]]) -> CheckedBatch:
    source = [SourceRow(number, values) for number, values in enumerate(rows, 2)]
    return check_batch([MappedRow(kind, row.number, row.values) for row in source], source)


def as_told(batch: CheckedBatch) -> tuple[Any, ...]:
    return (
        batch.row_count,
        batch.rows_by_kind,
        batch.refused,
        batch.refused_counts,
        batch.remarks,
        batch.values_of(range(100)),
        batch.notes,
        batch.keys,
    )


def test_rows_of_several_shapes_arrive_in_their_order() -> None:
    batch = checked("organisation", ORGANISATIONS)
    batch.notes["heading_unknown:备注"] = 3

    found = arrived(batch)

    assert as_told(found) == as_told(batch)
    assert [row.source_key for row in found.rows_by_kind["organisation"]] == [
        "E1",
        "E2",
        "E3",
        "E4",
    ]
    assert found.rows_by_kind["organisation"][0].further_names == (
        ("甬江", "alias", "甬江"),
        ("甬磁", "alias", "甬磁"),
        ("yong", "english", "Yong"),
    )
    assert found.values_of([4]) == {4: ORGANISATIONS[2]}


@pytest.mark.parametrize(
    "values",
    [
        [Decimal("1200.50"), None, Decimal("1200.500")],
        [date(2001, 2, 3), None, date.max],
        [datetime(2001, 2, 3, 4, 5), date(2001, 2, 3), None],
        [Decimal(1), 1, 1.0],
        [True, 1, "\ud800"],
        [Parts(revenue_cny=5, listed=None), Parts(), None],
        [Parts(a=[1, "b"]), Parts(a=2.5), Parts(b=Decimal(2))],
        [["a"], [], [Decimal(2)]],
    ],
)
def test_values_keep_their_types(values: list[Any]) -> None:
    batch = checked("organisation", [ORGANISATIONS[0] | {"source_key": f"E{n}"} for n in range(3)])
    for row, value in zip(batch.rows_by_kind["organisation"], values, strict=True):
        row.fields["description"] = value
        batch.values[row.number]["简介"] = value  # type: ignore[index]

    found = arrived(batch)

    got = [row.fields["description"] for row in found.rows_by_kind["organisation"]]
    assert [(type(value), repr(value)) for value in got] == [
        (type(value), repr(value)) for value in values
    ]
    told = [row["简介"] for row in found.values_of([2, 3, 4]).values()]
    assert list(map(repr, told)) == list(map(repr, values))


def test_a_batch_that_was_saved_before_brings_its_keys() -> None:
    batch = CheckedBatch(row_count=2, keys=[("need", "N1"), ("need", "N2")], notes=Counter(x=1))
    assert as_told(arrived(batch)) == as_told(batch)
