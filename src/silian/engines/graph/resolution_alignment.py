"""How much two names speak for one organisation, in bits, by the best alignment of the one in the other.

A short name keeps some characters of the full name in their order. Each kept character is worth as
much as it is rare: to find 科技 in a name says little, 瓷 much. A jump costs, less so to where a part
of the name begins; a character that the other name doesn't have costs by the part it belongs to.
The weights are log2 of P(seen | same) / P(seen | different).
"""

from dataclasses import dataclass

import numpy as np

from silian.engines.graph.resolution_table import (
    BRAND,
    NEXT_TRADE,
    PAD,
    TRADE,
    Floats,
    Ints,
    NameTable,
    Rarity,
)

_NEVER = np.float32(-1e6)
_CHUNK = 40_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignmentCosts:
    """Costs in bits.

    Attributes
    ----------
    jump, jump_to_part
        A gap before a matched character; before one that begins a part of the name.
    missing
        A character of the asking name that the other lacks, by its role, for short names.
    missing_full
        The same where both are full names: they should agree to the letter.
    covered
        What a matched character of the other's brand earns, and an unmatched one loses.
    covered_share
        The same for its trade, as a share of the character's bits: what nothing explains should
        say little, as 实业.
    """

    jump: float = 2.5
    jump_to_part: float = 0.8
    missing: tuple[float, ...] = (0, 3.0, 6.0, 4.0, 1.0, 3.0, 1.0, 4.0)
    missing_full: tuple[float, ...] = (0, 1.0, 6.0, 3.0, 0.5, 3.0, 1.0, 3.0)
    covered: float = 1.0
    covered_full: float = 1.5
    covered_share: float = 0.08
    most_bits: float = 14.0


def align(
    table: NameTable, left: Ints, right: Ints, rarity: Rarity, costs: AlignmentCosts
) -> Floats:
    """Weight of each pair of rows, bits.

    Where one is a short name, it is looked for in the other; two full names are looked for in
    each other and the worse way counts.
    """
    swap = table.is_short[right] & ~table.is_short[left]
    asking, asked = np.where(swap, right, left), np.where(swap, left, right)
    short = table.is_short[asking]
    weights = np.zeros(len(left), np.float32)
    prepared = _Prepared.of(table, rarity, costs)
    for mask, missing, covered in (
        (short, costs.missing, costs.covered),
        (~short, costs.missing_full, costs.covered_full),
    ):
        places = np.flatnonzero(mask)
        for start in range(0, len(places), _CHUNK):
            part = places[start : start + _CHUNK]
            one = prepared.weigh(asking[part], asked[part], missing, covered)
            if mask is not short:
                one = np.minimum(one, prepared.weigh(asked[part], asking[part], missing, covered))
            weights[part] = one
    return weights


@dataclass(frozen=True, slots=True)
class _Prepared:
    table: NameTable
    bits: Floats
    bits_after: Floats
    jumps: Floats
    shares: Floats
    lengths: Ints
    query_lengths: Ints

    @classmethod
    def of(cls, table: NameTable, rarity: Rarity, costs: AlignmentCosts) -> "_Prepared":
        begins = np.ones(table.roles.shape, bool)
        begins[:, 1:] = table.roles[:, 1:] != table.roles[:, :-1]
        jumps = np.where(begins, costs.jump_to_part, costs.jump).astype(np.float32)
        return cls(
            table,
            np.minimum(rarity.bits(table.query), costs.most_bits).astype(np.float32),
            np.minimum(rarity.bits_after(table.query), costs.most_bits).astype(np.float32),
            jumps,
            np.where(
                (table.roles == TRADE) | (table.roles == NEXT_TRADE),
                costs.covered_share * rarity.bits(table.characters),
                0,
            ).astype(np.float32),
            (table.characters != PAD).sum(axis=1),
            (table.query != PAD).sum(axis=1),
        )

    def weigh(
        self, asking: Ints, asked: Ints, missing: tuple[float, ...], covered: float
    ) -> Floats:
        """Best alignment of query rows in name rows, all pairs at once, one character a step."""
        table = self.table
        if not len(asking):
            return np.zeros(0, np.float32)
        n_asked = int(self.lengths[asked].max())
        names = table.characters[asked, :n_asked]
        brand = table.roles[asked, :n_asked] == BRAND
        earned = np.where(brand, np.float32(covered), self.shares[asked, :n_asked])
        jumps = self.jumps[asked, :n_asked]
        lost = np.array(missing, np.float32)[table.query_roles[asking]]
        best = np.zeros((len(asking), n_asked + 1), np.float32)
        matched = np.full((len(asking), n_asked), _NEVER, np.float32)
        for step in range(int(self.query_lengths[asking].max())):
            character = table.query[asking, step]
            same = (names == character[:, None]) & (character != PAD)[:, None]
            begun = best[:, :-1] + self.bits[asking, step][:, None] - jumps
            followed = np.full_like(matched, _NEVER)
            followed[:, 1:] = matched[:, :-1] + self.bits_after[asking, step][:, None]
            matched = np.where(same, np.maximum(begun, followed) + earned, _NEVER)
            best = best - np.where(character == PAD, 0, lost[:, step])[:, None]
            best[:, 1:] = np.maximum(best[:, 1:], matched)
            np.maximum.accumulate(best, axis=1, out=best)
        return best[:, -1] - earned.sum(axis=1)

