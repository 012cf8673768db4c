"""``silian mapping draft``, and what ``silian load`` says of files that nothing reads."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from silian.portal.industry.models import Need
from silian.portal.registry.interfaces.mapping import parse_mapping

Silian = Callable[..., Any]
pytestmark = pytest.mark.django_db
NEEDS = "登记顺序,榜单名称,攻关内容,联系电话\n1,耐热[磁体],180℃,0571-1\n2,连续流,放热,0571-2\n"


@pytest.fixture
def register(tmp_path: Path) -> Path:
    path = tmp_path / "榜单.csv"
    path.write_text(NEEDS, "utf-8")
    return path


def test_a_draft_is_shown_written_and_loads(silian: Silian, register: Path) -> None:
    output = register.with_name("my.yaml")
    answer = silian("mapping", "draft", register, "-o", output)
    assert answer.code == 0
    assert "title 需求标题" in answer.err
    assert "耐热[磁体]" in answer.err
    assert f"silian load {register} --mapping {output}" in answer.err.replace("\n", "")
    assert parse_mapping(output.read_text("utf-8")).records[0].kind == "need"
    assert silian("load", register, "--mapping", output).code == 0
    assert Need.objects.count() == 2


def test_sheets_are_named_and_another_can_be_chosen(silian: Silian, tmp_path: Path) -> None:
    path = tmp_path / "全年.xlsx"
    book = xlsxwriter.Workbook(path)
    for name, lines in {
        "企业": [["企业名称", "注册资本"], ["甲有限公司", 5]],
        "榜单": [["榜单编号", "榜单名称", "攻关内容"], ["B1", "耐热磁体", "180℃"]],
    }.items():
        sheet = book.add_worksheet(name)
        for number, line in enumerate(lines):
            sheet.write_row(number, 0, line)
    book.close()
    answer = silian("mapping", "draft", path)
    assert "全年.xlsx · 工作表 sheet 榜单: need" in answer.err
    assert "企业：1 行 rows，像 looks like organisation，企业名称、注册资本" in answer.err
    told = silian("mapping", "draft", path, "--sheet", "企业", "--json").json()
    assert (told["kind"], told["sheet"]) == ("organisation", "企业")
    assert [sheet["name"] for sheet in told["sheets"]] == ["企业", "榜单"]
    missing = silian("mapping", "draft", path, "-s", "甲")
    assert missing.code == 1
    assert "未找到工作表“甲”，文件中有：企业、榜单" in missing.err
    assert "[missing_sheet]" in missing.err


def test_without_a_file_to_write_the_mapping_goes_to_stdout(silian: Silian, register: Path) -> None:
    answer = silian("mapping", "draft", register, "--kind", "need")
    assert parse_mapping(answer.out).records[0].kind == "need"
    assert silian("mapping", "draft", register, "--json").json()["kind"] == "need"


def test_a_file_that_cannot_be_drafted_is_refused_in_both_languages(
    silian: Silian, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_bytes(b"%PDF-1.7")
    answer = silian("mapping", "draft", tmp_path / "a.csv")
    assert (answer.code, "另存为" in answer.err, "PDF" in answer.err) == (1, True, True)
    assert silian("mapping", "draft", tmp_path / "none.csv").code == 2
    assert silian("mapping", "draft", tmp_path / "a.csv", "-k", "ships").code == 2


def test_a_load_that_does_not_know_the_file_names_the_kind_and_the_command(
    silian: Silian, tmp_path: Path
) -> None:
    path = tmp_path / "x.csv"
    path.write_text("甲列,攻关榜单,乙\n1,2,3\n", "utf-8")
    answer = silian("load", path)
    assert answer.code == 2
    assert f"silian mapping draft {path} --kind" in answer.err.replace("\n", "")
    failed = silian("load", path, "--kind", "need")
    assert failed.code == 1
    assert f"silian mapping draft {path} --kind need" in failed.err.replace("\n", "")


def test_a_load_tells_how_headings_were_read(silian: Silian, register: Path) -> None:
    answer = silian("load", register, "--kind", "need")
    assert (answer.code, Need.objects.count()) == (0, 2)
    assert "“榜单名称”读作“需求标题”" in answer.err
    assert "没有用到的列 columns not used: 登记顺序、联系电话" in answer.err
