"""The likeliest way to cut a name's body into region, brand and trade.

A name is regions, then a brand, then trade words; any may be missing. Each piece has a cost and
the cheapest path wins. Costs say how names are usually built: brands have two to four characters,
a listed trade word is cheaper than the same characters left unexplained.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from silian.engines.graph.names_lexicon import NameLexicon, RegionName

#: Cost of a brand by its length; longer ones pay _LONG_BRAND a character more.
_BRAND = {1: 4.0, 2: 1.0, 3: 1.7, 4: 2.2, 5: 3.6, 6: 4.4}
_LONG_BRAND = 0.8
_NO_BRAND = 3.4
_BRAND_IS_REGION = 3.6
_BRAND_IS_TRADE = 3.2
_BRAND_HOLDS_REGION = 1.2
_SPLITS_WORD = 0.7
_SPLITS_LISTED = 2.0
_LONG_WORD = 4
_REGION = {"province": 0.3, "prefecture": 0.5, "county": 1.9, "world": 1.0}
_FULL_REGION = 0.2
_COUNTY_OF_REGION = 0.5
_TOWN = 1.4
_LATE_REGION = 1.2
_TRADE = 0.5
_TRADE_CHARACTER = 1.9
_COMMON_WORD = 1.3
_UNKNOWN_TRADE = 1.6
_UNKNOWN_CHARACTER = 0.9
_CLASS_CHARACTER = 0.9
_CLASS_CHARACTERS = frozenset("业学品器机材具料剂件仪药纸油电车食饮服网链板管线膜布鞋酒茶")
_LONGEST_UNKNOWN = 4
#: Lengths of brands, the likeliest first.
_LIKELY_LENGTHS = (2, 3, 4, 0, 5, 6, 1, 7, 8, 9, 10)
_LENGTH_COST = {
    length: _NO_BRAND if not length else _BRAND.get(length, _BRAND[6] + _LONG_BRAND * (length - 6))
    for length in _LIKELY_LENGTHS
}
_LONGEST_PLACE = 4
_LONGEST_PART = 8
_PLACE_LAST = frozenset("省市县区镇乡村道")
_LATIN = re.compile("[\x00-\x7f]")


@dataclass(frozen=True, slots=True)
class Cut:
    """Pieces of a body, in their order."""

    regions: tuple[str, ...]
    brand: str
    trade: str
    cost: float
    words: tuple[str, ...] = ()


@dataclass(slots=True)
class _Path:
    cost: float
    regions: tuple[str, ...] = ()
    brand: str = ""
    trade_from: int = 0


def cut_body(body: str, lexicon: NameLexicon) -> Cut:
    """Cut the part of a name before its legal form.

    Examples
    --------
    >>> from silian.engines.graph.names_lexicon import default_lexicon
    >>> cut = cut_body("西安中熔电气", default_lexicon())
    >>> cut.regions, cut.brand, cut.trade
    (('西安',), '中熔', '电气')
    """
    if not body:
        return Cut((), "", "", 0.0)
    places = _place_paths(body, lexicon)
    common = _dictionary_words(body)
    inside = {n: _SPLITS_WORD for start, stop in common.items() for n in range(start + 1, stop)}
    inside |= _inside_listed(body, lexicon)
    tails = _trade_costs(body, lexicon, common)
    best = _Path(float("inf"))
    # No brand costs less than one of its length; Latin letters count half.
    least = 0.0 if _LATIN.search(body) else 1.0
    for start, path in places.items():
        for length in _LIKELY_LENGTHS:
            stop = start + length
            if stop > len(body):
                continue
            cost = path.cost + tails[stop][0]
            if cost + least * _LENGTH_COST[length] >= best.cost:
                continue
            brand = body[start:stop]
            cost += _brand_cost(brand, lexicon) + inside.get(stop, 0.0)
            if cost < best.cost:
                best = _Path(cost, path.regions, brand, stop)
    late, words = _split_tail(body, best.trade_from, tails)
    return Cut((*best.regions, *late), best.brand, "".join(words), best.cost, words)


@cache
def _jieba() -> Any:
    # rjieba builds its dictionary on import (0.1 s).
    import rjieba

    return rjieba.Jieba()


def _dictionary_words(body: str) -> dict[int, int]:
    """Where words of the general dictionary begin and end; without guessing new words."""
    words: dict[int, int] = {}
    start = 0
    for word in _jieba().cut(body, False):
        if len(word) > 1:
            words[start] = start + len(word)
        start += len(word)
    return words


def _inside_listed(body: str, lexicon: NameLexicon) -> dict[int, float]:
    """Cuts that would split a long trade word: 农村|商业银行."""
    found: dict[int, float] = {}
    for start in range(len(body) - _LONG_WORD + 1):
        for stop in range(min(len(body), start + _LONGEST_PART), start + _LONG_WORD - 1, -1):
            if body[start:stop] in lexicon.trades:
                found |= dict.fromkeys(range(start + 1, stop), _SPLITS_LISTED)
                break
    return found


def _place_paths(body: str, lexicon: NameLexicon) -> dict[int, _Path]:
    """Cheapest way to read body[:n] as places, for every n where there is one."""
    paths = {0: _Path(0.0)}
    for start in range(len(body)):
        path = paths.get(start)
        if path is None:
            continue
        for stop in range(start + 2, min(len(body), start + lexicon.longest_word) + 1):
            word = body[start:stop]
            cost = _region_cost(word, lexicon, path.regions)
            if cost is None:
                continue
            total = path.cost + cost
            if stop not in paths or total < paths[stop].cost:
                paths[stop] = _Path(total, (*path.regions, word))
    return paths


def _region_cost(word: str, lexicon: NameLexicon, before: tuple[str, ...]) -> float | None:
    region = lexicon.regions.get(word)
    if region is not None:
        if _is_inside(region, before, lexicon):
            return _COUNTY_OF_REGION
        return _REGION[region.grade] if region.bare else _FULL_REGION
    if word[-1] not in _PLACE_LAST:
        return None
    for ending in lexicon.place_endings:
        if word.endswith(ending) and len(word) - len(ending) <= _LONGEST_PLACE:
            n_rest = len(word) - len(ending)
            if n_rest == 0:
                # 高新区 alone names a place only after another.
                return _TOWN if before and len(ending) > 2 else None
            if n_rest >= 2 and (before or len(ending) > 1 or ending in "省市县"):
                return _TOWN + 0.4 * (n_rest - 2)
    return None


def _is_inside(region: RegionName, before: tuple[str, ...], lexicon: NameLexicon) -> bool:
    if not before:
        return False
    outer = lexicon.regions.get(before[-1])
    if outer is None:
        return False
    heads = {code.rstrip("0") for code in outer.codes}
    return any(code.startswith(head) and code != head for code in region.codes for head in heads)


def _brand_cost(brand: str, lexicon: NameLexicon) -> float:
    if not brand:
        return _NO_BRAND
    n_latin = len(_LATIN.findall(brand))
    length = len(brand) - n_latin // 2
    if n_latin == len(brand):
        length = max(2, length)
    cost = _BRAND.get(length, _BRAND[6] + _LONG_BRAND * (length - 6))
    if brand in lexicon.regions:
        cost += _BRAND_IS_REGION
    elif brand in lexicon.trades or (length > 3 and _is_all_known(brand, lexicon)):
        cost += _BRAND_IS_TRADE
    elif length > 3 and any(brand[:n] in lexicon.regions for n in (2, 3)):
        cost += _BRAND_HOLDS_REGION
    if brand[0] in "省市县" and length > 1:
        cost += _BRAND_IS_REGION
    if "(" in brand or ")" in brand:
        cost += 2.0
    return cost


def _is_all_known(brand: str, lexicon: NameLexicon) -> bool:
    """Whether two listed words make up the brand: 淮安水利, 食品包装."""
    return any(
        (brand[:n] in lexicon.regions or brand[:n] in lexicon.trades)
        and (brand[n:] in lexicon.regions or brand[n:] in lexicon.trades)
        for n in range(2, len(brand) - 1)
    )


def _trade_costs(
    body: str, lexicon: NameLexicon, common: Mapping[int, int]
) -> list[tuple[float, int, bool]]:
    """Cheapest way to read body[n:] as trade words: cost, next cut, whether a place begins it."""
    n_characters = len(body)
    costs: list[tuple[float, int, bool]] = [(0.0, n_characters, False)] * (n_characters + 1)
    for start in range(n_characters - 1, -1, -1):
        best = (float("inf"), n_characters, False)
        for stop in range(min(n_characters, start + _LONGEST_PART), start, -1):
            if costs[stop][0] + _TRADE >= best[0]:
                continue
            word = body[start:stop]
            cost = _word_cost(word, lexicon)
            if common.get(start) == stop:
                cost = min(cost, _COMMON_WORD)
            is_place = False
            region = lexicon.regions.get(word)
            if region is not None and word not in lexicon.trades and region.grade != "county":
                is_place = cost > _LATE_REGION
                cost = min(cost, _LATE_REGION)
            total = cost + costs[stop][0]
            if total < best[0]:
                best = (total, stop, is_place)
        costs[start] = best
    return costs


def _word_cost(word: str, lexicon: NameLexicon) -> float:
    if word in lexicon.trades:
        return _TRADE if len(word) > 1 else _TRADE_CHARACTER
    if len(word) > _LONGEST_UNKNOWN:
        return float("inf")
    cost = _UNKNOWN_TRADE + _UNKNOWN_CHARACTER * len(word)
    return cost - _CLASS_CHARACTER if word[-1] in _CLASS_CHARACTERS else cost


def _split_tail(
    body: str, start: int, tails: list[tuple[float, int, bool]]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Places within the trade words, and the trade words without them."""
    places: list[str] = []
    words: list[str] = []
    while start < len(body):
        _, stop, is_place = tails[start]
        (places if is_place else words).append(body[start:stop])
        start = stop
    return tuple(places), tuple(words)
