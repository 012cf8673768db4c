"""Counts what the library holds: ``python -m silian.library.overview``."""

from collections import Counter
from collections.abc import Iterator

from silian.engines.rules.values import Policy
from silian.engines.scoring.compiling import walk_indicators
from silian.library.facts import SUBJECTS, codes, facts
from silian.library.indicator_files import systems
from silian.library.loading import read_library_yaml
from silian.library.policy_files import policies, stacking_groups
from silian.sources import Source


def figures(policy: Policy) -> Iterator[Source]:
    """The source of every figure of a policy."""
    for parameter in policy.parameters:
        for value in parameter.values:
            yield value.source


def sample_city_prefix() -> str:
    """First four digits of the regions of the sample city, whose policies are invented."""
    code: str = read_library_yaml("vocabulary/names.yaml")["city"]["code"]
    return code[:4]


def rows() -> list[tuple[str, int]]:
    """What is counted, and how many there are."""
    invented = sample_city_prefix()
    every = [one for one in policies() if not one.region_code.startswith(invented)]
    kinds = Counter(policy.kind for policy in every)
    sources = [source for policy in every for source in figures(policy)]
    conditions = [condition.source for policy in every for condition in policy.conditions]
    indicators = [
        (system, indicator) for system in systems() for _, indicator in walk_indicators(system.root)
    ]
    lists = ("titles", "platforms", "awards", "zones")
    return [
        *((f"facts of {subject}", len(facts(subject))) for subject in SUBJECTS),
        *((f"codes of {name}", len(codes(name))) for name in lists),
        ("policies", len({policy.policy_id for policy in every})),
        ("policy versions", len(every)),
        *((f"policy versions of kind {kind}", n) for kind, n in sorted(kinds.items())),
        ("conditions", len(conditions)),
        ("conditions verified", sum(source.verified for source in conditions)),
        ("figures", len(sources)),
        ("figures verified", sum(source.verified for source in sources)),
        ("policies of the sample city (invented)", len(policies()) - len(every)),
        ("stacking groups, the sample city's with them", len(stacking_groups())),
        ("indicator systems", len({system.system_id for system in systems()})),
        ("indicator system versions", len(systems())),
        ("indicators", len(indicators)),
        ("indicators of official systems", sum(system.official for system, _ in indicators)),
        (
            "indicators of official systems verified",
            sum(system.official and one.source.verified for system, one in indicators),
        ),
    ]


if __name__ == "__main__":
    for name, count in rows():
        print(f"{count:5d}  {name}")
