"""Which records are one organisation: candidates, evidence, probability, clusters.

``resolve_organisations`` compares within one body of records or between registers. A name is weighed
by alignment, the rest (codes, region, kind, form, ...) by Splink; the sum of both and the prior gives
the probability. Doubt goes to review, and no merge is final: clusters follow from links and
decisions on every run.
"""

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Literal

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from silian.engines.graph.names_lexicon import NameLexicon, default_lexicon
from silian.engines.graph.resolution_attributes import attribute_columns
from silian.engines.graph.resolution_backend import Connection
from silian.engines.graph.resolution_checks import check_thresholds, check_unique
from silian.engines.graph.resolution_clusters import cluster
from silian.engines.graph.resolution_collection import paused_collection
from silian.engines.graph.resolution_competition import Competitors, probabilities
from silian.engines.graph.resolution_letters import Flags
from silian.engines.graph.resolution_links import weighed_links
from silian.engines.graph.resolution_pairs import (
    CandidatePairs,
    candidate_pairs,
    record_sides,
)
from silian.engines.graph.resolution_scoring import weigh_attributes
from silian.engines.graph.resolution_settings import OrganisationSettings
from silian.engines.graph.resolution_table import MainNames, make_table
from silian.engines.graph.resolution_values import (
    Decision,
    Link,
    OrganisationRecord,
    Resolution,
)

Scope = Literal["within", "between"]


def resolve_organisations(
    records: Iterable[OrganisationRecord],
    *,
    scope: Scope = "within",
    one_to_one: bool = False,
    decisions: Sequence[Decision] = (),
    settings: OrganisationSettings | None = None,
    lexicon: NameLexicon | None = None,
    connection: Connection | None = None,
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
        DuckDB connection or Spark session to score in; DuckDB in memory by default.

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
    held = tuple(sorted(records, key=attrgetter("record_id")))
    options = settings or OrganisationSettings()
    check_unique([one.record_id for one in held])
    check_thresholds(options.review_from, options.link_from)
    words = lexicon or default_lexicon()
    with paused_collection():
        links, identities = _links(held, scope, one_to_one, options, words, connection)
        settled, clusters = cluster(
            [one.record_id for one in held],
            links,
            codes=organisation_codes(held),
            identities=identities,
            decisions=decisions,
        )
    return Resolution(
        links=tuple(one for one in settled if one.state == "linked"),
        review=tuple(one for one in settled if one.state != "linked"),
        clusters=clusters,
    )


def _links(
    held: Sequence[OrganisationRecord],
    scope: Scope,
    one_to_one: bool,
    options: OrganisationSettings,
    words: NameLexicon,
    connection: Connection | None,
) -> tuple[list[Link], dict[str, str]]:
    """What the evidence alone says, and the full name of each record that has one."""
    table = make_table([(one.name, *one.other_names) for one in held], words)
    names = MainNames.of(table, len(held))
    sides = record_sides(held) if scope == "between" else None
    pairs = candidate_pairs(held, table, names.parts, sides, words.trades, options)
    weights = weigh_attributes(
        attribute_columns(held, names, words),
        pairs.left,
        pairs.right,
        options.comparisons,
        connection,
    )
    total = pairs.name_bits + weights.bits.sum(axis=1)
    n_possible = max(options.least_possible, len(held))
    found = probabilities(
        total,
        _competitors(pairs, names, total > np.log2(n_possible), one_to_one),
        n_possible,
    )
    links = weighed_links(held, names, pairs, weights, total, found, options)
    return links, _identities(held, names)


def organisation_codes(records: Iterable[OrganisationRecord]) -> dict[str, str]:
    """Unified code by record, as ``cluster`` wants it."""
    return {one.record_id: one.unified_code.upper() for one in records}


def organisation_identities(
    records: Sequence[OrganisationRecord], lexicon: NameLexicon | None = None
) -> dict[str, str]:
    """Full name by record that has one, as ``cluster`` wants it to settle known links anew.

    Examples
    --------
    >>> organisation_identities([
    ...     OrganisationRecord(record_id="a", name="屹澍磁性", other_names=("宁波屹澍磁性材料有限公司",)),
    ...     OrganisationRecord(record_id="b", name="屹澍"),
    ... ])
    {'a': '宁波屹澍磁性材料有限公司'}
    """
    words = lexicon or default_lexicon()
    table = make_table([(one.name, *one.other_names) for one in records], words)
    return _identities(records, MainNames.of(table, len(records)))


def _identities(records: Sequence[OrganisationRecord], names: MainNames) -> dict[str, str]:
    return {
        records[place].record_id: names.parts[place].organisation
        for place in np.flatnonzero(~names.is_short).tolist()
    }


def _competitors(
    pairs: CandidatePairs,
    names: MainNames,
    likely: Flags,
    one_to_one: bool,
) -> Competitors:
    """Names choose one organisation; full names that are likely one are no rivals.

    A full name is chosen by every short name and spelling of it, unless the match is one to one.
    """
    left_short, right_short = names.is_short[pairs.left], names.is_short[pairs.right]
    name = names.number
    n_names = int(name.max(initial=-1)) + 1
    one = likely & ~left_short & ~right_short
    joined = coo_array(
        (np.ones(int(one.sum()), bool), (name[pairs.left[one]], name[pairs.right[one]])),
        shape=(n_names, n_names),
    )
    _, groups = connected_components(joined, directed=False)
    means = groups.astype(np.int64)[name]
    mixed = left_short != right_short
    return Competitors(
        pairs.left,
        pairs.right,
        means[pairs.left],
        means[pairs.right],
        one_to_one | ~mixed | left_short,
        one_to_one | ~mixed | right_short,
        mixed.astype(np.int64),
    )
