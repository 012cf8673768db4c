"""Peers of the resolution of organisation names, each as its own documentation begins.

All get the same names and the best threshold on the development half. Splink and recordlinkage get a
blocking that suits them: pairs of names that share two neighbouring characters which few names hold.
The fuzzy joins compare everything with everything. Each keeps the best partner of every short name.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

MOST_HOLDERS = 250

#: For every listed name the position of its best partner (-1: none) and the score.
Best = tuple[NDArray[np.int64], NDArray[np.float64]]


def shared_bigrams(listed: Sequence[str], registered: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of names with two neighbouring characters in common that few names hold."""
    holders: dict[str, set[int]] = defaultdict(set)
    for place, name in enumerate(registered):
        for start in range(len(name) - 1):
            holders[name[start : start + 2]].add(place)
    found: set[tuple[int, int]] = set()
    for place, name in enumerate(listed):
        for start in range(len(name) - 1):
            held = holders.get(name[start : start + 2], set())
            if len(held) <= MOST_HOLDERS:
                found |= {(place, other) for other in held}
    return sorted(found)


def _best(
    n_listed: int, left: Sequence[int], right: Sequence[int], scores: Sequence[float]
) -> Best:
    partner = np.full(n_listed, -1, np.int64)
    best = np.full(n_listed, -np.inf)
    for one, other, score in zip(left, right, scores, strict=True):
        if score > best[one]:
            partner[one], best[one] = other, score
    return partner, best


def splink_defaults(listed: Sequence[str], registered: Sequence[str]) -> Best:
    """Splink with its NameComparison (exact and Jaro-Winkler levels), u from random pairs."""
    import duckdb
    import pyarrow as pa
    import splink.comparison_library as compare
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    logging.getLogger("splink").setLevel(logging.ERROR)
    with duckdb.connect() as connection:
        api = DuckDBAPI(connection)
        tables = [
            api.register(
                pa.table({"unique_id": list(range(len(names))), "name": list(names)}),
                dataset_display_name=label,
            )
            for label, names in (("a_listed", listed), ("b_registered", registered))
        ]
        settings = SettingsCreator(
            link_type="link_only",
            comparisons=[compare.NameComparison("name")],
            blocking_rules_to_generate_predictions=[block_on("name")],
        )
        linker = Linker(tables, settings, log_level=None)
        linker.training.estimate_u_using_random_sampling(max_pairs=1_000_001, seed=1)
        pairs = shared_bigrams(listed, registered)
        linker.table_management.register_blocked_pairs_for_predict(
            api.register(
                pa.table(
                    {
                        "join_key_l": [f"a_listed-__-{one}" for one, _ in pairs],
                        "join_key_r": [f"b_registered-__-{other}" for _, other in pairs],
                        "match_key": ["0"] * len(pairs),
                    }
                ),
                dataset_display_name="pairs",
            )
        )
        found = linker.inference.predict(warning_mode="never").as_pyarrow_table()
    columns = ("unique_id_l", "unique_id_r", "match_weight")
    return _best(len(listed), *(found[name].to_pylist() for name in columns))


def recordlinkage_jarowinkler(listed: Sequence[str], registered: Sequence[str]) -> Best:
    """recordlinkage's Compare with its Jaro-Winkler string similarity."""
    import pandas as pd
    import recordlinkage

    pairs = pd.MultiIndex.from_tuples(shared_bigrams(listed, registered))
    compare = recordlinkage.Compare()
    compare.string("name", "name", method="jarowinkler", label="name")
    left, right = pd.DataFrame({"name": listed}), pd.DataFrame({"name": registered})
    scores = compare.compute(pairs, left, right)["name"]
    return _best(
        len(listed),
        scores.index.get_level_values(0).tolist(),
        scores.index.get_level_values(1).tolist(),
        scores.tolist(),
    )


def fuzzy_join(scorer: str) -> Callable[[Sequence[str], Sequence[str]], Best]:
    """Every name against every name with one of rapidfuzz's ratios, on one thread."""

    def join(listed: Sequence[str], registered: Sequence[str]) -> Best:
        from rapidfuzz import fuzz, process

        scores = process.cdist(
            listed, registered, scorer=getattr(fuzz, scorer), workers=1, dtype=np.float32
        )
        return scores.argmax(axis=1), scores.max(axis=1).astype(np.float64)

    return join


def extract_one(listed: Sequence[str], registered: Sequence[str]) -> Best:
    """The join as rapidfuzz's documentation writes it: the best of all choices, name by name."""
    from rapidfuzz import process

    found = [process.extractOne(name, registered) for name in listed]
    return (
        np.array([place for _, _, place in found], np.int64),
        np.array([score for _, score, _ in found], np.float64),
    )


PEERS: dict[str, Callable[[Sequence[str], Sequence[str]], Best]] = {
    "Splink, NameComparison": splink_defaults,
    "recordlinkage, Jaro-Winkler": recordlinkage_jarowinkler,
    "rapidfuzz extractOne join": extract_one,
    "rapidfuzz partial_ratio join": fuzzy_join("partial_ratio"),
    "rapidfuzz token_ratio join": fuzzy_join("token_ratio"),
    "rapidfuzz ratio join": fuzzy_join("ratio"),
}
