"""The indicator systems that are in force on a day, ready to score."""

from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from silian.engines.scoring.values import IndicatorSystem
from silian.errors import EngineError
from silian.portal.industry.domain.city_answers import KeptAnswers

if TYPE_CHECKING:
    from silian.engines.scoring import CompiledSystem

_SUBJECT = "enterprise"


class SystemNotFound(EngineError, LookupError):
    """No indicator system of this id, or none in force on that day."""

    code = "indicator_system_not_found"

    def __init__(self, message_en: str, *, message_zh: str) -> None:
        super().__init__(message_en)
        self.message_zh = message_zh


@lru_cache(maxsize=64)
def systems_in_force(as_of: date, subject: str = _SUBJECT) -> tuple[IndicatorSystem, ...]:
    """One version of every indicator system for this kind of subject that counts on a day."""
    from silian.library.indicator_files import systems

    chosen: dict[str, IndicatorSystem] = {}
    for system in systems():
        ended = system.valid_until is not None and system.valid_until < as_of
        if system.subject != subject or system.valid_from > as_of or ended:
            continue
        other = chosen.get(system.system_id)
        if other is None or system.valid_from >= other.valid_from:
            chosen[system.system_id] = system
    return tuple(chosen[system_id] for system_id in sorted(chosen))


def find_system(system_id: str, as_of: date) -> IndicatorSystem:
    """The version of a system that counts on a day.

    Raises
    ------
    SystemNotFound
        If there is none.
    """
    found = next((s for s in systems_in_force(as_of) if s.system_id == system_id), None)
    if found is None:
        names = ", ".join(s.system_id for s in systems_in_force(as_of))
        raise SystemNotFound(
            f"system_id is {system_id!r}; in force on {as_of} are: {names}.",
            message_zh=f"没有编号为 {system_id} 的评价体系（{as_of} 有效的有：{names}）。",
        )
    return found


def compiled_system(system: IndicatorSystem, as_of: date) -> "CompiledSystem":
    """A system ready to score on a day; kept."""
    from silian.engines.scoring import compile_system
    from silian.library.facts import fact_schema

    found: CompiledSystem = _COMPILED.get(
        (system.system_id, system.version, as_of),
        lambda: compile_system(system, fact_schema(system.subject), as_of=as_of),
    )
    return found


_COMPILED = KeptAnswers(most=64)
