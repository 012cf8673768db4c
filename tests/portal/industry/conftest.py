"""Enterprise-years written straight into the records, and a folder of tables of one's own."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from silian.portal.industry.models import EnterpriseYear
from silian.portal.registry.models import Organisation, Register

MakeYear = Callable[..., EnterpriseYear]


@pytest.fixture(autouse=True)
def tables_home(settings: Any, tmp_path: Path) -> Path:
    """Where this test's snapshot lies."""
    settings.SILIAN_HOME = tmp_path / "home"
    return tmp_path / "home" / "tables" / "facts"


@pytest.fixture
def make_register(db: None) -> Callable[[str], Register]:
    return lambda code: Register.objects.get_or_create(code=code, defaults={"name": code})[0]


@pytest.fixture
def make_year(make_register: Callable[[str], Register]) -> MakeYear:
    def make(
        organisation: Organisation,
        year: int,
        facts: dict[str, Any],
        *,
        register: str = "tax",
        verified: bool = False,
    ) -> EnterpriseYear:
        statuses = EnterpriseYear.Status
        return EnterpriseYear.objects.create(
            register=make_register(register),
            source_key=f"{organisation.source_key}:{year}",
            organisation=organisation,
            owner=organisation,
            year=year,
            status=statuses.VERIFIED if verified else statuses.DECLARED,
            facts=facts,
        )

    return make


@pytest.fixture
def enterprise(make_organisation: Callable[..., Organisation]) -> Organisation:
    return make_organisation(
        "望海磁材有限公司", industry_code="C3985", established_on=date(2011, 5, 18)
    )
