"""Pairs of records worth a closer look, and what their names say."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from silian.engines.graph.names_readings import Reading
from silian.engines.graph.resolution_alignment import align
from silian.engines.graph.resolution_attributes import code_key
from silian.engines.graph.resolution_blocking import candidate_names
from silian.engines.graph.resolution_keys import Ints, KeyTable, distinct
from silian.engines.graph.resolution_letters import Flags, Letters
from silian.engines.graph.resolution_rarity import Rarity, measure_rarity
from silian.engines.graph.resolution_settings import OrganisationSettings
from silian.engines.graph.resolution_table import Doubles, NameTable
from silian.engines.graph.resolution_values import OrganisationRecord


@dataclass(frozen=True, slots=True)
class CandidatePairs:
    """Candidate pairs of records, left < right."""

    left: Ints
    right: Ints
    name_bits: Doubles
    same_weak_code: Flags

    def where(self, keep: Flags) -> "CandidatePairs":
        return CandidatePairs(
            self.left[keep], self.right[keep], self.name_bits[keep], self.same_weak_code[keep]
        )


def record_sides(records: Sequence[OrganisationRecord]) -> Ints:
    """A number for the source of each record."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(one.source, len(numbers)) for one in records], np.int64)


def candidate_pairs(
    records: Sequence[OrganisationRecord],
    table: NameTable,
    parts: Sequence[Reading],
    sides: Ints | None,
    trades: frozenset[str],
    options: OrganisationSettings,
) -> CandidatePairs:
    """Pairs of records whose names or codes are alike enough to look closer."""
    by_code, weak = _pairs_by_code(records, sides)
    row_left, row_right = candidate_names(
        table, options.blocking, None if sides is None else sides[table.owner]
    )
    more_left, more_right = _rows_of(table, by_code, len(records))
    keys = distinct(
        np.concatenate([row_left * len(table) + row_right, more_left * len(table) + more_right])
    )
    row_left, row_right = keys // max(1, len(table)), keys % max(1, len(table))
    rarity = measure_rarity(table, trades)
    owners = table.owner[row_left], table.owner[row_right]
    weights = align(
        table,
        row_left,
        row_right,
        rarity,
        options.alignment,
        may_be_renamed=sides is not None,
        # Below, the pair is dropped, whatever its short names say.
        least_full=options.least_name_bits - options.short_bits,
        exact=_among(_keys(np.minimum(*owners), np.maximum(*owners), len(records)), by_code),
    ).astype(np.float64)
    pairs = _by_record(table, row_left, row_right, weights, weak, options)
    pairs = _with_shared_brands(pairs, table, parts, rarity, trades, options)
    named = pairs.name_bits >= options.least_name_bits
    coded = _among(_keys(pairs.left, pairs.right, len(records)), by_code)
    return _strongest(pairs.where(named | coded), options.most_partners)


def _pairs_by_code(records: Sequence[OrganisationRecord], sides: Ints | None) -> tuple[Ints, Ints]:
    """Keys of pairs that share any code, and of those that share a weak one."""
    holders: dict[tuple[str, str], list[int]] = {}
    for place, one in enumerate(records):
        if not one.unified_code and not one.weak_codes:
            continue
        if one.unified_code:
            holders.setdefault(("", one.unified_code.upper()), []).append(place)
        for scheme, code in one.weak_codes.items():
            if code:
                holders.setdefault((scheme, code_key(code)), []).append(place)
    every: list[int] = []
    weak: list[int] = []
    for (scheme, _), places in holders.items():
        if len(places) > _MOST_HOLDERS:
            continue
        keys = [
            left * len(records) + right
            for i, left in enumerate(places)
            for right in places[i + 1 :]
            if sides is None or sides[left] != sides[right]
        ]
        every += keys
        if scheme:
            weak += keys
    return distinct(np.array(every, np.int64)), distinct(np.array(weak, np.int64))


_MOST_HOLDERS = 200


def _rows_of(table: NameTable, keys: Ints, n_records: int) -> tuple[Ints, Ints]:
    """All pairs of names of the given pairs of records."""
    starts = np.searchsorted(table.owner, np.arange(n_records + 1))
    left, right = [], []
    for key in keys.tolist():
        one, other = divmod(key, n_records)
        for a in range(starts[one], starts[one + 1]):
            for b in range(starts[other], starts[other + 1]):
                left.append(a)
                right.append(b)
    return np.array(left, np.int64), np.array(right, np.int64)


def _by_record(
    table: NameTable,
    row_left: Ints,
    row_right: Ints,
    weights: Doubles,
    weak: Ints,
    options: OrganisationSettings,
) -> CandidatePairs:
    """The best name pair of each pair of records.

    Where both records have full names, these decide: a shared short name adds little to full names
    that agree and can't outweigh full names that disagree.
    """
    n_records = int(table.owner.max(initial=-1)) + 1
    left = np.minimum(table.owner[row_left], table.owner[row_right])
    right = np.maximum(table.owner[row_left], table.owner[row_right])
    keys, place = _numbered(_keys(left, right, n_records))
    left, right = keys // max(1, n_records), keys % max(1, n_records)
    both_full = ~table.is_short[row_left] & ~table.is_short[row_right]
    full = np.full(len(keys), -np.inf)
    np.maximum.at(full, place[both_full], weights[both_full])
    other = np.full(len(keys), -np.inf)
    np.maximum.at(other, place[~both_full], weights[~both_full])
    has_full = np.zeros(n_records, bool)
    has_full[table.owner[~table.is_short]] = True
    comparable = has_full[left] & has_full[right]
    # Full names that blocking didn't even bring together disagree.
    full = np.where(np.isfinite(full), full, _DISAGREE)
    other = np.where(np.isfinite(other), other, 0.0)
    capped = np.clip(other, 0.0, options.short_bits)
    bits = np.where(comparable, full + capped, other)
    scale = np.where(comparable, 1.0, options.name_scale)
    bits = np.maximum(bits, _DISAGREE) * scale
    return CandidatePairs(left, right, bits, _among(keys, weak))


def _numbered(keys: Ints) -> tuple[Ints, Ints]:
    """Every key once, ascending, and which of them each is."""
    if (keys[1:] > keys[:-1]).all():  # as where every record has one name
        return keys, np.arange(len(keys))
    once, place = np.unique(keys, return_inverse=True)
    return once, place


_DISAGREE = -12.0
#: Rarer than one name in a hundred and twenty-eight.
_RARE_BITS = 7.0


def _with_shared_brands(
    pairs: CandidatePairs,
    table: NameTable,
    parts: Sequence[Reading],
    rarity: Rarity,
    trades: frozenset[str],
    options: OrganisationSettings,
) -> CandidatePairs:
    """Where a code is shared, a rare piece that both brands share outweighs what else differs.

    Companies that are renamed mostly keep a piece of their brand, and a code that was put down
    wrongly brings together names that share nothing.
    """
    bits = pairs.name_bits.copy()
    for place in np.flatnonzero(pairs.same_weak_code).tolist():
        left, right = parts[pairs.left[place]], parts[pairs.right[place]]
        pieces = {
            piece
            for one, other in ((left, right), (right, left))
            for piece in _pieces(one.brand)
            if piece in other.organisation and piece not in trades and piece not in one.regions
        }
        if any(_bits_of(piece, table, rarity) >= _RARE_BITS for piece in pieces):
            bits[place] = max(bits[place], options.shared_brand_bits)
    return CandidatePairs(pairs.left, pairs.right, bits, pairs.same_weak_code)


def _pieces(brand: str) -> Iterable[str]:
    return (brand[start : start + 2] for start in range(len(brand) - 1))


def _bits_of(piece: str, table: NameTable, rarity: Rarity) -> float:
    numbers = table.numbers(np.array([ord(character) for character in piece], np.int64))
    letters = Letters.of(numbers, np.zeros(len(numbers), np.uint8), np.array([len(numbers)]))
    return float(rarity.bits(letters)[0] + rarity.bits_after(letters).sum())


def _among(keys: Ints, held: Ints) -> Flags:
    """Which of the keys are held."""
    return KeyTable(held, np.ones(len(held), bool)).get(keys)


def _keys(left: Ints, right: Ints, n_records: int) -> Ints:
    return left * max(1, n_records) + right


def _strongest(pairs: CandidatePairs, most: int) -> CandidatePairs:
    """At most so many pairs a record, but every pair that is among the strongest of either."""
    keep = np.zeros(len(pairs.left), bool)
    for who in (pairs.left, pairs.right):
        has_many = np.bincount(who)[who] > most
        keep |= ~has_many
        many = np.flatnonzero(has_many)
        if not len(many):
            continue
        order = many[np.lexsort((-pairs.name_bits[many], who[many]))]
        sorted_who = who[order]
        begins = np.flatnonzero(np.concatenate([[True], sorted_who[1:] != sorted_who[:-1]]))
        lengths = np.diff(np.concatenate([begins, [len(order)]]))
        rank = np.arange(len(order)) - np.repeat(begins, lengths)
        keep[order[rank < most]] = True
    return pairs.where(keep | pairs.same_weak_code)
