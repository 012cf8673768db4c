"""XLSX templates: what to fill, with drop-down lists, an example and a guide to every column."""

import io
from typing import Any

import xlsxwriter

from silian.identifiers import UnknownKind
from silian.portal.catalogue import KINDS, RecordKind
from silian.portal.registry.interfaces.columns import Column
from silian.portal.registry.interfaces.sheets import EXAMPLE_SHEET
from silian.portal.registry.interfaces.template_rows import NOTE_MARK

_N_FILLABLE_ROWS = 5_000
_NAVY, _BLUE, _PALE, _GREY = "#1F4E79", "#2E75B6", "#EAF1F8", "#6B7280"
_TYPE_NAMES = {
    "text": ("文本", "text"),
    "list": ("多个，用顿号分开", "list, separated by commas"),
    "amount": ("金额", "amount"),
    "number": ("数值", "number"),
    "integer": ("整数", "whole number"),
    "date": ("日期", "date"),
    "choice": ("选项", "choice"),
    "code": ("代码", "code"),
    "geometry": ("GeoJSON 几何", "GeoJSON geometry"),
    "rate": ("百分数", "percent"),
    "boolean": ("是或否", "yes or no"),
    "codes": ("代码或名称，用顿号分开", "codes or names, separated by commas"),
}
_LISTED = {"choice", "boolean"}  # types whose cell takes one choice of a list


def template_workbook(kind: str) -> bytes:
    """Workbook to be filled with records of one kind and imported as it is.

    Sheets: 填写 (headings in both languages, notes, lists), 示例 (a filled row), 填写说明 (every
    column), and 选项 (the lists, hidden).

    Raises
    ------
    UnknownKind
        If the kind isn't kept.
    """
    if kind not in KINDS:
        raise UnknownKind(
            f"record kind is {kind!r}; expected one of {', '.join(KINDS)}.", kind=kind
        )
    entry = KINDS[kind]
    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer, {"strings_to_formulas": False})
    workbook.set_properties({"title": f"{entry.label_zh}导入模板 / {entry.label_en} template"})
    styles = _styles(workbook)
    _fill_sheet(workbook, entry, styles)
    _example_sheet(workbook, entry, styles)
    _guide_sheet(workbook, entry, styles)
    _list_sheet(workbook, entry)
    workbook.close()
    return buffer.getvalue()


def heading_zh(column: Column) -> str:
    """Chinese heading with its unit, and a star where it must be filled.

    Examples
    --------
    >>> heading_zh(next(c for c in KINDS["need"].columns if c.name == "budget_cny"))
    '预算（元）'
    """
    unit = f"（{column.unit}）" if column.unit else ""
    return f"{column.label_zh}{unit}{' *' if column.required else ''}"


def _styles(workbook: Any) -> dict[str, Any]:
    font = {"font_name": "Microsoft YaHei", "font_size": 10, "valign": "vcenter"}
    line = {"border": 1, "border_color": "#D0D7DE"}
    white = {"font_color": "#FFFFFF", "bold": True, "align": "center"}
    return {
        "required": workbook.add_format({**font, **line, **white, "bg_color": _NAVY}),
        "optional": workbook.add_format({**font, **line, **white, "bg_color": _BLUE}),
        "english": workbook.add_format(
            {**font, **line, "bg_color": _PALE, "font_color": _NAVY, "align": "center"}
        ),
        "note": workbook.add_format(
            {
                **font,
                **line,
                "font_color": _GREY,
                "font_size": 9,
                "text_wrap": True,
                "valign": "top",
            }
        ),
        "text": workbook.add_format({**font, "num_format": "@"}),
        "date": workbook.add_format({**font, "num_format": "yyyy-mm-dd"}),
        "amount": workbook.add_format({**font, "num_format": "#,##0.##"}),
        "number": workbook.add_format({**font, "num_format": "General"}),
        "cell": workbook.add_format({**font, **line, "text_wrap": True, "valign": "top"}),
        "bold": workbook.add_format({**font, **line, "bold": True, "valign": "top"}),
        "title": workbook.add_format({**font, "bold": True, "font_size": 14, "font_color": _NAVY}),
    }


def _headings(sheet: Any, entry: RecordKind, styles: dict[str, Any]) -> None:
    sheet.set_row(0, 26)
    sheet.set_row(1, 20)
    for position, column in enumerate(entry.columns):
        style = styles["required" if column.required else "optional"]
        sheet.write_string(0, position, heading_zh(column), style)
        sheet.write_string(1, position, column.label_en, styles["english"])
        sheet.set_column(position, position, _width(column), styles[_cell_style(column)])


def _width(column: Column) -> float:
    wide = {
        "text": 26,
        "list": 26,
        "codes": 26,
        "code": 22,
        "geometry": 18,
        "date": 14,
        "choice": 18,
    }
    return max(wide.get(column.type_name, 14), 2.2 * len(heading_zh(column)), len(column.label_en))


def _cell_style(column: Column) -> str:
    if column.type_name in {"date", "amount"}:
        return column.type_name
    # A percentage typed into a text cell stays as typed; Excel would make 12.5% of it 0.125.
    return "number" if column.type_name in {"number", "integer"} else "text"


def _fill_sheet(workbook: Any, entry: RecordKind, styles: dict[str, Any]) -> None:
    sheet = workbook.add_worksheet("填写")
    _headings(sheet, entry, styles)
    sheet.set_row(2, 72)
    for position, column in enumerate(entry.columns):
        note = f"{NOTE_MARK} {_note(column)}" if position == 0 else _note(column)
        sheet.write_string(2, position, note, styles["note"])
    sheet.freeze_panes(3, 1)
    for position, column in enumerate(entry.columns):
        rule = _validation(entry, position, column)
        if rule:
            sheet.data_validation(3, position, 2 + _N_FILLABLE_ROWS, position, rule)


def _note(column: Column) -> str:
    type_zh, _ = _TYPE_NAMES[column.type_name]
    parts = [("必填，" if column.required else "") + type_zh, column.help_zh]
    if column.example != "":
        parts.append(f"例：{column.example}")
    return "\n".join(part for part in parts if part)


def _validation(entry: RecordKind, position: int, column: Column) -> dict[str, Any] | None:
    told = {
        "error_title": column.label_zh,
        "error_type": "warning",
        "input_title": column.label_zh[:32],
        "input_message": (column.help_zh or column.help_en or column.label_en)[:255],
    }
    if column.type_name in _LISTED:
        letter = xlsxwriter.utility.xl_col_to_name(_list_position(entry, column))
        source = f"=选项!${letter}$2:${letter}${len(column.choices) + 1}"
        return {**told, "validate": "list", "source": source, "error_message": "请从列表中选择。"}
    return {**told, "validate": "any"} if column.help_zh else None


def _list_position(entry: RecordKind, column: Column) -> int:
    return [c.name for c in entry.columns if c.type_name in _LISTED].index(column.name)


def _example_sheet(workbook: Any, entry: RecordKind, styles: dict[str, Any]) -> None:
    sheet = workbook.add_worksheet(EXAMPLE_SHEET)
    _headings(sheet, entry, styles)
    for position, column in enumerate(entry.columns):
        example = column.example
        if isinstance(example, str):
            if example:
                sheet.write_string(2, position, example, styles["text"])
        else:
            sheet.write_number(2, position, example, styles[_cell_style(column)])
    sheet.freeze_panes(2, 1)


def _guide_sheet(workbook: Any, entry: RecordKind, styles: dict[str, Any]) -> None:
    sheet = workbook.add_worksheet("填写说明")
    title = f"{entry.label_zh}导入模板填写说明 / How to fill the {entry.label_en.lower()} template"
    sheet.write_string(0, 0, title, styles["title"])
    sheet.set_row(0, 30)
    headings = [
        "列名",
        "Column",
        "字段名 name",
        "必填",
        "类型",
        "单位",
        "说明",
        "Help",
        "选项",
        "示例",
    ]
    for position, (text, width) in enumerate(
        zip(headings, [20, 24, 26, 7, 18, 9, 48, 48, 40, 30], strict=True)
    ):
        sheet.write_string(2, position, text, styles["optional"])
        sheet.set_column(position, position, width)
    for line, column in enumerate(entry.columns, 3):
        choices = "\n".join(f"{c.label_zh} / {c.label_en} ({c.value})" for c in column.choices)
        cells = [
            column.label_zh,
            column.label_en,
            column.name,
            "是 yes" if column.required else "",
            " / ".join(_TYPE_NAMES[column.type_name]),
            column.unit,
            column.help_zh,
            column.help_en,
            choices,
            str(column.example),
        ]
        for position, text in enumerate(cells):
            sheet.write_string(line, position, text, styles["bold" if position == 0 else "cell"])
        # Wrapped cells don't grow by themselves in every program.
        sheet.set_row(
            line, max(18, 15 * max(1, len(column.choices), -(-len(column.help_en) // 44)))
        )
    sheet.freeze_panes(3, 1)


def _list_sheet(workbook: Any, entry: RecordKind) -> None:
    sheet = workbook.add_worksheet("选项")
    for position, column in enumerate(c for c in entry.columns if c.type_name in _LISTED):
        sheet.write_string(0, position, column.label_zh)
        for line, choice in enumerate(column.choices, 1):
            sheet.write_string(line, position, choice.label_zh)
    sheet.hide()
