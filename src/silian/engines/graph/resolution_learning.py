"""Learns what agreement is worth from pairs that people judged."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from silian.engines.graph.names_lexicon import NameLexicon, default_lexicon
from silian.engines.graph.resolution_attributes import attribute_columns
from silian.engines.graph.resolution_errors import LabelsInsufficient
from silian.engines.graph.resolution_keys import Ints
from silian.engines.graph.resolution_pairs import candidate_pairs, record_sides
from silian.engines.graph.resolution_scoring import Comparison, Level, weigh_attributes
from silian.engines.graph.resolution_settings import OrganisationSettings
from silian.engines.graph.resolution_table import Doubles, MainNames, make_table
from silian.engines.graph.resolution_values import OrganisationRecord

#: Pairs below which shares of levels would be chance.
_FEWEST = 30
#: How many observed pairs the packaged values stand for.
_PRIOR_PAIRS = 20.0


def learn_organisation_weights(
    records: Iterable[OrganisationRecord],
    same: Iterable[tuple[str, str]],
    *,
    between: bool = False,
    settings: OrganisationSettings | None = None,
    lexicon: NameLexicon | None = None,
) -> OrganisationSettings:
    """Settings whose comparisons know how often each level is seen.

    Parameters
    ----------
    records
        Records with all that resolution will see of them.
    same
        Ids of two records that are one organisation; every candidate pair not named is none.
    between
        Whether only records of different sources are compared.

    Returns
    -------
    OrganisationSettings
        The given settings with learned ``comparisons``; the former values weigh as twenty pairs.

    Raises
    ------
    LabelsInsufficient
        If fewer than 30 of the named pairs are among the records.
    """
    held = tuple(records)
    options = settings or OrganisationSettings()
    words = lexicon or default_lexicon()
    place = {one.record_id: number for number, one in enumerate(held)}
    known = {
        (min(place[a], place[b]), max(place[a], place[b]))
        for a, b in same
        if a in place and b in place and a != b
    }
    if len(known) < _FEWEST:
        raise LabelsInsufficient(
            f"{len(known)} labelled pairs are among the records; expected at least {_FEWEST}.",
            found=len(known),
        )
    table = make_table([(one.name, *one.other_names) for one in held], words)
    names = MainNames.of(table, len(held))
    sides = record_sides(held) if between else None
    pairs = candidate_pairs(held, table, names.parts, sides, words.trades, options)
    both = sorted(known | set(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)))
    left, right = (np.array(column, np.int64) for column in zip(*both, strict=True))
    is_same = np.array([pair in known for pair in both])
    weights = weigh_attributes(
        attribute_columns(held, names, words), left, right, options.comparisons
    )
    learned = {
        one.name: _learned(one, weights.levels[:, column], is_same)
        for column, one in enumerate(weights.comparisons)
    }
    return replace(
        options,
        comparisons=tuple(learned.get(one.name, one) for one in options.comparisons),
    )


def _learned(
    comparison: Comparison, levels: Ints, is_same: "np.ndarray[tuple[int], np.dtype[np.bool_]]"
) -> Comparison:
    same = _shares(levels[is_same], [one.m for one in comparison.levels])
    other = _shares(levels[~is_same], [one.u for one in comparison.levels])
    return replace(
        comparison,
        levels=tuple(
            Level(label=one.label, sql=one.sql, m=float(m), u=float(u))
            for one, m, u in zip(comparison.levels, same, other, strict=True)
        ),
    )


def _shares(levels: Ints, before: Sequence[float]) -> Doubles:
    counts = np.bincount(levels[levels >= 0], minlength=len(before)).astype(np.float64)
    counts += _PRIOR_PAIRS * np.array(before) / sum(before)
    shares: Doubles = counts / counts.sum()
    return shares
