"""Splink's comparisons and blocking for people, from the columns that hold anything."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Columns = Mapping[str, Sequence[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class MentionWeights:
    """P(level | same person), P(level | two people of one name), from the strongest level down.

    Attributes
    ----------
    same_person_prob
        That two mentions of one name, of which nothing else is known, are one person: Chinese names
        are few.
    """

    same_person_prob: float = 0.1
    affiliations: tuple[tuple[float, float], ...] = ((0.7, 0.01), (0.3, 0.99))
    co_authors: tuple[tuple[float, float], ...] = ((0.3, 0.0005), (0.2, 0.01), (0.5, 0.9895))
    fields: tuple[tuple[float, float], ...] = ((0.3, 0.01), (0.3, 0.06), (0.4, 0.93))
    years: tuple[tuple[float, float], ...] = ((0.75, 0.5), (0.22, 0.3), (0.03, 0.2))
    identifier: tuple[tuple[float, float], ...] = ((0.98, 0.0001), (0.02, 0.9999))

    def prior(self, names: Sequence[str | None]) -> float:
        """Probability of any two records: Splink wants it before blocking by name."""
        counts = Counter(name for name in names if name)
        n_pairs = len(names) * (len(names) - 1) / 2
        same = sum(count * (count - 1) / 2 for count in counts.values())
        return max(1e-9, min(0.5, self.same_person_prob * same / n_pairs)) if n_pairs else 0.5


#: Columns by whose equal values candidates meet, loosest first.
_BLOCKS: tuple[tuple[str, ...], ...] = (
    ("birth_date",),
    ("family_name",),
    ("given_name",),
    ("street",),
    ("family_name", "given_name"),
    ("birth_date", "family_name"),
    ("birth_date", "given_name"),
    ("postcode", "family_name"),
    ("postcode", "given_name"),
    ("locality", "family_name"),
    ("locality", "given_name"),
    ("street", "locality"),
)
#: Pairs a record that one rule may bring; a rule that brings more is left to its stricter kin.
_MOST_PAIRS_A_RECORD = 30


def blocking_rules(known: Columns, by_parts: bool) -> list[Any]:
    """Equal values by which candidates meet; no rule whose pairs grow beyond the records."""
    from splink import block_on

    wanted: list[tuple[str, ...]] = [(name,) for name in known if name.startswith("id_")]
    if by_parts:
        wanted += [names for names in _BLOCKS if all(name in known for name in names)]
        wanted = [
            names for names in wanted if _pairs_a_record(known, names) <= _MOST_PAIRS_A_RECORD
        ]
    elif "name" in known:
        wanted.append(("name",))
    return [block_on(*names) for names in wanted]


def _pairs_a_record(known: Columns, names: Sequence[str]) -> float:
    counts = Counter(
        values for values in zip(*(known[name] for name in names), strict=True) if all(values)
    )
    n_records = len(next(iter(known.values())))
    return sum(count * (count - 1) / 2 for count in counts.values()) / max(1, n_records)


def certain_rules(known: Columns) -> list[Any]:
    """Agreement that hardly two people show: by it Splink estimates how many matches there are."""
    from splink import block_on

    names = [name for name in ("family_name", "given_name") if name in known]
    rules = [block_on(name, *names[:1]) for name in known if name.startswith("id_")]
    if "birth_date" in known and names:
        rules.append(block_on("birth_date", *names))
    return rules


def training_rules(known: Columns) -> list[Any]:
    """Two ways to gather likely pairs, so that every comparison is learned in one of them."""
    from splink import block_on

    by_name = [name for name in ("family_name", "given_name") if name in known]
    rules = [block_on(*by_name)] if by_name else []
    others = [name for name in known if name.startswith("id_")] + [
        name for name in ("birth_date", "street") if name in known
    ]
    return rules + [block_on(name) for name in others[:2]]


def comparisons_of_parts(known: Columns) -> list[Any]:
    """For registers: names, birth date, address and numbers, each by how alike its spelling is."""
    import splink.comparison_library as compare

    found: list[Any] = []
    if "given_name" in known and "family_name" in known:
        found.append(compare.ForenameSurnameComparison("given_name", "family_name"))
    elif "family_name" in known or "given_name" in known or "name" in known:
        name = next(one for one in ("family_name", "given_name", "name") if one in known)
        found.append(compare.JaroWinklerAtThresholds(name, [0.92, 0.8]))
    if "birth_date" in known:
        found.append(compare.LevenshteinAtThresholds("birth_date", [1, 2]))
    if "street" in known:
        found.append(compare.JaroWinklerAtThresholds("street", [0.92, 0.8]))
    if "locality" in known:
        found.append(compare.JaroWinklerAtThresholds("locality", [0.92, 0.8]))
    if "postcode" in known:
        found.append(compare.LevenshteinAtThresholds("postcode", [1, 2]))
    found += [
        compare.LevenshteinAtThresholds(name, [1, 3]) for name in known if name.startswith("id_")
    ]
    return found


def comparisons_of_mentions(known: Columns, weights: MentionWeights) -> list[Any]:
    """For works: the name, whom and what it is met with."""
    import splink.comparison_library as compare

    exact = weights.identifier
    found: list[Any] = [
        _weighed(compare.ExactMatch(name), exact) for name in known if name.startswith("id_")
    ]
    if "name" in known:
        share = _chance_of_same_name(known["name"])
        found.append(_weighed(compare.ExactMatch("name"), ((0.98, share), (0.02, 1 - share))))
    if "affiliations" in known:
        found.append(
            _weighed(compare.ArrayIntersectAtSizes("affiliations", [1]), weights.affiliations)
        )
    if "co_authors" in known:
        found.append(
            _weighed(compare.ArrayIntersectAtSizes("co_authors", [2, 1]), weights.co_authors)
        )
    if "fields" in known:
        found.append(_weighed(compare.ArrayIntersectAtSizes("fields", [2, 1]), weights.fields))
    if "first_year" in known:
        found.append(_years(weights))
    return found


def _weighed(comparison: Any, levels: Sequence[tuple[float, float]]) -> Any:
    return comparison.configure(
        m_probabilities=[m for m, _ in levels], u_probabilities=[u for _, u in levels]
    )


def _chance_of_same_name(names: Sequence[str | None]) -> float:
    """That two random records bear one name."""
    counts = Counter(name for name in names if name)
    n_records = sum(counts.values())
    same = sum(count * (count - 1) for count in counts.values())
    return min(0.5, max(1e-9, same / max(1, n_records * (n_records - 1))))


def _years(weights: MentionWeights) -> dict[str, Any]:
    conditions = (
        "first_year_l <= last_year_r + 3 AND first_year_r <= last_year_l + 3",
        "first_year_l <= last_year_r + 12 AND first_year_r <= last_year_l + 12",
        "ELSE",
    )
    labels = ("same time", "near in time", "far in time")
    levels: list[dict[str, Any]] = [
        {
            "sql_condition": "first_year_l IS NULL OR first_year_r IS NULL",
            "label_for_charts": "unknown",
            "is_null_level": True,
        }
    ]
    for condition, label, (m, u) in zip(conditions, labels, weights.years, strict=True):
        levels.append(
            {
                "sql_condition": condition,
                "label_for_charts": label,
                "m_probability": m,
                "u_probability": u,
            }
        )
    return {"output_column_name": "years", "comparison_levels": levels}
