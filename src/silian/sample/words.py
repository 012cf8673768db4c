"""Words for one situation: every mention of the same thing draws one of its names."""

from collections.abc import Sequence

from silian.sample.dice import Dice
from silian.sample.frame import Competence
from silian.sample.vocabulary import Industry, phrases


class Words(dict[str, str]):
    """What the placeholders of a sentence pattern are filled with.

    A missing placeholder is drawn when a pattern asks for it. Names of things are drawn anew at
    each mention, so that one text says the same in several words; figures, scene and material
    are kept, since a text must not contradict itself.

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
        self._family = trade.families[competence.thing]
        self._problem = trade.problems[competence.problem]

    def __missing__(self, key: str) -> str:
        kept = getattr(self, f"_kept_{key}", None)
        if kept is not None:
            self[key] = word = str(kept())
            return word
        return str(getattr(self, f"_draw_{key}")())

    def say(self, pattern: str) -> str:
        """The pattern with its placeholders filled."""
        return pattern.format_map(self)

    def one(self, *path: str) -> str:
        """A sentence from one of the patterns under ``path`` in ``phrases.yaml``."""
        patterns = phrases()
        for step in path:
            patterns = patterns[step]
        return self.say(self.dice.pick(patterns))  # type: ignore[arg-type]

    # drawn at each mention

    def _draw_object(self) -> str:
        return self.dice.early(self.trade.objects[self.competence.thing])

    def _draw_technique(self) -> str:
        return self.dice.early(self.trade.techniques[self.competence.technique])

    def _draw_problem(self) -> str:
        return self.dice.pick(self._problem.names)

    _draw_problem2 = _draw_problem

    def _draw_indicator(self) -> str:
        return self.dice.early(self._problem.indicator.names)

    def _draw_improve(self) -> str:
        words = phrases()["words"]["raise" if self._problem.indicator.rises else "lower"]
        return self.dice.pick(words)

    def _draw_develop(self) -> str:
        return self.dice.pick(phrases()["words"]["develop"])

    def _draw_make(self) -> str:
        return self.dice.pick(self.trade.making)

    def _draw_bound(self) -> str:
        words = phrases()["words"]
        return self.dice.pick(words["at_least" if self._problem.indicator.rises else "at_most"])

    def _draw_bound2(self) -> str:
        words = phrases()["words"]
        return self.dice.pick(words["not_less" if self._problem.indicator.rises else "not_more"])

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

    def _kept_saving(self) -> int:
        return 8 + self.dice.below(38)

    def _kept_staff(self) -> int:
        return 6 + self.dice.below(90)
