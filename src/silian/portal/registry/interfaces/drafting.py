"""Propose a mapping for a register: its kind, which column is which of ours, and the key.

Words come first, then parts of words, then what the values look like. What isn't sure is told
with what it might be, and left to a person: a wrong guess would be loaded in silence.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from silian.portal.bilingual import choose
from silian.portal.catalogue import KINDS
from silian.portal.registry.interfaces.column_shapes import Profile, profile_of, readable_share
from silian.portal.registry.interfaces.columns import Column
from silian.portal.registry.interfaces.draft_guesses import Guess, guesses_by_shape
from silian.portal.registry.interfaces.draft_keys import KeyDraft, find_key
from silian.portal.registry.interfaces.headings import (
    Found,
    columns_by_name,
    find_heading,
    find_part,
    is_unused,
    unit_said,
    words_of,
)
from silian.portal.registry.interfaces.template_rows import unit_in
from silian.tables.values import UNITS

SURE = 0.7
_HOW_SURE = {"label": 1.0, "synonym": 0.95}
_MISSING_COSTS = 0.8
_MOST_HINTS = 3
_FEW = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnDraft:
    """What one column of a file might be.

    Attributes
    ----------
    field
        Our column, or '' where none is known.
    confidence
        0 to 1; from ``SURE`` on the column is mapped, below it is only told.
    unit
        Of its figures, where it isn't our own.
    others
        Further columns of ours that it might be.
    year
        That its heading names.
    is_chosen
        Whether a person said what it is.
    """

    heading: str
    field: str = ""
    confidence: float = 0.0
    reason_zh: str = ""
    reason_en: str = ""
    unit: str = ""
    others: tuple[str, ...] = ()
    samples: tuple[str, ...] = ()
    filled_share: float = 0.0
    year: int | None = None
    is_chosen: bool = False

    @property
    def is_sure(self) -> bool:
        """Whether it is mapped."""
        return bool(self.field) and self.confidence >= SURE

    @property
    def reason(self) -> str:
        """The reason in the reader's language."""
        return choose(self.reason_zh, self.reason_en)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A proposed mapping.

    Attributes
    ----------
    kinds
        All kinds with their scores, the likeliest first.
    units
        Of amounts, by heading, as they stand above the headings.
    constants
        Fields whose value the file's name or title tells (the year of a yearly table).
    copies
        Required fields that take the column of another: a need that has only a title, or only a
        text.
    missing
        Required columns that nothing was found for.
    """

    kind: str
    kinds: tuple[tuple[str, float], ...]
    columns: tuple[ColumnDraft, ...]
    key: KeyDraft | None
    constants: Mapping[str, Any]
    profiles: Mapping[str, Profile]
    units: Mapping[str, str]

    @property
    def copies(self) -> dict[str, str]:
        taken = _taken(self.columns)
        return {
            field: taken[other]
            for field, other, longest in _STANDS_FOR.get(self.kind, ())
            if field not in taken
            and other in taken
            and _longest(self.profiles[taken[other]]) <= longest
        }

    @property
    def missing(self) -> tuple[str, ...]:
        known = {column.field for column in self.columns if column.is_sure}
        known |= {*self.constants, *self.copies}
        return tuple(
            column.name
            for column in KINDS[self.kind].columns
            if column.required and column.name != "source_key" and column.name not in known
        )

    @property
    def loads(self) -> bool:
        """Whether the sure columns suffice."""
        return not self.missing and self.key is not None

    def with_choices(self, fields: Mapping[str, str], *, year: int | None = None) -> "Draft":
        """The same draft, its columns as a person has chosen.

        Parameters
        ----------
        fields
            Field by heading, '' for none.
        year
            Of all rows, where no column has it.
        """
        columns = tuple(self._chosen(column, fields) for column in self.columns)
        constants = _constants(self.kind, columns, year or self.constants.get("year"))
        return replace(self, columns=columns, constants=constants)._with_key()

    def _with_key(self) -> "Draft":
        fields = {**self.copies, **_taken(self.columns)}
        is_chosen = any(one.field == "source_key" and one.is_chosen for one in self.columns)
        key = find_key(self.kind, fields, self.profiles, self.constants, is_chosen=is_chosen)
        return replace(self, key=key)

    def _chosen(self, column: ColumnDraft, fields: Mapping[str, str]) -> ColumnDraft:
        field = fields.get(column.heading, column.field if column.is_sure else "")
        if field == (column.field if column.is_sure else ""):
            return column
        if not field:
            others = (column.field, *column.others) if column.field else column.others
            return replace(column, field="", confidence=0.0, others=others)
        return replace(
            column,
            field=field,
            confidence=1.0,
            is_chosen=True,
            reason_zh="人工选择",
            reason_en="chosen by a person",
            unit=_unit_of(columns_by_name(self.kind)[field], column.heading, self.units),
        )


_MEASURED = {"amount", "number", "rate"}
# By kind: a required field, one whose text can stand for it, and up to how many characters.
_STANDS_FOR = {"need": (("text", "title", 10_000), ("title", "text", 100))}


def _longest(profile: Profile) -> int:
    return max((len(str(value)) for value in profile.values), default=0)


def draft_mapping(
    headings: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
    *,
    kind: str = "",
    about: str = "",
    units: Mapping[str, str] | None = None,
    year: int | None = None,
) -> Draft:
    """Propose what a file's columns are.

    Parameters
    ----------
    headings
        Of the file, in its order.
    rows
        Its first rows; some hundred tell enough.
    kind
        Of its records, where it is known.
    about
        The file's name and what stands above the headings: words that tell the kind.
    units
        Of amounts, by heading, where they stand above the headings.
    year
        Of the facts, where name or title tell it.

    Examples
    --------
    >>> rows = [{"编号": "1", "榜单名称": "耐热磁体", "榜单内容": "工作温度 180℃", "投入预算（万元）": 50}]
    >>> draft = draft_mapping(list(rows[0]), rows)
    >>> draft.kind, {column.heading: column.field for column in draft.columns if column.is_sure}
    ('need', {'编号': 'source_key', '榜单名称': 'title', '榜单内容': 'text', '投入预算（万元）': 'budget_cny'})
    """
    profiles = {one: profile_of(one, [row.get(one) for row in rows]) for one in headings}
    words = " ".join([about, *headings]).lower()
    drafted = {
        one: _columns(one, profiles, units or {}) for one in ([kind] if kind else list(KINDS))
    }
    scores = {one: _score(one, drafted[one], words, has_year=year is not None) for one in drafted}
    ranked = sorted(scores.items(), key=lambda pair: -pair[1])
    best = ranked[0][0]
    columns = drafted[best]
    draft = Draft(
        kind=best,
        kinds=tuple((one, round(score, 2)) for one, score in ranked),
        columns=columns,
        key=None,
        constants=_constants(best, columns, year),
        profiles=profiles,
        units=units or {},
    )._with_key()
    key = draft.key.columns if draft.key else ()
    return replace(draft, columns=tuple(_without_rival(column, key) for column in draft.columns))


def _without_rival(column: ColumnDraft, key: Sequence[str]) -> ColumnDraft:
    """A number that isn't the key, because it repeats where something else doesn't, is not sure."""
    if column.field != "source_key" or not column.is_sure or column.heading in key:
        return column
    return replace(
        column,
        confidence=0.5,
        reason_zh=f"{column.reason_zh}，但有重复或空缺，未作主键",
        reason_en=f"{column.reason_en}, but repeated or empty in places, so not the key",
    )


def _taken(columns: Sequence[ColumnDraft]) -> dict[str, str]:
    return {column.field: column.heading for column in columns if column.is_sure}


def _constants(kind: str, columns: Sequence[ColumnDraft], year: int | None) -> dict[str, Any]:
    has_year = "year" in columns_by_name(kind)
    if not has_year or any(column.field == "year" and column.is_sure for column in columns):
        return {}
    years = {column.year for column in columns if column.is_sure and column.year}
    found = year or (years.pop() if len(years) == 1 else None)
    return {"year": found} if found else {}


def _score(kind: str, columns: Sequence[ColumnDraft], words: str, *, has_year: bool) -> float:
    """How likely a file is of a kind: rare words count more than those of every register."""
    total = sum(
        column.confidence / _kinds_knowing(column.heading) for column in columns if column.is_sure
    )
    known = {column.field for column in columns if column.is_sure}
    known |= {"year"} if has_year else set()
    required = [c.name for c in KINDS[kind].columns if c.required and c.name != "source_key"]
    if not required and len(known) < _FEW:
        total -= _FEW * _MISSING_COSTS  # a kind that asks for nothing fits no file by that alone
    total += sum(1.0 if name in known else -_MISSING_COSTS for name in required)
    n_hints = sum(word in words for word in words_of(kind).hints)
    return total + 0.5 * min(n_hints, _MOST_HINTS)


def _kinds_knowing(heading: str) -> int:
    return sum(find_heading(kind, heading) is not None for kind in KINDS) or 1


def _columns(
    kind: str, profiles: Mapping[str, Profile], units: Mapping[str, str]
) -> tuple[ColumnDraft, ...]:
    """Every column with its best guess; each of our columns is taken once."""
    guesses = [
        (guess, heading)
        for heading, profile in profiles.items()
        for guess in _guesses(kind, heading, profile, units)
    ]
    guesses.sort(key=lambda pair: -pair[0].confidence)  # stable: the file's order decides ties
    chosen: dict[str, Guess] = {}
    taken: set[str] = set()
    others: dict[str, list[str]] = {}
    for guess, heading in guesses:
        if heading in chosen or guess.field in taken:
            others.setdefault(heading, []).append(guess.field)
            continue
        chosen[heading] = guess
        if guess.confidence >= SURE:
            taken.add(guess.field)
    return tuple(
        _column(heading, profile, chosen.get(heading), others.get(heading, ()))
        for heading, profile in profiles.items()
    )


def _column(
    heading: str, profile: Profile, guess: Guess | None, others: Sequence[str]
) -> ColumnDraft:
    held = {"samples": profile.samples, "filled_share": round(profile.filled_share, 3)}
    if guess is None:
        zh, en = _nothing(heading, profile, others)
        return ColumnDraft(
            heading=heading, reason_zh=zh, reason_en=en, others=tuple(dict.fromkeys(others)), **held
        )
    rest = tuple(name for name in dict.fromkeys(others) if name != guess.field)
    return ColumnDraft(
        heading=heading,
        field=guess.field,
        confidence=round(guess.confidence, 2),
        reason_zh=guess.reason_zh,
        reason_en=guess.reason_en,
        unit=guess.unit,
        others=rest,
        year=guess.year,
        **held,
    )


def _nothing(heading: str, profile: Profile, others: Sequence[str]) -> tuple[str, str]:
    if others:
        return "对应的字段已由另一列提供", "another column gives this field already"
    if any(profile.shape(shape) > 0.5 for shape in ("phone", "mail", "url")):
        return "联系方式或网址，不入库", "contacts and addresses of the web are not kept"
    if is_unused(heading):
        return "常见的附带列，没有对应字段", "a common side column, no field of ours"
    if not profile.values:
        return "整列为空", "the column is empty"
    return "没有认出", "not recognised"


def _guesses(kind: str, heading: str, profile: Profile, units: Mapping[str, str]) -> list[Guess]:
    found = find_heading(kind, heading)
    if found is not None:
        return [_by_word(kind, name, found, heading, profile, units) for name in found.names]
    if is_unused(heading):
        return []
    part = find_part(kind, heading)
    by_part = [_by_word(kind, part.name, part, heading, profile, units)] if part else []
    return [*by_part, *guesses_by_shape(kind, profile)]


def _by_word(
    kind: str,
    name: str,
    found: Found,
    heading: str,
    profile: Profile,
    units: Mapping[str, str],
) -> Guess:
    """A guess from a heading's words, held against the values below it."""
    column = columns_by_name(kind)[name]
    confidence = _HOW_SURE.get(found.how, 0.0) or 0.45 + 0.45 * found.share
    zh, en = f"列名“{found.word}”", f"the heading says {found.word!r}"
    if found.how == "part":
        if name == "source_key" and profile.tells_rows_apart:
            confidence = max(confidence, 0.85)  # 成果编号: what kind of number is of no account
        zh, en = f"列名含“{found.word}”", f"the heading has {found.word!r} in it"
    if found.how == "either":
        confidence, why = _decided(name, profile)
        zh, en = f"{zh}，{why[0]}", f"{en}; {why[1]}"
    unit = _unit_of(column, heading, units)
    if unit and not unit_said(heading):
        zh, en = f"{zh}，表头上方注明{unit}", f"{en}; {unit} stands above the headings"
    if unit and unit.lower() not in UNITS:
        confidence, unit = min(confidence, 0.4), ""
        said = unit_said(heading)
        zh, en = f"{zh}，但单位“{said}”不换算", f"{en}, but {said} isn't converted"
    share = readable_share(profile, column)
    if share < 0.5:
        confidence = min(confidence, 0.5) if column.type_name != "text" else confidence
        zh = f"{zh}，但多数内容不是“{column.label_zh}”能接受的"
        en = f"{en}, but most values can't be read as {column.label_en}"
    return Guess(name, confidence, zh, en, unit=unit, year=found.year)


def _unit_of(column: Column, heading: str, units: Mapping[str, str]) -> str:
    """Unit of a column's figures where it isn't our own: said by its heading, or above it."""
    if column.type_name not in _MEASURED:
        return ""
    said = unit_said(heading)
    if said:
        return unit_in(said, column)
    is_money = column.type_name == "amount" and column.unit == "元"
    return units.get(heading, "") if is_money else ""


def _decided(name: str, profile: Profile) -> tuple[float, tuple[str, str]]:
    """Which of two meanings the values have."""
    regions, addresses = profile.shape("region"), profile.shape("address")
    if name == "region_name" and regions > max(0.6, addresses):
        return 0.85, ("内容是地区名", "the values are names of regions")
    if name == "address" and addresses > max(0.5, regions):
        return 0.85, ("内容是地址", "the values are addresses")
    return 0.5, ("含义不止一种", "it may mean several things")


def likeliest_kinds(draft: Draft, count: int = 3) -> list[str]:
    """The kinds that a file is likeliest of, the first first."""
    return [kind for kind, score in draft.kinds[:count] if score > 0]
