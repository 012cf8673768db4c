"""What the API takes and gives, described for people and checked by machines."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID

from ninja import Schema
from pydantic import BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from silian.portal.catalogue import KINDS
from silian.portal.exchange.domain.service import SUPPLY_KINDS
from silian.portal.exchange.models import Match, Outcome

Item = TypeVar("Item")
KindName = Literal[tuple(KINDS)]  # type: ignore[valid-type]
SupplyKindName = Literal[tuple(SUPPLY_KINDS)]  # type: ignore[valid-type]
ImportState = Literal["waiting", "running", "done", "failed"]
EXAMPLE_NEED = "need-gr5qcddxwxn3z7gw"
EXAMPLE_TEXT = "需要一种耐高温的永磁材料用于新能源汽车电机"


def _written_as_day(value: object) -> object:
    # Pydantic would also take a number, as seconds since 1970.
    if value is None or type(value) is date:
        return value
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise PydanticCustomError("invalid_day", "expected a day as in 2026-01-31")
    return value


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
Day = Annotated[date, BeforeValidator(_written_as_day)]


class Input(Schema):
    """What arrives: unknown names are refused, so that a misspelling is noticed."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _texts_can_be_kept(cls, values: Any) -> Any:
        """Half a character (a lone surrogate) is no text, wherever it stands."""
        if isinstance(values, dict) and not _is_text(values):
            raise PydanticCustomError("invalid_text", "holds a lone surrogate; send valid Unicode")
        return values


def _is_text(value: Any) -> bool:
    if isinstance(value, str):
        return not any("\ud800" <= character <= "\udfff" for character in value)
    if isinstance(value, dict):
        return all(_is_text(key) and _is_text(one) for key, one in value.items())
    return not isinstance(value, list) or all(map(_is_text, value))


class Page(Schema, Generic[Item]):
    """Some of many: go on with ``next_cursor`` until it is empty."""

    items: list[Item]
    total: int = Field(description="How many there are in all pages（总数）")
    next_cursor: str = Field(description="Empty on the last page（末页为空）")


class Named(Schema):
    """Another record, referred to."""

    public_id: str
    name: str


class RecordBrief(Schema):
    """A record in a list of results."""

    public_id: str = Field(examples=[EXAMPLE_NEED])
    kind: str = Field(examples=["need"])
    title: str
    organisation: Named | None = None
    region_code: str = ""
    updated_at: datetime


class Source(Schema):
    """Which row of which register a record came from."""

    register_code: str
    key: str
    row: int | None = None


class RecordFull(RecordBrief):
    """A record with the columns of its kind (see ``/kinds/{kind}``); money is a string."""

    values: dict[str, Any]
    source: Source
    owner: Named | None = None
    created_at: datetime


class NewRecord(Input):
    """A record to make: its kind, a key of your own, and the columns of its kind."""

    kind: KindName = Field(examples=["need"])
    source_key: str = Field(
        min_length=1,
        max_length=150,
        description="Your own key of the record; the same key again is refused（来源主键）",
        examples=["2026-0001"],
    )
    register_code: str = Field(
        "",
        max_length=64,
        pattern=r"^[-a-zA-Z0-9_]*$",
        description="Operators only: the register it belongs to, by default the portal's.",
    )
    values: dict[str, Any] = Field(
        examples=[{"title": "耐高温永磁材料攻关", "text": EXAMPLE_TEXT, "budget_cny": "2000000"}]
    )


class RecordChange(Input):
    """Columns to change; those that are not named stay, an empty one is cleared."""

    values: dict[str, Any] = Field(examples=[{"budget_cny": "2500000"}])


class Saved(Schema):
    """What became of a record that was sent."""

    status: Literal["accepted", "changed", "unchanged"]
    record: RecordFull


class Version(Schema):
    """One saved state of a record."""

    changed_at: datetime
    change: Literal["created", "changed", "deleted"]
    changed_by: str
    changes: dict[str, list[Any]] = Field(description="Field to its former and its new value.")


class ContributionOut(Schema):
    """What one feature added to the score."""

    feature: str
    value: float | None
    contribution: float


class CheckOut(Schema):
    """One hard constraint, held against the record."""

    constraint: str
    outcome: str
    allowed: str
    arrived: str


class HitOut(Schema):
    """One result: score = base_score + contributions; level 1 (unrelated) to 4 (strong)."""

    record: RecordBrief
    rank: int
    score: float
    level: float
    base_score: float
    contributions: list[ContributionOut]
    matched_terms: list[str]
    checks: list[CheckOut]
    sources: list[str]
    meaning_failure: str = Field(
        default="",
        description="Why words alone answered, as a code; empty where meaning did, too"
        "（语义暂不可用、仅按用词时的错误码）",
    )
    translations: dict[str, str] = Field(
        default_factory=dict,
        description="Matched terms that a dictionary gave, each with its phrase in the question"
        "（由词典译出的共同词及其原文）",
    )
    missing_terms: list[str] = Field(
        default_factory=list,
        description="What the title of a need or a search asks for and the record doesn't say, "
        "most telling first（未提到的要点）",
    )
    level_bound: str = Field(
        default="",
        description="What holds the level down: `kind` (no supply of this kind was ever judged "
        "higher), `words` (much of what a few words ask for is missing), `unshared` (no telling "
        "word is shared, and the meaning is no nearer than any), `question` (too general to tell "
        "supplies apart), `subject` (about something "
        "else than supplies are for, with few words shared) or nothing"
        "（等级受限的原因：此类供给从未评得更高、要点未提到、没有共同词也不相近、所写过于笼统，或所问与供给"
        "不是一类事）",
    )


class FoundOut(HitOut):
    """One result of a free search."""

    named_by: str = Field(
        default="",
        description="What of the record the text names exactly: `id`, `code`, `name` or nothing; "
        "such come first, at level 4（与所搜文字完全相符的是编号、代码还是名称；相符的排在最前）",
    )


class MatchesOfKind(Schema):
    """The best records of one kind."""

    hits: list[HitOut]
    beneath: dict[str, list[HitOut]] = Field(
        default_factory=dict,
        description="By a person's public id, further people whose works on record are all works of "
        "this one, too; they share one place among `hits`, and keep their own rank and reasons"
        "（成果相同的其他专家：已登记的成果该人都参与了，合占一个位置，名次和理由各按本人）",
    )
    candidate_count: int
    meaning_pending_count: int = Field(description="Records whose vector is still being made.")
    only_by_meaning: bool = Field(
        description="There are hits, and none shares a word with the text（仅按语义相近）"
    )
    meaning_failure: str = Field(
        default="",
        description="Why words alone answered, as a code; empty where meaning did, too"
        "（语义暂不可用、仅按用词时的错误码）",
    )
    ranker_version: str
    timings_ms: dict[str, float]


class MatchesOut(Schema):
    """Matches by kind of supply."""

    kinds: dict[str, MatchesOfKind]


class SearchOut(Schema):
    """One page of a search."""

    items: list[FoundOut]
    total: int = Field(description="Ranked candidates in all（候选总数）")
    also: dict[str, list[str]] = Field(
        description="Where folded: further records of a hit's organisation or person"
        "（同一单位或人员的其他登记）"
    )
    kind_counts: dict[str, int] = Field(
        description="By kind, of the best 200 hits or down to this page（排名靠前结果的各类数量）"
    )
    meaning_pending_count: int
    only_by_meaning: bool = Field(
        description="There are hits, and none shares a word with the text（仅按语义相近）"
    )
    meaning_failure: str = Field(
        default="",
        description="Why words alone answered, as a code; empty where meaning did, too"
        "（语义暂不可用、仅按用词时的错误码）",
    )
    ranker_version: str
    timings_ms: dict[str, float]


class AbsenceOut(Schema):
    """Why a supply isn't among the best for a need."""

    record: RecordBrief
    reason: str = Field(
        description="not_indexed, constraint, not_retrieved, ranked_below or present"
    )
    rank: int | None
    cutoff_rank: int
    checks: list[CheckOut]
    weakest_features: list[str]
    hit: HitOut | None = None


class SpanOut(Schema):
    """Where in the text something was found."""

    source: str = Field(description="title or text")
    start: int
    end: int
    text: str


class FindingOut(Schema):
    """One thing that an answer starts from: the object, the target, the budget, ..."""

    aspect: str
    label_zh: str
    label_en: str
    state: str
    points: float
    most_points: float
    spans: list[SpanOut]
    suggestion_zh: str
    suggestion_en: str
    example_zh: str
    example_en: str


class ClarityOut(Schema):
    """Whether an expert could answer a need as it stands: 0 to 100."""

    score: float
    is_clear: bool
    findings: list[FindingOut]


class MatchText(Input):
    """A need in words, that nobody has recorded."""

    text: str = Field(min_length=1, max_length=20_000, examples=[EXAMPLE_TEXT])
    kinds: list[SupplyKindName] = Field([], max_length=len(SUPPLY_KINDS))
    region_codes: list[str] = Field([], max_length=50, examples=[["330203"]])
    limit: int = Field(10, ge=1, le=100)


class OutcomeIn(Input):
    """What was done with a match."""

    supply_id: str = Field(max_length=40, examples=["ach-gr5qcddxwxn3z7gw"])
    action: Literal["contacted", "unsuitable", "signed"]
    reason: str = Field("", max_length=500, description="Required for `unsuitable`（原因）")
    amount_cny: Decimal | None = Field(
        None, description="Yuan, for `signed` only（签约金额，元）", examples=["1500000.00"]
    )
    confirmed: bool = Field(
        False, description="What looked like a slip is meant（对提示的疑问已确认无误）"
    )


class OutcomeCorrection(Input):
    """What the last outcome of a match should have said; its action stays."""

    reason: str = Field("", max_length=500, description="Required for `unsuitable`（原因）")
    amount_cny: Decimal | None = Field(
        None, description="Yuan, for `signed` only（签约金额，元）", examples=["1500000.00"]
    )
    confirmed: bool = Field(
        False, description="What looked like a slip is meant（对提示的疑问已确认无误）"
    )


class OutcomeOut(Schema):
    """An outcome, and where its match stands since."""

    id: int
    match_id: str
    need_id: str
    supply_kind: str
    supply_id: str
    match_status: Literal[tuple(Match.Status.values)]  # type: ignore[valid-type]
    action: Literal[tuple(Outcome.Action.values)]  # type: ignore[valid-type]
    reason: str
    amount_cny: str | None
    corrects: int | None = Field(None, description="Outcome in whose place it stands（更正的记录）")
    created_at: datetime


class NoteOut(Schema):
    """Something noted while a file was read, and how many rows or cells it concerns."""

    code: str
    count: int
    message_zh: str
    message_en: str


class JobOut(Schema):
    """An import with its counts."""

    id: UUID
    file_name: str
    mapping: str
    register_code: str
    dry_run: bool
    replace: bool
    state: ImportState
    row_count: int
    row_total: int | None
    accepted_count: int
    changed_count: int
    unchanged_count: int
    rejected_count: int
    open_reject_count: int = Field(description="Of these still open（待处理）")
    remarked_count: int = Field(
        description="Rows that were loaded with cells read by a bound, or left out（有提示）"
    )
    undoes: UUID | None = Field(description="Of an undo: the import taken back（被撤销的导入）")
    undone_by: UUID | None = Field(description="The undo that took this import back（撤销任务）")
    removed_count: int = Field(description="Of an undo: records removed（删除）")
    restored_count: int = Field(description="Of an undo: records with their former values（恢复）")
    kept_count: int = Field(description="Of an undo: records left alone（保留）")
    counts_by_kind: dict[str, Any]
    unread_columns: list[str] = Field(description="Columns that no field reads（没有读取的列）")
    notes: list[NoteOut] = Field(description="How the file was read（读取说明）")
    error_code: str
    error_message: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class DraftKeyOut(Schema):
    """Columns whose texts together tell the rows apart."""

    columns: list[str]
    suffix: str
    is_unique: bool
    reason_zh: str
    reason_en: str


class DraftColumnOut(Schema):
    """A column of the file, and what it might be; `field` is empty where nothing is known."""

    heading: str
    field: str
    is_sure: bool
    confidence: float = Field(ge=0, le=1)
    unit: str
    transform: str = Field(description="What its cells need before the field（转换）")
    last_field: str = Field(description="Of stretches of time: the field of their ends（止）")
    reason_zh: str
    reason_en: str
    others: list[str]
    samples: list[str]
    filled_share: float = Field(ge=0, le=1)


class DraftKindOut(Schema):
    """A kind and how well the file fits it; scores compare with each other alone."""

    kind: str
    label_zh: str
    score: float


class DraftSheetOut(Schema):
    """One sheet of a workbook."""

    name: str
    kind: str = Field(description="What it seems to hold; empty where nothing tells（像什么）")
    row_count: int
    headings: list[str]


class DraftWarningOut(Schema):
    """What is to be known before a file is loaded: that it seems to be a list of something else."""

    code: str
    message_zh: str
    message_en: str


class DraftOut(Schema):
    """A proposed mapping."""

    code: str
    kind: str
    kinds: list[DraftKindOut]
    loads: bool = Field(description="Whether the sure columns suffice（可直接使用）")
    missing: list[str]
    warnings: list[DraftWarningOut]
    constants: dict[str, Any]
    key: DraftKeyOut | None
    sheet: str = Field(description="The sheet that was drafted（所看的工作表）")
    sheets: list[DraftSheetOut] = Field(description="Of a workbook with several（全部工作表）")
    columns: list[DraftColumnOut]
    mapping: str = Field(description="Mapping file, YAML（映射文件）")


class RejectOut(Schema):
    """A refused row, or one that was loaded with remarks, with every reason in both languages."""

    id: int
    kind: str
    row_number: int
    state: Literal["open", "remarked", "mended", "dismissed", "answered", "replaced"]
    values: Any
    reasons: list[dict[str, Any]]
    answered_by: UUID | None = Field(
        description="The later import that brought the row again（后续导入）"
    )


class UndoneChangeOut(Schema):
    """A field of a restored record, as it was before the undo and before the import."""

    field: str
    now: str
    before: str


class UndoneRecordOut(Schema):
    """What an undo does with one record."""

    kind: str
    public_id: str
    title: str
    action: Literal["remove", "restore", "keep"]
    is_done: bool = Field(description="False in a dry run（是否已执行）")
    reason: dict[str, str] | None = Field(description="Why it is left alone（保留原因）")
    changes: list[UndoneChangeOut]


class ReplayIn(Input):
    """The row again, mended: columns of the original file."""

    values: dict[str, Any] = Field(examples=[{"名称": "示例新材料有限公司"}])


class ReplayOut(Schema):
    """Records that came of the mended row."""

    records: list[Saved]


class KindOut(Schema):
    """A kind of record."""

    kind: str
    label_zh: str
    label_en: str
    writable: bool = Field(description="Whether you may make and change such records.")


class ColumnOut(Schema):
    """A column of a kind."""

    name: str
    label_zh: str
    label_en: str
    type: str
    required: bool
    unit: str
    example: Any
    help_zh: str
    help_en: str
    choices: list[dict[str, str]]


class KindDetail(KindOut):
    """A kind with its columns and the JSON schema of a row."""

    columns: list[ColumnOut]
    row_schema: dict[str, Any]


class RegionProperties(Schema):
    """What a region is."""

    public_id: str
    adcode: str
    name: str
    name_en: str
    level: str
    parent_adcode: str
    centre: list[float] | None = None


class RegionFeature(Schema):
    """A region with its boundary, where it is known."""

    type: Literal["Feature"] = "Feature"
    id: str
    properties: RegionProperties
    geometry: dict[str, Any] | None


class RegionCollection(Schema):
    """GeoJSON (RFC 7946), longitude before latitude."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[RegionFeature]


class IndexOut(Schema):
    """How far the index has followed the records."""

    waiting_count: int = Field(description="Saved records that the index doesn't hold yet.")
    failed_count: int
    oldest_waiting_seconds: float | None
    document_count: int
    counts_by_kind: dict[str, int]
    meaning_pending_count: int = Field(description="Documents whose vector is still to come.")
    disk_bytes: int
    ranker_version: str
