"""Files find what reads them: a stored mapping, one that ships, or a template."""

import io
from pathlib import Path

import pytest

from silian.portal.registry.interfaces.mapping_library import store_mapping
from silian.portal.registry.interfaces.recognising import NotRecognised, mapping_of, recognised
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
