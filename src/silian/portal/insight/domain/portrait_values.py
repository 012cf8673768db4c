"""What a portrait (画像) is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One record that says something.

    Attributes
    ----------
    stated_on
        Day that the record gives, else the day on which it last changed here.
    """

    record_id: str
    title: str
    register: str
    stated_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """An achievement, a patent, a project or a publication of the subject."""

    record_id: str
    kind: str
    title: str
    register: str
    day: date
    keywords: tuple[str, ...]
    field_codes: tuple[str, ...]
    ipc_codes: tuple[str, ...] = ()

    @property
    def source(self) -> Source:
        """The work as the source of what it says."""
        return Source(
            record_id=self.record_id, title=self.title, register=self.register, stated_on=self.day
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What the subject (or the operator) said of a tag.

    Attributes
    ----------
    action
        ``hidden``, ``corrected`` or ``added``.
    """

    note_id: int
    tag_key: str
    action: str
    text: str
    reason: str
    actor: str
    by_subject: bool
    created_at: datetime
    withdrawn_at: datetime | None = None
    expires_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """One statement about the subject.

    Attributes
    ----------
    origin
        ``register``, ``works`` or ``own`` (the subject's own words).
    sources
        The newest first; of many the first few, ``n_sources`` counts them all.
    expired
        Whether it no longer holds on the portrait's day.
    correction
        What the subject says beside it.
    """

    key: str
    group: str
    label_zh: str
    label_en: str
    value: str
    origin: str
    sources: tuple[Source, ...]
    n_sources: int
    stated_on: date
    expires_on: date | None
    expired: bool
    confidence: float
    link_id: str = ""
    correction: Note | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A field and its works by year.

    Attributes
    ----------
    counts
        Works by year, in the order of the portrait's years.
    trend
        ``rising``, ``falling``, ``steady`` or ``few`` (too few works to say).
    """

    key: str
    label_zh: str
    label_en: str
    counts: tuple[int, ...]
    total: int
    trend: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """Somebody with whom the subject has worked.

    Attributes
    ----------
    ways
        Joint works by kind.
    weight
        Sum over joint works of 1 / (others in the work): a paper of two binds more than one of
        twenty.
    """

    record_id: str
    kind: str
    name: str
    count: int
    last_year: int | None
    ways: Mapping[str, int]
    weight: float
    evidence: tuple[Source, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerFigure:
    """One figure beside the same figure of peers.

    Attributes
    ----------
    share_behind_rate
        Share of the others that stand behind; ``None`` where they are too few.
    median
        Mean of the middle peers, never one peer's own; ``None`` where they are too few.
    """

    key: str
    label_zh: str
    label_en: str
    unit: str
    value: float | None
    share_behind_rate: float | None
    median: float | None
    peer_count: int
    group_zh: str
    group_en: str
    private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Records of one kind that the subject needs or offers; the newest, and how many."""

    kind: str
    count: int
    rows: tuple[Source, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Portrait:
    """Everything that a viewer may know of one subject on one day.

    Attributes
    ----------
    subject_id
        Public id of the subject: the smallest of its records'.
    member_ids
        Its records that the viewer may see.
    years
        Years of the topics, ascending.
    notes
        What was said of its tags, the latest first; only for the subject and the operator.
    """

    subject_id: str
    record_id: str
    kind: str
    name: str
    name_en: str
    about_zh: tuple[str, ...]
    about_en: tuple[str, ...]
    as_of: date
    member_ids: tuple[str, ...]
    registers: tuple[str, ...]
    tags: tuple[Tag, ...]
    years: tuple[int, ...]
    topics: tuple[Topic, ...]
    works_by_kind: Mapping[str, tuple[int, ...]]
    partners: tuple[Partner, ...]
    peers: tuple[PeerFigure, ...]
    needs: tuple[Listing, ...]
    offers: tuple[Listing, ...]
    may_note: bool
    hidden: tuple[Note, ...] = ()
    notes: tuple[Note, ...] = ()
