"""A second register of the sample city: the parks' own directory, which spells names its own way.

It lists some of the city's enterprises again (shortened, renamed, misspelt, under another legal
form) and others that only look alike (branches, firms of one brand in another trade, strangers).
What each row truly is goes into ``identities.csv``, so that resolution can be shown and measured.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from silian.sample.actors import organisation_rows
from silian.sample.dice import Dice
from silian.sample.setting import Setting
from silian.sample.vocabulary import names

Row = dict[str, Any]
#: Share of the enterprises that the parks list too, and of other rows among theirs.
_LISTED = 0.04
_BRANCHES = ("分公司", "第二分公司", "销售分公司")
_OTHER_TRADES = ("物流", "餐饮管理", "物业管理", "广告传媒", "酒店管理", "农业开发")
_FORMS = (
    ("股份有限公司", "有限公司"),
    ("有限责任公司", "有限公司"),
    ("有限公司", "有限责任公司"),
)


class Identity(NamedTuple):
    """What a row of the parks' directory truly is.

    Attributes
    ----------
    park_key
        Source key in the directory.
    city_key
        Source key in the city's register; empty for one that isn't there.
    change
        How its name differs, or what kind of look-alike it is.
    """

    park_key: str
    city_key: str
    change: str


def park_directory(setting: Setting) -> Iterator[tuple[Row, Identity]]:
    """Rows of the directory, each with what it truly is."""
    dice = Dice(setting.seed, "park-directory")
    number = 0
    for row in organisation_rows(setting):
        if row["organisation_kind"] != "enterprise" or not dice.chance(_LISTED):
            continue
        changed = dice.pick(_CHANGES)(row, setting, dice)
        if changed is None:
            continue
        name, same, change = changed
        number += 1
        key = f"PARK-{number:05d}"
        yield (
            _listed(key, name, row, dice, same=same),
            Identity(key, row["source_key"] if same else "", change),
        )


def _listed(key: str, name: str, row: Row, dice: Dice, *, same: bool) -> Row:
    """A row as thin as such directories are; every fifth tells the code."""
    tells_code = same and dice.chance(0.2)
    return {
        "source_key": key,
        "name": name,
        "unified_social_credit_code": row["unified_social_credit_code"] if tells_code else None,
        "organisation_kind": "enterprise",
        "region_adcode": row["region_adcode"],
        "main_products": row["main_products"][:1],
    }


Changed = tuple[str, bool, str] | None


def _short_of(setting: Setting, row: Row) -> str:
    number = int(row["source_key"].rpartition("-")[2]) - 1
    return setting.names[number].short


def _shortened(row: Row, setting: Setting, dice: Dice) -> Changed:
    short = _short_of(setting, row)
    return (short, True, "shortened") if short != row["name"] else None


def _renamed(row: Row, setting: Setting, dice: Dice) -> Changed:
    former = row["former_names"]
    return (former[0], True, "renamed") if former else _other_form(row, setting, dice)


def _other_form(row: Row, setting: Setting, dice: Dice) -> Changed:
    for form, other in _FORMS:
        if row["name"].endswith(form):
            return row["name"].removesuffix(form) + other, True, "other_form"
    return None


def _without_city(row: Row, setting: Setting, dice: Dice) -> Changed:
    city = names()["city"]
    for place in (city["name"], city["short"]):
        for written in (f"（{place}）", f"({place})", place):
            if written in row["name"]:
                return row["name"].replace(written, "", 1), True, "without_city"
    return f"{city['name']}{row['name']}", True, "with_city"


def _misspelt(row: Row, setting: Setting, dice: Dice) -> Changed:
    """One character of the trade left out or written twice: the brand stays readable."""
    short = _short_of(setting, row)
    place = row["name"].find(short)
    if place < 0 or len(short) < 5:
        return _other_form(row, setting, dice)
    at = place + len(short) - 1
    twice = dice.chance(0.5)
    name = row["name"]
    return name[:at] + (name[at] * 2 if twice else "") + name[at + 1 :], True, "misspelt"


def _branch(row: Row, setting: Setting, dice: Dice) -> Changed:
    return row["name"] + dice.pick(_BRANCHES), False, "branch"


def _sibling(row: Row, setting: Setting, dice: Dice) -> Changed:
    short = _short_of(setting, row)
    if len(short) < 4 or short not in row["name"]:
        return None
    return row["name"].replace(short, short[:2] + dice.pick(_OTHER_TRADES)), False, "sibling"


_CHANGES: tuple[Callable[[Row, Setting, Dice], Changed], ...] = (
    _shortened,
    _renamed,
    _other_form,
    _without_city,
    _misspelt,
    _branch,
    _sibling,
)
