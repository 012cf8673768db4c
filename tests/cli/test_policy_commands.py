"""Policies, gaps, scores and facts on the command line: figures as people read them."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from firm_years import make_firms

from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.accounts.domain.users import create_user
from silian.portal.industry.models import EnterpriseYear, PolicyDraft
from silian.portal.registry.domain.upsert import save_record
from silian.portal.registry.models import Organisation, Register

pytestmark = pytest.mark.django_db
Silian = Callable[..., Any]
DAY = ("--as-of", "2026-03-02")
NAMES = ("东海磁材有限公司", "西山机电有限公司")
POLICY = "technology_sme"


@pytest.fixture
def firms(db: None) -> list[Organisation]:
    register = Register.objects.create(code="test-register", name="测试登记库")
    known = [
        Organisation.objects.create(
            register=register, source_key=name, name=name, organisation_kind="enterprise"
        )
        for name in NAMES
    ]
    return make_firms(register, known)


@pytest.fixture
def paid(firms: list[Organisation]) -> Organisation:
    """A firm of the sample city with a new provincial centre, and 10 万元 paid before."""
    firm = Organisation.objects.create(
        register=Register.objects.get(),
        source_key="E",
        name="澄屿磁材有限公司",
        organisation_kind="enterprise",
    )
    EnterpriseYear.objects.create(
        register=Register.objects.get(),
        source_key="E:2025",
        organisation=firm,
        owner=firm,
        year=2025,
        facts={
            "platforms_new": ["provincial_research_centre"],
            "region_code": "990102",
            "legal_person": True,
            "serious_violation_count": 0,
            "revenue_cny": 364_200_000,
        },
    )
    stated = {
        "organisation_key": firm.public_id,
        "policy_id": "chengyu_platform_award",
        "year": 2023,
        "amount_cny": 100_000,
    }
    save_record("grant", stated, register_code="finance", source_key="G1", viewer=SYSTEM)
    return firm


def test_entitle_tells_what_was_paid_before_and_what_is_unverified(
    paid: Organisation, silian: Silian
) -> None:
    answer = silian("entitle", paid.name, *DAY)
    assert answer.code == 0, answer.err
    text = "".join(answer.out.split())
    assert "其中未核对来源" in text
    assert "扣除以前年度已付10万元" in text
    values = silian("entitle", paid.public_id, *DAY, "--json").json()
    assert values["paid_earlier_cny"] == {"chengyu_platform_award": 100_000.0}
    assert values["total_unverified_cny"] == values["total_cny"] > 0


@pytest.mark.parametrize("enterprise_first", [False, True])
def test_gap_takes_policy_and_enterprise_in_either_order(
    enterprise_first: bool, firms: list[Organisation], silian: Silian
) -> None:
    named = (firms[2].name, POLICY) if enterprise_first else (POLICY, firms[2].name)
    answer = silian("gap", *named, *DAY)
    assert answer.code == 0, answer.err
    assert "未满足 unmet" in "".join(answer.out.splitlines()) or "未满足" in answer.out
    assert silian("gap", *named, *DAY, "--json").json()["policy_id"] == POLICY


def test_gap_says_which_argument_is_missing(firms: list[Organisation], silian: Silian) -> None:
    answer = silian("gap", firms[2].name)
    assert answer.code == 2
    assert "缺少政策编号" in answer.err
    assert "policy id is missing" in answer.err
    assert "silian policies" in answer.err
    unknown = silian("gap", "no_such_policy", firms[2].name, *DAY)
    assert unknown.code == 1
    assert "没有编号为 no_such_policy 的政策" in unknown.err
    assert "no such policy" in unknown.err


@pytest.mark.parametrize(
    "command",
    [
        ("entitle", NAMES[0]),
        ("entitle", "--policy", POLICY),
        ("gap", POLICY),
        ("gap", POLICY, NAMES[0]),
        ("gap", "little_giant", NAMES[0]),
        ("score", NAMES[0]),
        ("score", "--system", "technology_sme_points"),
        ("facts", NAMES[0]),
        ("policies", POLICY),
    ],
)
def test_figures_are_readable(
    command: tuple[str, ...], firms: list[Organisation], silian: Silian
) -> None:
    answer = silian(*command, *(() if command[0] == "facts" else DAY))
    assert answer.code == 0, answer.err
    said = answer.out + answer.err
    assert not re.search(r"\d(?:\.\d+)?e[+-]\d", said), "an exponent"
    assert not re.search(r"(?<![\w.])0 元 → 0 元", said)
    assert not re.search(r"\d\.\d{7,}", said)
    assert not re.search(r"[=\s];[a-z_]+;", said), "codes as they are stored"


def test_a_gap_is_not_told_twice(firms: list[Organisation], silian: Silian) -> None:
    for firm in firms:
        for near in silian("entitle", firm.public_id, *DAY, "--json").json()["near"]:
            answer = silian("gap", near["policy_id"], firm.public_id, *DAY)
            lines = [line for line in answer.err.splitlines() if line.startswith("· ")]
            for line in lines:
                parts = re.split("；| 或 ", line.partition("：")[2])
                assert len(parts) == len(set(parts)), line


def test_grades_and_kinds_are_told_by_name(firms: list[Organisation], silian: Silian) -> None:
    ranked = silian("score", "--system", "innovation_points_reference", *DAY).out
    assert "A 级" in ranked
    assert "企业" in next(
        line for line in silian("facts", NAMES[0]).out.splitlines() if "单位类型" in line
    )


def test_one_firm_without_facts_withholds_no_totals_of_others(
    paid: Organisation, silian: Silian
) -> None:
    answer = silian("score", "--system", "innovation_points_reference", *DAY)
    assert "12 / 13" in answer.out
    assert "总分不显示" not in answer.err


def test_status_and_the_list_of_policies_warn_of_a_draft_that_is_left_out(
    db: None, silian: Silian
) -> None:
    person = create_user(
        viewer=SYSTEM, username="boss", password="a-long-Passphrase-7", role="operator"
    )
    PolicyDraft.objects.create(
        policy_id="odd_award",
        title="旧案",
        content="policy_id: odd_award\nkind: money\n",
        state="published",
        author=person,
        last_editor=person,
        published_at="2026-01-01T00:00:00Z",
    )
    for command in ("status", "policies"):
        answer = silian(command)
        assert answer.code == 0
        assert "旧案（odd_award）无法测算，未计入" in answer.err
        assert "is left out" in answer.err
    [told] = silian("status", "--json").json()["unusable_drafts"]
    assert told["policy_id"] == "odd_award"


def test_gap_plans_several_policies_at_once(silian: Silian, firms: list[Organisation]) -> None:
    wanted = ("--policy", POLICY, "--policy", "innovative_sme")
    told = silian("gap", firms[0].name, *wanted, *DAY)
    assert told.code == 0, told.err
    assert "没有可行路径" in told.err  # its debts are too high for either
    shown = silian("gap", firms[0].name, *wanted, *DAY, "--json").json()
    assert [one["policy_id"] for one in shown["wanted"]] == [POLICY, "innovative_sme"]
    assert silian("gap", firms[0].name, POLICY, *wanted, *DAY).code == 2
    assert "梯队" in silian("gap", firms[0].name, "--step", "nothing", *DAY).err
