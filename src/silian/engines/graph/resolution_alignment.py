"""How much two names speak for one organisation, in bits, by the best alignment of the one in the other.

A short name keeps some characters of the full name in their order. Each kept character is worth as
much as it is rare: to find 科技 in a name says little, 瓷 much. A jump costs, less so to where a part
of the name begins; a character that the other name doesn't have costs by the part it belongs to.
The weights are log2 of P(seen | same) / P(seen | different).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from silian.engines.graph.resolution_rarity import Rarity
from silian.engines.graph.resolution_table import (
    BRAND,
    ENDING,
    HOST,
    NEXT_TRADE,
    PAD,
    TRADE,
    Floats,
    Ints,
    NameTable,
)

_NEVER = np.float32(-1e6)
_CHUNK = 4_000  # what a processor keeps at hand


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignmentCosts:
    """Costs in bits.

    Attributes
    ----------
    jump, jump_to_part
        A gap before a matched character; before one that begins a part of the name.
    broken_brand
        Added to a jump within the brand of a full name: 中铁 is not in 中国铁建.
    missing_brand, missing_ending
        A character of a short name that the full name lacks: of its body, of a closing 股份.
    missing_full_brand, missing_host, missing_full_trade
        A character of one full name that the other lacks.
    covered
        What a matched character of the other's brand earns, and an unmatched one loses.
    covered_share
        The same for its trade, as a share of the character's bits: what nothing explains should
        say little, as 实业.
    least_trade, most_trade
        Bounds of what the trades of two full names say: many brands share a trade, and companies
        of one group share a brand.
    renamed, most_piece
        What is taken from a shared piece of two brands, for all that differs; most it may say.
    host_share
        Share of its bits that a character of the host is worth: ministries change their names, and
        a comparison of its own weighs the host.
    most_brand, same_parts, same_name
        Most that agreeing brands say, and what is added where brand and trade are the same to the
        letter, and where the whole names are.
    """

    jump: float = 2.5
    jump_to_part: float = 0.8
    broken_brand: float = 4.0
    missing_brand: float = 6.0
    missing_ending: float = 1.0
    missing_full_brand: float = 6.0
    missing_host: float = 0.2
    missing_full_trade: float = 3.0
    covered: float = 1.0
    covered_full: float = 1.5
    covered_share: float = 0.08
    most_bits: float = 14.0
    renamed: float = 2.0
    most_piece: float = 13.0
    least_trade: float = -8.0
    most_trade: float = 3.0
    host_share: float = 0.05
    most_brand: float = 11.0
    same_parts: float = 3.0
    same_name: float = 16.0


def align(
    table: NameTable,
    left: Ints,
    right: Ints,
    rarity: Rarity,
    costs: AlignmentCosts,
    *,
    may_be_renamed: bool = False,
) -> Floats:
    """Weight of each pair of rows, bits.

    A short name is looked for in the other. Of two full names, brand and trade are looked for in
    each other, and of each the worse way counts. Where one side may know an organisation by a former
    name, a rare piece that both brands share speaks for them too, whatever else differs.
    """
    swap = table.is_short[right] & ~table.is_short[left]
    asking, asked = np.where(swap, right, left), np.where(swap, left, right)
    short = table.is_short[asking]
    weights = np.zeros(len(left), np.float32)
    aligner = _Aligner.of(table, rarity, costs)
    ask = aligner.question(table.query)
    missing = np.where(table.query_roles == ENDING, costs.missing_ending, costs.missing_brand)
    for part in _chunks(np.flatnonzero(short)):
        weights[part] = aligner.weigh(
            ask, missing.astype(np.float32), costs.covered, asking[part], asked[part]
        )
    full = np.flatnonzero(~short)
    if len(full):
        weights[full] = _align_full(aligner, asking[full], asked[full])
    if len(full) and may_be_renamed:
        pieces = _shared_pieces(aligner, asking[full], asked[full])
        weights[full] = np.maximum(weights[full], pieces - costs.renamed)
    return weights


def _align_full(aligner: "_Aligner", left: Ints, right: Ints) -> Floats:
    """Brand and trade of two full names, each bounded above by what full agreement would say."""
    table, costs = aligner.table, aligner.costs
    is_host = table.brand_roles == HOST
    worth = np.where(is_host, np.float32(costs.host_share), np.float32(1))
    lost = np.where(is_host, costs.missing_host, costs.missing_full_brand).astype(np.float32)
    brand, trade = (
        aligner.question(table.brand, worth, costs.broken_brand),
        aligner.question(table.trade),
    )
    lost_trade = np.full(table.query.shape, costs.missing_full_trade, np.float32)
    held, places = np.unique(np.concatenate([left, right]), return_inverse=True)
    most = np.concatenate(
        [aligner.weigh(brand, lost, costs.covered_full, part, part) for part in _chunks(held)]
    )
    most_left, most_right = most[places[: len(left)]], most[places[len(left) :]]
    weights = np.zeros(len(left), np.float32)
    for part in _chunks(np.arange(len(left))):
        one, other = left[part], right[part]
        short_of = np.maximum(
            most_left[part] - aligner.weigh(brand, lost, costs.covered_full, one, other),
            most_right[part] - aligner.weigh(brand, lost, costs.covered_full, other, one),
        )
        agreed = np.minimum(np.minimum(most_left[part], most_right[part]), costs.most_brand)
        trades = np.minimum(
            aligner.weigh(trade, lost_trade, 0.0, one, other),
            aligner.weigh(trade, lost_trade, 0.0, other, one),
        )
        both = (trade.lengths[one] > 0) & (trade.lengths[other] > 0)
        trades = np.where(both, np.clip(trades, costs.least_trade, costs.most_trade), 0)
        same = (table.characters[one] == table.characters[other]).all(axis=1)
        alike = (table.query[one] == table.query[other]).all(axis=1) & (brand.lengths[one] > 0)
        weights[part] = (agreed - short_of + trades) + np.where(
            same, costs.same_name, costs.same_parts * alike
        )
    return weights


def _shared_pieces(aligner: "_Aligner", left: Ints, right: Ints) -> Floats:
    """Bits of the longest rare piece of one brand within the other, unbroken."""
    table, costs = aligner.table, aligner.costs
    brand = aligner.question(
        table.brand,
        np.where(table.brand_roles == HOST, np.float32(0), np.float32(1)),
        broken=_UNBROKEN,
    )
    nothing = np.zeros(table.query.shape, np.float32)
    beside = np.where(table.roles == BRAND, costs.jump_to_part, _UNBROKEN).astype(np.float32)
    within = replace(aligner, jumps=beside)
    pieces = np.zeros(len(left), np.float32)
    for part in _chunks(np.arange(len(left))):
        pieces[part] = within.weigh(brand, nothing, 0.0, left[part], right[part])
    return np.minimum(pieces, costs.most_piece)


_UNBROKEN = 30.0


def _chunks(places: Ints) -> Iterator[Ints]:
    return (places[start : start + _CHUNK] for start in range(0, len(places), _CHUNK))


@dataclass(frozen=True, slots=True)
class _Question:
    """What is looked for: characters of every row, and what finding them is worth."""

    characters: Ints
    bits: Floats
    bits_after: Floats
    lengths: Ints
    broken: float = 0.0


@dataclass(frozen=True, slots=True)
class _Aligner:
    table: NameTable
    rarity: Rarity
    costs: AlignmentCosts
    jumps: Floats
    shares: Floats
    lengths: Ints

    @classmethod
    def of(cls, table: NameTable, rarity: Rarity, costs: AlignmentCosts) -> "_Aligner":
        begins = np.ones(table.roles.shape, bool)
        begins[:, 1:] = table.roles[:, 1:] != table.roles[:, :-1]
        is_trade = (table.roles == TRADE) | (table.roles == NEXT_TRADE)
        shares = np.where(is_trade, costs.covered_share * rarity.bits(table.characters), 0)
        return cls(
            table,
            rarity,
            costs,
            np.where(begins, costs.jump_to_part, costs.jump).astype(np.float32),
            shares.astype(np.float32),
            (table.characters != PAD).sum(axis=1),
        )

    def question(
        self, characters: Ints, worth: Floats | None = None, broken: float = 0.0
    ) -> _Question:
        most = np.float32(self.costs.most_bits)
        share = np.ones(characters.shape, np.float32) if worth is None else worth
        return _Question(
            characters,
            np.minimum(self.rarity.bits(characters), most) * share,
            np.minimum(self.rarity.bits_after(characters), most) * share,
            (characters != PAD).sum(axis=1),
            broken,
        )

    def weigh(
        self, question: _Question, missing: Floats, covered: float, asking: Ints, asked: Ints
    ) -> Floats:
        """Best alignment of questions in names, all pairs at once, one character a step."""
        if not len(asking):
            return np.zeros(0, np.float32)
        # Pairs stand side by side, so that every step runs along memory.
        n_asked = int(self.lengths[asked].max())
        names = np.ascontiguousarray(self.table.characters[asked, :n_asked].T)
        is_brand = self.table.roles[asked, :n_asked].T == BRAND
        shares = self.shares[asked, :n_asked].T * (covered > 0)
        earned = np.where(is_brand, np.float32(covered), shares).astype(np.float32)
        jumps = np.ascontiguousarray(self.jumps[asked, :n_asked].T)
        best = np.zeros((n_asked + 1, len(asking)), np.float32)
        matched = np.full((n_asked, len(asking)), _NEVER, np.float32)
        begun, followed = np.empty_like(matched), np.empty_like(matched)
        n_steps = int(question.lengths[asking].max())
        characters = np.ascontiguousarray(question.characters[asking, :n_steps].T)
        bits = np.ascontiguousarray(question.bits[asking, :n_steps].T)
        bits_after = np.ascontiguousarray(question.bits_after[asking, :n_steps].T)
        lost = np.where(characters == PAD, np.float32(0), missing[asking, :n_steps].T)
        for step in range(n_steps):
            character = characters[step]
            differs = names != character
            differs |= character == PAD
            np.add(best[:-1], bits[step], out=begun)
            begun -= jumps
            if step:
                begun -= np.float32(question.broken)
            followed[0] = _NEVER
            np.add(matched[:-1], bits_after[step], out=followed[1:])
            np.maximum(begun, followed, out=matched)
            matched += earned
            matched[differs] = _NEVER
            best -= lost[step]
            for place in range(n_asked):
                here = best[place + 1]
                np.maximum(here, matched[place], out=here)
                np.maximum(here, best[place], out=here)
        score: Floats = best[-1] - earned.sum(axis=0)
        return score
