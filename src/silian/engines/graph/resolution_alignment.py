"""How much two names speak for one organisation, in bits, by the best alignment of the one in the other.

A short name keeps some characters of the full name in their order. Each kept character is worth as
much as it is rare: to find 科技 in a name says little, 瓷 much. A jump costs, less so to where a part
of the name begins; a character that the other name doesn't have costs by the part it belongs to.
The weights are log2 of P(seen | same) / P(seen | different).
"""

from dataclasses import dataclass

import numpy as np

from silian.engines.graph.resolution_aligner import Aligner, Question
from silian.engines.graph.resolution_keys import Ints, distinct
from silian.engines.graph.resolution_letters import Flags, Letters
from silian.engines.graph.resolution_rarity import Rarity
from silian.engines.graph.resolution_roles import BRAND, ENDING, HOST
from silian.engines.graph.resolution_table import Floats, NameTable


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
    least_full: float = -np.inf,
    exact: Flags | None = None,
) -> Floats:
    """Weight of each pair of rows, bits.

    A short name is looked for in the other. Of two full names, brand and trade are looked for in
    each other, and of each the worse way counts. Where one side may know an organisation by a former
    name, a rare piece that both brands share speaks for them too, whatever else differs.

    Parameters
    ----------
    least_full
        Weight of two full names below which nobody asks how low it is: instead of it comes a number
        that is no lower, and below the bound as well.
    exact
        Pairs for which the bound doesn't hold.
    """
    swap = table.is_short[right] & ~table.is_short[left]
    asking, asked = np.where(swap, right, left), np.where(swap, left, right)
    is_short = table.is_short[asking]
    exact = np.zeros(len(left), bool) if exact is None else exact
    weights = np.zeros(len(left), np.float32)
    aligner = Aligner.of(
        table, rarity, (costs.jump, costs.jump_to_part), costs.covered_share, costs.most_bits
    )
    pairs = _Pairs(aligner, costs, weights, asking, asked)
    pairs.weigh_short(np.flatnonzero(is_short))
    full = np.flatnonzero(~is_short)
    if len(full) and may_be_renamed:
        pairs.weigh_pieces(full)
        pairs.weigh_full(full, -costs.renamed, np.zeros(len(left), bool))
    elif len(full):
        weights[full] = -np.inf
        pairs.weigh_full(full, least_full, exact)
    return weights


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Pairs of rows and the weights found so far."""

    aligner: Aligner
    costs: AlignmentCosts
    weights: Floats
    asking: Ints
    asked: Ints

    def weigh_short(self, places: Ints) -> None:
        """Look for short names in the others."""
        if not len(places):
            return
        costs, table = self.costs, self.aligner.table
        letters = table.query.where(table.is_short[table.query.rows])
        missing = np.where(letters.roles == ENDING, costs.missing_ending, costs.missing_brand)
        short = self.aligner.question(letters, missing, covered=costs.covered)
        self.weights[places] = self.aligner.weigh(short, self.asking[places], self.asked[places])

    def weigh_full(self, places: Ints, least: float, exact: Flags) -> None:
        """Brand and trade of full names; weights only rise, and only where they may reach the least."""
        table, costs = self.aligner.table, self.costs
        left, right = self.asking[places], self.asked[places]
        brand = self._brand(left, right)
        both = (table.trade.lengths[left] > 0) & (table.trade.lengths[right] > 0)
        same = _are_equal(self.aligner.names, left, right)
        alike = _are_equal(self.aligner.queries, left, right) & (table.brand.lengths[left] > 0)
        added = np.where(same, costs.same_name, costs.same_parts * alike).astype(np.float32)
        # Agreement never says more than the worse of the two ways.
        most = np.minimum(
            self.aligner.most(brand, left, right), self.aligner.most(brand, right, left)
        )
        most = np.minimum(most, costs.most_brand) + costs.most_trade * both + added
        told = (most >= least) | exact[places]
        weights = np.where(told, np.float32(0), most)
        left, right, both = left[told], right[told], both[told]
        weights[told] = self._brands(brand, left, right) + added[told]
        weights[told] += np.where(both, self._trades(left, right), np.float32(0))
        self.weights[places] = np.maximum(self.weights[places], weights)

    def _brand(self, left: Ints, right: Ints) -> Question:
        costs, letters = self.costs, _of_rows(self.aligner.table.brand, left, right)
        is_host = letters.roles == HOST
        missing = np.where(is_host, costs.missing_host, costs.missing_full_brand)
        worth = np.where(is_host, costs.host_share, 1.0)
        return self.aligner.question(
            letters,
            missing,
            covered=costs.covered_full,
            worth=worth,
            broken=costs.broken_brand,
        )

    def _brands(self, brand: Question, left: Ints, right: Ints) -> Floats:
        """What brands say, bounded above by what full agreement would say."""
        aligner = self.aligner
        most = np.zeros(len(aligner.table), np.float32)
        held = distinct(np.concatenate([left, right]))
        most[held] = aligner.weigh(brand, held, held)
        most_left, most_right = most[left], most[right]
        short_of = np.maximum(
            most_left - aligner.weigh(brand, left, right),
            most_right - aligner.weigh(brand, right, left),
        )
        agreed = np.minimum(np.minimum(most_left, most_right), self.costs.most_brand)
        said: Floats = agreed - short_of
        return said

    def _trades(self, left: Ints, right: Ints) -> Floats:
        costs, letters = self.costs, _of_rows(self.aligner.table.trade, left, right)
        trade = self.aligner.question(letters, np.full(len(letters.rows), costs.missing_full_trade))
        said = np.minimum(
            self.aligner.weigh(trade, left, right), self.aligner.weigh(trade, right, left)
        )
        bounded: Floats = np.clip(said, costs.least_trade, costs.most_trade)
        return bounded

    def weigh_pieces(self, places: Ints) -> None:
        """Bits of the longest rare piece of one brand within the other, unbroken."""
        table, costs = self.aligner.table, self.costs
        left, right = self.asking[places], self.asked[places]
        letters = _of_rows(table.brand, left, right)
        brand = self.aligner.question(
            letters,
            np.zeros(len(letters.rows)),
            worth=np.where(letters.roles == HOST, 0.0, 1.0),
            broken=_UNBROKEN,
        )
        within = self.aligner.with_jumps(
            np.where(table.names.roles == BRAND, costs.jump_to_part, _UNBROKEN)
        )
        pieces = within.weigh(brand, left, right)
        self.weights[places] = np.minimum(pieces, costs.most_piece) - costs.renamed


_UNBROKEN = 30.0


def _of_rows(letters: Letters, left: Ints, right: Ints) -> Letters:
    """Letters of the paired texts alone; the others are empty."""
    is_paired = np.zeros(len(letters.starts) - 1, bool)
    is_paired[left], is_paired[right] = True, True
    return letters.where(is_paired[letters.rows])


def _are_equal(columns: Ints, left: Ints, right: Ints) -> Flags:
    """Whether columns of a matrix are equal, pair by pair."""
    weights = np.random.default_rng(0).integers(1, 1 << 62, (len(columns), 1)) | 1
    sums = (columns * weights).sum(axis=0)
    equal: Flags = sums[left] == sums[right]
    places = np.flatnonzero(equal)
    equal[places] = (columns[:, left[places]] == columns[:, right[places]]).all(axis=0)
    return equal
