"""What goes into the matching engine and what comes out: frozen, without behaviour."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

#: Who may find a document: anybody, who is signed in, or its owner.
AUDIENCES = frozenset({"public", "members", "owner"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One record as the index sees it: a supply (achievement, expert, ...) or a need.

    Attributes
    ----------
    document_id
        Public id of the record.
    kind
        Record kind, e.g. ``"achievement"``, ``"person"``, ``"need"``.
    title, body
        Text as people read it; the engine normalises and segments its own copy.
    keywords
        Terms the owner chose; counted with the title.
    region_code
        Six-digit adcode, empty if unknown. A constraint on ``3302`` keeps every code under it.
    field_codes
        Codes of technical fields (library ``fields.yaml``).
    readiness_level
        Technology readiness 1 to 9, ``None`` if unknown.
    price_cny
        What the owner asks (achievement) or is ready to pay (need), yuan, ``None`` if open.
    available_from, available_until
        Days on which it can be had, ``None`` for no bound.
    owner_id
        Public id of the owning organisation; a need never meets its own organisation's supply.
    audience
        Who may find it: ``"public"``, ``"members"`` (signed in) or ``"owner"``.
    track_record_count
        Contracts, uses or deliveries already recorded for it.
    updated_on
        Day of the last change of its content.
    longitude_degrees, latitude_degrees
        Where it is, ``None`` if unknown.
    content_hash
        Hash of all of the above as the records hold it; ``silian check`` compares it.
    """

    document_id: str
    kind: str
    title: str
    body: str = ""
    keywords: tuple[str, ...] = ()
    region_code: str = ""
    field_codes: tuple[str, ...] = ()
    readiness_level: int | None = None
    price_cny: float | None = None
    available_from: date | None = None
    available_until: date | None = None
    owner_id: str = ""
    audience: str = "public"
    track_record_count: int = 0
    updated_on: date | None = None
    longitude_degrees: float | None = None
    latitude_degrees: float | None = None
    content_hash: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraints:
    """Hard constraints: a document that fails one is never a hit, and ``why_not`` names it.

    Empty tuples and ``None`` mean "no constraint". A document whose value is unknown passes a
    readiness or price bound (unknown is not "no") and is marked so in its explanation.
    """

    kinds: tuple[str, ...] = ()
    region_codes: tuple[str, ...] = ()
    field_codes: tuple[str, ...] = ()
    price_max_cny: float | None = None
    price_min_cny: float | None = None
    readiness_min: int | None = None
    available_on: date | None = None
    audiences: tuple[str, ...] = ("public",)
    viewer_owner_id: str = ""
    excluded_owner_ids: tuple[str, ...] = ()
    excluded_document_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A question to the index: a need looking for supply, a supply looking for needs, or words.

    Attributes
    ----------
    title, body
        What is sought. Free search fills ``title`` only.
    keywords
        Terms that the asker chose.
    constraints
        Hard constraints.
    field_codes, budget_cny, readiness_target, region_code, longitude_degrees, latitude_degrees,
    asked_on
        Soft facts that ranking features compare with each document.
    limit
        How many hits to return, 1 to 1,000.
    direction
        ``"supply"``: a need asks for supply; ``"need"``: a supply asks who needs it. A pair is
        compared alike in both: as the need would ask for the supply.
    kind
        Of a supply that asks, its kind, which decides what it may be worth to a need.
    vector
        Embedding of the question, unit length, shape (n_dimensions,), where the caller already
        has it; otherwise the engine embeds the text.
    nearness
        How near documents are to the asker in the network of who works with whom, 0 to 1 by
        document id; documents not named are far. ``None`` where nothing is known.
    copies_last
        Put documents that say the same words as a better one of the same kind and owner behind
        all others, so that copies in several registers don't fill the first places.
    """

    title: str
    body: str = ""
    keywords: tuple[str, ...] = ()
    constraints: Constraints = field(default_factory=Constraints)
    field_codes: tuple[str, ...] = ()
    budget_cny: float | None = None
    readiness_target: int | None = None
    region_code: str = ""
    longitude_degrees: float | None = None
    latitude_degrees: float | None = None
    asked_on: date | None = None
    limit: int = 10
    direction: str = "supply"
    kind: str = ""
    vector: tuple[float, ...] | None = None
    nearness: Mapping[str, float] | None = field(default=None, compare=False)
    copies_last: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """What one named feature added to a hit's score; contributions plus base sum to the score."""

    feature: str
    value: float
    contribution: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstraintCheck:
    """One hard constraint, held against one document."""

    constraint: str
    outcome: str  # "passed", "failed" or "unknown"
    allowed: str
    arrived: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One result, with its reasons.

    ``level`` is the calibrated relevance 1 (unrelated) to 4 (strongly related), a real number;
    ``score`` orders hits (higher is better) and equals ``base_score`` plus the contributions.
    ``matched_terms`` are the normalised words that question and document share, most telling
    first. ``sources`` says how it was found: ``"words"``, ``"meaning"`` or both.
    ``meaning_failure`` is as in the result. ``translations`` names, for those matched terms that
    stand for a phrase in another language, that phrase. ``missing_terms`` are what the title of a
    need or a search asks for and the document doesn't say, most telling first: words that stand in
    any text are left out, translated phrases are told as they were asked. ``level_bound`` says what
    holds the level down, where features alone would raise it further: ``"kind"`` (no supply of this
    kind was ever judged higher), ``"words"`` (much of what a few words ask for is missing),
    ``"unshared"`` (no telling word is shared, and it is no nearer in meaning than anything),
    ``"question"`` (it is too general to tell one supply from another), ``"subject"`` (it is about
    something else than supplies are for, and few words are shared) or nothing.
    """

    document: Document
    rank: int
    score: float
    level: float
    base_score: float
    contributions: tuple[Contribution, ...]
    matched_terms: tuple[str, ...]
    checks: tuple[ConstraintCheck, ...]
    sources: tuple[str, ...]
    meaning_failure: str = ""
    translations: Mapping[str, str] = field(default_factory=dict, hash=False)
    missing_terms: tuple[str, ...] = ()
    level_bound: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult:
    """Hits of one query and what the engine did to find them.

    ``candidate_count`` documents were ranked; ``meaning_pending_count`` documents that match
    the constraints have words but no vector yet; ``ranker_version`` reproduces the scores.
    ``timings_ms`` maps stage (``"embed"``, ``"words"``, ``"meaning"``, ``"rank"``, ...) to time.
    ``meaning_failure`` is empty, or the code of the error for which the question could not be
    read for its meaning (``"endpoint_unreachable"``, ...): it was answered by words only.
    """

    hits: tuple[Hit, ...]
    candidate_count: int
    meaning_pending_count: int
    ranker_version: str
    timings_ms: Mapping[str, float]
    meaning_failure: str = ""

    @property
    def only_by_meaning(self) -> bool:
        """Whether there are hits and none shares a word with what is asked."""
        return bool(self.hits) and not any(hit.matched_terms for hit in self.hits)

    @property
    def question_bound(self) -> str:
        """What is the matter with the question, where that holds levels down.

        ``"question"``: it is too general for levels. ``"subject"``: it is about something else,
        and no hit has a level above the lowest. Else empty.
        """
        bounds = {hit.level_bound for hit in self.hits}
        if "question" in bounds:
            return "question"
        nothing_fits = all(hit.level <= 1 for hit in self.hits)
        return "subject" if "subject" in bounds and nothing_fits else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """Why a document is not among the hits of a query.

    ``reason`` is one of ``"not_indexed"``, ``"constraint"``, ``"not_retrieved"`` (neither words
    nor meaning brought it among the candidates), ``"ranked_below"`` (with its rank), or
    ``"present"``. ``hit`` scores it all the same where it is indexed, so that it can be compared.
    """

    document_id: str
    reason: str
    rank: int | None
    cutoff_rank: int
    checks: tuple[ConstraintCheck, ...]
    hit: Hit | None
    weakest_features: tuple[str, ...]
