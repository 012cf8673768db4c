"""Whatever the description allows, and what it forbids, is answered as it says (schemathesis)."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from firm_years import facts_of_firm
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.accounts.domain.api_keys import create_key
from silian.portal.api.application import api
from silian.portal.api.gate import operations
from silian.portal.exchange.domain.diagnosis import diagnose
from silian.portal.industry.models import EnterpriseYear
from silian.portal.registry.models import ImportJob, Organisation
from silian.portal.wsgi import application

pytestmark = pytest.mark.django_db
EXAMPLES = 10
IDS = sorted(name for methods in operations().values() for name in methods.values())


@pytest.fixture(scope="module")
def schema() -> Any:
    described = json.loads(json.dumps(api.get_openapi_schema()))
    loaded = schemathesis.openapi.from_dict(described)
    loaded.app = application
    return loaded


@pytest.fixture
def _one_connection(db: None) -> Iterator[None]:
    """Requests end without closing the connection that holds the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def key(_one_connection: None, index: Any, settings: Any, tmp_path: Any) -> str:
    settings.API_REQUESTS_PER_MINUTE = 1_000_000
    settings.UPLOAD_DIRECTORY = tmp_path / "uploads"
    return create_key(viewer=SYSTEM, name="fuzz", role="operator")[1]


@pytest.fixture
def real_ids(
    operation_id: str,
    mode: GenerationMode,
    make_need: Any,
    make_achievement: Any,
    index: Any,
    settings: Any,
    tmp_path: Any,
) -> dict[str, str]:
    """Records to ask for; what is forbidden is refused before anybody looks for them."""
    settings.SILIAN_HOME = tmp_path  # where the tables of facts are
    need, supply = make_need("n"), make_achievement("a")
    if mode.is_negative:
        return {}
    index()
    enterprise = need.organisation
    _declare_a_year(enterprise)
    diagnosed = {}
    if any(word in operation_id for word in ("diagnos", "finding")):
        made = diagnose(enterprise, as_of=date(2026, 3, 2), viewer=SYSTEM, with_matches=False)
        diagnosed = {"diagnosis_id": str(made.public_id)}
    job = ImportJob.objects.create(
        mapping_code="template:need", register_code="portal", file_name="x.csv"
    )
    return {
        "public_id": need.public_id,
        "need_id": need.public_id,
        "supply_id": supply.public_id,
        "job_id": str(job.public_id),
        "policy_id": "technology_sme",
        "system_id": "technology_sme_points",
        "organisation_id": enterprise.public_id,
        **diagnosed,
    }


def _declare_a_year(organisation: Organisation) -> None:
    EnterpriseYear.objects.create(
        register=organisation.register,
        source_key="2025",
        organisation=organisation,
        owner=organisation,
        year=2025,
        facts=facts_of_firm(5, 2025),
    )


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("operation_id", IDS)
def test_answers_are_as_described(
    operation_id: str, mode: GenerationMode, schema: Any, key: str, real_ids: dict[str, str]
) -> None:
    operation = schema.find_operation_by_id(operation_id)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        if mode.is_positive:
            # Made-up ids would only ever meet "not found".
            case.path_parameters.update(
                {name: real_ids[name] for name in case.path_parameters if name in real_ids}
            )
        case.call_and_validate(
            # The harness unpacks nothing, which any client does.
            headers={"Authorization": f"Bearer {key}", "Accept-Encoding": "identity"},
            # What a register means is checked beyond its schema: 422 is right for such values.
            excluded_checks=[positive_data_acceptance],
        )

    check()
