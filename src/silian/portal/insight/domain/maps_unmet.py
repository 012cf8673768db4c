"""Open needs that nobody on offer can meet, found by matching each of them in the background.

What is kept is the best level of each need and the day. A need that was stated since is not
judged until the next run.
"""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from django.conf import settings
from django.utils import timezone

from silian.portal.accounts.domain.access import ANONYMOUS_VIEWER, require
from silian.portal.exchange.domain.service import SUPPLY_KINDS, best_for_need
from silian.portal.insight.domain.maps_areas import ALL
from silian.portal.insight.domain.maps_counts import (
    MEASURES,
    MapCounts,
    field_bits,
    map_counts,
    map_fields,
    public_rows,
)
from silian.portal.work_locks import hold, is_held

if TYPE_CHECKING:
    from silian.portal.accounts.domain.access import Viewer
    from silian.portal.industry.models import Need

Progress = Callable[[int, int], None]
#: From this level on, a supply bears on the need (``docs/design/ranking.md``: 3 related).
MET_LEVEL = 3.0
_LOOKED_AT = 10
_LOCK = "map-unmet-needs"


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedNeeds:
    """How well the open needs could be met on a day.

    ``levels`` holds the best level by a need's public id, 0 where nothing was found.
    """

    made_at: datetime
    levels: Mapping[str, float]

    @property
    def day(self) -> date:
        """The day on which they were matched."""
        return timezone.localdate(self.made_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmetNeed:
    """An open need without supply; ``level`` is the best that was found, 0 for nothing."""

    need_id: str
    title: str
    organisation: str
    area: str
    field_codes: tuple[str, ...]
    published_on: date | None
    level: float


def matched_needs() -> MatchedNeeds | None:
    """What the last run found; ``None`` before the first."""
    path = _path()
    try:
        return _read(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return None


def is_running() -> bool:
    """Whether the needs are being matched at this moment."""
    return is_held(_LOCK)


def match_open_needs(progress: Progress | None = None) -> MatchedNeeds:
    """Match every open public need with all public supply and keep the best level of each.

    Raises
    ------
    silian.portal.work_locks.WorkTaken
        If another process is at it.
    silian.errors.EngineError
        If there is no index.
    """
    report = progress or (lambda done, total: None)
    with hold(_LOCK):
        needs = list(public_rows(MEASURES["needs"]).select_related("organisation", "region"))
        levels = {}
        for number, need in enumerate(needs, 1):
            levels[need.public_id] = _best_level(need)
            report(number, len(needs))
        made = MatchedNeeds(made_at=timezone.now(), levels=levels)
        _write(made)
    return made


def start_matching(viewer: "Viewer") -> None:
    """Leave the matching to a background worker."""
    from django_q.tasks import async_task

    require(viewer, "map.run")
    async_task("silian.portal.insight.domain.maps_unmet.match_open_needs")


def unmet_by_area(counts: MapCounts, *, field: str = "", until: int | None = None) -> Any:
    """Number of needs without supply for every area; ``None`` before the first run."""
    found = matched_needs()
    if found is None:
        return None
    leaf, fields, year = _unmet_columns(counts.stamp, found.made_at)
    kept = np.ones(len(leaf), dtype=bool)
    if field:
        kept &= (fields >> map_fields().index(field)) & 1 == 1
    if until is not None:
        kept &= (year > 0) & (year <= until)
    leaves = np.bincount(leaf[kept], minlength=len(counts.tree.leaves))
    return counts.tree.groups.as_numbers @ leaves


def unmet_needs(code: str = ALL, *, field: str = "", limit: int | None = None) -> list[UnmetNeed]:
    """Needs without supply in an area, the worst first; each is a public record."""
    found = matched_needs()
    if found is None:
        return []
    counts = map_counts()
    inside = counts.tree.groups.member[counts.tree.places[code]]
    needs = [
        need
        for need in _unmet_rows(found)
        if inside[counts.tree.leaf_of(need.region.adcode if need.region else None)]
        and (not field or field_bits(need.field_codes) >> map_fields().index(field) & 1)
    ]
    needs.sort(key=lambda need: (found.levels[need.public_id], need.public_id))
    return [_unmet(need, found.levels[need.public_id]) for need in needs[:limit]]


def _unmet(need: "Need", level: float) -> UnmetNeed:
    tree = map_counts().tree
    place = tree.places.get(need.region.adcode, 0) if need.region else 0
    return UnmetNeed(
        need_id=need.public_id,
        title=need.title,
        organisation=need.organisation.name if need.organisation else "",
        area=tree.areas[place].label if place else "",
        field_codes=tuple(need.field_codes),
        published_on=need.published_on,
        level=level,
    )


def _best_level(need: "Need") -> float:
    result = best_for_need(
        need, viewer=ANONYMOUS_VIEWER, kinds=tuple(SUPPLY_KINDS), limit=_LOOKED_AT
    )
    return round(max((hit.level for hit in result.hits), default=0.0), 3)


def _unmet_rows(found: MatchedNeeds) -> Any:
    """Needs that are still open and public, of those that nothing met."""
    unmet = {need_id for need_id, level in found.levels.items() if level < MET_LEVEL}
    rows = public_rows(MEASURES["needs"]).select_related("organisation", "region")
    return (need for need in rows if need.public_id in unmet)


@lru_cache(maxsize=2)
def _unmet_columns(stamp: str, made_at: datetime) -> Any:
    found = matched_needs()
    rows = [] if found is None else list(_unmet_rows(found))
    tree = map_counts().tree
    packed = [
        (
            tree.leaf_of(need.region.adcode if need.region else None),
            field_bits(need.field_codes),
            need.published_on.year if need.published_on else 0,
        )
        for need in rows
    ]
    return np.array(packed, dtype=np.int64).reshape(-1, 3).T


def _path() -> Path:
    return Path(settings.SILIAN_HOME) / "maps" / "needs.json"


@lru_cache(maxsize=2)
def _read(path: Path, changed_ns: int) -> MatchedNeeds:
    kept = json.loads(path.read_text(encoding="utf-8"))
    return MatchedNeeds(made_at=datetime.fromisoformat(kept["made_at"]), levels=kept["levels"])


def _write(made: MatchedNeeds) -> None:
    path = _path()
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"made_at": made.made_at.isoformat(), "levels": dict(made.levels)})
    fresh = path.with_suffix(".new")
    fresh.write_text(text, encoding="utf-8")
    os.replace(fresh, path)
