"""Headings in several rows: what is merged over columns and rows, and where CSV tells as much."""

import csv
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from silian.tables.readers import FileOptions, look_at_sheets, open_rows, xlsx
from silian.tables.readers.heading_rows import heading_lines, single_lines
from silian.tables.readers.merged import MergeScan

TITLE = ["2024年第三批拟入库名单"]
UPPER = ["序号", "企业信息", None, "财务情况（万元）", None, "注册地"]
LOWER = [None, "名称", "代码", "营业收入", "研发费用", None]
FIRM = [1, "甲公司", "A1", 100, 5, "东区"]
MERGES = ("A1:F1", "A2:A3", "B2:C2", "D2:E2", "F2:F3")
HEADINGS = [
    "序号",
    "企业信息/名称",
    "企业信息/代码",
    "财务情况（万元）/营业收入",
    "财务情况（万元）/研发费用",
    "注册地",
]


def book(folder: Path, lines: list[list[Any]], *merges: str) -> Path:
    made = openpyxl.Workbook()
    for line in lines:
        made.active.append(line)
    for merge in merges:
        made.active.merge_cells(merge)
    path = folder / "two.xlsx"
    made.save(path)
    return path


def table(folder: Path, lines: list[list[Any]]) -> Path:
    path = folder / "two.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(lines)
    return path


def knows(*words: str) -> Any:
    return lambda cells: all(word in cells for word in words)


def values(path: Path, *words: str, **how: Any) -> list[tuple[int, dict[str, Any]]]:
    source = open_rows(path, FileOptions(**how), is_heading=knows(*words) if words else None)
    rows = list(source.rows)
    assert [row.problem for row in rows] == [None] * len(rows)
    return [(row.number, row.values) for row in rows]


@pytest.mark.parametrize("is_streamed", [False, True])
def test_merged_headings_over_columns_and_rows_are_put_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_streamed: bool
) -> None:
    if is_streamed:
        monkeypatch.setattr(xlsx, "_MAX_HELD_CELLS", 1)
    path = book(tmp_path, [TITLE, UPPER, LOWER, FIRM], *MERGES)
    expected = [(4, dict(zip(HEADINGS, FIRM, strict=True)))]
    assert values(path, "企业信息/名称") == expected
    assert values(path, header_row=2) == values(path, header_row=3) == expected
    assert look_at_sheets(path, 4)[0].lines == (
        ("2024年第三批拟入库名单",), (), tuple(HEADINGS), ("1", "甲公司", "A1", "100", "5", "东区"),
    )  # fmt: skip


def test_headings_in_the_first_rows_need_nothing_that_knows_them(tmp_path: Path) -> None:
    merges = ("A1:A2", "B1:C1", "D1:E1", "F1:F2")
    path = book(tmp_path, [UPPER, LOWER, FIRM], *merges)
    assert values(path) == [(3, dict(zip(HEADINGS, FIRM, strict=True)))]


def test_a_mapping_of_the_lower_headings_alone_still_reads_them(tmp_path: Path) -> None:
    path = book(tmp_path, [TITLE, UPPER, LOWER, FIRM], *MERGES)
    lower = ["序号", "名称", "代码", "营业收入", "研发费用", "注册地"]
    assert values(path, "名称", "营业收入", "注册地") == [(4, dict(zip(lower, FIRM, strict=True)))]


def test_headings_stand_in_three_rows(tmp_path: Path) -> None:
    lines = [
        ["序号", "经济指标", None, None],
        [None, "收入", None, "利税"],
        [None, 2023, 2024, None],
        [1, 10, 20, 3],
    ]
    path = book(tmp_path, lines, "A1:A3", "B1:D1", "B2:C2", "D2:D3")
    headings = ["序号", "经济指标/收入/2023", "经济指标/收入/2024", "经济指标/利税"]
    assert values(path) == [(4, dict(zip(headings, [1, 10, 20, 3], strict=True)))]


def test_titles_and_values_that_are_merged_over_columns_are_no_headings(tmp_path: Path) -> None:
    lines = [
        ["名单", None, "单位：万元"],
        ["名称", "产品", "投资"],
        ["甲", "磁钢", None],
        ["乙", "电机", 1],
    ]
    path = book(tmp_path, lines, "A1:B1", "B3:C3")
    assert values(path, "名称", "投资") == [
        (3, {"名称": "甲", "产品": "磁钢", "投资": None}),
        (4, {"名称": "乙", "产品": "电机", "投资": 1}),
    ]
    path = book(tmp_path, [["名称", "地址", None], ["甲", "浙江省", "宁波市"]], "B1:C1")
    assert values(path) == [(2, {"名称": "甲", "地址": "浙江省", "第3列": "宁波市"})]


def test_a_csv_of_such_a_sheet_is_read_alike(tmp_path: Path) -> None:
    path = table(tmp_path, [TITLE, UPPER, LOWER, FIRM])
    texts = ["1", "甲公司", "A1", "100", "5", "东区"]
    assert values(path, "企业信息/名称") == [(4, dict(zip(HEADINGS, texts, strict=True)))]


def test_a_csv_may_have_headings_in_three_rows() -> None:
    lines = [
        (1, ["序号", "指标", "", "", "备注"]),
        (2, ["", "收入", "", "利税", ""]),
        (3, ["", "2023", "2024", "", ""]),
        (4, ["1", "10", "20", "3", ""]),
    ]
    assert [(line.row_count, line.cells) for line in heading_lines(lines)] == [
        (3, ["序号", "指标/收入/2023", "指标/收入/2024", "指标/利税", "备注"]),
        (1, ["1", "10", "20", "3"]),
    ]


@pytest.mark.parametrize(
    "lines",
    [
        [["名称", "", "地址"], ["甲", "x", "东区"]],  # no column has one heading for both rows
        [["名称", "产品", "地址"], ["甲", "", "东区"]],  # no group
        [["序号", "产品", "", "备注"], ["", "12", "3.5", ""]],  # figures
        [["序号", "单位：万元", "", "备注"], ["", "收入", "利润", ""]],  # a remark
        [["名单"], ["", "名称", "地址"]],  # a title
    ],
)
def test_where_empty_cells_leave_doubt_rows_stay_apart(lines: list[list[str]]) -> None:
    numbered = list(enumerate(lines, 1))
    assert [line.row_count for line in heading_lines(numbered)] == [1] * len(lines)


def test_single_rows_get_what_is_merged_downwards_into_them() -> None:
    lines = [(1, ["序号", "信息"]), (2, ["", "名称", "代码"])]
    rows = single_lines(lines, {(1, 2, 1, 1), (1, 1, 2, 3)})
    assert [row.cells for row in rows] == [["序号", "信息"], ["序号", "名称", "代码"]]


def test_a_cell_beyond_the_headings_of_a_sheet_is_a_column_without_one(tmp_path: Path) -> None:
    path = book(tmp_path, [["名称", "地址"], ["甲", "东区", None, "见附件"], ["乙", "西区"]])
    assert values(path) == [
        (2, {"名称": "甲", "地址": "东区", "第4列": "见附件"}),
        (3, {"名称": "乙", "地址": "西区"}),
    ]


def test_only_merges_among_the_first_rows_are_remembered() -> None:
    scan = MergeScan()
    scan.look_at(b'<mergeCell ref="A1:XFD1048576"/><mergeCell ref="B101:C101"/>')
    assert scan.spans == {(1, 1048576, 1, 16384)}
    lines = [(1, ["名单", "甲"]), (2, ["名称", "代码"])]
    assert [line.row_count for line in heading_lines(lines, scan.spans)] == [1, 1]
    scan.look_at(b"".join(b'<mergeCell ref="A%d:B%d"/>' % (1 + n % 90, n) for n in range(9_000)))
    assert len(scan.spans) <= 5_000
