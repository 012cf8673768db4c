"""Ground truth: how well a supply meets a need, by the latent structure alone.

Level 4: the same object, and a technique that solves the same problem, ready and affordable.
Level 3: a close sibling with the same problem solved, or the same object with a technique that
would solve it; or a level 4 that is not ready, too dear or falls short of the target.
Level 2: the same trade: the right words with the wrong problem are here.
Level 1: unrelated.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from silian.sample.dice import Dice
from silian.sample.frame import Competence, Frame, NeedFrame, WorkFrame

# The highest level that a supply of a kind can have for a need of a kind: an instrument alone
# does not solve a technical problem, an expert is no measuring service, and an organisation is
# where to ask, not an answer.
CEILINGS = {
    "technology": {"facility": 3, "service_agency": 3, "organisation": 3},
    "facility": {
        "achievement": 2,
        "person": 2,
        "patent": 2,
        "project": 2,
        "platform": 3,
        "organisation": 2,
    },
    "service": {
        "achievement": 2,
        "person": 2,
        "patent": 2,
        "project": 2,
        "platform": 2,
        "facility": 2,
        "organisation": 2,
    },
    "talent": {
        "achievement": 3,
        "patent": 3,
        "project": 3,
        "platform": 3,
        "facility": 2,
        "organisation": 2,
    },
}
SERVICE_BY_NEED_KIND = {
    "technology": "technology_transfer",
    "facility": "testing",
    "talent": "talent",
}
QUALITY_SLACK = 0.2
READINESS_SLACK = 2
PRICE_SLACK = 2.0
# How many of each kind are graded for a need: solving ones, near misses, same trade, unrelated.
GRADED_KINDS = {
    "achievement": (14, 11, 5, 5),
    "person": (10, 5, 3, 4),
    "facility": (8, 0, 3, 3),
    "service_agency": (6, 0, 2, 2),
    "patent": (5, 4, 2, 2),
    "project": (4, 3, 2, 2),
    "platform": (4, 0, 2, 2),
    "organisation": (4, 4, 2, 2),
}
# So many supplies near a need are enough to find some that fit.
NEAR_GRADED = 120
KEY_PREFIXES = {  # An organisation's key tells its own kind: see its frame.
    "achievement": "ACH",
    "person": "PER",
    "facility": "FAC",
    "service_agency": "AGY",
    "platform": "PLA",
    "patent": "PAT",
    "project": "PRJ",
    "need": "NED",
}


class Relevance(NamedTuple):
    """One graded pair."""

    need_key: str
    supply_kind: str
    supply_key: str
    level: int


class Grader:
    """Grades any need against any supply of a frame.

    Parameters
    ----------
    frame
        The latent structure.
    """

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.supplies: dict[str, list[Any]] = {
            "achievement": frame.achievements,
            "person": frame.persons,
            "facility": frame.facilities,
            "service_agency": frame.agencies,
            "platform": frame.platforms,
            "patent": frame.patents,
            "project": frame.projects,
            "organisation": frame.organisations,
        }
        self._organisation_numbers = {
            organisation.key: number for number, organisation in enumerate(frame.organisations)
        }
        self._solved_by = self._competences_of_organisations()
        self._kept_pools: dict[str, dict[tuple[int, int], list[int]]] = {}

    def level(self, need: int, kind: str, supply: int) -> int:
        """Level 1 to 4 of the supply with number ``supply`` of a kind for a need."""
        wanted, offered = self.frame.needs[need], self.supplies[kind][supply]
        if kind == "service_agency":
            level = self._agency(wanted, offered)
        elif wanted.industry != offered.industry:
            return 1
        elif kind == "facility":
            level = self._facility(wanted, offered)
        elif kind == "organisation":
            # Same trade: 2. More only where its own works meet the object and the problem.
            level = max((self._competence(wanted, c) for c in self._solved_by[supply]), default=2)
        elif kind in {"person", "platform"}:
            level = max(self._competence(wanted, c) for c in offered.competences)
        else:
            level = self._work(wanted, offered, kind)
        return min(level, CEILINGS[wanted.kind].get(kind, 4))

    def _competence(self, need: NeedFrame, offered: Competence) -> int:
        trade = self.frame.trades[need.industry]
        same_thing = offered.thing == need.thing
        same_problem = offered.problem == need.problem
        if same_thing and same_problem:
            return 4
        if same_thing and offered.technique in trade.problems[need.problem].techniques:
            return 3
        same_family = trade.families[offered.thing] == trade.families[need.thing]
        return 3 if same_family and same_problem else 2

    def _work(self, need: NeedFrame, offered: WorkFrame, kind: str) -> int:
        level = self._competence(need, offered.competence)
        if level < 4 or kind != "achievement":
            return level
        short = offered.quality < need.target_quality - QUALITY_SLACK
        raw = need.readiness is not None and offered.readiness < need.readiness - READINESS_SLACK
        dear = bool(
            need.budget_cny
            and offered.price_cny
            and offered.price_cny > PRICE_SLACK * need.budget_cny
        )
        return 3 if short or raw or dear else 4

    def _facility(self, need: NeedFrame, offered: Any) -> int:
        trade = self.frame.trades[need.industry]
        problem = trade.problems[need.problem]
        if offered.instrument >= 0:
            fits = problem.test in trade.instruments[offered.instrument].methods
        else:
            fits = offered.technique in problem.techniques
        if not fits:
            return 2
        return 4 if offered.family == trade.families[need.thing] else 3

    def _agency(self, need: NeedFrame, offered: Any) -> int:
        wanted = need.service or SERVICE_BY_NEED_KIND[need.kind]
        serves = need.industry in offered.industries
        if wanted in offered.kinds:
            return 4 if serves else (2 if offered.industries else 3)
        return 2 if serves else 1

    def graded(self, seed: int, need_count: int) -> Iterator[Relevance]:
        """Graded pairs of the first needs: all sorts of levels, near misses among them."""
        dice = Dice(seed, "relevance")
        pools = {kind: self._pools(kind) for kind in GRADED_KINDS}
        echoes = self._echoes()
        for number in range(need_count):
            need = self.frame.needs[number]
            for kind, quotas in GRADED_KINDS.items():
                near = self._near(need, kind, pools[kind])
                chosen = self._chosen(number, kind, near, quotas, dice)
                if kind == "achievement":
                    chosen |= self._echoing(need, echoes, dice)
                for supply in sorted(chosen):
                    yield Relevance(
                        f"NED-{number + 1:06d}",
                        kind,
                        self.key(kind, supply),
                        self.level(number, kind, supply),
                    )

    def near_by_level(self, need: int, kind: str) -> dict[int, list[int]]:
        """Numbers by level of the supplies of a kind that lie near a need: by trade and family.

        Parameters
        ----------
        need
            Number of the need, from 0.
        kind
            achievement, patent, project, person, facility or service_agency.

        In a large city, every n-th of them are graded: about ``NEAR_GRADED``.
        """
        if kind not in self._kept_pools:
            self._kept_pools[kind] = self._pools(kind)
        levels: dict[int, list[int]] = defaultdict(list)
        near = self._near(self.frame.needs[need], kind, self._kept_pools[kind])
        step = max(1, len(near) // NEAR_GRADED)
        for supply in near[need % step :: step]:
            levels[self.level(need, kind, supply)].append(supply)
        return levels

    def number(self, kind: str, key: str) -> int:
        """Number, from 0, of the supply with a source key."""
        if kind == "organisation":
            return self._organisation_numbers[key]
        return int(key.rpartition("-")[2]) - 1

    def key(self, kind: str, supply: int) -> str:
        """Source key of the supply with a number."""
        if kind == "organisation":
            return self.frame.organisations[supply].key
        return f"{KEY_PREFIXES[kind]}-{supply + 1:06d}"

    def _competences_of_organisations(self) -> dict[int, set[Competence]]:
        """What the works of each organisation show that it can do."""
        shown: dict[int, set[Competence]] = defaultdict(set)
        for works in (self.frame.achievements, self.frame.patents, self.frame.projects):
            for work in works:
                owner = self.frame.organisations[work.organisation]
                if work.industry == owner.industry:
                    shown[work.organisation].add(work.competence)
        return shown

    def _pools(self, kind: str) -> dict[tuple[int, int], list[int]]:
        """Supplies by industry and family (-1: any family), agencies all under one key."""
        pools: dict[tuple[int, int], list[int]] = defaultdict(list)
        for number, offered in enumerate(self.supplies[kind]):
            if kind == "service_agency":
                pools[-1, -1].append(number)
                continue
            families = self.frame.trades[offered.industry].families
            pools[offered.industry, -1].append(number)
            if kind == "facility":
                touched: Iterable[int] = {offered.family}
            elif kind in {"person", "platform"}:
                touched = {families[c.thing] for c in offered.competences}
            elif kind == "organisation":
                things = {c.thing for c in self._solved_by[number]} | set(offered.products)
                touched = {families[thing] for thing in things}
            else:
                touched = {families[offered.competence.thing]}
            for family in touched:
                pools[offered.industry, family].append(number)
        return pools

    def _near(
        self, need: NeedFrame, kind: str, pools: dict[tuple[int, int], list[int]]
    ) -> list[int]:
        family = self.frame.trades[need.industry].families[need.thing]
        if kind == "service_agency":
            return pools[-1, -1]
        return pools[need.industry, -1 if kind == "facility" else family]

    def _chosen(
        self, need: int, kind: str, near: list[int], quotas: tuple[int, int, int, int], dice: Dice
    ) -> set[int]:
        solving_quota, miss_quota, trade_quota, unrelated_quota = quotas
        levels: dict[int, list[int]] = defaultdict(list)
        for supply in near:
            levels[self.level(need, kind, supply)].append(supply)
        chosen = dice.several(levels[4], solving_quota - solving_quota // 3)
        chosen += dice.several(levels[3], solving_quota - len(chosen))
        # Near misses first: the very same product with another problem shares the most words.
        wanted = self.frame.needs[need].thing
        misses = [n for n in levels[2] if self._touches(kind, n, wanted)]
        others = [n for n in levels[2] if not self._touches(kind, n, wanted)]
        chosen += dice.several(misses, miss_quota)
        chosen += dice.several(others, trade_quota)
        everything = range(len(self.supplies[kind]))
        chosen += [dice.pick(everything) for _ in range(unrelated_quota + trade_quota)]
        return set(chosen)

    def _touches(self, kind: str, supply: int, thing: int) -> bool:
        """Whether a supply of the need's own trade is about the object."""
        offered = self.supplies[kind][supply]
        if kind == "service_agency":
            return False
        if kind in {"person", "platform"}:
            return any(c.thing == thing for c in offered.competences)
        if kind == "organisation":
            return thing in offered.products
        return bool((offered.thing if kind == "facility" else offered.competence.thing) == thing)

    def _echoes(self) -> dict[str, list[tuple[int, int]]]:
        """Names of techniques, and which achievements of which trade bear them."""
        found: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for number, work in enumerate(self.frame.achievements):
            trade = self.frame.trades[work.industry]
            for name in trade.techniques[work.competence.technique]:
                found[name].append((work.industry, number))
        return found

    def _echoing(
        self, need: NeedFrame, echoes: dict[str, list[tuple[int, int]]], dice: Dice
    ) -> set[int]:
        """Achievements of other trades whose technique has the very same name: a trap."""
        trade = self.frame.trades[need.industry]
        techniques = trade.problems[need.problem].techniques
        found: list[int] = []
        for technique in techniques:
            for name in trade.techniques[technique]:
                bearing = echoes.get(name, ())
                found += [number for industry, number in bearing if industry != need.industry]
        return set(dice.several(found, 2))
