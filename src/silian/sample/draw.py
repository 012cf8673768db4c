"""Draws the latent structure of a city, step by step."""

from collections import defaultdict
from collections.abc import Sequence

from silian.sample.dice import Dice
from silian.sample.frame import (
    AgencyFrame,
    Competence,
    FacilityFrame,
    Frame,
    NeedFrame,
    OrganisationFrame,
    PersonFrame,
    PlatformFrame,
    WorkFrame,
)
from silian.sample.size import CitySize
from silian.sample.vocabulary import Industry, industries, names

GAP_EVERY = 33  # one need in 33 can be met by nobody
UNCLEAR_PROBABILITY = 0.18
MEDICAL_INDUSTRIES = frozenset({"biomedicine", "medical_devices"})
NEED_KINDS = (("technology", 0.70), ("facility", 0.82), ("service", 0.90), ("talent", 1.0))
PLATFORM_KINDS = (
    "key_laboratory",
    "engineering_centre",
    "technology_centre",
    "new_rd_institute",
    "public_service_platform",
    "incubator",
)
PRICES_CNY = tuple(10_000 * n for n in (5, 8, 10, 15, 20, 30, 50, 80, 100, 150, 200, 300))
SMALL_BUDGETS_CNY = tuple(10_000 * n for n in (1, 2, 3, 5, 8, 10, 15, 20, 30))
BUDGETS_CNY = tuple(10_000 * n for n in (10, 20, 30, 50, 80, 100, 150, 200, 300, 500, 800))


class _Drawer:
    """Draws the frame step by step; each step has a stream of its own."""

    def __init__(self, size: CitySize, seed: int) -> None:
        self.size, self.seed = size, seed
        self.frame = Frame(trades=industries())
        # What can be done with each object; the same few thousand values serve every record.
        self.open: dict[tuple[int, int], list[Competence]] = {}
        self.by_kind: dict[str, list[int]] = defaultdict(list)
        self.institutes: dict[int, list[int]] = defaultdict(list)
        self.colleagues: dict[tuple[int, int], list[int]] = defaultdict(list)
        self.homes = self._homes()

    def _homes(self) -> list[list[int]]:
        """Districts whose profile names each industry."""
        districts = names()["districts"]
        return [
            [d for d, row in enumerate(districts) if trade.code in row["industries"]]
            for trade in self.frame.trades
        ]

    def build(self) -> Frame:
        self._organisations()
        self._gaps()
        self._persons()
        self._works()
        self._platforms()
        self._facilities()
        self._agencies()
        self._needs()
        return self.frame

    # organisations

    def _district(self, industry: int, dice: Dice) -> int:
        homes = self.homes[industry]
        if homes and dice.chance(0.62):
            return dice.pick(homes)
        return dice.below(len(names()["districts"]))

    def _products(self, trade: Industry, dice: Dice) -> tuple[int, ...]:
        first = dice.early(range(len(trade.objects)))
        products = [first]
        for sibling in trade.members(trade.families[first]):
            if sibling != first and dice.chance(0.3):
                products.append(sibling)
        if dice.chance(0.15):
            other = dice.below(len(trade.objects))
            if other not in products:
                products.append(other)
        return tuple(products[:4])

    def _add_organisation(self, kind: str, dice: Dice, industry: int) -> None:
        frame = self.frame
        makes = kind == "enterprise"
        staff = int(8 + 600 * dice.unit() ** 4) if makes else int(20 + 900 * dice.unit() ** 2)
        self.by_kind[kind].append(len(frame.organisations))
        frame.organisations.append(
            OrganisationFrame(
                kind=kind,
                number=len(self.by_kind[kind]),
                industry=industry,
                products=self._products(frame.trades[industry], dice) if makes else (),
                district=self._district(industry, dice),
                staff_count=staff,
            )
        )

    def _organisations(self) -> None:
        dice = Dice(self.seed, "frame.organisation")
        everything = range(len(self.frame.trades))
        for _ in range(self.size.enterprise_count):
            self._add_organisation("enterprise", dice, dice.early(everything))
        for kind, count in self.size.other_organisation_counts.items():
            for number in range(count):
                self._add_organisation(kind, dice, number % len(everything))
        for number in self.by_kind["research_institute"]:
            self.institutes[self.frame.organisations[number].industry].append(number)

    # what can be solved here, and what can't

    def _doable(self, industry: int, thing: int) -> list[Competence]:
        """What can be done with an object, gaps left out with all that would close them."""
        trade = self.frame.trades[industry]
        family = trade.families[thing]
        missing = [p for i, f, p in sorted(self.frame.gaps) if (i, f) == (industry, family)]
        lost = {t for p in missing for t in trade.problems[p].techniques}
        return [
            Competence(thing, number, technique)
            for number, problem in enumerate(trade.problems)
            if thing in problem.things and number not in missing
            for technique in problem.techniques
            if technique not in lost
        ]

    def _gaps(self) -> None:
        """One problem of one family in each trade that nobody in the city can solve."""
        dice = Dice(self.seed, "frame.gaps")
        made = {(o.industry, thing) for o in self.frame.organisations for thing in o.products}
        for industry, trade in enumerate(self.frame.trades):
            choices = [
                (family, number)
                for number, problem in enumerate(trade.problems)
                for family in problem.families
                if any(
                    (industry, t) in made and trade.families[t] == family for t in problem.things
                )
            ]
            for family, number in dice.several(choices, len(choices)):
                gap = (industry, family, number)
                self.frame.gaps.add(gap)
                if all(self._doable(industry, thing) for thing in trade.members(family)):
                    break
                self.frame.gaps.discard(gap)
            for thing in range(len(trade.objects)):
                self.open[industry, thing] = self._doable(industry, thing)

    def _competence(self, industry: int, thing: int, dice: Dice) -> Competence:
        return dice.early(self.open[industry, thing])

    def _competences(
        self, industry: int, things: Sequence[int], dice: Dice, count: int
    ) -> tuple[Competence, ...]:
        drawn = [self._competence(industry, dice.pick(things), dice) for _ in range(count)]
        return tuple(dict.fromkeys(drawn))

    def _specialty(self, industry: int, dice: Dice) -> list[int]:
        """One object and perhaps siblings: what a researcher works on."""
        trade = self.frame.trades[industry]
        first = dice.early(range(len(trade.objects)))
        siblings = [s for s in trade.members(trade.families[first]) if s != first]
        return [first, *dice.several(siblings, dice.below(2))]

    # people and what they did

    def _research_home(self, industry: int, dice: Dice) -> int:
        institutes = self.institutes[industry]
        if institutes and dice.chance(0.3):
            return dice.pick(institutes)
        medical = self.frame.trades[industry].code in MEDICAL_INDUSTRIES
        if medical and dice.chance(0.5):
            return dice.pick(self.by_kind["hospital"])
        return dice.pick(self.by_kind["university"])

    def _persons(self) -> None:
        dice = Dice(self.seed, "frame.person")
        frame, everything = self.frame, range(len(self.frame.trades))
        for number in range(self.size.person_count):
            things: Sequence[int]
            if dice.chance(0.36):
                home = dice.pick(self.by_kind["enterprise"])
                industry = frame.organisations[home].industry
                things = frame.organisations[home].products
            else:
                industry = dice.early(everything)
                home = self._research_home(industry, dice)
                things = self._specialty(industry, dice)
            competences = self._competences(industry, things, dice, 2 + dice.below(3))
            frame.persons.append(
                PersonFrame(organisation=home, industry=industry, competences=competences)
            )
            self.colleagues[home, industry].append(number)

    def _work(self, dice: Dice, alone_rate: float) -> WorkFrame:
        frame = self.frame
        persons: tuple[int, ...]
        if dice.chance(alone_rate):
            organisation = dice.pick(self.by_kind["enterprise"])
            owner = frame.organisations[organisation]
            industry, persons = owner.industry, ()
            competence = self._competence(industry, dice.pick(owner.products), dice)
        else:
            number = dice.below(len(frame.persons))
            person = frame.persons[number]
            organisation, industry = person.organisation, person.industry
            competence = dice.early(person.competences)
            team = self.colleagues[organisation, industry]
            helpers = [dice.pick(team) for _ in range(dice.below(3))]
            persons = tuple(dict.fromkeys([number, *helpers]))
        return WorkFrame(
            organisation=organisation,
            persons=persons,
            industry=industry,
            competence=competence,
            quality=dice.between(0.3, 0.98),
            readiness=3 + dice.below(7),
            price_cny=dice.early(PRICES_CNY) if dice.chance(0.65) else None,
        )

    def _works(self) -> None:
        counts = (
            ("achievement", self.frame.achievements, self.size.achievement_count, 0.0),
            ("patent", self.frame.patents, self.size.patent_count, 0.45),
            ("project", self.frame.projects, self.size.project_count, 0.0),
            ("publication", self.frame.publications, self.size.publication_count, 0.0),
        )
        for kind, works, count, alone_rate in counts:
            dice = Dice(self.seed, f"frame.{kind}")
            works.extend(self._work(dice, alone_rate) for _ in range(count))

    # places that offer something

    def _host(self, dice: Dice, enterprise_rate: float) -> tuple[int, int, Sequence[int]]:
        """An organisation with its industry and the objects it works on."""
        if dice.chance(enterprise_rate):
            number = dice.pick(self.by_kind["enterprise"])
            owner = self.frame.organisations[number]
            return number, owner.industry, owner.products
        industry = dice.early(range(len(self.frame.trades)))
        return self._research_home(industry, dice), industry, self._specialty(industry, dice)

    def _platforms(self) -> None:
        dice = Dice(self.seed, "frame.platform")
        for _ in range(self.size.platform_count):
            kind = dice.pick(PLATFORM_KINDS)
            rate = 1.0 if kind == "technology_centre" else 0.2
            organisation, industry, things = self._host(dice, rate)
            competences = self._competences(industry, things, dice, 4)
            self.frame.platforms.append(
                PlatformFrame(
                    organisation=organisation,
                    industry=industry,
                    kind=kind,
                    competences=competences,
                )
            )

    def _facilities(self) -> None:
        dice = Dice(self.seed, "frame.facility")
        for _ in range(self.size.facility_count):
            organisation, industry, things = self._host(dice, 0.25)
            trade, thing = self.frame.trades[industry], dice.pick(things)
            pilot = dice.chance(0.25)
            self.frame.facilities.append(
                FacilityFrame(
                    organisation=organisation,
                    industry=industry,
                    family=trade.families[thing],
                    thing=thing,
                    instrument=-1 if pilot else dice.below(len(trade.instruments)),
                    technique=self._competence(industry, thing, dice).technique if pilot else -1,
                )
            )

    def _agencies(self) -> None:
        dice = Dice(self.seed, "frame.service_agency")
        kinds = list(names()["service_kinds"])
        everything = range(len(self.frame.trades))
        for turn, organisation in enumerate(self.by_kind["service_agency"]):
            first = kinds[turn % len(kinds)]
            others = [k for k in dice.several(kinds, dice.below(3)) if k != first]
            served = () if dice.chance(0.3) else tuple(dice.several(everything, 1 + dice.below(3)))
            self.frame.agencies.append(
                AgencyFrame(organisation=organisation, kinds=(first, *others), industries=served)
            )

    # needs

    def _gap_makers(self) -> list[tuple[int, int, int]]:
        """Enterprise, product and problem of everything that nobody can solve."""
        trades = self.frame.trades
        lacking = {(i, f): p for i, f, p in self.frame.gaps}
        makers = []
        for number, owner in enumerate(self.frame.organisations):
            trade = trades[owner.industry]
            for thing in owner.products:
                problem = lacking.get((owner.industry, trade.families[thing]))
                if problem is not None and thing in trade.problems[problem].things:
                    makers.append((number, thing, problem))
        return makers

    def _needs(self) -> None:
        dice = Dice(self.seed, "frame.need")
        makers = self._gap_makers()
        for turn in range(self.size.need_count):
            if turn % GAP_EVERY == GAP_EVERY // 2:
                organisation, thing, problem = dice.pick(makers)
                wanted = Competence(thing, problem, -1)
                need = self._need(organisation, wanted, "technology", True, dice)
            else:
                organisation = dice.pick(self.by_kind["enterprise"])
                owner = self.frame.organisations[organisation]
                wanted = self._competence(owner.industry, dice.early(owner.products), dice)
                draw = dice.unit()
                kind = next(name for name, limit in NEED_KINDS if draw < limit)
                if kind != "talent" and dice.chance(0.5):
                    wanted = wanted._replace(technique=-1)
                need = self._need(organisation, wanted, kind, False, dice)
            self.frame.needs.append(need)

    def _need(
        self, organisation: int, wanted: Competence, kind: str, unmet: bool, dice: Dice
    ) -> NeedFrame:
        clear = not dice.chance(UNCLEAR_PROBABILITY)
        large = kind in {"technology", "talent"}
        budget = dice.pick(BUDGETS_CNY if large else SMALL_BUDGETS_CNY)
        return NeedFrame(
            organisation=organisation,
            industry=self.frame.organisations[organisation].industry,
            thing=wanted.thing,
            problem=wanted.problem,
            technique=wanted.technique,
            kind=kind,
            service=dice.pick(list(names()["service_kinds"])) if kind == "service" else "",
            target_quality=dice.between(0.5, 0.9),
            readiness=5 + dice.below(4) if clear and dice.chance(0.6) else None,
            budget_cny=budget if dice.chance(0.8 if clear else 0.2) else None,
            clear=clear,
            unmet=unmet,
        )


def draw_frame(size: CitySize, seed: int) -> Frame:
    """Draw the latent structure of a city.

    Parameters
    ----------
    size
        How many of each kind.
    seed
        Same seed, same frame.
    """
    return _Drawer(size, seed).build()
