"""Which mentions are one person.

Two kinds of records come here. Registers tell a person's parts (names, birth date, address, numbers)
with typing errors: Splink learns from the records themselves what agreement is worth. Works tell a
name and what surrounds it (affiliation, co-authors, field, years): there the weights are given, since
the same Chinese name on two papers is no pair to learn from without labels.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from silian.engines.graph.names_lexicon import normalise_name
from silian.engines.graph.resolution_backend import Connection, splink_api
from silian.engines.graph.resolution_checks import check_thresholds, check_unique
from silian.engines.graph.resolution_clusters import cluster
from silian.engines.graph.resolution_people_model import (
    MentionWeights,
    blocking_rules,
    certain_rules,
    comparisons_of_mentions,
    comparisons_of_parts,
    training_rules,
)
from silian.engines.graph.resolution_values import (
    Decision,
    Evidence,
    Link,
    LinkState,
    PersonRecord,
    Resolution,
)

_DIGITS = re.compile(r"\D+")
_SEED = 20_260_101
#: Share of all matches that agree on what certain_rules ask for: registers hold typing errors.
_RECALL_OF_CERTAIN = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonSettings:
    """How people are resolved.

    Attributes
    ----------
    link_from, review_from
        Probabilities from which two records are one, and from which a person should look.
    sampled_pairs
        Random pairs by which Splink learns how often strangers agree.
    least_to_learn_from
        Records below which nothing is learned and Splink's own defaults hold.
    deciding_identifiers
        Schemes of which two different values are two people.
    weights
        Of mentions in works.
    """

    link_from: float = 0.5
    review_from: float = 0.1
    sampled_pairs: int = 1_000_000
    least_to_learn_from: int = 100
    deciding_identifiers: tuple[str, ...] = ("orcid",)
    weights: MentionWeights = field(default_factory=MentionWeights)


def resolve_people(
    records: Iterable[PersonRecord],
    *,
    decisions: Sequence[Decision] = (),
    settings: PersonSettings | None = None,
    connection: Connection | None = None,
) -> Resolution:
    """Find the records that are one person.

    Parameters
    ----------
    records
        Rows of registers (with family name or birth date) or mentions in works; not both at once.
    decisions
        What people decided, in their order.
    connection
        DuckDB connection or Spark session; DuckDB in memory by default.

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

    Examples
    --------
    >>> found = resolve_people([
    ...     PersonRecord(record_id="1", name="沈知远", affiliations=("org-a",), co_authors=("顾一",)),
    ...     PersonRecord(record_id="2", name="沈知远", affiliations=("org-a",), co_authors=("顾一",)),
    ...     PersonRecord(record_id="3", name="沈知远", affiliations=("org-b",), fields=("渔业",)),
    ... ])
    >>> [one.record_ids for one in found.clusters]
    [('1', '2'), ('3',)]
    """
    held = tuple(sorted(records, key=lambda one: one.record_id))
    options = settings or PersonSettings()
    check_unique([one.record_id for one in held])
    check_thresholds(options.review_from, options.link_from)
    columns = person_columns(held)
    by_parts = any(columns["family_name"]) or any(columns["birth_date"])
    rows, comparisons = _predict(columns, by_parts, options, connection) if held else ([], [])
    links = [
        _link(held, row, comparisons, options)
        for row in rows
        if row["match_probability"] >= options.review_from
    ]
    settled, clusters = cluster(
        [one.record_id for one in held],
        links,
        codes={one.record_id: _deciding(one, options) for one in held},
        decisions=decisions,
    )
    return Resolution(
        links=tuple(one for one in settled if one.state == "linked"),
        review=tuple(one for one in settled if one.state != "linked"),
        clusters=clusters,
    )


def person_columns(records: Sequence[PersonRecord]) -> dict[str, list[Any]]:
    """One column a compared attribute; None where a record doesn't tell."""
    schemes = sorted(
        {scheme for one in records for scheme, value in one.identifiers.items() if value}
    )
    columns: dict[str, list[Any]] = {
        "name": [_text(one.name or f"{one.family_name} {one.given_name}") for one in records],
        "given_name": [_text(one.given_name) for one in records],
        "family_name": [_text(one.family_name) for one in records],
        "birth_date": [_DIGITS.sub("", one.birth_date) or None for one in records],
        "street": [_text(one.street) for one in records],
        "locality": [_text(one.locality) for one in records],
        "postcode": [_text(one.postcode) for one in records],
        "affiliations": [_texts(one.affiliations) for one in records],
        "co_authors": [_texts(one.co_authors) for one in records],
        "fields": [_texts(one.fields) for one in records],
        "first_year": [one.first_year or one.last_year or None for one in records],
        "last_year": [one.last_year or one.first_year or None for one in records],
    }
    for scheme in schemes:
        columns[f"id_{scheme}"] = [_text(one.identifiers.get(scheme, "")) for one in records]
    return columns


def _text(text: str) -> str | None:
    return normalise_name(text) or None


def _texts(values: Sequence[str]) -> list[str] | None:
    return sorted({normalise_name(one) for one in values if one.strip()}) or None


def _deciding(record: PersonRecord, options: PersonSettings) -> str:
    for scheme in options.deciding_identifiers:
        if record.identifiers.get(scheme):
            return f"{scheme}:{normalise_name(record.identifiers[scheme])}"
    return ""


def _predict(
    columns: dict[str, list[Any]],
    by_parts: bool,
    options: PersonSettings,
    connection: Connection | None,
) -> tuple[list[dict[str, Any]], list[str]]:
    """Pairs that Splink finds, and the names of the comparisons."""
    from splink import Linker, SettingsCreator

    known = {name: values for name, values in columns.items() if any(one for one in values)}
    rules = blocking_rules(known, by_parts)
    n_records = len(columns["name"])
    if not rules or n_records < 2:
        return [], []
    comparisons = (
        comparisons_of_parts(known) if by_parts else comparisons_of_mentions(known, options.weights)
    )
    with splink_api(connection) as api:
        table = pa.table({"unique_id": list(range(n_records)), **known})
        linker = Linker(
            api.register(table, dataset_display_name="people_to_resolve"),
            SettingsCreator(
                link_type="dedupe_only",
                comparisons=comparisons,
                blocking_rules_to_generate_predictions=rules,
                probability_two_random_records_match=(
                    1 / n_records if by_parts else options.weights.prior(columns["name"])
                ),
                retain_intermediate_calculation_columns=True,
                retain_matching_columns=False,
            ),
            log_level=None,
        )
        if by_parts and n_records >= options.least_to_learn_from:
            _learn(linker, known, options)
        found = linker.inference.predict(
            threshold_match_probability=options.review_from, warning_mode="never"
        )
        rows = found.as_record_list()
        names = rows[0] if rows else ()
        return rows, [one.removeprefix("mw_") for one in names if one.startswith("mw_")]


def _learn(linker: Any, known: dict[str, list[Any]], options: PersonSettings) -> None:
    """How often strangers agree from random pairs, how often one person does from likely pairs."""
    certain = certain_rules(known)
    if certain:
        linker.training.estimate_probability_two_random_records_match(
            certain, recall=_RECALL_OF_CERTAIN
        )
    linker.training.estimate_u_using_random_sampling(max_pairs=options.sampled_pairs, seed=_SEED)
    for rule in training_rules(known):
        linker.training.estimate_parameters_using_expectation_maximisation(
            rule, fix_u_probabilities=True
        )


def _link(
    records: Sequence[PersonRecord],
    row: dict[str, Any],
    comparisons: Sequence[str],
    options: PersonSettings,
) -> Link:
    left, right = records[row["unique_id_l"]], records[row["unique_id_r"]]
    probability = float(row["match_probability"])
    state: LinkState = "linked" if probability >= options.link_from else "review"
    reason = "" if state == "linked" else "doubt"
    codes = Counter(code for code in (_deciding(left, options), _deciding(right, options)) if code)
    if len(codes) > 1:
        state, reason = "refused", "contradicting_codes"
    return Link(
        left_id=left.record_id,
        right_id=right.record_id,
        probability=probability,
        weight_bits=round(float(row["match_weight"]), 3),
        state=state,
        reason=reason,
        evidence=tuple(
            Evidence(
                comparison=name,
                level="",
                weight_bits=round(float(row[f"mw_{name}"]), 3),
            )
            for name in comparisons
            if row[f"mw_{name}"]
        ),
    )
