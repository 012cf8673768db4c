"""Enterprise-years by file: templates, units, several registers, exports that load again."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from silian.library.facts import FACTS
from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.catalogue import KINDS
from silian.portal.exchange.models import IndexTask
from silian.portal.industry.domain import facts, facts_snapshot, facts_writing
from silian.portal.industry.models import EnterpriseYear
from silian.portal.registry.domain.intake import create_job, run_job
from silian.portal.registry.domain.upsert import save_record
from silian.portal.registry.interfaces.exports import export
from silian.portal.registry.interfaces.templates import template_workbook
from silian.portal.registry.models import ImportJob, Organisation

Load = Callable[..., ImportJob]


@pytest.fixture
def enterprise(db: None) -> Organisation:
    """Known by its register, so that rows find it by name."""
    values = {"name": "望海磁材有限公司", "organisation_kind": "enterprise"}
    saved = save_record(
        "organisation", values, register_code="market", source_key="E1", viewer=SYSTEM
    )
    assert isinstance(saved.record, Organisation)
    return saved.record


@pytest.fixture
def load(tmp_path: Path, enterprise: Organisation) -> Load:
    def run(content: str | bytes, name: str = "years.csv", **how: Any) -> ImportJob:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        how.setdefault("register_code", "tax")
        mapping = how.pop("mapping", "template:enterprise_year")
        return run_job(create_job(path, mapping, **how).pk)

    return run


def test_every_fact_of_the_library_is_a_column() -> None:
    names = [column.name for column in KINDS["enterprise_year"].columns]
    assert [fact.code for fact in FACTS if fact.code not in names] == []
    sheet = openpyxl.load_workbook(io.BytesIO(template_workbook("enterprise_year")))["填写"]
    headings = {sheet.cell(1, column + 1).value for column in range(len(names))}
    assert {"营业收入（元）", "细分市场占有率（%）", "资质与荣誉", "年度 *"} <= headings


def test_a_file_in_wan_yuan_and_percent_is_kept_in_yuan_and_fractions(load: Load) -> None:
    job = load(
        "单位名称,年度,数据状态,营业收入（万元）,研发费用,细分市场占有率（%）,资质与荣誉,研发平台,"
        "已上市,成立日期,贷款余额\n"
        "望海磁材有限公司,2024,部门核实,1200.5,350万元,12.5,高新技术企业、little_giant,无,否,"
        "2011年5月18日,\n"
    )
    assert (job.accepted_count, job.rejected_count) == (1, 0)
    [row] = EnterpriseYear.objects.all()
    assert row.facts == {
        "revenue_cny": 12005000,
        "research_expense_cny": 3500000,
        "market_share_rate": 0.125,
        "titles": ["high_tech_enterprise", "little_giant"],
        "platforms": [],
        "listed": False,
        "established_on": "2011-05-18",
    }
    assert (row.year, row.status, row.audience) == (2024, "verified", "owner")
    assert (row.owner, row.source_key) == (row.organisation, "望海磁材有限公司:2024")
    assert not IndexTask.objects.filter(public_id=row.public_id).exists(), "no search finds it"


@pytest.mark.parametrize(
    ("heading", "cell", "field"),
    [
        ("细分市场占有率", "12.5", "market_share_rate"),
        ("职工总数", "-3", "employee_count"),
        ("营业收入", "约三百", "revenue_cny"),
        ("已上市", "也许", "listed"),
        ("资质与荣誉", "宇宙第一企业", "titles"),
        ("数据状态", "猜的", "status"),
        ("可见范围", "公开", "audience"),
        ("年度", "", "year"),
        ("年度", "1066", "year"),
        ("单位名称", "", "organisation_key"),
    ],
)
def test_a_wrong_cell_is_refused_with_its_reason(
    load: Load, heading: str, cell: str, field: str
) -> None:
    cells = {"单位名称": "望海磁材有限公司", "年度": "2024", "利润总额": "5", heading: cell}
    job = load(",".join(cells) + "\n" + ",".join(cells.values()) + "\n")
    assert (job.accepted_count, job.rejected_count) == (0, 1)
    [rejected] = job.rejected_rows.all()
    assert [reason["field"] for reason in rejected.reasons] == [field]


def test_a_blank_cell_says_unknown_for_its_own_register_only(
    load: Load, enterprise: Organisation
) -> None:
    load("单位名称,年度,营业收入,出口额\n望海磁材有限公司,2024,100,7\n")
    load("单位名称,年度,营业收入,出口额\n望海磁材有限公司,2024,,8\n", register_code="statistics")
    assert facts.facts_of(enterprise).values["revenue_cny"] == 100
    load("单位名称,年度,出口额\n望海磁材有限公司,2024,9\n")
    assert EnterpriseYear.objects.get(register__code="tax").facts == {
        "revenue_cny": 100,
        "export_cny": 9,
    }
    load("单位名称,年度,营业收入,出口额\n望海磁材有限公司,2024,,9\n")
    assert EnterpriseYear.objects.get(register__code="tax").facts == {"export_cny": 9}
    assert facts.facts_of(enterprise).values["revenue_cny"] is None


@pytest.mark.parametrize("fmt", ["csv", "xlsx", "jsonl", "parquet"])
def test_what_is_exported_loads_again_and_changes_nothing(
    load: Load, enterprise: Organisation, fmt: str
) -> None:
    load(
        "单位名称,年度,营业收入（万元）,细分市场占有率（%）,资质与荣誉,研发平台,已上市,成立日期,"
        "净利润,从事细分市场年限\n"
        "望海磁材有限公司,2024,0.01,12.3,高新技术企业,无,是,2011-05-18,-7.25,3.5\n"
        "望海磁材有限公司,2023,,,,,,,,\n"
    )
    before = {row.source_key: row.facts for row in EnterpriseYear.objects.all()}
    content = b"".join(export("enterprise_year", fmt, viewer=SYSTEM))
    job = load(content, f"again.{fmt}")
    assert (job.rejected_count, job.accepted_count, job.changed_count) == (0, 0, 0)
    assert {row.source_key: row.facts for row in EnterpriseYear.objects.all()} == before


def test_lists_of_titles_add_up_across_registers(load: Load, enterprise: Organisation) -> None:
    for register, title in (("science", "high_tech_enterprise"), ("industry", "little_giant")):
        load(
            f"单位名称,年度,资质与荣誉,数据状态\n望海磁材有限公司,2024,{title},部门核实\n",
            register_code=register,
        )
    facts_writing.declare_facts(enterprise, 2024, {"titles": ["manufacturing_champion"]}, SYSTEM)
    assert facts.facts_of(enterprise).values["titles"] == ";high_tech_enterprise;little_giant;"
    facts_writing.verify_facts(enterprise, 2024, SYSTEM, values={"titles": ["little_giant"]})
    assert facts.facts_of(enterprise).values["titles"] == ";little_giant;"


def test_a_large_load_is_brought_into_the_tables_at_its_end(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [f"望海磁材有限公司,{year},{year}" for year in range(2001, 2011)]
    assert facts.freshness().version == ""
    load("单位名称,年度,营业收入\n" + "\n".join(lines) + "\n")
    assert facts.freshness().version == "", "few are left to the next question"
    monkeypatch.setattr(facts_snapshot, "_FEW_SUBJECTS", 5)
    load("单位名称,年度,出口额\n" + "\n".join(lines) + "\n", dry_run=True)
    assert facts.freshness().version == ""
    load("单位名称,年度,出口额\n" + "\n".join(lines) + "\n")
    now = facts.freshness()
    assert (now.row_count, now.pending_count, now.version != "") == (10, 0, True)


# -- the tables of many agencies --------------------------------------------------------------

_TABLES = {
    "agency-software-copyrights": ("intangible_copyright.csv", 228, "software_copyright_count"),
    "agency-tax-arrears": ("business_risk_taxunpaid.csv", 375, "tax_overdue_cny"),
    "agency-technology-centres": ("jn_tech_center.csv", 11, "platforms"),
    "agency-specialised-firms": ("jn_special_new_info.csv", 12, "titles"),
    "agency-well-known-trademarks": ("trademark_infoa.csv", 2, "titles"),
    "agency-famous-trademarks": ("trademark_infob.csv", 68, "titles"),
    "agency-dishonest-debtors": ("justice_credit.csv", 976, "dishonest_debtor"),
    "agency-abnormal-operations": ("business_risk_abnormal.csv", 4498, "abnormal_listing"),
}


@pytest.mark.real_data
def test_tables_of_agencies_become_facts_of_one_enterprise(real_data: Path, db: None) -> None:
    folder = real_data / "enterprise_multiagency_inspur"
    if not folder.is_dir():
        pytest.skip("the agency tables are not among the real registers")
    loaded = run_job(create_job(folder / "test_part/company_baseinfo.csv", "agency-enterprises").pk)
    assert (loaded.accepted_count, loaded.rejected_count) == (1879, 0)
    for mapping, (name, count, code) in _TABLES.items():
        job = run_job(create_job(folder / name, mapping).pk)
        years = EnterpriseYear.objects.filter(register__code=mapping)
        assert (job.rejected_count, years.count()) == (0, count), mapping
        assert all(row.facts.keys() == {"organisation_kind", code} for row in years), mapping
    session = facts.facts_session()
    [row] = session.query(
        "SELECT count(*) AS n, sum(record_count) AS n_rows, count(titles) AS n_titles, "
        "sum(tax_overdue_cny) AS arrears_cny FROM facts WHERE organisation_kind = 'enterprise'"
    ).to_pylist()
    session.close()
    n_rows = sum(count for _, count, _ in _TABLES.values())
    assert row["n_rows"] == n_rows
    assert n_rows > row["n"], "some stand in several tables, and are one enterprise"
    assert 0 < row["n_titles"] <= 82
    assert row["arrears_cny"] > 0
