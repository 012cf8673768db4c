"""Words for one situation: every mention of the same thing draws one of its names."""

from collections.abc import Sequence

from silian.sample.dice import Dice
from silian.sample.frame import Competence
from silian.sample.vocabulary import Industry, phrases

PREFERRED_PROBABILITY = 0.92


class Words(dict[str, str]):
    """What the placeholders of a sentence pattern are filled with.

    A missing placeholder is drawn when a pattern asks for it. A text mostly sticks to one name
    of a thing, as a writer does, and now and then uses another; two texts on the same thing often
    share no word for it. Figures, scene and material are kept: a text must not contradict itself.

    Parameters
    ----------
    trade
        Industry of the situation.
    competence
        Object, problem and technique as numbers in the industry; a negative problem or technique
        is none.
    dice
        Where draws come from.
    present_quality, value_quality
        Where the indicator stands now, and where it is or shall be: 0 poor, 1 excellent.
    products
        Numbers of what the organisation makes.
    """

    def __init__(
        self,
        trade: Industry,
        competence: Competence,
        dice: Dice,
        present_quality: float = 0.1,
        value_quality: float = 0.7,
        products: Sequence[int] = (),
    ) -> None:
        super().__init__(industry=trade.name_zh)
        self.trade, self.competence, self.dice = trade, competence, dice
        self.present_quality, self.value_quality = present_quality, value_quality
        self.products = products or (competence.thing,)
        self._preferred: dict[str, str] = {}
        self._family = trade.families[competence.thing]
        self._problem = trade.problems[competence.problem]

    def __missing__(self, key: str) -> str:
        kept = getattr(self, f"_kept_{key}", None)
        if kept is not None:
            self[key] = word = str(kept())
            return word
        return str(getattr(self, f"_draw_{key}")())

    def _name(self, key: str, choices: Sequence[str]) -> str:
        """The name that this text prefers, or now and then another."""
        preferred = self._preferred.get(key)
        if preferred is None:
            preferred = self._preferred[key] = self.dice.pick(choices)
        return preferred if self.dice.chance(PREFERRED_PROBABILITY) else self.dice.pick(choices)

    def say(self, pattern: str) -> str:
        """The pattern with its placeholders filled."""
        return pattern.format_map(self)

    def one(self, *path: str) -> str:
        """A sentence from one of the patterns under ``path`` in ``phrases.yaml``."""
        patterns = phrases()
        for step in path:
            patterns = patterns[step]
        return self.say(self.dice.pick(patterns))  # type: ignore[arg-type]

    def _common(self, key: str) -> str:
        """A word that any trade uses."""
        words: list[str] = phrases()["words"][key]
        return self.dice.pick(words)

    # drawn at each mention

    def _draw_object(self) -> str:
        return self._name("object", self.trade.objects[self.competence.thing])

    def _draw_technique(self) -> str:
        return self._name("technique", self.trade.techniques[self.competence.technique])

    def _draw_problem(self) -> str:
        return self._name("problem", self._problem.names)

    _draw_problem2 = _draw_problem

    def _draw_indicator(self) -> str:
        return self._name("indicator", self._problem.indicator.names)

    def _draw_improve(self) -> str:
        return self._common("raise" if self._problem.indicator.rises else "lower")

    def _draw_develop(self) -> str:
        return self._common("develop")

    def _draw_only(self) -> str:
        return self._common("only" if self._problem.indicator.rises else "fully")

    def _draw_modifier(self) -> str:
        return self._common("modifier")

    def _draw_make(self) -> str:
        return self.dice.pick(self.trade.making)

    def _draw_bound(self) -> str:
        return self._common("at_least" if self._problem.indicator.rises else "at_most")

    def _draw_bound2(self) -> str:
        return self._common("not_less" if self._problem.indicator.rises else "not_more")

    def _draw_instrument(self) -> str:
        offering = [i for i in self.trade.instruments if self._problem.test in i.methods]
        return self.dice.pick(self.dice.pick(offering or self.trade.instruments).names)

    # kept for the whole text

    def _kept_test(self) -> str:
        return self._problem.test

    def _kept_present(self) -> str:
        return self._problem.indicator.at(self.present_quality)

    def _kept_value(self) -> str:
        return self._problem.indicator.at(self.value_quality)

    _kept_target = _kept_value

    def _kept_scene(self) -> str:
        return self.dice.pick(self.trade.scenes[self._family])

    def _kept_material(self) -> str:
        return self.dice.pick(self.trade.materials[self._family])

    def _kept_product(self) -> str:
        return "、".join(self.dice.pick(self.trade.objects[thing]) for thing in self.products)

    def _kept_years(self) -> int:
        return 3 + self.dice.below(18)

    def _kept_span(self) -> int:
        return 2 + self.dice.below(5)

    def _kept_saving(self) -> int:
        return 8 + self.dice.below(38)

    def _kept_staff(self) -> int:
        return 6 + self.dice.below(90)
