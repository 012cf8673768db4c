"""What goes into the resolution and what comes out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from silian.engines.graph.resolution_frozen import made_quickly

LinkState = Literal["linked", "review", "refused"]
DecisionKind = Literal["merge", "split", "must_not_link"]


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationRecord:
    """One record of an organisation, as one register tells it.

    Attributes
    ----------
    record_id
        Unique over all records of a call; a public id, say.
    name
        The name as the register writes it; full or short.
    other_names
        Aliases, short names, former and English names.
    source
        Register, for linking between registers.
    unified_code
        统一社会信用代码, checked; two records with different ones are never one.
    weak_codes
        Further codes by scheme (stock code, licence number): they speak for a match, never decide.
    region_code
        GB/T 2260 code of the seat, where known; else the name tells.
    founded
        Day of foundation.
    """

    record_id: str
    name: str
    other_names: tuple[str, ...] = ()
    source: str = ""
    unified_code: str = ""
    weak_codes: Mapping[str, str] = field(default_factory=dict)
    region_code: str = ""
    founded: date | None = None


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRecord:
    """One mention of a person: an author line, a staff list, a register row.

    Attributes
    ----------
    name
        Full name as written; of a Chinese name nothing else is needed.
    given_name, family_name
        Its parts where a register keeps them apart.
    birth_date
        As text, yyyy-mm-dd or yyyymmdd.
    identifiers
        ORCID, e-mail, staff number, ... by scheme.
    affiliations
        Ids of resolved organisations, or their names.
    co_authors, fields
        Names of people met in the same works; words for what the person does.
    first_year, last_year
        Years that the record speaks of; 0 where unknown.
    """

    record_id: str
    name: str = ""
    source: str = ""
    given_name: str = ""
    family_name: str = ""
    birth_date: str = ""
    street: str = ""
    locality: str = ""
    postcode: str = ""
    identifiers: Mapping[str, str] = field(default_factory=dict)
    affiliations: tuple[str, ...] = ()
    co_authors: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    first_year: int = 0
    last_year: int = 0


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What one comparison said: its level and log2(P(level | same) / P(level | different))."""

    comparison: str
    level: str
    weight_bits: float


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Two records that may be one, with everything that speaks for and against it.

    Attributes
    ----------
    weight_bits
        Sum of the evidence and the prior: log2 of the odds, before records compete. With the
        evidence ``competition`` they are the odds of the probability.
    probability
        That both are one, after records compete for each other.
    state
        linked, review (doubt, for a person to judge) or refused (a rule forbids it).
    reason
        Why a link isn't ``linked``: doubt, contradicting_codes, must_not_link, names_disagree,
        other_region, other_branch, ambiguous_bridge.
    found_state
        What the evidence alone said, before records were clustered.
    """

    left_id: str
    right_id: str
    probability: float
    weight_bits: float
    state: LinkState
    reason: str = ""
    evidence: tuple[Evidence, ...] = ()
    found_state: LinkState | None = None

    def __post_init__(self) -> None:
        if self.found_state is None:
            object.__setattr__(self, "found_state", self.state)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person decided; kept by the caller and given to every later run.

    Attributes
    ----------
    kind
        ``merge``: these records are one. ``split``: ``record_ids[0]`` is none of the others.
        ``must_not_link``: no two of them are one.
    record_ids
        At least two.
    """

    kind: DecisionKind
    record_ids: tuple[str, ...]
    decided_by: str = ""
    note: str = ""


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Records that are one organisation or person.

    Attributes
    ----------
    cluster_id
        The smallest of its record ids: the same on every reload.
    probability
        Of its weakest link; 1 for a lone record.
    """

    cluster_id: str
    record_ids: tuple[str, ...]
    unified_code: str = ""
    probability: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """Everything a run found; the same input gives the same values in the same order."""

    links: tuple[Link, ...]
    review: tuple[Link, ...]
    clusters: tuple[Cluster, ...]
