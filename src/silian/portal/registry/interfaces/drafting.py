"""Propose a mapping for a register: its kind, which column is which of ours, and the key.

Words come first, then parts of words, then what the values look like. What isn't sure is told
with what it might be, and left to a person: a wrong guess would be loaded in silence.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from silian.library.headings import OtherRegister
from silian.portal.bilingual import choose
from silian.portal.catalogue import KINDS
from silian.portal.registry.interfaces.column_shapes import Profile, profile_of
from silian.portal.registry.interfaces.draft_columns import ColumnDraft, columns_of_kind, unit_of
from silian.portal.registry.interfaces.draft_keys import KeyDraft, find_key
from silian.portal.registry.interfaces.draft_transforms import transform_for, values_for
from silian.portal.registry.interfaces.headings import columns_by_name, find_heading, words_of
from silian.portal.registry.interfaces.other_registers import (
    is_of_register,
    other_register,
    told_register,
)

_MISSING_COSTS = 0.8
_MOST_HINTS = 3
_FEW = 2


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
    other_register
        What the file seems to be instead of a list of the kind: a register of contracts.
    """

    kind: str
    kinds: tuple[tuple[str, float], ...]
    columns: tuple[ColumnDraft, ...]
    key: KeyDraft | None
    constants: Mapping[str, Any]
    profiles: Mapping[str, Profile]
    units: Mapping[str, str]
    other_register: OtherRegister | None = None

    @property
    def warning(self) -> tuple[str, str] | None:
        """What is to be said before the file is loaded, in both languages."""
        return told_register(self.other_register, self.kind) if self.other_register else None

    @property
    def told_warning(self) -> str:
        """The warning in the reader's language; '' for none."""
        return choose(*self.warning) if self.warning else ""

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
        known = {*_taken(self.columns)}
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
            return replace(column, field="", last_field="", confidence=0.0, others=others)
        ours = columns_by_name(self.kind)[field]
        return replace(
            column,
            field=field,
            confidence=1.0,
            is_chosen=True,
            reason_zh="人工选择",
            reason_en="chosen by a person",
            unit=unit_of(ours, column.heading, self.units),
            transform=transform_for(ours, self.profiles[column.heading]),
            values=values_for(self.kind, ours, self.profiles[column.heading]),
            last_field="",
        )


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
        one: columns_of_kind(one, profiles, units or {})
        for one in ([kind] if kind else list(KINDS))
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
        other_register=other_register(headings, best, about=about),
    )._with_key()
    key = draft.key.columns if draft.key else ()
    columns = tuple(_without_rival(column, key) for column in draft.columns)
    if draft.other_register:
        columns = tuple(_left_out(column, draft.other_register) for column in columns)
    return replace(draft, columns=columns)


def _left_out(column: ColumnDraft, register: OtherRegister) -> ColumnDraft:
    """A column of another register's that no field takes says so."""
    if column.field or not is_of_register(register, column.heading):
        return column
    zh = f"{register.label_zh}的内容，暂不入库"
    return replace(column, reason_zh=zh, reason_en=f"of a {register.label_en}, not kept yet")


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
    return {field: column.heading for column in columns for field in column.taken}


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
    known = {*_taken(columns)}
    known |= {"year"} if has_year else set()
    required = [c.name for c in KINDS[kind].columns if c.required and c.name != "source_key"]
    if not required and len(known) < _FEW:
        total -= _FEW * _MISSING_COSTS  # a kind that asks for nothing fits no file by that alone
    total += sum(1.0 if name in known else -_MISSING_COSTS for name in required)
    n_hints = sum(word in words for word in words_of(kind).hints)
    return total + 0.5 * min(n_hints, _MOST_HINTS)


def _kinds_knowing(heading: str) -> int:
    return sum(find_heading(kind, heading) is not None for kind in KINDS) or 1


def likeliest_kinds(draft: Draft, count: int = 3) -> list[str]:
    """The kinds that a file is likeliest of, the first first."""
    return [kind for kind, score in draft.kinds[:count] if score > 0]
