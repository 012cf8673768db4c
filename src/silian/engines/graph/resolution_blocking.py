"""Which pairs of names are worth comparing; never all pairs.

Names that share a rare pair of characters are candidates. A full name is found by neighbouring
characters of its brand and trade; a short name by any two of its characters in their order, since
it may leave out what stands between them (华瓷 for 华联瓷业). Of each name only its rarest pairs count,
and none that too many names hold, so that the work grows with the number of names.
"""

from dataclasses import dataclass

import numpy as np

from silian.engines.graph.resolution_keys import Ints, KeyTable, distinct, first_of_runs
from silian.engines.graph.resolution_letters import Letters
from silian.engines.graph.resolution_table import NameTable


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
        for one in distinct(side):
            found += _searches(table, everybody[side == one], everybody[side != one], rules)
    left = np.concatenate([one for one, _ in found])
    right = np.concatenate([one for _, one in found])
    keep = table.owner[left] != table.owner[right]
    if side is not None:
        keep &= side[left] != side[right]
    low, high = np.minimum(left, right)[keep], np.maximum(left, right)[keep]
    keys = distinct(low * len(table) + high)
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
    probe_keys, probe_rows = _ordered_pairs(table, table.query, probing, probe_reach)
    keys, rows = _ordered_pairs(table, table.names, searched, reach, probe_keys)
    starts = np.flatnonzero(first_of_runs(keys))
    counts = np.diff(starts, append=len(keys))
    run = KeyTable(keys[starts], np.arange(1, len(starts) + 1)).get(probe_keys) - 1
    usable = (run >= 0) & (counts[run] <= rules.most_holders) if len(starts) else run >= 0
    run, probe_rows = run[usable], probe_rows[usable]
    # Of each name the pairs that the fewest names hold; of equal ones the first.
    order = np.arange(len(run)) + len(run) * counts[run]
    order = np.sort(order + probe_rows * (len(run) * (rules.most_holders + 1))) % max(1, len(run))
    run, probe_rows = _first_of_each(run[order], probe_rows[order], rules.rarest)
    starts_of, counts_of = starts[run], counts[run]
    left = np.repeat(probe_rows, counts_of)
    offsets = np.arange(len(left)) - np.repeat(np.cumsum(counts_of) - counts_of, counts_of)
    return left, rows[np.repeat(starts_of, counts_of) + offsets]


def _ordered_pairs(
    table: NameTable, letters: Letters, rows: Ints, reach: int, wanted: Ints | None = None
) -> tuple[Ints, Ints]:
    """Keys of two characters at most ``reach`` apart, with their rows; sorted, each once."""
    characters, owners = letters.of_rows(rows)
    size, n_rows = table.n_characters, len(table)
    begins, ends = np.full(size, wanted is None), np.full(size, wanted is None)
    if wanted is not None:
        wanted = distinct(wanted)
        is_wanted = KeyTable(wanted, np.ones(len(wanted), bool))
        begins[wanted // size], ends[wanted % size] = True, True
    may_end = ends[characters]
    left = np.cumsum(letters.lengths[rows])
    left = np.repeat(left, letters.lengths[rows]) - np.arange(len(characters))
    beginning = np.flatnonzero(begins[characters])
    found = []
    for distance in range(1, reach + 1):
        beginning = beginning[left[beginning] > distance]
        if not len(beginning):
            break
        first = beginning[may_end[beginning + distance]]
        keys = characters[first] * size + characters[first + distance]
        if wanted is not None:
            asked = is_wanted.get(keys)
            keys, first = keys[asked], first[asked]
        found.append(keys * n_rows + owners[first])
    packed = distinct(np.concatenate(found)) if found else np.zeros(0, np.int64)
    return packed // max(1, n_rows), packed % max(1, n_rows)


def _first_of_each(keys: Ints, rows: Ints, limit: int) -> tuple[Ints, Ints]:
    """The first ``limit`` keys of each row; rows stand together."""
    begins = np.flatnonzero(first_of_runs(rows))
    lengths = np.diff(begins, append=len(rows))
    rank = np.arange(len(rows)) - np.repeat(begins, lengths)
    return keys[rank < limit], rows[rank < limit]


def _exact(table: NameTable) -> tuple[Ints, Ints]:
    """Names written alike, paired with the first of them."""
    first = np.zeros(int(table.name.max(initial=-1)) + 1, np.int64)
    rows = np.arange(len(table))
    first[table.name[::-1]] = rows[::-1]
    again = np.flatnonzero(first[table.name] != rows)
    return first[table.name[again]], again
