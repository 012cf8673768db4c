"""What every row builder needs: frame, names, map, and a few drawn facts."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from silian.sample.dice import Dice
from silian.sample.draw import draw_frame
from silian.sample.frame import Competence, Frame, OrganisationFrame
from silian.sample.geography import draw_city
from silian.sample.naming import name_organisations
from silian.sample.size import CitySize
from silian.sample.vocabulary import Industry, names
from silian.sample.words import Words

# The city's "today": rows must not depend on the day on which they are made.
REFERENCE_DAY = date(2026, 6, 30)


def day(dice: Dice, first_year: int, last_year: int) -> date:
    """A day between two years, both included, not after the reference day."""
    low = date(first_year, 1, 1).toordinal()
    high = min(date(last_year, 12, 31), REFERENCE_DAY).toordinal()
    return date.fromordinal(low + dice.below(high - low + 1))


def early_day(dice: Dice, first_year: int, last_year: int) -> date:
    """A first of September between two years: when academic posts begin."""
    return date(first_year + dice.below(last_year - first_year + 1), 9, 1)


def field_codes_of(trade: Industry, things: Sequence[int]) -> list[str]:
    """Technical fields of some objects of a trade: its families share out its fields."""
    codes = [trade.field_codes[trade.families[t] % len(trade.field_codes)] for t in things]
    return sorted(set(codes))


class Setting:
    """The drawn city before its rows.

    Parameters
    ----------
    size
        Counts by kind.
    seed
        Seed of the city.
    """

    def __init__(self, size: CitySize, seed: int) -> None:
        self.size, self.seed = size, seed
        self.frame: Frame = draw_frame(size, seed)
        self.names = name_organisations(self.frame, seed)
        self.map = draw_city(seed)
        self.by_kind: dict[str, list[int]] = defaultdict(list)
        self.makers: dict[int, list[int]] = defaultdict(list)
        for number, owner in enumerate(self.frame.organisations):
            self.by_kind[owner.kind].append(number)
            if owner.kind == "enterprise":
                self.makers[owner.industry].append(number)

    def adcode(self, organisation: int) -> str:
        """District code of an organisation."""
        code: str = names()["districts"][self.frame.organisations[organisation].district]["code"]
        return code

    def known_competence(self, owner: OrganisationFrame, dice: Dice) -> tuple[int, Competence]:
        """Something that an enterprise can do with one of its products."""
        trade = self.frame.trades[owner.industry]
        thing = owner.products[0]
        return owner.industry, Competence(thing, 0, dice.below(len(trade.techniques)))

    def words(
        self,
        organisation: int,
        situation: tuple[int, Competence],
        dice: Dice,
        present_quality: float = 0.1,
        value_quality: float = 0.7,
    ) -> Words:
        """Words for a situation at an organisation."""
        industry, competence = situation
        district = self.frame.organisations[organisation].district
        words = Words(
            self.frame.trades[industry],
            competence,
            dice,
            present_quality,
            value_quality,
            self.frame.organisations[organisation].products,
        )
        words["district"] = names()["districts"][district]["name"]
        return words
