"""The likeliest way to cut a name's body into region, brand and trade.

A name is regions, then a brand, then trade words; any may be missing. Each piece has a cost and
the cheapest path wins. Costs say how names are usually built: brands have two to four characters,
a listed trade word is cheaper than the same characters left unexplained.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

from silian.engines.graph.names_costs import (
    BRAND,
    BRAND_HOLDS_REGION,
    BRAND_IS_REGION,
    BRAND_IS_TRADE,
    CLASS_CHARACTERS,
    COMMON_WORD,
    COUNTY_OF_REGION,
    FULL_REGION,
    INFINITE,
    LATE_REGION,
    LATIN_LENGTHS,
    LENGTHS,
    LONG_BRAND,
    LONG_WORD,
    LONGEST_PART,
    LONGEST_PLACE,
    LONGEST_UNKNOWN,
    NO_BRAND,
    REGION,
    SPLITS_LISTED,
    SPLITS_WORD,
    TOWN,
    TRADE,
    TRADE_CHARACTER,
    UNKNOWN,
    UNKNOWN_CLASS,
)
from silian.engines.graph.names_lexicon import LONGEST_LISTED, NameLexicon, RegionName

PLACE_LAST = frozenset("省市县区镇乡村道")
_PLACE_END = re.compile("[省市县区镇乡村道]")
_LATIN = re.compile("[\x00-\x7f]")


class Cut(NamedTuple):
    """Pieces of a body, in their order."""

    regions: tuple[str, ...]
    brand: str
    trade: str
    cost: float
    words: tuple[str, ...] = ()


#: Cost of a path and its places.
PlacePath = tuple[float, tuple[str, ...]]
#: Cost of the trade words from a character on, where the first of them ends, whether it is a place.
_Tail = tuple[float, int, bool]
#: Where listed words begin, and where they end.
_Listed = dict[int, list[int]]
_NOTHING = Cut((), "", "", 0.0)


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
        return _NOTHING
    listed = listed_words(body, lexicon)
    common = _dictionary_words(body)
    tails = _trade_tails(body, lexicon, listed, common)
    splits = _split_costs(body, lexicon, listed, common)
    best, brand_from, brand_to = INFINITE, 0, 0
    regions: tuple[str, ...] = ()
    # No brand costs less than one of its length; Latin letters count less.
    has_latin = _LATIN.search(body) is not None
    lengths = LATIN_LENGTHS if has_latin else LENGTHS
    for start, (place_cost, places) in place_paths(body, lexicon, listed).items():
        for length, length_cost, least_after in lengths:
            if place_cost + least_after >= best:
                break
            stop = start + length
            if stop >= len(tails):
                continue
            cost = place_cost + tails[stop][0]
            if cost + length_cost >= best:
                continue
            cost += _brand_cost(body[start:stop], lexicon, has_latin) + splits.get(stop, 0.0)
            if cost < best:
                best, regions, brand_from, brand_to = cost, places, start, stop
    late, words = _split_tail(body, brand_to, tails)
    return Cut((*regions, *late), body[brand_from:brand_to], "".join(words), best, words)


def listed_words(body: str, lexicon: NameLexicon) -> _Listed:
    """Regions and trade words in a body, the shortest first."""
    listed: _Listed = {}
    lengths, n_characters = lexicon.listed_lengths, len(body)
    for start in range(n_characters - 1):
        for length in lengths.get(body[start : start + 2], ()):
            stop = start + length
            if stop > n_characters:
                break
            word = body[start:stop]
            if word in lexicon.trades or word in lexicon.regions:
                listed.setdefault(start, []).append(stop)
    return listed


@cache
def general_dictionary() -> Any:
    # rjieba builds its dictionary on import (0.1 s).
    import rjieba

    return rjieba.Jieba()


def _dictionary_words(body: str) -> dict[int, int]:
    """Where words of the general dictionary begin and end; without guessing new words."""
    words: dict[int, int] = {}
    start = 0
    for word in general_dictionary().cut(body, False):
        stop = start + len(word)
        if stop - start > 1:
            words[start] = stop
        start = stop
    return words


def _split_costs(
    body: str, lexicon: NameLexicon, listed: _Listed, common: Mapping[int, int]
) -> dict[int, float]:
    """What a cut costs where it would split a word, most within long trade words: 农村|商业银行."""
    costs: dict[int, float] = {}
    for start, stop in common.items():
        for inside in range(start + 1, stop):
            costs[inside] = SPLITS_WORD
    for start, stops in listed.items():
        for stop in reversed(stops):
            if LONG_WORD <= stop - start <= LONGEST_PART and body[start:stop] in lexicon.trades:
                for inside in range(start + 1, stop):
                    costs[inside] = SPLITS_LISTED
                break
    return costs


def place_paths(body: str, lexicon: NameLexicon, listed: _Listed) -> dict[int, PlacePath]:
    """Cheapest way to read body[:n] as places, for every n where there is one."""
    paths: dict[int, PlacePath] = {0: (0.0, ())}
    ends = [match.end() for match in _PLACE_END.finditer(body)]
    for start in range(len(body)):
        path = paths.get(start)
        if path is None:
            continue
        before, regions = path
        stops: Iterable[int] = listed.get(start, ())
        if ends:
            near = (stop for stop in ends if 2 <= stop - start <= LONGEST_LISTED)
            stops = sorted({*stops, *near})
        for stop in stops:
            word = body[start:stop]
            cost = _region_cost(word, lexicon, regions)
            if cost is not None and (stop not in paths or before + cost < paths[stop][0]):
                paths[stop] = (before + cost, (*regions, word))
    return paths


def _region_cost(word: str, lexicon: NameLexicon, before: tuple[str, ...]) -> float | None:
    region = lexicon.regions.get(word)
    if region is not None:
        if _is_inside(region, before, lexicon):
            return COUNTY_OF_REGION
        return REGION[region.grade] if region.bare else FULL_REGION
    if word[-1] not in PLACE_LAST:
        return None
    for ending in lexicon.place_endings:
        if word.endswith(ending) and len(word) - len(ending) <= LONGEST_PLACE:
            n_rest = len(word) - len(ending)
            if n_rest == 0:
                # 高新区 alone names a place only after another.
                return TOWN if before and len(ending) > 2 else None
            if n_rest >= 2 and (before or len(ending) > 1 or ending in "省市县"):
                return TOWN + 0.4 * (n_rest - 2)
    return None


def _is_inside(region: RegionName, before: tuple[str, ...], lexicon: NameLexicon) -> bool:
    if not before:
        return False
    outer = lexicon.regions.get(before[-1])
    if outer is None:
        return False
    heads = {code.rstrip("0") for code in outer.codes}
    return any(code.startswith(head) and code != head for code in region.codes for head in heads)


def _brand_cost(brand: str, lexicon: NameLexicon, may_be_latin: bool) -> float:
    if not brand:
        return NO_BRAND
    length = len(brand)
    if may_be_latin:
        n_latin = len(_LATIN.findall(brand))
        length = len(brand) - n_latin // 2
        if n_latin == len(brand):
            length = max(2, length)
    cost = BRAND.get(length, BRAND[6] + LONG_BRAND * (length - 6))
    if brand in lexicon.regions:
        cost += BRAND_IS_REGION
    elif brand in lexicon.trades or (length > 3 and _is_all_known(brand, lexicon)):
        cost += BRAND_IS_TRADE
    elif length > 3 and (brand[:2] in lexicon.regions or brand[:3] in lexicon.regions):
        cost += BRAND_HOLDS_REGION
    if brand[0] in "省市县" and length > 1:
        cost += BRAND_IS_REGION
    if may_be_latin and ("(" in brand or ")" in brand):
        cost += 2.0
    return cost


def _is_all_known(brand: str, lexicon: NameLexicon) -> bool:
    """Whether two listed words make up the brand: 淮安水利, 食品包装."""
    regions, trades = lexicon.regions, lexicon.trades
    for n in range(2, len(brand) - 1):
        head, rest = brand[:n], brand[n:]
        if (head in regions or head in trades) and (rest in regions or rest in trades):
            return True
    return False


def _trade_tails(
    body: str, lexicon: NameLexicon, listed: _Listed, common: Mapping[int, int]
) -> list[_Tail]:
    """Cheapest way to read body[n:] as trade words, for every n."""
    n_characters = len(body)
    tails: list[_Tail] = [(0.0, n_characters, False)] * (n_characters + 1)
    unknown = [UNKNOWN_CLASS if one in CLASS_CHARACTERS else UNKNOWN for one in body]
    for start in range(n_characters - 1, -1, -1):
        best, best_stop, best_is_place = INFINITE, n_characters, False
        known = _known_costs(body, start, lexicon, listed.get(start), common.get(start))
        for stop, (cost, is_place) in known.items():
            total = cost + tails[stop][0]
            # Of equal ways the one with the longest first word.
            if total < best or (total == best and stop > best_stop):
                best, best_stop, best_is_place = total, stop, is_place
        for length in range(1, min(LONGEST_UNKNOWN, n_characters - start) + 1):
            if UNKNOWN_CLASS[length] > best:
                break
            stop = start + length
            if stop in known:
                continue
            total = unknown[stop - 1][length] + tails[stop][0]
            if total < best or (total == best and stop > best_stop):
                best, best_stop, best_is_place = total, stop, False
        tails[start] = (best, best_stop, best_is_place)
    return tails


def _known_costs(
    body: str,
    start: int,
    lexicon: NameLexicon,
    listed: list[int] | None,
    common: int | None,
) -> Mapping[int, tuple[float, bool]]:
    """Cost by end of every word known to begin here, and whether it is a place."""
    single = body[start] in lexicon.trades
    if not listed and common is None and not single:
        return _NONE_KNOWN
    known = {start + 1: (TRADE_CHARACTER, False)} if single else {}
    if common is not None and common - start <= LONGEST_PART:
        known[common] = (COMMON_WORD, False)
    for stop in listed or ():
        word = body[start:stop]
        if stop - start > LONGEST_PART:
            break
        if word in lexicon.trades:
            known[stop] = (TRADE, False)
        elif lexicon.regions[word].grade != "county":
            known[stop] = (LATE_REGION, True)
    return known


_NONE_KNOWN: Mapping[int, tuple[float, bool]] = {}


def _split_tail(
    body: str, start: int, tails: list[_Tail]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Places within the trade words, and the trade words without them."""
    places: list[str] = []
    words: list[str] = []
    while start < len(body):
        _, stop, is_place = tails[start]
        (places if is_place else words).append(body[start:stop])
        start = stop
    return tuple(places), tuple(words)
