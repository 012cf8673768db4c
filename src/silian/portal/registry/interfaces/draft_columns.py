"""Each column of a file with what it might be: the best guess of our columns, each taken once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from silian.library.headings import is_second
from silian.portal.bilingual import choose
from silian.portal.registry.interfaces.column_shapes import Profile, readable_share
from silian.portal.registry.interfaces.columns import Column
from silian.portal.registry.interfaces.draft_guesses import Guess, guesses_by_shape
from silian.portal.registry.interfaces.draft_members import find_member
from silian.portal.registry.interfaces.draft_transforms import (
    MADE_READABLE,
    fullness,
    has_several,
    transform_for,
    values_for,
)
from silian.portal.registry.interfaces.headings import (
    Found,
    columns_by_name,
    find_heading,
    find_part,
    is_unused,
    unit_said,
)
from silian.portal.registry.interfaces.period_headings import period_of
from silian.portal.registry.interfaces.template_rows import unit_in
from silian.portal.registry.interfaces.transform_words import TRANSFORM_WORDS
from silian.tables.values import UNITS, parse_period

SURE = 0.7
_HOW_SURE = {"label": 1.0, "synonym": 0.95}
_SECOND = 0.9
_MEASURED = {"amount", "number", "rate"}


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
    transform
        That its values need.
    values
        What words in it mean, where that hangs on what else it holds.
    last_field
        Of a column of stretches of time: the field that takes their ends, ``field`` their beginnings.
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
    transform: str = ""
    values: Mapping[str, str] | None = None
    last_field: str = ""

    @property
    def is_sure(self) -> bool:
        """Whether it is mapped."""
        return bool(self.field) and self.confidence >= SURE

    @property
    def taken(self) -> tuple[str, ...]:
        """Fields that take the column."""
        return tuple(filter(None, (self.field, self.last_field))) if self.is_sure else ()

    @property
    def reason(self) -> str:
        """The reason in the reader's language."""
        return choose(self.reason_zh, self.reason_en)


def columns_of_kind(
    kind: str, profiles: Mapping[str, Profile], units: Mapping[str, str]
) -> tuple[ColumnDraft, ...]:
    """Every column with its best guess; each of our columns is taken once.

    Of two columns that are equally sure of a field, the one whose cells tell more has it.
    """
    ours = columns_by_name(kind)
    guesses = [
        (guess, heading)
        for heading, profile in profiles.items()
        for guess in _guesses(kind, heading, profile, units)
    ]
    # Stable: of what is equal, the file's order decides.
    guesses.sort(key=lambda pair: (-pair[0].confidence, -_told(ours, profiles, *pair)))
    chosen: dict[str, Guess] = {}
    holders: dict[str, str] = {}  # heading by field
    others: dict[str, list[Guess]] = {}
    for guess, heading in guesses:
        fields = guess.fields
        if heading in chosen or any(field in holders for field in fields):
            others.setdefault(heading, []).append(guess)
            continue
        chosen[heading] = guess
        if guess.confidence >= SURE:
            holders |= dict.fromkeys(fields, heading)
    return tuple(
        _column(kind, profile, chosen.get(heading), others.get(heading, ()), holders)
        for heading, profile in profiles.items()
    )


def _told(
    ours: Mapping[str, Column], profiles: Mapping[str, Profile], guess: Guess, heading: str
) -> float:
    return fullness(ours[guess.field], profiles[heading]) if guess.confidence >= SURE else 0.0


def _column(
    kind: str,
    profile: Profile,
    guess: Guess | None,
    others: Sequence[Guess],
    holders: Mapping[str, str],
) -> ColumnDraft:
    held: dict[str, Any] = {
        "samples": profile.samples,
        "filled_share": round(profile.filled_share, 3),
    }
    ours = columns_by_name(kind)
    names = tuple(dict.fromkeys(name for other in others for name in other.fields))
    if guess is None:
        zh, en = _nothing(ours, profile, others, holders)
        return ColumnDraft(
            heading=profile.heading, reason_zh=zh, reason_en=en, others=names, **held
        )
    return ColumnDraft(
        heading=profile.heading,
        field=guess.field,
        confidence=round(guess.confidence, 2),
        reason_zh=guess.reason_zh,
        reason_en=guess.reason_en,
        unit=guess.unit,
        others=tuple(name for name in names if name not in guess.fields),
        year=guess.year,
        transform="" if guess.last_field else transform_for(ours[guess.field], profile),
        values=values_for(kind, ours[guess.field], profile),
        last_field=guess.last_field,
        **held,
    )


def _nothing(
    ours: Mapping[str, Column],
    profile: Profile,
    others: Sequence[Guess],
    holders: Mapping[str, str],
) -> tuple[str, str]:
    for other in others:
        field = next((name for name in other.fields if name in holders), "")
        if field and other.confidence >= SURE:
            holder = holders[field]
            return (
                f"“{ours[field].label_zh}”已由列“{holder}”提供",
                f"column {holder!r} gives {ours[field].label_en} already",
            )
    if any(profile.shape(shape) > 0.5 for shape in ("phone", "mail", "url")):
        return "联系方式或网址，不入库", "contacts and addresses of the web are not kept"
    if is_unused(profile.heading):
        return "常见的附带列，没有对应字段", "a common side column, no field of ours"
    if not profile.values:
        return "整列为空", "the column is empty"
    return "没有认出", "not recognised"


def _guesses(kind: str, heading: str, profile: Profile, units: Mapping[str, str]) -> list[Guess]:
    period = period_of(kind, heading)
    if period is not None:
        return [_of_periods(*period, heading, profile)]
    found = find_heading(kind, heading)
    if found is not None:
        return [_by_word(kind, name, found, heading, profile, units) for name in found.names]
    if is_unused(heading):
        return []
    member = find_member(kind, heading)
    if member is not None:
        words = [_by_word(kind, member[0].name, member[0], heading, profile, units)]
        return [replace(one, confidence=min(one.confidence, member[1])) for one in words]
    part = find_part(kind, heading.rpartition(".")[2] or heading)
    by_part = [_by_word(kind, part.name, part, heading, profile, units)] if part else []
    return [*by_part, *guesses_by_shape(kind, profile)]


def _of_periods(first: str, last: str, heading: str, profile: Profile) -> Guess:
    """A column of stretches of time: its beginnings are one field, its ends another."""
    n_read = sum(parse_period(one) is not None for one in profile.values)
    is_read = 2 * n_read >= len(profile.values)
    zh, en = "起止时间，分别取起和止", "stretches of time; beginning and end are taken each"
    if not is_read:
        zh, en = f"{zh}，但多数内容不是起止时间", f"{en}, but most values are none"
    return Guess(first, 0.95 if is_read else 0.5, zh, en, last_field=last)


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
    if found.how == "synonym" and is_second(found.word):
        confidence = _SECOND
    zh, en = f"列名“{found.word}”", f"the heading says {found.word!r}"
    if found.how == "part":
        if name == "source_key" and profile.tells_rows_apart:
            confidence = max(confidence, 0.85)  # 成果编号: what kind of number is of no account
        zh, en = f"列名含“{found.word}”", f"the heading has {found.word!r} in it"
    if found.how == "either":
        confidence, why = _decided(name, profile)
        zh, en = f"{zh}，{why[0]}", f"{en}; {why[1]}"
    unit = unit_of(column, heading, units)
    if unit and not unit_said(heading):
        zh, en = f"{zh}，表头上方注明{unit}", f"{en}; {unit} stands above the headings"
    if unit and unit.lower() not in UNITS:
        confidence, unit = min(confidence, 0.4), ""
        said = unit_said(heading)
        zh, en = f"{zh}，但单位“{said}”不换算", f"{en}, but {said} isn't converted"
    transform = transform_for(column, profile)
    if transform in MADE_READABLE:
        zh, en = f"{zh}，{TRANSFORM_WORDS[transform][0]}", f"{en}; {TRANSFORM_WORDS[transform][1]}"
    elif readable_share(profile, column) < 0.5:
        confidence = min(confidence, 0.5) if column.type_name != "text" else confidence
        zh = f"{zh}，但多数内容不是“{column.label_zh}”能接受的"
        en = f"{en}, but most values can't be read as {column.label_en}"
    is_one = column.type_name not in {"list", "codes"} and not column.one_of
    if is_one and has_several(profile):
        confidence = min(confidence, 0.5)
        zh, en = f"{zh}，但一格有多个值", f"{en}, but cells hold several values"
    return Guess(name, confidence, zh, en, unit=unit, year=found.year)


def unit_of(column: Column, heading: str, units: Mapping[str, str]) -> str:
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
