"""Which records are one organisation: candidates, evidence, probability, clusters.

``resolve_organisations`` compares within one body of records or between registers. A name is weighed
by alignment, the rest (codes, region, kind, form, ...) by Splink; the sum of both and the prior gives
the probability. Doubt goes to review, and no merge is final: clusters follow from links and
decisions on every run.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from silian.engines.graph.names import OrganisationNameParts
from silian.engines.graph.names_lexicon import NameLexicon, default_lexicon
from silian.engines.graph.resolution_alignment import AlignmentCosts, align
from silian.engines.graph.resolution_attributes import attribute_columns, code_key
from silian.engines.graph.resolution_blocking import BlockingRules, candidate_names
from silian.engines.graph.resolution_checks import check_thresholds, check_unique
from silian.engines.graph.resolution_clusters import cluster
from silian.engines.graph.resolution_competition import Competitors, probabilities
from silian.engines.graph.resolution_scoring import (
    AttributeWeights,
    Comparison,
    default_comparisons,
    weigh_attributes,
)
from silian.engines.graph.resolution_table import (
    Doubles,
    Ints,
    NameTable,
    is_short,
    make_table,
    measure_rarity,
)
from silian.engines.graph.resolution_values import (
    Decision,
    Evidence,
    Link,
    LinkState,
    OrganisationRecord,
    Resolution,
)

if TYPE_CHECKING:
    import duckdb

Scope = Literal["within", "between"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationSettings:
    """How organisations are resolved.

    Attributes
    ----------
    link_from, review_from
        Probabilities from which two records are one, and from which a person should look.
    name_scale
        Factor on the weight of a short name's alignment, learned on one half of labelled names and checked on the
        other: alignment bits understate, since they take characters as independent.
    short_bits
        Most that agreeing short names say for two records whose full names disagree.
    least_name_bits
        Pairs whose names say less are dropped before anything else is compared.
    most_partners
        Candidates kept of one record, the strongest first.
    least_possible
        Organisations that a record might be, at least: a handful of records is a sample of many.
    """

    link_from: float = 0.5
    review_from: float = 0.1
    name_scale: float = 1.4
    short_bits: float = 3.0
    least_name_bits: float = -2.0
    most_partners: int = 25
    least_possible: int = 500
    blocking: BlockingRules = field(default_factory=BlockingRules)
    alignment: AlignmentCosts = field(default_factory=AlignmentCosts)
    comparisons: tuple[Comparison, ...] = field(default_factory=default_comparisons)


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Candidate pairs of records, left < right."""

    left: Ints
    right: Ints
    name_bits: Doubles
    same_weak_code: "np.ndarray[tuple[int], np.dtype[np.bool_]]"

    def where(self, keep: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> "_Pairs":
        return _Pairs(
            self.left[keep], self.right[keep], self.name_bits[keep], self.same_weak_code[keep]
        )


def resolve_organisations(
    records: Iterable[OrganisationRecord],
    *,
    scope: Scope = "within",
    one_to_one: bool = False,
    decisions: Sequence[Decision] = (),
    settings: OrganisationSettings | None = None,
    lexicon: NameLexicon | None = None,
    connection: "duckdb.DuckDBPyConnection | None" = None,
) -> Resolution:
    """Find the records that are one organisation.

    Parameters
    ----------
    records
        From one register or several.
    scope
        ``within`` compares all records; ``between`` only those of different ``source``.
    one_to_one
        With ``between``: no source lists an organisation twice, so that each record matches at
        most one of the other side.
    decisions
        What people decided, in their order.
    settings, lexicon
        The packaged ones by default.
    connection
        DuckDB to score in; one in memory by default.

    Returns
    -------
    Resolution
        Links, cases for review, clusters over all records.

    Raises
    ------
    DuplicateRecord
        If two records share an id.
    ThresholdOutOfRange
        If the thresholds aren't 0 < review_from <= link_from <= 1.
    InvalidDecision, ContradictingDecision
        If a decision can't be followed.

    Examples
    --------
    >>> found = resolve_organisations([
    ...     OrganisationRecord(record_id="a", name="宁波屹澍磁性材料有限公司"),
    ...     OrganisationRecord(record_id="b", name="宁波市屹澍磁性材料股份有限公司"),
    ...     OrganisationRecord(record_id="c", name="宁波沐岚电子有限公司"),
    ... ])
    >>> [one.record_ids for one in found.clusters]
    [('a', 'b'), ('c',)]
    """
    held = tuple(records)
    options = settings or OrganisationSettings()
    check_unique([one.record_id for one in held])
    check_thresholds(options.review_from, options.link_from)
    words = lexicon or default_lexicon()
    table = make_table([(one.name, *one.other_names) for one in held], words)
    parts = _main_parts(held, table)
    sides = _sides(held) if scope == "between" else None
    pairs = _candidates(held, table, sides, words.trades, options)
    weights = weigh_attributes(
        attribute_columns(held, parts, words),
        pairs.left,
        pairs.right,
        options.comparisons,
        connection,
    )
    total = pairs.name_bits + weights.bits.sum(axis=1)
    n_possible = max(options.least_possible, len(held))
    found = probabilities(
        total, _competitors(pairs, parts, one_to_one and scope == "between"), n_possible
    )
    links = _links(held, parts, pairs, weights, total, found, options)
    settled, clusters = cluster(
        [one.record_id for one in held],
        links,
        codes={one.record_id: one.unified_code.upper() for one in held},
        identities={
            one.record_id: part.organisation
            for one, part in zip(held, parts, strict=True)
            if not is_short(part)
        },
        decisions=decisions,
    )
    return Resolution(
        links=tuple(one for one in settled if one.state == "linked"),
        review=tuple(one for one in settled if one.state != "linked"),
        clusters=clusters,
    )


def _main_parts(
    records: Sequence[OrganisationRecord], table: NameTable
) -> list[OrganisationNameParts]:
    """Of each record its own name, or its first full name where its own is short."""
    chosen: list[OrganisationNameParts | None] = [None] * len(records)
    for row, owner in enumerate(table.owner.tolist()):
        held = chosen[owner]
        if held is None or (is_short(held) and not table.is_short[row]):
            chosen[owner] = table.parts[row]
    nothing = OrganisationNameParts(text="", normalised="")
    return [one or nothing for one in chosen]


def _sides(records: Sequence[OrganisationRecord]) -> Ints:
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(one.source, len(numbers)) for one in records], np.int64)


def _candidates(
    records: Sequence[OrganisationRecord],
    table: NameTable,
    sides: Ints | None,
    trades: Iterable[str],
    options: OrganisationSettings,
) -> _Pairs:
    """Pairs of records whose names or codes are alike enough to look closer."""
    by_code, weak = _pairs_by_code(records, sides)
    row_left, row_right = candidate_names(
        table, options.blocking, None if sides is None else sides[table.owner]
    )
    more_left, more_right = _rows_of(table, by_code, len(records))
    keys = np.unique(
        np.concatenate([row_left * len(table) + row_right, more_left * len(table) + more_right])
    )
    row_left, row_right = keys // max(1, len(table)), keys % max(1, len(table))
    full = table.characters[~table.is_short]
    rarity = measure_rarity(full if len(full) else table.characters, trades)
    weights = align(table, row_left, row_right, rarity, options.alignment).astype(np.float64)
    pairs = _by_record(table, row_left, row_right, weights, weak, options)
    named = pairs.name_bits >= options.least_name_bits
    coded = np.isin(_keys(pairs.left, pairs.right, len(records)), by_code)
    return _strongest(pairs.where(named | coded), options.most_partners)


def _pairs_by_code(records: Sequence[OrganisationRecord], sides: Ints | None) -> tuple[Ints, Ints]:
    """Keys of pairs that share any code, and of those that share a weak one."""
    holders: dict[tuple[str, str], list[int]] = {}
    for place, one in enumerate(records):
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
    return np.unique(np.array(every, np.int64)), np.unique(np.array(weak, np.int64))


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
) -> _Pairs:
    """The best name pair of each pair of records.

    Where both records have full names, these decide: a shared short name adds little to full names
    that agree and can't outweigh full names that disagree.
    """
    n_records = int(table.owner.max(initial=-1)) + 1
    left = np.minimum(table.owner[row_left], table.owner[row_right])
    right = np.maximum(table.owner[row_left], table.owner[row_right])
    keys, place = np.unique(_keys(left, right, n_records), return_inverse=True)
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
    return _Pairs(left, right, bits, np.isin(keys, weak))


_DISAGREE = -12.0


def _keys(left: Ints, right: Ints, n_records: int) -> Ints:
    return left * max(1, n_records) + right


def _strongest(pairs: _Pairs, most: int) -> _Pairs:
    """At most so many pairs a record, but every pair that is among the strongest of either."""
    keep = np.zeros(len(pairs.left), bool)
    for who in (pairs.left, pairs.right):
        order = np.lexsort((-pairs.name_bits, who))
        sorted_who = who[order]
        begins = np.flatnonzero(np.concatenate([[True], sorted_who[1:] != sorted_who[:-1]]))
        lengths = np.diff(np.concatenate([begins, [len(order)]]))
        rank = np.arange(len(order)) - np.repeat(begins, lengths)
        keep[order[rank < most]] = True
    return pairs.where(keep | pairs.same_weak_code)


def _competitors(
    pairs: _Pairs, parts: Sequence[OrganisationNameParts], one_to_one: bool
) -> Competitors:
    """Short names mean one organisation; one-to-one, everybody does."""
    names: dict[str, int] = {}
    identity = np.array([names.setdefault(one.organisation, len(names)) for one in parts], np.int64)
    short = np.array([is_short(one) for one in parts], bool)
    if one_to_one:
        everybody = np.ones(len(pairs.left), bool)
        return Competitors(pairs.left, pairs.right, everybody, everybody, pairs.right, pairs.left)
    return Competitors(
        pairs.left,
        pairs.right,
        short[pairs.left] & ~short[pairs.right],
        short[pairs.right] & ~short[pairs.left],
        identity[pairs.right],
        identity[pairs.left],
    )


def _links(
    records: Sequence[OrganisationRecord],
    parts: Sequence[OrganisationNameParts],
    pairs: _Pairs,
    weights: AttributeWeights,
    total: Doubles,
    found: Doubles,
    options: OrganisationSettings,
) -> list[Link]:
    prior = -float(np.log2(max(options.least_possible, len(records))))
    links = []
    elsewhere = _said_elsewhere(records, pairs, weights)
    told = (found >= options.review_from) | pairs.same_weak_code
    for place in np.flatnonzero(told).tolist():
        left, right = int(pairs.left[place]), int(pairs.right[place])
        probability = float(found[place])
        codes = records[left].unified_code.upper(), records[right].unified_code.upper()
        state: LinkState = "linked"
        reason = ""
        if all(codes) and codes[0] != codes[1]:
            state, reason = "refused", "contradicting_codes"
            if probability < options.review_from:
                continue
        elif probability < options.review_from:
            state, reason = "review", "names_disagree"
        elif probability < options.link_from:
            state, reason = "review", "doubt"
        elif place in elsewhere:
            state, reason = "review", "other_region"
        links.append(
            Link(
                left_id=records[left].record_id,
                right_id=records[right].record_id,
                probability=probability,
                weight_bits=round(float(total[place]) + prior, 3),
                state=state,
                reason=reason,
                evidence=_evidence(pairs, weights, place, prior, parts[left], parts[right]),
            )
        )
    return links


def _said_elsewhere(
    records: Sequence[OrganisationRecord], pairs: _Pairs, weights: AttributeWeights
) -> frozenset[int]:
    """Pairs whose names or registers place them in two provinces, with no code to say otherwise.

    Subsidiaries share brand and trade; only a person knows one that moved.
    """
    names = [one.name for one in weights.comparisons]
    if "region" not in names:
        return frozenset()
    column = names.index("region")
    last = len(weights.comparisons[column].levels) - 1
    return frozenset(
        place
        for place in np.flatnonzero(weights.levels[:, column] == last).tolist()
        if not pairs.same_weak_code[place]
        and not (
            records[pairs.left[place]].unified_code
            and records[pairs.left[place]].unified_code == records[pairs.right[place]].unified_code
        )
    )


def _evidence(
    pairs: _Pairs,
    weights: AttributeWeights,
    place: int,
    prior: float,
    left: OrganisationNameParts,
    right: OrganisationNameParts,
) -> tuple[Evidence, ...]:
    found = [
        Evidence(comparison="prior", level="any two records", weight_bits=round(prior, 3)),
        Evidence(
            comparison="name",
            level=_name_level(left, right),
            weight_bits=round(float(pairs.name_bits[place]), 3),
        ),
    ]
    for column, comparison in enumerate(weights.comparisons):
        level = int(weights.levels[place, column])
        if level >= 0:
            found.append(
                Evidence(
                    comparison=comparison.name,
                    level=comparison.levels[level].label,
                    weight_bits=round(float(weights.bits[place, column]), 3),
                )
            )
    return tuple(found)


def _name_level(left: OrganisationNameParts, right: OrganisationNameParts) -> str:
    """How two names agree, in words."""
    if left.organisation == right.organisation:
        return "same name"
    if left.brand and left.brand == right.brand:
        return "same brand and trade" if left.trade == right.trade else "same brand, other trade"
    if left.organisation in right.organisation or right.organisation in left.organisation:
        return "one contains the other"
    return "aligned characters"
