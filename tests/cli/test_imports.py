"""``silian imports``: the list of imports, and an import taken back by command."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from silian.portal.registry.domain.intake import create_job, run_job
from silian.portal.registry.models import ImportJob, Organisation

HEAD = "source_key,name,address\n"


@pytest.fixture
def load(tmp_path: Path, db: None) -> Callable[..., ImportJob]:
    def run(content: str) -> ImportJob:
        path = tmp_path / "rows.csv"
        path.write_text(HEAD + content, "utf-8")
        return run_job(create_job(path, "template:organisation", register_code="city").pk)

    return run


def test_an_import_is_previewed_then_taken_back(
    silian: Callable[..., Any], load: Callable[..., ImportJob], tmp_path: Path
) -> None:
    load("E1,甲公司,一路\n")
    job = load("E1,甲公司,二路\nE2,乙公司,三路\n")
    answer = silian("imports", "undo", job.public_id, "--dry-run", "-o", tmp_path / "u.xlsx")
    assert answer.code == 0
    assert "删除 removed 1 · 恢复 restored 1 · 保留 left alone 0" in answer.err
    rows = list(openpyxl.load_workbook(tmp_path / "u.xlsx").active.iter_rows(values_only=True))
    assert [(row[3], row[4]) for row in rows[1:]] == [
        ("甲公司", "地址: 二路 → 一路"),
        ("乙公司", None),
    ]
    unconfirmed = silian("imports", "undo", job.public_id)
    assert (unconfirmed.code, Organisation.objects.count()) == (2, 2)
    told = silian("imports", "undo", str(job.public_id)[:8], "--yes", "--json").json()
    assert (told["removed_count"], told["restored_count"], told["dry_run"]) == (1, 1, False)
    assert list(Organisation.objects.values_list("address", flat=True)) == ["一路"]
    again = silian("imports", "undo", job.public_id, "--yes")
    assert again.code == 1
    assert "taken back already" in again.err.replace("\n", " ")


def test_imports_are_listed_with_what_became_of_them(
    silian: Callable[..., Any], load: Callable[..., ImportJob]
) -> None:
    load("E1,甲公司,一路\n")
    job = load("E2,,\nE3,丙公司,\n")
    silian("imports", "undo", job.public_id, "--yes")
    listed = silian("imports", "list", "--json").json()
    assert [one["undoes"] for one in listed] == [str(job.public_id), None, None]
    assert listed[1]["undone_by"] == listed[0]["job"]
    assert silian("imports", "list", "--open", "--json").json() == []
    load("E2,,\n")
    assert [
        one["open_reject_count"] for one in silian("imports", "list", "--open", "--json").json()
    ] == [1]
    assert "taken back" in silian("imports", "list").out.replace("\n", " ")


@pytest.mark.parametrize("wrong", ["nonsense", "00000000-0000-0000-0000-000000000000", " "])
def test_a_wrong_id_is_told_with_the_last_imports(
    silian: Callable[..., Any], load: Callable[..., ImportJob], wrong: str
) -> None:
    job = load("E1,甲公司,一路\n")
    answer = silian("imports", "undo", wrong, "--yes")
    assert answer.code == 2
    assert str(job.public_id) in answer.err
