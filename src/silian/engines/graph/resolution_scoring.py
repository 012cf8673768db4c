"""Weighs attributes of candidate pairs: Splink's levels, in DuckDB here, in Spark by Splink.

Exactly the pairs that blocking found are scored. The names themselves are weighed by
``resolution_alignment``; both weights add up.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import pyarrow as pa
import yaml

from silian.engines.graph.resolution_backend import Connection, splink_api
from silian.engines.graph.resolution_conditions import PairedColumns, UnknownCondition
from silian.engines.graph.resolution_keys import Ints
from silian.engines.graph.resolution_table import Floats

_COLUMN = re.compile(r"\b([a-z_]+)_[lr]\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One outcome of a comparison: its condition, and how often it is seen."""

    label: str
    sql: str
    m: float
    u: float

    @property
    def weight_bits(self) -> float:
        """log2(m / u)."""
        return float(np.log2(self.m / self.u))


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Levels in the order in which they are tried; without the columns it says nothing."""

    name: str
    label_zh: str
    columns: tuple[str, ...]
    levels: tuple[Level, ...]

    @property
    def asked(self) -> tuple[str, ...]:
        """Every column that a condition names."""
        text = " ".join([*(f"{one}_l" for one in self.columns), *(one.sql for one in self.levels)])
        return tuple(dict.fromkeys(_COLUMN.findall(text)))

    @property
    def unknown(self) -> str:
        """Condition under which the comparison says nothing."""
        return " OR ".join(f"{one}_l IS NULL OR {one}_r IS NULL" for one in self.columns)

    def case(self) -> str:
        """Number of the first level that holds, -1 where the comparison says nothing, as SQL."""
        whens = [
            f"ELSE {place}" if one.sql == "ELSE" else f"WHEN {one.sql} THEN {place}"
            for place, one in enumerate(self.levels)
        ]
        return f"CASE WHEN {self.unknown} THEN -1 {' '.join(whens)} END"

    def settings(self) -> dict[str, Any]:
        """The comparison as Splink reads it."""
        null = {"sql_condition": self.unknown, "label_for_charts": "unknown", "is_null_level": True}
        return {
            "output_column_name": self.name,
            "comparison_levels": [
                null,
                *(
                    {
                        "sql_condition": one.sql,
                        "label_for_charts": one.label,
                        "m_probability": one.m,
                        "u_probability": one.u,
                    }
                    for one in self.levels
                ),
            ],
        }


@dataclass(frozen=True, slots=True)
class AttributeWeights:
    """Weight of every pair by comparison, and which level it met (-1: unknown)."""

    comparisons: tuple[Comparison, ...]
    bits: Floats
    levels: Ints


@cache
def default_comparisons() -> tuple[Comparison, ...]:
    """The comparisons that come with silian (``library/names/organisation_weights.yaml``)."""
    place = resources.files("silian.library").joinpath("names", "organisation_weights.yaml")
    return read_comparisons(place.read_text("utf-8"))


def read_comparisons(text: str) -> tuple[Comparison, ...]:
    """Comparisons from their YAML text."""
    return tuple(
        Comparison(
            name=row["name"],
            label_zh=row["label_zh"],
            columns=tuple(row["columns"]),
            levels=tuple(Level(**level) for level in row["levels"]),
        )
        for row in yaml.safe_load(text)["comparisons"]
    )


def splink_settings(comparisons: Sequence[Comparison]) -> dict[str, Any]:
    """Settings for any of Splink's backends; the pairs come from blocking and are registered."""
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "unique_id",
        "comparisons": [one.settings() for one in comparisons],
        "blocking_rules_to_generate_predictions": ["l.unique_id = r.unique_id"],
        "probability_two_random_records_match": 0.5,  # the prior is added outside
        "retain_intermediate_calculation_columns": False,
        "retain_matching_columns": True,  # with them come the levels
    }


def weigh_attributes(
    attributes: Mapping[str, Sequence[str | None]],
    left: Ints,
    right: Ints,
    comparisons: Sequence[Comparison],
    connection: Connection | None = None,
) -> AttributeWeights:
    """Weigh the pairs by every comparison whose columns hold anything.

    Parameters
    ----------
    attributes
        Columns of equal length, a value or None a record.
    left, right
        Positions of the records of each pair.
    connection
        DuckDB connection or Spark session that Splink scores in; it stays open. By default the
        conditions of the levels are put to DuckDB in memory as they are: the same answers without
        the quarter of a second that Splink takes to prepare its queries.
    """
    used = tuple(
        one for one in comparisons if all(any(attributes.get(name, ())) for name in one.columns)
    )
    if not used or not len(left):
        empty = np.zeros((len(left), len(used)), np.float32)
        return AttributeWeights(used, empty, np.full(empty.shape, -1, np.int64))
    if connection is None:
        levels = _levels_in_place(attributes, left, right, used)
    else:
        levels = _levels_by_splink(attributes, left, right, used, connection)
    n_levels = np.array([len(one.levels) for one in used])
    levels = np.where(levels >= n_levels, -1, levels)
    bits = np.zeros(levels.shape, np.float32)
    for place, one in enumerate(used):
        worth = np.array([*(level.weight_bits for level in one.levels), 0.0], np.float32)
        bits[:, place] = worth[levels[:, place]]
    return AttributeWeights(used, bits, levels)


def _levels_in_place(
    attributes: Mapping[str, Sequence[str | None]],
    left: Ints,
    right: Ints,
    comparisons: Sequence[Comparison],
) -> Ints:
    """First level that holds of each pair, -1 where a column is unknown."""
    columns = PairedColumns(attributes, left, right)
    try:
        return np.stack(
            [
                columns.level(one.unknown, [level.sql for level in one.levels])
                for one in comparisons
            ],
            axis=1,
        )
    except UnknownCondition:
        return _levels_in_duckdb(attributes, left, right, comparisons)


def _levels_in_duckdb(
    attributes: Mapping[str, Sequence[str | None]],
    left: Ints,
    right: Ints,
    comparisons: Sequence[Comparison],
) -> Ints:
    import duckdb

    names = tuple(dict.fromkeys(name for one in comparisons for name in one.asked))
    records = pa.table({name: pa.array(attributes[name], pa.string()) for name in names})
    cases = ", ".join(f"{one.case()} AS {one.name}" for one in comparisons)
    levels = np.empty((len(left), len(comparisons)), np.int64)
    with duckdb.connect(config={"threads": 1}) as connection:
        for start in range(0, len(left), _PAIRS_A_QUERY):
            places = np.arange(start, min(len(left), start + _PAIRS_A_QUERY))
            sides = {"l": records.take(pa.array(left[places]))}
            sides["r"] = records.take(pa.array(right[places]))
            columns = {
                f"{name}_{side}": held[name] for side, held in sides.items() for name in names
            }
            connection.register("pairs", pa.table({**columns, "place": places}))
            found = connection.sql(f"SELECT place, {cases} FROM pairs").to_arrow_table()
            rows = found["place"].to_numpy()
            for number, one in enumerate(comparisons):
                levels[rows, number] = found[one.name].to_numpy()
    return levels


#: Bounds the memory of one query.
_PAIRS_A_QUERY = 200_000


def _levels_by_splink(
    attributes: Mapping[str, Sequence[str | None]],
    left: Ints,
    right: Ints,
    comparisons: Sequence[Comparison],
    connection: Connection,
) -> Ints:
    table = _predict(attributes, left, right, comparisons, connection)
    order = np.argsort(table["match_key"].to_numpy().astype(np.int64))
    # Splink counts levels from the last (0) upwards, unknown is -1.
    return np.stack(
        [
            len(one.levels) - 1 - table[f"gamma_{one.name}"].to_numpy()[order].astype(np.int64)
            for one in comparisons
        ],
        axis=1,
    )


def _predict(
    attributes: Mapping[str, Sequence[str | None]],
    left: Ints,
    right: Ints,
    comparisons: Sequence[Comparison],
    connection: Connection,
) -> pa.Table:
    from splink import Linker

    with splink_api(connection) as api:
        records = pa.table(
            {
                "unique_id": np.arange(len(next(iter(attributes.values())))),
                **{name: pa.array(values, pa.string()) for name, values in attributes.items()},
            }
        )
        linker = Linker(
            api.register(records, dataset_display_name="organisations_to_resolve"),
            splink_settings(comparisons),
            log_level=None,
            validate_settings=False,
        )
        # The key of a pair is its position, so that results come back in our order.
        pairs = pa.table(
            {
                "join_key_l": left,
                "join_key_r": right,
                "match_key": pa.array(np.arange(len(left))).cast(pa.string()),
            }
        )
        linker.table_management.register_blocked_pairs_for_predict(
            api.register(pairs, dataset_display_name="pairs_to_resolve")
        )
        found = linker.inference.predict(warning_mode="never")
        table: pa.Table = found.as_pyarrow_table()  # type: ignore[no-untyped-call]
        return table
