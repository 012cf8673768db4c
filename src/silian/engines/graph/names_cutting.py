"""Cuts many bodies of names at once, on arrays: the same cuts as ``cut_body`` in a fraction of its time.

The bodies stand behind one another in one text. Listed words are found by a hash of their characters,
costs are kept by position in the text, and the cheapest ways through all bodies are found together, one
character a step from their ends.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from silian.engines.graph import names_costs as costs
from silian.engines.graph.names_lexicon import LONGEST_LISTED, NameLexicon
from silian.engines.graph.names_segmentation import (
    PLACE_LAST,
    Cut,
    PlacePath,
    cut_body,
    general_dictionary,
    listed_words,
    place_paths,
)
from silian.engines.graph.names_words import ListedWords, listed_words_of, words_at
from silian.engines.graph.resolution_keys import Ints, first_of_runs

Flags = npt.NDArray[np.bool_]
Doubles = npt.NDArray[np.float64]

#: Bodies of other characters, and long ones, are cut one by one, as all are where there are few.
_PLAIN = re.compile("[\u4e00-\u9fff]{1,40}")
_FEWEST = 48
_SEPARATOR = "\n"
_PLACE_LAST = [ord(one) for one in PLACE_LAST]
_PLACE_SUFFIXES = [ord(one) for one in costs.PLACE_SUFFIXES]
_CLASS = [ord(one) for one in costs.CLASS_CHARACTERS]


def cut_bodies(bodies: Sequence[str], lexicon: NameLexicon) -> list[Cut]:
    """Cut the parts of names before their legal forms.

    Examples
    --------
    >>> from silian.engines.graph.names_lexicon import default_lexicon
    >>> [cut.brand for cut in cut_bodies(["西安中熔电气", "宁波屹澍"], default_lexicon())]
    ['中熔', '屹澍']
    """
    plain = [place for place, body in enumerate(bodies) if _PLAIN.fullmatch(body)]
    if len(plain) < _FEWEST:
        return [cut_body(body, lexicon) for body in bodies]
    text = _Text.of([bodies[place] for place in plain], lexicon)
    cuts: list[Cut | None] = [None] * len(bodies)
    for place, cut in zip(plain, text.cuts(), strict=True):
        cuts[place] = cut
    return [cut or cut_body(body, lexicon) for cut, body in zip(cuts, bodies, strict=True)]


@dataclass(frozen=True, slots=True)
class _Text:
    """Bodies behind one another, each closed by a separator.

    Attributes
    ----------
    starts, ends
        Of each body; the separator stands at its end.
    left
        Characters from each position to the end of its body.
    is_suffix
        Where a 省, 市 or 县 stands: no brand begins with one.
    word
        Number of the listed word of each length at each position: shape (length + 1, position).
    is_region, is_trade
        Of which kind it is.
    """

    bodies: Sequence[str]
    text: str
    lexicon: NameLexicon
    words: ListedWords
    codes: Ints
    starts: Ints
    ends: Ints
    left: Ints
    is_suffix: Flags
    word: npt.NDArray[np.int32]
    is_region: Flags
    is_trade: Flags

    @classmethod
    def of(cls, bodies: Sequence[str], lexicon: NameLexicon) -> "_Text":
        text = _SEPARATOR.join(bodies) + _SEPARATOR
        codes = np.frombuffer(text.encode("utf-32-le"), "<u4").astype(np.int64)
        lengths = np.array([len(one) for one in bodies], np.int64)
        ends = np.cumsum(lengths + 1) - 1
        left = np.repeat(ends, lengths + 1) - np.arange(len(codes))
        words = listed_words_of(lexicon)
        word = words_at(codes, left, words)
        return cls(
            bodies,
            text,
            lexicon,
            words,
            codes,
            ends - lengths,
            ends,
            left,
            np.isin(codes, _PLACE_SUFFIXES),
            word,
            *_kinds(word, words),
        )

    def cuts(self) -> list[Cut]:
        """The cheapest cut of every body."""
        common = self._common()
        tails, lengths, is_place = self._tails(*common)
        places = self._places()
        best, length, cost = self._brands(places, tails, self._splits(*common))
        start = places.start[best]
        first, starts, stops, late = self._words(start + length, lengths, is_place)
        text = self.text
        words = [text[one:other] for one, other in zip(starts, stops, strict=True)]
        numbers = places.number[best].tolist()
        regions = {number: places.regions(number) for number in set(numbers)}
        brands = zip(start.tolist(), (start + length).tolist(), self.ends.tolist(), strict=True)
        ranges = pairwise(first)
        cuts = [
            Cut(regions[number], text[a:b], text[b:c], total, tuple(words[i:j]))
            for number, (a, b, c), total, (i, j) in zip(
                numbers, brands, cost.tolist(), ranges, strict=True
            )
        ]
        for body, numbers_late in late.items():
            cuts[body] = _with_late_places(cuts[body], numbers_late)
        return cuts

    def _words(
        self, begins: Ints, lengths: Ints, is_place: Flags
    ) -> tuple[list[int], list[int], list[int], dict[int, list[int]]]:
        """The words of the cheapest tail of each body.

        Which is its first, where all begin and end; by body which of its words are places.
        """
        body, here = np.arange(len(begins)), begins
        found = []
        while len(body):
            goes_on = here < self.ends[body]
            body, here = body[goes_on], here[goes_on]
            found.append(here)
            here = here + lengths[here]
        starts = np.sort(np.concatenate(found))
        first = np.searchsorted(starts, np.append(begins, len(self.codes)))
        late: dict[int, list[int]] = {}
        for word in np.flatnonzero(is_place[starts]).tolist():
            held = int(np.searchsorted(self.ends, starts[word]))
            late.setdefault(held, []).append(word - int(first[held]))
        return first.tolist(), starts.tolist(), (starts + lengths[starts]).tolist(), late

    def _common(self) -> tuple[Ints, Ints]:
        """Where words of the general dictionary begin and end."""
        words = general_dictionary().cut(self.text, False)
        ends = np.cumsum(np.fromiter(map(len, words), np.int64, len(words)))
        starts = np.concatenate([[0], ends[:-1]])
        long = ends - starts > 1
        return starts[long], ends[long]

    def _tails(self, common_from: Ints, common_to: Ints) -> tuple[Doubles, Ints, Flags]:
        """Cheapest way to read a body from each position on as trade words.

        Its cost, the length of the first word, and whether that is a place.
        """
        cost, is_place = self._word_costs(common_from, common_to)
        # Positions of a tail's end cost nothing; beyond the text lies nothing.
        tails = np.zeros(len(self.codes) + costs.LONGEST_PART)
        lengths = np.ones(len(self.codes), np.int64)
        longest_first = np.arange(costs.LONGEST_PART, 0, -1)[:, None]
        n_characters = self.ends - self.starts
        for n_left in range(1, int(n_characters.max()) + 1):
            here = self.ends[n_characters >= n_left] - n_left
            totals = cost[:, here] + tails[here + longest_first]
            # Of equal ways the one with the longest first word.
            best = totals.argmin(axis=0)
            tails[here] = totals[best, np.arange(len(here))]
            lengths[here] = costs.LONGEST_PART - best
        return tails, lengths, is_place[costs.LONGEST_PART - lengths, np.arange(len(lengths))]

    def _word_costs(self, common_from: Ints, common_to: Ints) -> tuple[Doubles, Flags]:
        """Cost of a trade word by its length, the longest first, and position; whether a place."""
        cost = np.full((costs.LONGEST_PART, len(self.codes)), np.inf)
        is_place = np.zeros(cost.shape, bool)
        is_class = np.isin(self.codes, _CLASS)
        for length in range(1, costs.LONGEST_UNKNOWN + 1):
            here = np.flatnonzero(self.left >= length)
            known = costs.UNKNOWN_CLASS[length], costs.UNKNOWN[length]
            cost[-length, here] = np.where(is_class[here + length - 1], *known)
        common_length = common_to - common_from
        common_from = common_from[common_length <= costs.LONGEST_PART]
        common_length = common_length[common_length <= costs.LONGEST_PART]
        cost[-common_length, common_from] = costs.COMMON_WORD
        for length in range(1, costs.LONGEST_PART + 1):
            here = np.flatnonzero(self.word[length])
            word = self.word[length, here]
            is_trade = self.is_trade[length, here]
            cost[-length, here[is_trade]] = costs.TRADE if length > 1 else costs.TRADE_CHARACTER
            late = here[~is_trade & self.is_region[length, here] & ~self.words.is_county[word]]
            cost[-length, late] = costs.LATE_REGION
            is_place[-length, late] = True
        return cost, is_place

    def _splits(self, common_from: Ints, common_to: Ints) -> Doubles:
        """What a cut before each position costs since it would split a word."""
        splits = np.zeros(len(self.codes))
        for inside in range(1, int((common_to - common_from).max(initial=0))):
            splits[common_from[common_from + inside < common_to] + inside] = costs.SPLITS_WORD
        for length in range(costs.LONG_WORD, costs.LONGEST_PART + 1):
            here = np.flatnonzero(self.is_trade[length])
            for inside in range(1, length):
                splits[here + inside] = costs.SPLITS_LISTED
        return splits

    def _places(self) -> "_Places":
        """All ways to read the beginning of each body as places, in the order of ``place_paths``."""
        # A place has two characters at least.
        lengths, body = np.nonzero(self.is_region[2:, self.starts])
        length = lengths + 2
        # Where several places may follow one another, or a town isn't listed, single paths tell.
        is_manifold = self._may_hold_towns()
        begins_region: Flags = np.logical_or.reduce(self.is_region[2:])
        goes_on = begins_region[self.starts[body] + length]
        is_manifold[body[goes_on]] = True
        simple, kept = np.flatnonzero(~is_manifold), ~is_manifold[body]
        body, length = body[kept], length[kept]
        number = self.word[length, self.starts[body]].astype(np.int64)
        rows = [
            np.stack([simple, simple * 0, simple * 0, simple * 0]),
            np.stack([body, length, length, number]),
        ]
        manifold: list[PlacePath] = []
        told: list[tuple[int, int, int, int]] = []
        for place in np.flatnonzero(is_manifold).tolist():
            one = self.bodies[place]
            paths = place_paths(one, self.lexicon, listed_words(one, self.lexicon))
            for rank, stop in enumerate(paths):
                told.append((place, rank, stop, -1 - len(told)))
            manifold += paths.values()
        if told:
            rows.append(np.array(told).T)
        body, order, length, number = np.concatenate(rows, axis=1)
        order = np.argsort(body * (LONGEST_LISTED + len(self.codes)) + order)
        body, length, number = body[order], length[order], number[order]
        cost = self.words.place_cost[np.maximum(number, 0)]
        path_costs = np.array([one for one, _ in manifold])
        cost[number < 0] = path_costs[-1 - number[number < 0]]
        return _Places(self.words.words, manifold, body, self.starts[body] + length, cost, number)

    def _may_hold_towns(self) -> Flags:
        """Bodies with a 市 or 镇 that closes anything else than a listed place at their beginning."""
        closing = np.flatnonzero(np.isin(self.codes, _PLACE_LAST))
        body = np.searchsorted(self.ends, closing)
        length = closing + 1 - self.starts[body]
        is_listed = (length <= LONGEST_LISTED) & (np.bincount(body, minlength=len(self.ends)) == 1)[
            body
        ]
        is_listed[is_listed] = self.is_region[length[is_listed], self.starts[body[is_listed]]]
        # A place that ends well before it leaves room for a town between them: 宁波|江北镇.
        for shorter in range(2, LONGEST_LISTED):
            before = self.is_region[shorter, self.starts[body]] & (shorter + 1 < length)
            is_listed &= ~before
        towns = np.zeros(len(self.ends), bool)
        towns[body[~is_listed]] = True
        return towns

    def _brands(
        self, places: "_Places", tails: Doubles, splits: Doubles
    ) -> tuple[Ints, Ints, Doubles]:
        """Of each body the place in ``places`` before its best brand, the brand's length, the cost."""
        totals = np.full((len(costs.LIKELY_LENGTHS), len(places.start)), np.inf)
        for row, length in enumerate(costs.LIKELY_LENGTHS):
            kept = np.flatnonzero(self.left[places.start] >= length)
            start = places.start[kept]
            stop = start + length
            cost = places.cost[kept] + tails[stop]
            totals[row, kept] = cost + (self._brand_costs(start, length) + splits[stop])
        # Of equal ways the first.
        row = totals.argmin(axis=0)
        least = totals[row, np.arange(len(row))]
        least_of_body = np.minimum.reduceat(least, np.flatnonzero(first_of_runs(places.body)))
        best = np.flatnonzero(least == least_of_body[places.body])
        best = best[first_of_runs(places.body[best])]
        return best, np.array(costs.LIKELY_LENGTHS)[row[best]], least_of_body

    def _brand_costs(self, start: Ints, length: int) -> Doubles:
        """What brands of one length cost; the same as for one brand in ``names_segmentation``."""
        if not length:
            return np.full(len(start), costs.NO_BRAND)
        is_region, is_trade = self.is_region[:, start], self.is_trade[length, start]
        added = np.zeros(len(start))
        if length >= costs.LONG_WORD:
            added[is_region[2] | is_region[3]] = costs.BRAND_HOLDS_REGION
            for n_head in range(2, length - 1):
                head, rest = self.word[n_head, start], self.word[length - n_head, start + n_head]
                is_trade = is_trade | ((head > 0) & (rest > 0))
        added[is_trade] = costs.BRAND_IS_TRADE
        added[is_region[length]] = costs.BRAND_IS_REGION
        cost = costs.LENGTH_COST[length] + added
        if length > 1:
            cost[self.is_suffix[start]] += costs.BRAND_IS_REGION
        return cost


def _kinds(word: npt.NDArray[np.int32], words: ListedWords) -> tuple[Flags, Flags]:
    """Where a word is a region, and where a trade word; most places have none."""
    is_region, is_trade = np.zeros(word.shape, bool), np.zeros(word.shape, bool)
    here = np.nonzero(word)
    is_region[here], is_trade[here] = words.is_region[word[here]], words.is_trade[word[here]]
    return is_region, is_trade


def _with_late_places(cut: Cut, places: Sequence[int]) -> Cut:
    """Places among the trade words, by their positions, are regions after all."""
    words = tuple(one for place, one in enumerate(cut.words) if place not in places)
    regions = (*cut.regions, *(cut.words[place] for place in places))
    return cut._replace(regions=regions, trade="".join(words), words=words)


@dataclass(frozen=True, slots=True)
class _Places:
    """Ways to begin bodies with places: after them stands the brand.

    Attributes
    ----------
    body, start, cost
        Which body, where the brand begins, what the places cost; ordered by body.
    number
        0 no place; above, the number of a word; below, -1 less the position in ``manifold``.
    """

    words: Sequence[str]
    manifold: Sequence[PlacePath]
    body: Ints
    start: Ints
    cost: Doubles
    number: Ints

    def regions(self, number: int) -> tuple[str, ...]:
        """The places of a way."""
        if number < 0:
            return self.manifold[-1 - number][1]
        return (self.words[number],) if number else ()
