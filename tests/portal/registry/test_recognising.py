"""Files find what reads them: a stored mapping, one that ships, or a template."""

import io
from pathlib import Path

import pytest

from silian.portal.registry.interfaces.mapping_library import store_mapping
from silian.portal.registry.interfaces.recognising import (
    NotRecognised,
    mapping_of,
    recognise,
    recognised,
)
from silian.portal.registry.interfaces.templates import template_workbook
from silian.portal.registry.models import RegisterMapping

MAPPING = """code: {code}
name: 技术难题
records:
  - kind: need
    key: 难题编号
    fields:
      title: 难题名称
      text: 难题描述
      organisation_name: 提出单位
"""
FILE = "难题编号,难题名称,难题描述,提出单位,联系人\nN1,耐热磁体,工作温度180度,甲公司,张三\n"

pytestmark = pytest.mark.django_db


def written(folder: Path, content: str | bytes, name: str = "难题.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("gb18030"))
    return path


def test_next_months_file_is_read_by_the_mapping_that_was_stored(tmp_path: Path) -> None:
    path = written(tmp_path, FILE)
    with pytest.raises(NotRecognised) as refused:
        recognised(path)
    assert "难题.csv" in refused.value.message_zh
    store_mapping(MAPPING.format(code="city-problems"))
    assert recognised(path) == "city-problems"
    assert mapping_of(path, only_shipped=True) is None


def test_two_mappings_that_fit_alike_are_not_chosen_between(tmp_path: Path) -> None:
    store_mapping(MAPPING.format(code="one"))
    store_mapping(MAPPING.format(code="two"))
    assert mapping_of(written(tmp_path, FILE)) is None


def test_a_mapping_without_its_key_column_does_not_fit(tmp_path: Path) -> None:
    store_mapping(MAPPING.format(code="city-problems"))
    assert mapping_of(written(tmp_path, FILE.replace("难题编号", "序号"))) is None


@pytest.mark.parametrize(
    "row",
    [
        '{"name": "Zhang San", "email": "z@example.org", "title": "Professor"}',
        '{"name": "甲有限公司", "source_key": "E1", "description": "磁材", "region_adcode": "330203"}',
        '{"name": "甲"}',
        '{"code": "N1", "name": "磁材", "name_en": "x", "keywords": [], "node_kind": "product", "a": 1}',
    ],
)
def test_a_word_that_any_file_has_tells_nothing(row: str, tmp_path: Path) -> None:
    assert mapping_of(written(tmp_path, row + "\n", "people.jsonl")) is None


def test_files_in_our_own_columns_are_no_published_registers(tmp_path: Path) -> None:
    rows = {
        "person": '{"source_key": "1", "name": "王小明", "title": "教授", "expertise": []}',
        "organisation": '{"source_key": "1", "name": "甲有限公司", "address": "东区", "aliases": []}',
    }
    for kind, row in rows.items():
        written(tmp_path, row + "\n", f"{kind}.jsonl")
    assert recognise(tmp_path) == []
    written(tmp_path, '{"name": "磁材"}\n', "product.jsonl")  # a list of one column, as published
    assert [code for _, code in recognise(tmp_path)] == ["chain-products"]


def test_a_stored_mapping_of_few_columns_is_not_taken_for_a_wide_file(tmp_path: Path) -> None:
    store_mapping(
        "code: firms\nname: 企业\nrecords:\n  - kind: organisation\n    key: 信用代码\n"
        "    fields: {name: 企业名称}\n"
    )
    assert mapping_of(written(tmp_path, "信用代码,企业名称,电话\nx,甲,1\n")) == "firms"
    wide = "信用代码,企业名称,难题名称,难题描述,预算,期限\nx,甲,a,b,1,2\n"
    assert mapping_of(written(tmp_path, wide)) is None


def test_a_stored_mapping_that_is_broken_is_passed_over(tmp_path: Path) -> None:
    RegisterMapping.objects.create(code="broken", name="x", content="records: []")
    store_mapping(MAPPING.format(code="city-problems"))
    assert mapping_of(written(tmp_path, FILE)) == "city-problems"


@pytest.mark.parametrize("kind", ["need", "organisation", "person", "facility", "enterprise_year"])
def test_a_filled_template_is_recognised(kind: str, tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(template_workbook(kind)))
    path = tmp_path / "t.xlsx"
    book.save(path)
    assert recognised(path) == f"template:{kind}"


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n", b"a,b\n1,2\n"])
def test_what_nothing_reads_is_refused(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(NotRecognised):
        recognised(written(tmp_path, content))
