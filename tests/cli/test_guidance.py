"""Policies, entitlements, gaps, scores, diagnoses and what-if from the command line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from firm_years import make_firms

from silian.library.policy_files import policy_paths
from silian.portal.exchange.models import Diagnosis, DiagnosisRun
from silian.portal.industry.models import Scenario
from silian.portal.registry.models import Register

pytestmark = pytest.mark.django_db
Silian = Callable[..., Any]
DAY = ("--as-of", "2026-03-02")
POLICY = "technology_sme"
FIRM = "第5磁材有限公司"


@pytest.fixture(autouse=True)
def firms(db: None) -> None:
    register = Register.objects.create(code="test-register", name="测试登记库")
    make_firms(register, [])


def test_policies_are_listed_and_told_in_full(silian: Silian) -> None:
    listed = silian("policies", *DAY, "--json").json()
    assert POLICY in {one["policy_id"] for one in listed}
    page = silian("policies", POLICY, *DAY)
    assert page.code == 0
    assert "科技型中小企业" in page.out
    assert silian("policies", "nothing").code == 1


def test_a_policy_file_is_checked_with_line_and_remedy(silian: Silian, tmp_path: Path) -> None:
    good = policy_paths()[0]
    assert silian("policies", "--lint", good).code == 0
    bad = tmp_path / "bad.yaml"
    bad.write_text("policy_id: bad\nlabel_zh: [\n", encoding="utf-8")
    answer = silian("policies", "--lint", bad)
    assert answer.code == 1
    assert answer.out.startswith(f"{bad}:")


def test_an_enterprise_is_told_what_it_may_have(silian: Silian) -> None:
    told = silian("entitle", FIRM, *DAY, "--json").json()
    assert told["year"] == 2025
    assert silian("entitle", FIRM, *DAY).code == 0
    assert silian("entitle").code == 2
    assert silian("entitle", "没有这家企业").code == 1
    listed = silian("entitle", "--policy", POLICY, *DAY, "--json").json()
    assert listed["entitled_count"] == len(listed["rows"])


def test_gaps_come_with_a_way_or_why_there_is_none(silian: Silian) -> None:
    told = silian("gap", POLICY, FIRM, *DAY, "--json").json()
    assert told["policy_id"] == POLICY
    assert silian("gap", POLICY, FIRM, *DAY).code == 0
    assert isinstance(silian("gap", POLICY, *DAY, "--json").json(), list)


def test_scores_and_rankings(silian: Silian) -> None:
    sheets = silian("score", FIRM, *DAY, "--json").json()
    assert {sheet["system_id"] for sheet in sheets} >= {"technology_sme_points"}
    ranking = silian("score", "--system", "technology_sme_points", *DAY, "--json").json()
    assert len(ranking) == 12
    assert silian("score").code == 2


def test_a_diagnosis_becomes_a_file_and_is_made_again(silian: Silian, tmp_path: Path) -> None:
    for ending, start in ((".pdf", b"%PDF-"), (".html", b"<!doctype"), (".json", b"{")):
        target = tmp_path / f"report{ending}"
        assert silian("diagnose", FIRM, *DAY, "--output", target).code == 0
        assert target.read_bytes().startswith(start)
    assert silian("diagnose", FIRM, *DAY, "--output", tmp_path / "x.docx").code == 2
    again = silian("diagnose", FIRM, "--check")
    assert (again.code, "复算一致" in again.err) == (0, True)


def test_all_are_diagnosed_and_a_run_goes_on(silian: Silian) -> None:
    assert silian("diagnose", "--all", *DAY).code == 0
    run = DiagnosisRun.objects.get()
    assert (run.state, run.done_count) == ("done", 12)
    Diagnosis.objects.filter(run=run).first().delete()  # type: ignore[union-attr]
    DiagnosisRun.objects.update(state="running")
    assert silian("diagnose", "--resume", run.public_id).code == 0
    assert Diagnosis.objects.filter(run=run).count() == 12
    assert silian("diagnose", FIRM, "--all").code == 2


def test_what_if_is_run_kept_and_exported(silian: Silian, tmp_path: Path) -> None:
    target = tmp_path / "changes.csv"
    answer = silian("whatif", POLICY, "--set", "employees_at_most=1", *DAY, "-o", target, "--json")
    assert answer.code == 0
    assert json.loads(answer.out)["winners"] == 0
    assert Scenario.objects.get().state == "done"
    assert target.read_bytes().decode("utf-8-sig").startswith("单位编号")
    assert silian("whatif", POLICY, "--set", "nonsense", *DAY).code == 2
    assert silian("whatif", POLICY, "--set", "nothing=1", *DAY).code == 1


def test_facts_are_shown_and_tables_refreshed(silian: Silian) -> None:
    assert silian("facts", FIRM, "--json").json()["year"] == 2025
    assert silian("facts", FIRM).code == 0
    assert silian("facts", "--rebuild").code == 0
