"""Kinds are understood as people name them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

from silian.cli.record_kinds import asked_kind, asked_kinds
from silian.portal.catalogue import KINDS
from silian.portal.exchange.domain.service import SUPPLY_KINDS

Silian = Callable[..., Any]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("achievement", "achievement"),
        ("Achievements", "achievement"),
        ("科技成果", "achievement"),
        ("成果", "achievement"),
        ("专家", "person"),
        ("experts", "person"),
        ("仪器与中试线", "facility"),
        ("facilities", "facility"),
        ("service-agency", "service_agency"),
        ("Service agency", "service_agency"),
        ("科技服务机构", "service_agency"),
        ("agencies", "service_agency"),
        ("企业", "organisation"),
        ("企业需求", "need"),
        (" 需求 ", "need"),
        ("Enterprise-years", "enterprise_year"),
    ],
)
def test_codes_labels_and_everyday_words_name_a_kind(name: str, code: str) -> None:
    assert asked_kind(name, KINDS) == code


def test_every_label_of_the_catalogue_names_its_kind() -> None:
    named = {code: (kind.label_zh, kind.label_en) for code, kind in KINDS.items()}
    for code, labels in named.items():
        assert [asked_kind(label, KINDS) for label in labels] == [code, code]


@pytest.mark.parametrize("name", ["ship", "需求", "s", "", "船"])
def test_what_is_no_kind_here_is_refused_with_what_is(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as refusal:
        asked_kind(name, SUPPLY_KINDS)

    assert refusal.value.exit_code == 2
    assert "achievement 科技成果" in capsys.readouterr().err


def test_a_kind_named_twice_is_asked_once() -> None:
    assert asked_kinds(["成果", "achievement", "专家"], SUPPLY_KINDS) == ["achievement", "person"]


def test_commands_take_chinese_kinds(db: None, silian: Silian, tmp_path: Path) -> None:
    book = tmp_path / "t.xlsx"
    file = tmp_path / "list.csv"
    file.write_text("source_key,title,text\n1,新需求,内容\n", "utf-8")

    assert silian("template", "需求", "-o", book).code == 0
    [job] = silian("load", file, "--kind", "需求", "--json").json()
    assert (job["mapping"], job["accepted_count"]) == ("template:need", 1)
    exported = silian("export", "企业需求", "-f", "jsonl", "-o", tmp_path / "out.jsonl")
    assert exported.code == 0
    assert "· 1 条 records ·" in exported.err
    found = silian("match", "--text", "新需求", "-k", "成果", "-k", "专家", "--by-kind", "--json")
    assert set(found.json()) == {"achievement", "person"}


def test_what_is_scored_and_who_bridges_may_be_named_in_chinese(db: None, silian: Silian) -> None:
    wrong = silian("score", "--subject", "行星")
    assert (wrong.code, "service_agency 科技服务机构" in wrong.err) == (2, True)
    assert (
        silian("score", "--subject", "科技服务机构", "--json").code
        == silian("score", "--subject", "service_agency", "--json").code
    )
    assert silian("graph", "bridges", "--kind", "项目").code == 2
