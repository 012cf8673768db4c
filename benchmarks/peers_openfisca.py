"""OpenFisca on the same numeric conditions.

Runs under another interpreter (``SILIAN_BENCH_OPENFISCA_PYTHON``) and imports nothing of ours:
``benchmarks.rules_speed`` writes the conditions and facts to a folder first. Each condition is a
variable with a vectorised formula, as OpenFisca's guide writes them. Prints its figures as JSON on
the last line and leaves the answers in ``openfisca.npy``.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from openfisca_core import periods
from openfisca_core.entities import build_entity
from openfisca_core.simulation_builder import SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

_YEAR = periods.DateUnit.YEAR
_COMPARE = {">=": np.greater_equal, ">": np.greater, "<=": np.less_equal, "<": np.less}
_REPETITIONS = 3


def main(folder: Path) -> None:
    """Build the system, set the facts, calculate every condition."""
    trees = json.loads((folder / "conditions.json").read_text("utf-8"))
    facts = np.load(folder / "facts.npz")
    person = build_entity(key="enterprise", plural="enterprises", label="", is_person=True)
    system = TaxBenefitSystem([person])
    for name in facts.files:
        system.add_variable(_variable(name, person, float))
    for number, tree in enumerate(trees):
        system.add_variable(_variable(f"condition_{number}", person, bool, tree))
    row_count = len(facts[facts.files[0]])
    seconds = []  # wall, CPU
    for _ in range(_REPETITIONS):
        simulation = SimulationBuilder().build_default_simulation(system, row_count)
        for name in facts.files:
            simulation.set_input(name, "2024", facts[name])
        started, started_cpu = time.perf_counter(), time.process_time()
        answers = [
            simulation.calculate(f"condition_{number}", "2024") for number in range(len(trees))
        ]
        taken = time.perf_counter() - started, time.process_time() - started_cpu
        seconds.append(taken)
    np.save(folder / "openfisca.npy", np.stack(answers))
    wall, cpu = sorted(seconds)[len(seconds) // 2]
    print(json.dumps({"seconds": wall, "cpu_seconds": cpu}))


def _variable(name: str, entity: Any, type_: type, tree: Any = None) -> type[Variable]:
    members = {
        "value_type": type_,
        "entity": entity,
        "definition_period": _YEAR,
        "label": name,
    }
    if tree is not None:
        members["formula"] = lambda subjects, period: _calculate(tree, subjects, period)
    return type(name, (Variable,), members)


def _calculate(tree: Any, subjects: Any, period: Any) -> Any:
    if not isinstance(tree, list):
        return tree
    operator, *rest = tree
    if operator == "fact":
        return subjects(rest[0], period)
    parts = [_calculate(part, subjects, period) for part in rest]
    if operator in _COMPARE:
        return _COMPARE[operator](*parts)
    if operator == "case":
        first, one, second, two, other = parts
        return np.select([first, second], [one, two], other)
    if operator == "between":
        value, low, high = parts
        return (value >= low) * (value <= high)
    return {
        "and": lambda one, two: one * two,
        "or": lambda one, two: one + two,
        "+": lambda one, two: one + two,
        "-": lambda one, two: one - two,
        "/": lambda one, two: one / two,
    }[operator](*parts)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
