"""Files of registers: every format, every encoding, every hostile case."""

import io
import json
import zipfile
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow
import pyarrow.parquet
import pytest
import xlsxwriter

from silian.tables.readers import (
    CellTooLarge,
    DamagedFile,
    FileOptions,
    FileRefused,
    FileTooLarge,
    ForbiddenContent,
    FormulasNotComputed,
    Limits,
    MissingSheet,
    NoHeading,
    NoRows,
    TooDeep,
    TooManyColumns,
    UnreadableText,
    WrongFileType,
    json_document,
    open_rows,
)
from silian.tables.values import ValueRefused, parse_text

TABLE = "名称,预算\n永磁材料,50万元\n"
ROW = {"名称": "永磁材料", "预算": "50万元"}


def write(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def rows(path: Path, options: FileOptions | None = None, **how: object) -> list[dict[str, object]]:
    return [row.values for row in open_rows(path, options, **how).rows]


def workbook(folder: Path, lines: list[list[object]], name: str = "a.xlsx") -> Path:
    path = folder / name
    book = xlsxwriter.Workbook(path)
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet("一")
    for number, line in enumerate(lines):
        for column, value in enumerate(line):
            style = day if isinstance(value, datetime) else None
            sheet.write(number, column, value, style)
    book.close()
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_is_read_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    assert rows(write(tmp_path, "a.csv", TABLE.encode(encoding))) == [ROW]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_json_is_read_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    # 慭 and 媆 end in the bytes of a backslash and of another sign that JSON knows.
    text = json.dumps([{"name": "慭媆磁材", "n": [1, {"单位": "公斤"}]}], ensure_ascii=False)
    source = open_rows(write(tmp_path, "a.json", text.encode(encoding)))
    assert [row.values for row in source.rows] == [{"name": "慭媆磁材", "n": [1, {"单位": "公斤"}]}]


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_the_delimiter_is_found_out(tmp_path: Path, delimiter: str) -> None:
    assert rows(write(tmp_path, "a.csv", TABLE.replace(",", delimiter))) == [ROW]


def test_the_first_chinese_character_may_stand_in_the_last_row(tmp_path: Path) -> None:
    text = "name,n\n" + "abc,1\n" * 400_000 + "磁材,2\n"
    source = open_rows(write(tmp_path, "a.csv", text.encode("gb18030")))
    assert source.encoding == "gb18030"
    assert [*source.rows][-1].values == {"name": "磁材", "n": "2"}


def test_xlsx_gives_dates_and_cached_values(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["名称", "日期"], ["永磁", datetime(2024, 3, 5)]])
    [row] = rows(path)
    assert row["名称"] == "永磁"
    assert str(row["日期"])[:10] == "2024-03-05"


def test_a_sheet_too_large_to_hold_is_streamed_to_the_same_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = workbook(tmp_path, [["名称", "日期"], ["永磁", datetime(2024, 3, 5)], [1.5, None]])
    held = [(row.number, str(row.values)[:12]) for row in open_rows(path).rows]
    monkeypatch.setattr("silian.tables.readers.xlsx._MAX_HELD_CELLS", 0)
    assert [(row.number, str(row.values)[:12]) for row in open_rows(path).rows] == held


def test_a_distant_cell_does_not_fill_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "far.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    sheet.write(0, 0, "名称")
    sheet.write(1, 0, "永磁")
    sheet.write(1_048_575, 0, "末行")
    sheet.write(1, 16_383, "末列")
    book.close()
    first = next(iter(open_rows(path).rows))
    assert (first.number, first.values, first.problem is not None) == (2, {"名称": "永磁"}, True)


def test_json_jsonl_and_parquet_give_the_same_rows(tmp_path: Path) -> None:
    objects = [{"名称": "永磁", "标签": ["a", "b"]}, {"名称": "电机", "标签": []}]
    as_json = write(tmp_path, "a.json", json.dumps({"data": {"items": objects}}))
    as_lines = write(tmp_path, "a.jsonl", "\n".join(map(json.dumps, objects)))
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(objects), tmp_path / "a.parquet")
    assert rows(as_json, FileOptions(records_at="data.items")) == objects
    assert rows(as_lines) == objects
    assert rows(tmp_path / "a.parquet") == objects


WRAPPED = {
    "code": 200,
    "msg": None,
    "data": {"total": 2, "list": [{"名称": "永磁"}, {"名称": "电机"}]},
}


def test_the_one_list_of_objects_in_a_document_is_its_rows(tmp_path: Path) -> None:
    expected = [{"名称": "永磁"}, {"名称": "电机"}]
    assert rows(write(tmp_path, "a.json", json.dumps(WRAPPED))) == expected
    beside = {**WRAPPED, "fields": ["名称"], "log": {"rows": []}}
    assert rows(write(tmp_path, "b.json", json.dumps(beside))) == expected
    inner = {"rows": [{"名称": "永磁", "parts": [{"n": 1}, {"n": 2}]}]}
    assert rows(write(tmp_path, "c.json", json.dumps(inner))) == inner["rows"]
    assert rows(write(tmp_path, "d.json", '{"data": {"total": 0, "list": []}}')) == []


@pytest.mark.parametrize(
    ("document", "options", "told"),
    [
        ({**WRAPPED, "columns": [{"id": 1}]}, FileOptions(), "data.list (2)、columns (1)"),
        ({"code": 500, "msg": "busy"}, FileOptions(), "code、msg"),
        (WRAPPED, FileOptions(records_at="data.rows"), "data.list (2)"),
        (WRAPPED, FileOptions(records_at="data.all", shape="mapping"), "data.all"),
    ],
)
def test_a_document_without_one_clear_list_of_rows_is_refused(
    tmp_path: Path, document: Any, options: FileOptions, told: str
) -> None:
    with pytest.raises(NoRows) as refused:
        rows(write(tmp_path, "a.json", json.dumps(document)), options)
    assert told in str(refused.value)
    assert told in refused.value.message_zh


def test_what_is_no_number_in_json_is_empty(tmp_path: Path) -> None:
    text = '[{"a": NaN, "b": "NaN \\" Infinity", "c": [-Infinity, 1]}, {"a": Infinity}]'
    expected = [{"a": None, "b": 'NaN " Infinity', "c": [None, 1]}, {"a": None}]
    assert rows(write(tmp_path, "a.json", text)) == expected
    assert rows(write(tmp_path, "b.json", '{"n": NaN, "list": ' + text + "}")) == expected


def test_a_long_document_with_nan_keeps_every_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_document, "_CHUNK_BYTES", 7)
    objects = [{"名称": f"永磁{n}\\", "值": float("nan") if n % 3 else n} for n in range(200)]
    path = write(tmp_path, "a.json", json.dumps(objects, ensure_ascii=False))
    expected = [{**one, "值": None if one["值"] != one["值"] else one["值"]} for one in objects]
    assert rows(path) == expected


def test_a_quotation_mark_that_is_never_closed_costs_its_own_row_only(tmp_path: Path) -> None:
    text = '编号,名称\n1,甲\n2,"乙公司,,\n3,丙\n4,"丁\n戊"\n'
    found = list(open_rows(write(tmp_path, "a.csv", text)).rows)
    assert [(row.number, row.values["编号"], row.problem is None) for row in found] == [
        (2, "1", True),
        (3, "2", False),
        (4, "3", True),
        (5, "4", True),
    ]
    assert found[1].values["名称"] == "乙公司,,\n"
    assert "never closed" in str(found[1].problem)
    assert found[3].values["名称"] == "丁\n戊"


@pytest.mark.parametrize("end", ["", "\n"])
def test_a_quotation_mark_left_open_to_the_end_costs_its_own_row_only(
    tmp_path: Path, end: str
) -> None:
    text = '编号,名称,备注\n1,甲,a\n2,"乙公司,,\n还有,x\n3,丙,b\n4,丁,c' + end
    found = list(open_rows(write(tmp_path, "a.csv", text)).rows)
    assert [(row.number, row.values["编号"], row.problem is None) for row in found] == [
        (2, "1", True),
        (3, "2", False),
        (5, "3", True),
        (6, "4", True),
    ]
    assert found[1].values["名称"] == "乙公司,,\n还有,x\n"


def sheets_of(tmp_path: Path, sheets: dict[str, list[list[Any]]], *merges: str) -> Path:
    path = tmp_path / "book.xlsx"
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, lines in sheets.items():
        sheet = book.create_sheet(name)
        for line in lines:
            sheet.append(line)
    for merge in merges:
        book.active.merge_cells(merge)
    book.save(path)
    return path


def test_a_value_merged_over_rows_is_the_value_of_each(tmp_path: Path) -> None:
    lines = [
        ["专家名册", None, None],
        ["单位", "姓名", "职称"],
        ["东海大学", "甲", "教授"],
        [None, "乙", None],
        [None, None, None],
        [None, "丙", "讲师"],
        ["西山大学", "丁", "教授"],
    ]
    path = sheets_of(tmp_path, {"名册": lines}, "A1:C1", "A3:A6", "B2:B2")
    found = rows(path, is_heading=lambda cells: "姓名" in cells)
    assert [(row["单位"], row["姓名"], row["职称"]) for row in found] == [
        ("东海大学", "甲", "教授"),
        ("东海大学", "乙", None),
        ("东海大学", "丙", "讲师"),
        ("西山大学", "丁", "教授"),
    ]


def test_headings_are_looked_for_in_every_sheet_and_the_rest_is_named(tmp_path: Path) -> None:
    table = [["名称", "预算"], ["永磁", 1]]
    sheets = {
        "说明": [["本表由各县区填写"], ["单位：万元"]],
        "数据": table,
        "数据2": [["标题"], *table],
        "统计": [["合计", 3]],
    }
    begun: list[int] = []
    source = open_rows(
        sheets_of(tmp_path, sheets),
        is_heading=lambda cells: "名称" in cells,
        begin_sheet=lambda: begun.append(1),
    )
    assert [row.values for row in source.rows] == [{"名称": "永磁", "预算": 1}]
    assert source.notes == ["sheet_unread:数据2"]
    assert len(begun) == 2
    with pytest.raises(NoHeading):
        list(open_rows(sheets_of(tmp_path, sheets), is_heading=lambda cells: False).rows)


def test_members_of_an_object_can_be_rows(tmp_path: Path) -> None:
    path = write(tmp_path, "a.json", '{"\ufeff甲": [1.5, 2]}')
    assert rows(path, FileOptions(shape="mapping")) == [{"key": "甲", "value": [1.5, 2]}]


def test_titles_above_the_headings_are_passed_over(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "需求清单,\n2024年,\n" + TABLE)
    assert rows(path, is_heading=lambda cells: "预算" in cells) == [ROW]


def test_a_row_with_too_many_cells_carries_its_problem(tmp_path: Path) -> None:
    [row] = open_rows(write(tmp_path, "a.csv", "a,b\n1,2,3\n")).rows
    assert row.problem is not None
    assert (row.number, row.values, row.problem.code) == (2, {"a": "1", "b": "2"}, "misshapen_row")


def test_broken_json_lines_are_problems_of_their_row(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", '{"a": 1}\n{broken\n[1]\n' + "[" * 100_000 + "\n")
    assert [row.problem is not None for row in open_rows(path).rows] == [False, True, True, True]


def bomb(folder: Path) -> Path:
    path = folder / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 200_000_000)
    return path


def with_part(folder: Path, part: str, content: str) -> Path:
    source = workbook(folder, [["a"], ["b"]], "plain.xlsx")
    path = folder / "changed.xlsx"
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w") as new:
        for info in old.infolist():
            if info.filename != part:
                new.writestr(info, old.read(info))
        new.writestr(part, content)
    return path


ENTITY = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "xx">]><worksheet>&x;</worksheet>'
HOSTILE = {
    "zip bomb": (bomb, FileTooLarge),
    "xml entity": (lambda f: with_part(f, "xl/worksheets/sheet1.xml", ENTITY), ForbiddenContent),
    "external link": (lambda f: with_part(f, "xl/externalLinks/a.xml", "<a/>"), ForbiddenContent),
    "macros": (lambda f: with_part(f, "xl/vbaProject.bin", "x"), ForbiddenContent),
    "not a workbook": (lambda f: write(f, "a.xlsx", b"PK\x03\x04" + b"junk" * 50), DamagedFile),
    "text named xlsx": (lambda f: write(f, "a.xlsx", TABLE), WrongFileType),
    "workbook named csv": (
        lambda f: workbook(f, [["a"], ["b"]]).rename(f / "a.csv"),
        WrongFileType,
    ),
    "old xls": (lambda f: write(f, "a.xls", b"\xd0\xcf\x11\xe0" + b"x" * 99), WrongFileType),
    "pdf": (lambda f: write(f, "a.csv", b"%PDF-1.7 ..."), WrongFileType),
    "empty": (lambda f: write(f, "a.csv", b""), WrongFileType),
    "null bytes": (lambda f: write(f, "a.csv", b"a,b\n\0\0,1\n"), UnreadableText),
    "binary junk": (lambda f: write(f, "a.csv", bytes(range(1, 256)) * 500), UnreadableText),
    "10 MB cell": (lambda f: write(f, "a.csv", "a\n" + "x" * 10_000_000), CellTooLarge),
    "open quote": (lambda f: write(f, "a.csv", 'a\n"' + "x,\n" * 1_000_000), CellTooLarge),
    "many columns": (lambda f: write(f, "a.csv", ",".join("abcdefg" * 200)), TooManyColumns),
    "deep json": (lambda f: write(f, "a.json", "[" * 100_000), TooDeep),
    "endless text": (lambda f: write(f, "a.json", '[{"a": "' + "x" * 9_000_000), CellTooLarge),
    "cut json": (lambda f: write(f, "a.json", '[{"a": 1}, {"a"'), DamagedFile),
    "10 MB line": (lambda f: write(f, "a.jsonl", '{"a": "' + "x" * 10_100_000), CellTooLarge),
    "broken parquet": (lambda f: write(f, "a.parquet", b"PAR1" + b"x" * 50), DamagedFile),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_files_are_refused_with_words_in_both_languages(tmp_path: Path, case: str) -> None:
    make, expected = HOSTILE[case]
    with pytest.raises(FileRefused) as refused:
        rows(make(tmp_path))
    assert type(refused.value) is expected
    assert refused.value.message_zh
    assert refused.value.code == expected.code


def test_a_long_cell_of_a_workbook_is_refused(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["a"])
    book.active.append(["x" * 2_000])
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(CellTooLarge):
        rows(tmp_path / "a.xlsx", limits=Limits(max_cell_characters=1_000))


def test_a_missing_sheet_is_named_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(MissingSheet, match="一"):
        rows(workbook(tmp_path, [["a"], ["b"]]), FileOptions(sheet="二"))


def test_unknown_headings_are_refused_with_what_was_found(tmp_path: Path) -> None:
    with pytest.raises(NoHeading, match="foo"):
        rows(write(tmp_path, "a.csv", "foo,bar\n1,2\n"), is_heading=lambda cells: "名称" in cells)


def test_nothing_is_unpacked_to_disk(tmp_path: Path) -> None:
    path = with_part(tmp_path, "../../escape.txt", "x")
    assert rows(path) == [{"a": "b"}]
    assert not (tmp_path.parent.parent / "escape.txt").exists()
    assert io.BytesIO(path.read_bytes()).read(2) == b"PK"


@pytest.mark.parametrize(
    "text",
    ['=HYPERLINK(""http://x"")', "=cmd|' /C calc'!A0", "+cmd|' /C calc'!A0", "@SUM(A1)", "=+A1()"],
)
def test_a_text_that_a_spreadsheet_would_run_makes_its_row_unusable(
    tmp_path: Path, text: str
) -> None:
    path = write(tmp_path, "a.csv", f'a,b\n1,"{text}"\n2,-196℃低温阀门\n')
    first, second = open_rows(path).rows
    assert first.problem is not None
    assert (first.problem.code, first.problem.arrived) == ("formula_text", text.replace('""', '"'))
    assert first.problem.message_zh
    assert (second.problem, second.values["b"]) == (None, "-196℃低温阀门")


@pytest.mark.parametrize("text", ["-3.5", "+86 574", "-COOH(羧基)改性", "@某某", "=", "1=2(a)"])
def test_texts_that_only_look_like_formulas_are_kept(tmp_path: Path, text: str) -> None:
    [row] = open_rows(write(tmp_path, "a.csv", f"a,b\n1,{text}\n")).rows
    assert (row.problem, row.values["b"]) == (None, text)


def formula_book(folder: Path) -> Path:
    """As a program writes it that does not compute: no formula has a result."""
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "空"
    sheet = book.create_sheet("数据")
    for line in (
        ["名称", "预算", "备注"],
        ["永磁", "=10*5", "甲"],
        ["电机", 30, "乙"],
        [None, '=IF(1>0,"a","b")', None],
        ["轴承", 7, "=B2&B3"],
    ):
        sheet.append(line)
    path = folder / "formulas.xlsx"
    book.save(path)
    return path


@pytest.mark.parametrize("max_held_cells", [8_000_000, 0])
def test_a_formula_without_a_result_makes_its_row_unusable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, max_held_cells: int
) -> None:
    monkeypatch.setattr("silian.tables.readers.xlsx._MAX_HELD_CELLS", max_held_cells)
    found = list(open_rows(formula_book(tmp_path), FileOptions(sheet="数据")).rows)
    assert [
        (row.number, row.values["名称"], row.problem and row.problem.arrived) for row in found
    ] == [
        (2, "永磁", "=10*5"),
        (3, "电机", None),
        (4, None, '=IF(1>0,"a","b")'),
        (5, "轴承", "=B2&B3"),
    ]
    assert {row.problem.code for row in found if row.problem} == {"formula_without_value"}
    assert [row.values for row in open_rows(formula_book(tmp_path)).rows] == []


def test_a_stored_result_is_read_and_an_empty_text_is_one(tmp_path: Path) -> None:
    path = tmp_path / "stored.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["名称", "预算"])
    sheet.write(1, 0, "永磁")
    sheet.write_formula(1, 1, "=10*5", None, 50)
    book.close()
    [row] = open_rows(path).rows
    assert (row.values["预算"], row.problem) == (50.0, None)

    from silian.tables.readers.formulas import FormulaScan

    scan = FormulaScan()
    scan.look_at(
        b'<c r="A1" t="str"><f>IF(1,"","")</f><v></v></c><c r="B1"><f>1+1</f><v>2</v></c>'
        b'<c r="C1" s="1"><f t="shared" si="0"/><v/></c><x:c r="AA1"><x:f>1&lt;2</x:f></x:c>'
    )
    assert scan.found == {1: {3: "=…", 27: "=1<2"}}


def test_a_formula_across_two_pieces_of_a_sheet_is_found_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n_bytes in (37, 64, 113):
        monkeypatch.setattr("silian.tables.readers.xlsx._CHUNK_BYTES", n_bytes)
        found = open_rows(formula_book(tmp_path), FileOptions(sheet="数据")).rows
        assert [row.number for row in found if row.problem] == [2, 4, 5]


def test_a_workbook_that_nobody_computed_is_refused_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("silian.tables.readers.formulas._MOST_UNVALUED", 2)
    with pytest.raises(FormulasNotComputed, match="save it"):
        open_rows(formula_book(tmp_path))


def test_a_text_of_two_encodings_is_refused_with_the_lines_of_both(tmp_path: Path) -> None:
    path = tmp_path / "mixed.csv"
    path.write_bytes("名称\n甲公司\n".encode() + "乙公司\n".encode("gb18030") + b"\xff\xff\n")
    with pytest.raises(UnreadableText) as refused:
        open_rows(path)
    assert refused.value.message_zh.startswith(
        "文件不是 UTF-8 或 GB18030 编码的文本（第 3 行不是 UTF-8，第 2 行不是 GB18030）；"
    )
    assert "(line 3 isn't UTF-8, line 2 isn't GB18030)" in str(refused.value)


def zipped(folder: Path, *names: str, as_name: str = "a.zip") -> Path:
    path = folder / as_name
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "名称\n甲\n")
    return path


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("企业.csv",), ("zip 压缩包", "企业.csv", "解压")),
        (("word/document.xml",), ("Word 文档",)),
        (("mimetype", "content.xml"), ("OpenDocument",)),
        (("xl/workbook.bin",), (".xlsb",)),
    ],
)
def test_a_zip_that_is_no_workbook_is_told_by_what_it_holds(
    tmp_path: Path, names: tuple[str, ...], words: tuple[str, ...]
) -> None:
    for as_name in ("a.zip", "a.xlsx"):
        with pytest.raises(WrongFileType) as refused:
            open_rows(zipped(tmp_path, *names, as_name=as_name))
        assert all(word in refused.value.message_zh for word in words)
        assert "密码" not in refused.value.message_zh


def test_a_null_character_in_a_text_is_left_out_and_told(tmp_path: Path) -> None:
    lines = "".join(f"{n},一项成果\n" for n in range(40))
    source = open_rows(write(tmp_path, "a.csv", f"编号,名称\n{lines}x,甲\0公司\0\n"))
    assert source.notes == ["null_left_out:42"]
    assert list(source.rows)[-1].values == {"编号": "x", "名称": "甲公司"}
    source = open_rows(write(tmp_path, "a.jsonl", '{"名称": "' + "甲" * 99 + '\0"}\n'))
    assert source.notes == ["null_left_out:1"]
    assert [row.values for row in source.rows] == [{"名称": "甲" * 99}]


def test_a_value_of_several_fields_is_shown_as_people_write_it() -> None:
    with pytest.raises(ValueRefused) as refused:
        parse_text({"市": "宁波", "面积": Decimal("1.50"), "街": None})
    assert refused.value.message_zh.startswith("收到几个字段（市：宁波；面积：1.50），应为文本")
