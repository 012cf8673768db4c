"""A generated city of enterprises with yearly facts, for measuring diagnoses; seeded."""

import random
from typing import Any

SEED = 20_261_123
YEARS = (2023, 2024, 2025)
_INDUSTRIES = (
    "C3985",
    "C3911",
    "C2770",
    "C3562",
    "C3824",
    "I6513",
    "I6560",
    "M7320",
    "C2651",
    "C3484",
)


def fill(enterprise_count: int) -> None:
    """Make the enterprises, three years of facts for each, and some patents and needs."""
    from silian.portal.industry.models import EnterpriseYear, Need
    from silian.portal.innovation.models import Patent
    from silian.portal.registry.models import Organisation, Region, Register

    random_ = random.Random(SEED)
    register = Register.objects.create(code="bench", name="测试登记库")
    region = Region.objects.create(
        register=register, source_key="330203", adcode="330203", name="海曙区", level="county"
    )
    organisations = [
        _with_id(
            Organisation(
                register=register,
                source_key=str(number),
                name=f"第{number}号科技有限公司",
                organisation_kind="enterprise",
                industry_code=random_.choice(_INDUSTRIES),
                region=region,
            )
        )
        for number in range(enterprise_count)
    ]
    Organisation.objects.bulk_create(organisations, batch_size=2_000)
    years, patents, needs = [], [], []
    for organisation in organisations:
        years += [
            _with_id(
                EnterpriseYear(
                    register=register,
                    source_key=f"{organisation.source_key}:{year}",
                    organisation=organisation,
                    owner=organisation,
                    audience="owner",
                    year=year,
                    status="verified",
                    facts=facts,
                )
            )
            for year, facts in zip(YEARS, _years_of(random_), strict=True)
        ]
        patents += [
            _with_id(
                Patent(
                    register=register,
                    source_key=f"{organisation.source_key}/{number}",
                    title=f"一种磁性材料制备方法 {number}",
                    organisation=organisation,
                    field_codes=["T0403"],
                )
            )
            for number in range(random_.choice((0, 0, 1, 3)))
        ]
        if random_.random() < 0.2:
            needs.append(
                _with_id(
                    Need(
                        register=register,
                        source_key=organisation.source_key,
                        title="耐高温永磁材料攻关",
                        text="需要一种耐高温的永磁材料用于新能源汽车电机。",
                        organisation=organisation,
                        owner=organisation,
                    )
                )
            )
    for model, rows in ((EnterpriseYear, years), (Patent, patents), (Need, needs)):
        model._default_manager.bulk_create(rows, batch_size=2_000)


def _with_id(record: Any) -> Any:
    from silian.identifiers import public_id

    record.public_id = public_id(record.kind, record.register.code, record.source_key)
    return record


def _years_of(random_: random.Random) -> list[dict[str, Any]]:
    """Facts of each year: a size and a character that last, and a growth of every year."""
    revenue = 10 ** random_.uniform(5.8, 9.2)
    intensity, margin = random_.uniform(0.0, 0.12), random_.gauss(0.06, 0.05)
    per_head = random_.uniform(4e5, 1.6e6)
    titles = [t for t in ("technology_sme", "high_tech_enterprise") if random_.random() < 0.3]
    rows = []
    for _ in YEARS:
        revenue *= 1 + random_.gauss(0.1, 0.15)
        staff = max(3, round(revenue / per_head))
        research_staff = round(staff * random_.uniform(0.02, 0.3))
        inventions = random_.choice((0, 0, 1, 2, 5, 12))
        row = {
            "organisation_kind": "enterprise",
            "legal_person": True,
            "revenue_cny": round(revenue, 2),
            "main_business_revenue_cny": round(revenue * 0.97, 2),
            "high_tech_revenue_cny": round(revenue * random_.uniform(0.2, 0.9), 2),
            "cost_expense_cny": round(revenue * (1 - margin), 2),
            "profit_cny": round(revenue * margin, 2),
            "net_profit_cny": round(revenue * margin * 0.8, 2),
            "tax_paid_cny": round(revenue * 0.04, 2),
            "total_assets_cny": round(revenue * 1.2, 2),
            "total_liabilities_cny": round(revenue * random_.uniform(0.2, 0.8), 2),
            "net_assets_cny": round(revenue * 0.6, 2),
            "research_expense_cny": round(revenue * intensity, 2),
            "research_deduction_base_cny": round(revenue * intensity * 0.9, 2),
            "employee_count": staff,
            "technical_staff_count": min(staff, research_staff + staff // 10),
            "research_staff_count": research_staff,
            "graduates_hired_count": random_.randrange(0, 6),
            "invention_patents_held_count": inventions,
            "class_one_ip_count": inventions,
            "class_two_ip_count": random_.randrange(0, 15),
            "software_copyright_count": random_.randrange(0, 9),
            "technology_contract_cny": round(revenue * random_.uniform(0, 0.05), 2),
            "export_cny": round(revenue * random_.uniform(0, 0.3), 2),
            "titles": titles,
            "titles_new": [],
            "platforms": [],
            "platforms_new": [],
            "serious_violation_count": 0,
            "abnormal_listing": False,
            "dishonest_debtor": False,
            "research_ledger_kept": random_.random() < 0.8,
        }
        rows.append({code: value for code, value in row.items() if random_.random() > 0.03})
    return rows
