"""Open needs that nobody on offer can meet, found by matching each of them in the background.

What is kept is the best level of each need and the day. A need that was stated since is not
judged until the next run.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from django.conf import settings
from django.utils import timezone

from silian.portal.accounts.domain.access import ANONYMOUS_VIEWER, require
from silian.portal.exchange.domain.service import SUPPLY_KINDS, best_for_needs
from silian.portal.insight.domain.maps_areas import ALL
from silian.portal.insight.domain.maps_counts import MEASURES, MapCounts, map_counts, public_rows
from silian.portal.insight.domain.maps_fields import field_bits, map_fields
from silian.portal.registry.domain.kept_files import write_text
from silian.portal.work_locks import hold, is_held

if TYPE_CHECKING:
    from silian.portal.accounts.domain.access import Viewer

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
    """An open need without supply; ``level`` is the best that was found, 0 for nothing.

    ``leaf`` is where the map counts it.
    """

    need_id: str
    title: str
    organisation: str
    area_code: str
    leaf: int
    field_codes: tuple[str, ...]
    published_on: date | None
    level: float

    @property
    def area(self) -> str:
        """Name of its area in the reader's language."""
        tree = map_counts().tree
        return tree.areas[tree.places[self.area_code]].label if self.area_code else ""

    def is_of(self, field: str) -> bool:
        """Whether it names a top field; an empty one is any."""
        return not field or bool(field_bits(self.field_codes) >> map_fields().index(field) & 1)


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
    with hold(_LOCK):
        needs = list(public_rows(MEASURES["needs"]).select_related("organisation", "region"))
        results = best_for_needs(
            needs,
            viewer=ANONYMOUS_VIEWER,
            kinds=tuple(SUPPLY_KINDS),
            limit=_LOOKED_AT,
            progress=progress,
        )
        levels = {
            need.public_id: round(max((hit.level for hit in result.hits), default=0.0), 3)
            for need, result in zip(needs, results, strict=True)
        }
        made = MatchedNeeds(made_at=timezone.now(), levels=levels)
        _write(made)
    return made


def start_matching(viewer: "Viewer") -> None:
    """Leave the matching to a background worker."""
    from django_q.tasks import async_task

    require(viewer, "map.run")
    async_task("silian.portal.insight.domain.maps_unmet.match_open_needs")


def unmet_by_area(
    counts: MapCounts,
    found: MatchedNeeds,
    places: Sequence[int],
    *,
    field: str = "",
    until: int | None = None,
) -> list[int]:
    """Number of needs without supply of each of some areas."""
    leaves = [
        need.leaf
        for need in _unmet(counts.stamp, found.made_at)
        if need.is_of(field)
        and (until is None or (need.published_on and need.published_on.year <= until))
    ]
    n_leaves = len(counts.tree.leaves)
    by_leaf = np.bincount(np.array(leaves, dtype=np.int64), minlength=n_leaves)
    return (counts.tree.groups.member[list(places)] @ by_leaf).tolist()


def unmet_needs(code: str = ALL, *, field: str = "") -> list[UnmetNeed]:
    """Needs without supply in an area, the worst first; each is a public record."""
    found = matched_needs()
    if found is None:
        return []
    counts = map_counts()
    inside = counts.tree.groups.member[counts.tree.places[code]]
    needs = _unmet(counts.stamp, found.made_at)
    return [need for need in needs if inside[need.leaf] and need.is_of(field)]


@lru_cache(maxsize=2)
def _unmet(stamp: str, made_at: datetime) -> tuple[UnmetNeed, ...]:
    """Those that nothing met and that are still open and public, the worst first."""
    found, tree = matched_needs(), map_counts().tree
    levels = {} if found is None else found.levels
    rows = public_rows(MEASURES["needs"]).values_list(
        "public_id",
        "title",
        "organisation__name",
        "region__adcode",
        "field_codes",
        "published_on",
    )
    needs = [
        UnmetNeed(
            need_id=need_id,
            title=title,
            organisation=organisation or "",
            area_code=adcode if adcode in tree.places else ALL,
            leaf=tree.leaf_of(adcode),
            field_codes=tuple(codes),
            published_on=day,
            level=levels[need_id],
        )
        for need_id, title, organisation, adcode, codes, day in rows
        if levels.get(need_id, MET_LEVEL) < MET_LEVEL
    ]
    return tuple(sorted(needs, key=lambda need: (need.level, need.need_id)))


def _path() -> Path:
    return Path(settings.SILIAN_HOME) / "maps" / "needs.json"


@lru_cache(maxsize=2)
def _read(path: Path, changed_ns: int) -> MatchedNeeds:
    kept = json.loads(path.read_text(encoding="utf-8"))
    return MatchedNeeds(made_at=datetime.fromisoformat(kept["made_at"]), levels=kept["levels"])


def _write(made: MatchedNeeds) -> None:
    text = json.dumps({"made_at": made.made_at.isoformat(), "levels": dict(made.levels)})
    write_text(_path(), text)
