"""Where placements lie on disk, and from which state of the records they were made."""

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings

from silian.portal.insight.domain.chain_placing import Agreement, Learned, Placement
from silian.portal.registry.domain.kept_files import read_table, write_table, write_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

_ROWS, _PARTS, _NAMES, _STATE = "placements.parquet", "parts.parquet", "names.parquet", "state.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacingState:
    """What placements were made of.

    Attributes
    ----------
    placed_at
        When all records were placed anew.
    read_at, recent
        Up to when records were read, and marks of those that changed shortly before.
    nodes
        Mark of the nodes; where their names are other ones, all is placed anew.
    rules
        Fingerprint of the library's rules.
    learned
        What was learned over all records, kept until all are placed anew.
    n_changed
        Records placed again since then.
    """

    placed_at: datetime
    read_at: datetime
    nodes: str
    rules: str
    learned: Learned
    recent: dict[str, str] = field(default_factory=dict)
    n_changed: int = 0


def rows_path() -> Path:
    """File of the placements."""
    return _folder() / _ROWS


def read_rows() -> "pa.Table | None":
    """Derived placements; ``None`` before the first time."""
    return read_table(_folder() / _ROWS)


def all_files_stand() -> bool:
    """Whether every table of the placements is there; who reads a damaged one takes it away."""
    return all((_folder() / name).exists() for name in (_ROWS, _PARTS, _NAMES))


def read_parts() -> "pa.Table | None":
    """Who took part in which placed work: person_id, work_id."""
    return read_table(_folder() / _PARTS)


def read_names() -> "pa.Table | None":
    """Names of nodes as they are looked for: spelling, node_id, name."""
    return read_table(_folder() / _NAMES)


def write_rows(table: "pa.Table") -> None:
    """Keep placements, in an order that follows from them alone."""
    write_table(_folder() / _ROWS, in_order(table))


def write_parts(table: "pa.Table") -> None:
    write_table(_folder() / _PARTS, table)


def write_names(table: "pa.Table") -> None:
    write_table(_folder() / _NAMES, table)


def read_state() -> PlacingState | None:
    """What the placements were made of; ``None`` where that isn't known."""
    try:
        raw: dict[str, Any] = json.loads((_folder() / _STATE).read_text("utf-8"))
        learned = raw.pop("learned")
        agreements = tuple(Agreement(**one) for one in learned.pop("agreements"))
        days = {name: datetime.fromisoformat(raw.pop(name)) for name in ("placed_at", "read_at")}
        general = frozenset(learned.pop("general"))
        kept = Learned(agreements=agreements, general=general, **learned)
        return PlacingState(**raw, **days, learned=kept)
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return None


def write_state(state: PlacingState) -> None:
    """Keep what the placements were made of; written last, so that nothing is passed over."""
    raw = asdict(state)
    raw["learned"]["general"] = sorted(state.learned.general)
    write_text(_folder() / _STATE, json.dumps(raw, default=str))


def table_of(found: "Iterable[Placement]") -> "pa.Table":
    """Placements as a table."""
    import pyarrow as pa

    held = list(found)
    schema = pa.schema(
        {
            "subject_id": pa.string(),
            "node_id": pa.string(),
            "kind": pa.string(),
            "confidence": pa.float64(),
            "reason": pa.string(),
            "origin": pa.string(),
            "evidence": pa.string(),
            "audience": pa.string(),
            "revenue_share": pa.float64(),
        }
    )
    return pa.table(
        {name: [getattr(one, name) for one in held] for name in schema.names}, schema=schema
    )


def in_order(table: "pa.Table") -> "pa.Table":
    """The same rows by record and node, of which each pair stands there once."""
    return table.sort_by([("subject_id", "ascending"), ("node_id", "ascending")])


def _folder() -> Path:
    return Path(settings.SILIAN_HOME) / "graph" / "placements"
