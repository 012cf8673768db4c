"""Which pairs of names are worth comparing; never all pairs.

Names that share a rare pair of characters are candidates. A full name is found by neighbouring
characters of its brand and trade; a short name by any two of its characters in their order, since
it may leave out what stands between them (华瓷 for 华联瓷业). Of each name only its rarest pairs count,
and none that too many names hold, so that the work grows with the number of names.
"""

from dataclasses import dataclass

import numpy as np

from silian.engines.graph.resolution_rarity import lookup, pair_keys
from silian.engines.graph.resolution_table import PAD, Ints, NameTable


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockingRules:
    """How far the search for candidates goes.

    Attributes
    ----------
    rarest
        Pairs of characters by which one name looks for others.
    most_holders
        A pair that more names hold finds nobody.
    reach
        How far apart two characters of a short name may stand in the full one.
    """

    rarest: int = 3
    most_holders: int = 250
    reach: int = 16


def candidate_names(
    table: NameTable, rules: BlockingRules, side: Ints | None = None
) -> tuple[Ints, Ints]:
    """Pairs of rows of the table, each once, first row < second row.

    Rows of one record are never paired.

    Parameters
    ----------
    side
        Source of each record's rows; where given, only names of two sources are paired.
    """
    everybody = np.arange(len(table))
    if side is None:
        found = [_exact(table), *_searches(table, everybody, everybody, rules)]
    else:
        found = [_exact(table)]
        for one in np.unique(side):
            found += _searches(table, everybody[side == one], everybody[side != one], rules)
    left = np.concatenate([one for one, _ in found])
    right = np.concatenate([one for _, one in found])
    keep = table.owner[left] != table.owner[right]
    if side is not None:
        keep &= side[left] != side[right]
    low, high = np.minimum(left, right)[keep], np.maximum(left, right)[keep]
    keys = np.unique(low * len(table) + high)
    return keys // max(1, len(table)), keys % max(1, len(table))


def _searches(
    table: NameTable, probing: Ints, held: Ints, rules: BlockingRules
) -> list[tuple[Ints, Ints]]:
    """Full names look for full names, short names for full names."""
    short, held = table.is_short[probing], held[~table.is_short[held]]
    return [
        _probe(table, probing[~short], held, 1, 1, rules),
        _probe(table, probing[short], held, min(rules.reach, 8), rules.reach, rules),
    ]


def _probe(
    table: NameTable,
    probing: Ints,
    searched: Ints,
    probe_reach: int,
    reach: int,
    rules: BlockingRules,
) -> tuple[Ints, Ints]:
    """Join the rarest pairs of the probing names with the names that hold them."""
    if not len(probing) or not len(searched):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    probe_keys, probe_rows = _ordered_pairs(table.query[probing], probing, probe_reach)
    wanted = np.unique(probe_keys)
    keys, rows = _ordered_pairs(table.characters[searched], searched, reach, wanted)
    held, starts, counts = np.unique(keys, return_index=True, return_counts=True)
    holders = lookup(held, counts, probe_keys)
    usable = (holders > 0) & (holders <= rules.most_holders)
    probe_keys, probe_rows, holders = probe_keys[usable], probe_rows[usable], holders[usable]
    order = np.lexsort((holders, probe_rows))
    probe_keys, probe_rows, holders = probe_keys[order], probe_rows[order], holders[order]
    probe_keys, probe_rows = _first_of_each(probe_keys, probe_rows, rules.rarest)
    starts_of = lookup(held, starts, probe_keys)
    counts_of = lookup(held, counts, probe_keys)
    left = np.repeat(probe_rows, counts_of)
    offsets = np.arange(len(left)) - np.repeat(np.cumsum(counts_of) - counts_of, counts_of)
    return left, rows[np.repeat(starts_of, counts_of) + offsets]


def _ordered_pairs(
    characters: Ints, rows: Ints, reach: int, wanted: Ints | None = None
) -> tuple[Ints, Ints]:
    """Keys of two characters at most ``reach`` apart, with their rows; sorted, each once."""
    keys_found, rows_found = [], []
    for distance in range(1, min(reach, characters.shape[1] - 1) + 1):
        left, right = characters[:, :-distance], characters[:, distance:]
        keys = pair_keys(left, right)
        keep = right != PAD
        if not keep.any():
            break
        if wanted is not None:
            keep &= lookup(wanted, np.ones(len(wanted), np.int64), keys) == 1
        keys_found.append(keys[keep])
        rows_found.append(np.broadcast_to(rows[:, None], keys.shape)[keep])
    if not keys_found:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    keys, owners = np.concatenate(keys_found), np.concatenate(rows_found)
    order = np.lexsort((owners, keys))
    keys, owners = keys[order], owners[order]
    first = np.ones(len(keys), bool)
    first[1:] = (keys[1:] != keys[:-1]) | (owners[1:] != owners[:-1])
    return keys[first], owners[first]


def _first_of_each(keys: Ints, rows: Ints, limit: int) -> tuple[Ints, Ints]:
    """The first ``limit`` keys of each row; rows stand together."""
    if not len(rows):
        return keys, rows
    begins = np.flatnonzero(np.concatenate([[True], rows[1:] != rows[:-1]]))
    lengths = np.diff(np.concatenate([begins, [len(rows)]]))
    rank = np.arange(len(rows)) - np.repeat(begins, lengths)
    return keys[rank < limit], rows[rank < limit]


def _exact(table: NameTable) -> tuple[Ints, Ints]:
    """Names written alike, paired with the first of them."""
    first: dict[str, int] = {}
    left, right = [], []
    for row, parts in enumerate(table.parts):
        other = first.setdefault(parts.organisation, row)
        if other != row:
            left.append(other)
            right.append(row)
    return np.array(left, np.int64), np.array(right, np.int64)
