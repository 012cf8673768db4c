"""Cells that a strict reading refuses: what they still say, and what is done without them.

Rows of files pass the same strict gate as forms. Only what it refuses comes here: a range is read
by the bound that its field means, and an optional cell that can't be read is left out, so that it
doesn't cost the record. Either is told as a remark, beside the cell as it arrived.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Any

from pydantic import ValidationError

from silian.portal.catalogue import KINDS
from silian.portal.registry.domain.reasons import Reason, RowRefused, reasons_of
from silian.portal.registry.interfaces.columns import Column, Row
from silian.portal.registry.interfaces.headings import columns_by_name
from silian.portal.registry.interfaces.mapping import FieldSpec
from silian.portal.registry.interfaces.several_names import (
    ORGANISATION,
    PERSON,
    is_quoted,
    several_cell,
    several_in,
)
from silian.tables.values import Inexact, ValueRefused, shorten

LEFT_EMPTY, FIRST_TAKEN, PERHAPS_SEVERAL = "left_empty", "first_taken", "perhaps_several"
_CALLED = {PERSON: ("姓名", "people"), ORGANISATION: ("单位", "organisations")}
_WAN = Decimal(10_000)
_AFTER_ZH = "这一格未读入，本行其余内容已入库；已有的值保留不变。"
_AFTER_EN = "The cell was left out, the rest of the row is loaded; a value held before stays."
_BOUND = {"lower": ("下限", "lower"), "upper": ("上限", "upper")}


Rules = Mapping[str, FieldSpec]
_ANY = FieldSpec()


class SecondLook:
    """A second look at the rows of a batch, one after the other.

    Attributes
    ----------
    rules
        How the row's mapping wants its fields taken.
    remarks
        What was made of the row's cells.
    left
        Why those cells were refused that it was left without.
    notes
        What was met in all rows, by code.
    """

    def __init__(self) -> None:
        self.rules: Rules = {}
        self.remarks: list[Reason] = []
        self.left: list[Reason] = []
        self.notes: Counter[str] = Counter()
        self._read: set[str] = set()

    def begin(self, rules: Rules | None) -> None:
        """Turn to the next row."""
        self.rules = rules or {}
        if self.remarks or self._read:
            self.remarks, self.left, self._read = [], [], set()

    def validated(self, kind: str, values: Mapping[str, Any], error: ValidationError) -> Row:
        """The row, without what could not be read.

        Raises
        ------
        RowRefused
            If something can neither be read nor left out.
        """
        mended = dict(values)
        while True:
            reasons = reasons_of(error, mended)
            unmended = [reason for reason in reasons if not self.mend(kind, reason, mended)]
            if unmended:
                raise RowRefused(tuple(unmended))
            try:
                return KINDS[kind].row.model_validate(mended)
            except ValidationError as again:
                error = again

    def doubt(self, kind: str, held: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        """Remark on names that may be those of several, though nobody can be sure.

        Parameters
        ----------
        held, values
            Of the row, as it was read and as it arrived.
        """
        for name, sort in _names_of_one(kind):
            if name in values and several_in(sort, held[name]) and not is_quoted(values[name]):
                self.remarks.append(_perhaps_several(name, sort, held[name]))

    def _takes_first(self, column: Column, reason: Reason, cell: Any, rule: FieldSpec) -> bool:
        """Whether a cell names several, of whom the first is taken; the others are told."""
        names = several_cell(column.one_of, cell)
        if len(names) < 2 or "reject" in {rule.otherwise, column.several}:
            return False
        what_zh, what_en = _CALLED[column.one_of]
        arrived = reason.arrived or shorten(cell, 200)
        self.remarks.append(
            Reason(
                field=column.name,
                code=FIRST_TAKEN,
                message_zh=f"收到“{arrived}”，是多个{what_zh}，本字段只取第一个“{names[0]}”；"
                f"未录入：{'、'.join(names[1:])}。确为一个名称的，请整体加引号后重放。",
                message_en=f"arrived {arrived}: several {what_en}; the first ({names[0]}) was "
                f"taken, left out: {', '.join(names[1:])}. If it is one name, replay it in "
                "quotation marks.",
                arrived=arrived,
            )
        )
        return True

    def mend(
        self,
        kind: str,
        reason: Reason,
        values: dict[str, Any],
        refused: ValueRefused | None = None,
    ) -> bool:
        """Read a refused cell by its bound, or leave it out; whether that was possible.

        Parameters
        ----------
        values
            Of the row; the cell is replaced, or taken out.
        refused
            What its mapping met; by default the cell is among the values.
        """
        column = columns_by_name(kind).get(reason.field)
        if column is None:
            return False
        cell = refused.arrived if refused else values.get(column.name)
        unit = refused.unit if refused else ""
        rule = self.rules.get(column.name, _ANY)
        # Several things that a mapping found (a join by a code that two have) prove nothing.
        is_cell = refused is None or isinstance(cell, str)
        if column.one_of and is_cell and self._takes_first(column, reason, cell, rule):
            values[column.name] = several_cell(column.one_of, cell)[0]
            return True
        first = column.name not in self._read
        if first and (found := _read_again(column, cell, unit, rule.bound or column.bound)):
            self._read.add(column.name)
            values[column.name], how = found
            self.remarks.append(_remark(column, reason, values[column.name], *how))
            return True
        left_before = refused is None and column.name not in values
        if (rule.otherwise or column.otherwise) != "empty" or left_before:
            return False
        values.pop(column.name, None)
        self.left.append(reason)
        exact = _exact(column, cell, rule.bound or column.bound)
        self.remarks = [remark for remark in self.remarks if remark.field != column.name]
        self.remarks.append(
            Reason(
                field=column.name,
                code=LEFT_EMPTY,
                message_zh=f"{reason.message_zh}{exact[0]}{_AFTER_ZH}",
                message_en=f"{reason.message_en}{exact[1]} {_AFTER_EN}",
                arrived=reason.arrived,
            )
        )
        return True


@cache
def _names_of_one(kind: str) -> tuple[tuple[str, str], ...]:
    return tuple((column.name, column.one_of) for column in KINDS[kind].columns if column.one_of)


def _perhaps_several(name: str, sort: str, text: str) -> Reason:
    what_zh, what_en = _CALLED[sort]
    return Reason(
        field=name,
        code=PERHAPS_SEVERAL,
        message_zh=f"收到“{shorten(text)}”，可能是多个{what_zh}，没有把握，按一个名称录入；确为一个的，整体加引号后不再提示。",
        message_en=f"arrived {shorten(text)}: perhaps several {what_en}; taken as one name. In "
        "quotation marks it is one beyond doubt.",
        arrived=shorten(text, 200),
    )


_How = tuple[str, str, str]  # code, and what it is called in both languages


def _read_again(column: Column, cell: Any, unit: str, bound: str) -> tuple[Any, _How] | None:
    if column.inexact is None or not bound or not isinstance(cell, str):
        return None
    if column.type_name == "date":
        period = column.inexact(cell)
        if period is None:
            return None
        day = period[1] if bound == "upper" else period[0]
        zh, en = ("末日", "last day") if bound == "upper" else ("首日", "first day")
        told = (f"为一段时间，本字段取其{zh}", f"a stretch of time; this field means its {en}")
        if period[0] == period[1]:
            told = ("读作该日", "read as that day")
        return day, ("read_period", *told)
    found = column.inexact(cell, unit=unit) if unit else column.inexact(cell)
    if not isinstance(found, Inexact):
        return None
    if column.type_name == "amount" and cell.rstrip().endswith(("%", "％", "‰")):
        return None
    value = found.bound(bound)
    if column.type_name == "integer" and value != value.to_integral_value():
        return None
    return value, _how(column, found, bound, has_figures=any(map(str.isdigit, cell)))


def _exact(column: Column, cell: Any, bound: str) -> tuple[str, str]:
    """What to add where a range came to a field that means neither end of one."""
    is_range = column.inexact and not bound and isinstance(cell, str) and column.inexact(cell)
    return (
        (
            "本字段须为确切数值，不从区间取值；可在映射中用 bound 指定上限或下限。",
            " The field takes exact figures; a mapping may name a bound.",
        )
        if is_range
        else ("", "")
    )


_ABOUT: _How = ("read_about", "为约数，按所写数值读取", "an approximate figure, taken as written")
_FROM: _How = ("read_lower", "只给出下限，按下限读取", "only a lower bound, which was taken")
_UP_TO: _How = ("read_upper", "只给出上限，按上限读取", "only an upper bound, which was taken")


def _how(column: Column, found: Inexact, bound: str, *, has_figures: bool) -> _How:
    if found.lower is not None and found.lower == found.upper:
        return _ABOUT
    if found.upper is None:
        return _FROM
    if found.lower is None:
        return _UP_TO
    zh, en = _BOUND[bound]
    ends_zh, ends_en = "", ""
    if not has_figures:  # 中试阶段, 三至五百万: tell the figures that were understood
        ends = [shown_figure(column, end) for end in (found.lower, found.upper)]
        ends_zh = f" {ends[0][0]} 至 {ends[1][0]} 的"
        ends_en = f" of {ends[0][1]} to {ends[1][1]}"
    return (
        f"read_{bound}",
        f"为{ends_zh}区间，本字段取{zh}",
        f"a range{ends_en}; this field means its {en} bound",
    )


def _remark(column: Column, reason: Reason, value: Any, code: str, zh: str, en: str) -> Reason:
    shown_zh, shown_en = shown_figure(column, value)
    return Reason(
        field=column.name,
        code=code,
        message_zh=f"收到“{reason.arrived}”，{zh}：{shown_zh}。",
        message_en=f"arrived {reason.arrived}: {en} ({shown_en}).",
        arrived=reason.arrived,
    )


def shown_figure(column: Column, value: Any) -> tuple[str, str]:
    """A stored value as people read it, in both languages: 300 万元, CNY 3,000,000."""
    if not isinstance(value, Decimal):
        return str(value), str(value)
    plain, in_wan = f"{value.normalize():,f}", f"{(value / _WAN).normalize():f} 万元"
    if column.type_name == "amount" and column.unit == "元":
        return (in_wan if value >= _WAN else f"{plain} 元"), f"CNY {plain}"
    return f"{plain} {column.unit}".strip(), plain


# What a load takes as it stands, a form leaves to whoever writes it.
_TYPED = {
    _ABOUT: ("为约数，此处须为确切数值", "an approximate figure, where an exact one is due"),
    _FROM: ("只给出下限，此处须为确切数值", "only a lower bound, where a figure is due"),
    _UP_TO: ("只给出上限，此处须为确切数值", "only an upper bound, where a figure is due"),
}


def advised(kind: str, reasons: tuple[Reason, ...], values: Mapping[str, Any]) -> RowRefused:
    """The refusal of a row that somebody just typed, with what to write in place of a range."""
    told = []
    for reason in reasons:
        column = columns_by_name(kind).get(reason.field)
        found = column and _read_again(column, values.get(column.name), "", column.bound)
        if not column or not found:
            told.append(reason)
            continue
        value, how = found
        zh, en = _TYPED.get(how, how[1:])
        shown_zh, shown_en = shown_figure(column, value)
        told.append(
            replace(
                reason,
                message_zh=f"收到“{reason.arrived}”，{zh}，请填写 {shown_zh}。",
                message_en=f"arrived {reason.arrived}: {en}; write {shown_en}.",
            )
        )
    return RowRefused(tuple(told))
