"""What became of the city's needs: whom enterprises met, refused and contracted."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from silian.sample.dice import Dice
from silian.sample.frame import NeedFrame
from silian.sample.needs import need_rows
from silian.sample.relevance import KEY_PREFIXES, Grader
from silian.sample.setting import REFERENCE_DAY, Setting
from silian.sample.vocabulary import phrases

Row = dict[str, Any]

# Where enterprises look first for each kind of need.
_KINDS = {
    "technology": ("achievement", "person", "patent", "service_agency"),
    "facility": ("facility", "service_agency"),
    "service": ("service_agency",),
    "talent": ("person", "service_agency"),
}
# Share of needs of a status about which something is recorded.
_SHARES = {"contracted": 1.0, "published": 0.5, "closed": 0.4}
# What is paid where neither price nor budget is known, yuan.
_USUAL_CNY = {"technology": 400_000, "facility": 40_000, "service": 60_000, "talent": 120_000}
_ROUNDED_CNY = 1_000
_FITTING = 3


class _Met(NamedTuple):
    """A supply that an enterprise looked at, and how well it truly fits."""

    kind: str
    number: int
    level: int


def outcome_rows(setting: Setting, grader: Grader) -> Iterator[Row]:
    """Contacts, refusals and contracts in the order in which they happened, need by need.

    A contracted need has one contract, with a supply that truly fits, after a contact. What was
    refused lacks what the need asks for.
    """
    dice = Dice(setting.seed, "outcome")
    for number, row in enumerate(need_rows(setting)):
        status = row["status"]
        if not dice.chance(_SHARES[status]):
            continue
        need = setting.frame.needs[number]
        fitting, unfitting = _met(setting, grader, number, dice)
        moment = _Moment(date.fromisoformat(row["published_on"]), dice)
        for met in unfitting[: dice.below(3)]:
            yield _row(row, met, "contacted", moment.next(20))
            reason = dice.pick(phrases()["refusal_reasons"])
            yield _row(row, met, "unsuitable", moment.next(15), reason=reason)
        signs = status == "contracted"
        for met in fitting[1 if signs else 0 :][: dice.below(3)]:
            yield _row(row, met, "contacted", moment.next(20))
        if signs and fitting:
            yield _row(row, fitting[0], "contacted", moment.next(20))
            amount = _amount_cny(need, grader, fitting[0], dice)
            yield _row(row, fitting[0], "signed", moment.next(60), amount_cny=amount)


class _Moment:
    """Days that go on, but not beyond the city's today."""

    def __init__(self, start: date, dice: Dice) -> None:
        self._day, self._dice = start, dice

    def next(self, at_most_days: int) -> str:
        self._day += timedelta(days=1 + self._dice.below(at_most_days))
        self._day = min(self._day, REFERENCE_DAY)
        return self._day.isoformat()


def _met(
    setting: Setting, grader: Grader, number: int, dice: Dice
) -> tuple[list[_Met], list[_Met]]:
    """A few supplies of others that fit, best first, and a few that don't."""
    need = setting.frame.needs[number]
    fitting: list[_Met] = []
    unfitting: list[_Met] = []
    for kind in _KINDS[need.kind]:
        for level, supplies in sorted(grader.near_by_level(number, kind).items(), reverse=True):
            others = [s for s in supplies if _supplier(grader, kind, s) != need.organisation]
            chosen = [_Met(kind, one, level) for one in _some(others, dice)]
            (fitting if level >= _FITTING else unfitting).extend(chosen)
    fitting.sort(key=lambda met: -met.level)  # among equals the kind that is looked at first
    return fitting, unfitting


def _some(supplies: Sequence[int], dice: Dice) -> list[int]:
    return dice.several(supplies, min(2, len(supplies)))


def _supplier(grader: Grader, kind: str, supply: int) -> int:
    organisation: int = grader.supplies[kind][supply].organisation
    return organisation


def _amount_cny(need: NeedFrame, grader: Grader, met: _Met, dice: Dice) -> int:
    """The price asked, or most of the budget; rarely more than the budget."""
    asked = getattr(grader.supplies[met.kind][met.number], "price_cny", None)
    budget = need.budget_cny or asked or _USUAL_CNY[need.kind]
    amount = min(asked or budget, budget) * dice.between(0.7, 1.05)
    return max(_ROUNDED_CNY, round(amount / _ROUNDED_CNY) * _ROUNDED_CNY)


def _row(
    need: Row, met: _Met, action: str, day: str, *, reason: str = "", amount_cny: int | None = None
) -> Row:
    return {
        "need_key": need["source_key"],
        "supply_kind": met.kind,
        "supply_key": f"{KEY_PREFIXES[met.kind]}-{met.number + 1:06d}",
        "action": action,
        "reason": reason,
        "amount_cny": amount_cny,
        "recorded_on": day,
    }
