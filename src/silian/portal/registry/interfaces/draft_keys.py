"""What tells the rows of a register apart: a number, a code, else names together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from silian.portal.bilingual import choose
from silian.portal.registry.interfaces.column_shapes import Profile
from silian.portal.registry.interfaces.headings import is_unused, words_of

_NUMBERS = (
    "source_key",
    "number",
    "publication_number",
    "doi",
    "adcode",
    "unified_social_credit_code",
    "code",
)
_NUMBER_IS_WORTH = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyDraft:
    """A proposed key.

    Attributes
    ----------
    columns
        Headings whose texts together are the key.
    suffix
        What is added to them: a constant of the file, such as its year.
    is_unique
        Whether every row looked at has one of its own.
    """

    columns: tuple[str, ...]
    suffix: str
    is_unique: bool
    reason_zh: str
    reason_en: str

    @property
    def reason(self) -> str:
        """The reason in the reader's language."""
        return choose(self.reason_zh, self.reason_en)


def find_key(
    kind: str,
    fields: Mapping[str, str],
    profiles: Mapping[str, Profile],
    constants: Mapping[str, Any],
    *,
    is_chosen: bool = False,
) -> KeyDraft | None:
    """The best key of a register, or ``None`` where nothing could be one.

    Parameters
    ----------
    fields
        Heading by our column, of the columns that are sure.
    is_chosen
        Whether a person named the column of source keys: then it is the key, and what is wrong with
        it is told.
    """
    if is_chosen and "source_key" in fields:
        return _chosen(fields["source_key"], profiles)
    for name in _NUMBERS:
        if name in fields and profiles[fields[name]].tells_rows_apart:
            return _key((fields[name],), True, "每行都有且不重复", "filled and unique")
    unsure: list[tuple[float, KeyDraft]] = []
    if number := fields.get("source_key"):
        # A number that repeats here and there still means its row better than a title does.
        share = _apart_share((number,), profiles) + _NUMBER_IS_WORTH
        unsure.append((share, _repeating((number,))))
    for names in words_of(kind).keys:
        suffix = " ".join(str(constants[name]) for name in names if name in constants)
        columns = tuple(fields[name] for name in names if name in fields)
        if not columns or any(name not in fields and name not in constants for name in names):
            continue
        if any("{" in column or "}" in column for column in columns):
            continue
        if (share := _apart_share(columns, profiles)) == 1.0:
            zh, en = ("合起来", "together ") if len(columns) > 1 else ("", "")
            return _key(columns, True, f"{zh}每行都有且不重复", f"{en}filled and unique", suffix)
        unsure.append((share, _repeating(columns, suffix)))
    for heading, profile in profiles.items():
        is_number = profile.shape("code") > 0.9 and not profile.shape("phone")
        if profile.tells_rows_apart and is_number and not is_unused(heading):
            return _key((heading,), True, "像编号，每行不重复", "like numbers, filled and unique")
    if unsure:
        return max(unsure, key=lambda pair: pair[0])[1]  # of equal ones the first
    return _serial({one: held for one, held in profiles.items() if one not in fields.values()})


def _chosen(heading: str, profiles: Mapping[str, Profile]) -> KeyDraft:
    profile = profiles[heading]
    zh, en = "", ""
    if profile.shape("serial") == 1.0 and is_unused(heading):
        zh = "；序号变动后会被当作新记录，请核对"
        en = "; renumbered rows become new records: check it"
    if profile.tells_rows_apart:
        return _key(
            (heading,),
            True,
            f"人工选择，每行都有且不重复{zh}",
            f"chosen by a person, filled and unique{en}",
        )
    n_empty = profile.row_count - len(profile.values)
    n_again = len(profile.values) - round(profile.distinct_share * len(profile.values))
    return _key(
        (heading,),
        False,
        f"人工选择；看过的 {profile.row_count} 行中 {n_empty} 行空缺、{n_again} 行重复，这些行会被拒收{zh}",
        f"chosen by a person; of the {profile.row_count} rows looked at {n_empty} lack it and "
        f"{n_again} repeat one, and such rows are refused{en}",
    )


def _repeating(columns: tuple[str, ...], suffix: str = "") -> KeyDraft:
    return _key(
        columns, False, "有重复或空缺，请核对", "repeated or empty in places: check it", suffix
    )


def _serial(profiles: Mapping[str, Profile]) -> KeyDraft | None:
    for heading, profile in profiles.items():
        if profile.tells_rows_apart and profile.shape("serial") == 1.0:
            return _key(
                (heading,),
                True,
                "只有序号不重复；序号变动后会被当作新记录，请核对",
                "only the running number is unique; renumbered rows become new records: check it",
            )
    return None


def _apart_share(columns: tuple[str, ...], profiles: Mapping[str, Profile]) -> float:
    """Share of the rows that columns together tell apart; an estimate where cells are empty."""
    held = [profiles[column] for column in columns]
    filled_share = min(profile.filled_share for profile in held)
    if filled_share < 1.0:
        return filled_share * max(profile.distinct_share for profile in held)
    rows = list(zip(*(map(str, profile.values) for profile in held), strict=True))
    return len(set(rows)) / (len(rows) or 1)


def _key(columns: tuple[str, ...], is_unique: bool, zh: str, en: str, suffix: str = "") -> KeyDraft:
    return KeyDraft(columns=columns, suffix=suffix, is_unique=is_unique, reason_zh=zh, reason_en=en)
