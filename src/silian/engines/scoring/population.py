"""The reference population of a system: what percentiles, ranks and derived weights are read off."""

from dataclasses import dataclass

from silian.engines.scoring.compiling import CompiledSystem
from silian.engines.scoring.errors import PopulationMismatch, PopulationMissing
from silian.engines.scoring.points import Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Population:
    """Everything that one subject's score needs to know of the others.

    Attributes
    ----------
    raw
        Raw values of each leaf, ascending, unknown ones left out.
    totals
        Totals in millionths of a point, ascending; empty where they are withheld.
    full_points
        Shape (n_stages, n_leaves) where weights are derived, else ``None``.
    """

    system_id: str
    version: str
    n_subjects: int
    raw: tuple[Floats, ...]
    totals: Floats
    full_points: Floats | None = None


def fitting_population(
    compiled: CompiledSystem, population: Population | None
) -> Population | None:
    """The population, if it is of this system.

    Raises
    ------
    PopulationMissing
        If the system needs one and there is none.
    PopulationMismatch
        If it was drawn for another system or version.
    """
    system = compiled.system
    if population is None:
        if compiled.needs_population:
            raise PopulationMissing(
                f"{system.system_id} {system.version} reads weights or percentiles off a "
                "population; pass score_subjects(...).population().",
                system_id=system.system_id,
            )
        return None
    if (population.system_id, population.version) != (system.system_id, system.version):
        raise PopulationMismatch(
            f"the population is of {population.system_id} {population.version}, the system is "
            f"{system.system_id} {system.version}; score the population with this system.",
            system_id=system.system_id,
            version=system.version,
        )
    return population
