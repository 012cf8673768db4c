"""What-if: a changed parameter or a draft against what is in force, kept and exported."""

import csv
import io
from datetime import date
from typing import Any

import pytest

from silian.portal.accounts.domain.access import SYSTEM, AccessDenied, Viewer
from silian.portal.industry.domain import policy_drafts, scenarios
from silian.portal.industry.domain.city_lists import entitled_list
from silian.portal.industry.domain.policies import find_policy
from silian.portal.industry.domain.policy_texts import text_mark, text_of_policy
from silian.portal.industry.interfaces.scenario_files import export_scenario, scenario_file
from silian.portal.industry.models import Scenario
from silian.portal.registry.models import Organisation
from silian.portal.work_locks import WorkTaken, hold

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)
POLICY = "technology_sme"
THRESHOLD = "employees_at_most"


def made(**overrides: Any) -> Scenario:
    scenario = scenarios.create_scenario(
        name="职工上限", policy_id=POLICY, as_of=DAY, viewer=SYSTEM, overrides=overrides
    )
    return scenarios.run_scenario(scenario.pk)


def test_a_harder_condition_takes_the_policy_from_everybody(firms: list[Organisation]) -> None:
    before = entitled_list(POLICY, as_of=DAY)
    assert before.entitled_count > 0
    scenario = made(**{THRESHOLD: 99})
    result = scenario.result
    assert (scenario.state, result["winners"], result["losers"]) == (
        "done",
        0,
        before.entitled_count,
    )
    lost = {row["organisation_id"] for row in result["enterprises"]}
    assert lost == {row.organisation_id for row in before.rows}
    assert all(row["lost"] == [POLICY] for row in result["enterprises"])
    for group in ("region_code", "industry", "size"):
        rows = [row for row in result["groups"] if row["group"] == group]
        assert sum(row["losers"] for row in rows) == result["losers"]
        assert sum(row["subjects"] for row in rows) == result["enterprise_count"] == len(firms)


def test_the_same_run_gives_the_same_result(firms: list[Organisation]) -> None:
    scenario = made(**{THRESHOLD: 99})
    assert scenarios.compared(scenario) == scenario.result


def test_values_are_read_as_the_parameter_is(firms: list[Organisation]) -> None:
    assert made(**{THRESHOLD: "99"}).overrides == {THRESHOLD: 99.0}


@pytest.mark.parametrize(
    ("overrides", "code"),
    [
        ({}, "nothing_changed"),
        ({"nothing": 1}, "unknown_parameter"),
        ({THRESHOLD: "many"}, "parameter_kind"),
        ({THRESHOLD: "nan"}, "parameter_kind"),
        ({THRESHOLD: None}, "parameter_kind"),
    ],
)
def test_what_changes_nothing_or_is_no_value_is_refused(
    overrides: dict[str, Any], code: str, firms: list[Organisation]
) -> None:
    with pytest.raises(scenarios.ScenarioRefused) as refused:
        made(**overrides)
    assert refused.value.code == code
    assert refused.value.message_zh


@pytest.mark.parametrize("role", ["adviser", "enterprise", "viewer"])
def test_only_operators_ask_what_if(
    role: str, viewers: dict[str, Viewer], firms: list[Organisation]
) -> None:
    with pytest.raises(AccessDenied):
        scenarios.create_scenario(
            name="x",
            policy_id=POLICY,
            as_of=DAY,
            viewer=viewers[role],
            overrides={THRESHOLD: 1},
        )
    with pytest.raises(AccessDenied):
        scenarios.scenarios(viewers[role])


def test_the_file_has_a_row_for_every_change_and_runs_nothing(firms: list[Organisation]) -> None:
    Organisation.objects.filter(pk=firms[11].pk).update(name="=1+1")
    scenario = made(**{THRESHOLD: 99})
    text = export_scenario(scenario, "csv", viewer=SYSTEM).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == len(scenario.result["enterprises"])
    assert "'=1+1" in {row["名称"] for row in rows}
    assert scenario_file(scenario, "xlsx").startswith(b"PK")


def test_runs_that_lost_their_process_are_queued_again(
    firms: list[Organisation], monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = scenarios.create_scenario(
        name="x", policy_id=POLICY, as_of=DAY, viewer=SYSTEM, overrides={THRESHOLD: 1}
    )
    Scenario.objects.update(state="running")
    queued: list[Scenario] = []
    monkeypatch.setattr(scenarios, "start_scenario", queued.append)
    with hold(f"scenario-{scenario.public_id}"):
        assert scenarios.resume_interrupted() == []
        with pytest.raises(WorkTaken):
            scenarios.run_scenario(scenario.pk)
    assert scenarios.resume_interrupted() == queued == [scenario]
    assert scenarios.resume_interrupted() == []


def test_a_failed_run_says_why(firms: list[Organisation]) -> None:
    scenario = scenarios.create_scenario(
        name="x", policy_id=POLICY, as_of=DAY, viewer=SYSTEM, overrides={THRESHOLD: 1}
    )
    Scenario.objects.filter(pk=scenario.pk).update(policy_id="gone")
    with pytest.raises(LookupError):
        scenarios.run_scenario(scenario.pk)
    scenario.refresh_from_db()
    assert (scenario.state, bool(scenario.error_message)) == ("failed", True)
    assert find_policy(POLICY, DAY)


def test_a_scenario_tries_the_text_it_was_entered_with_and_keeps_its_result(
    firms: list[Organisation], viewers: dict[str, Viewer]
) -> None:
    text = text_of_policy(POLICY)
    draft = policy_drafts.create_draft(text, viewer=viewers["operator"])
    scenario = scenarios.create_scenario(
        name="x", policy_id="", as_of=DAY, viewer=viewers["operator"], draft=draft
    )
    nobody = text.replace("value: 500,", "value: 1,")
    assert nobody != text
    policy_drafts.save_draft(draft, nobody, viewer=viewers["operator"])
    scenario = scenarios.run_scenario(scenario.pk)
    assert (scenario.result["winners"], scenario.result["losers"]) == (0, 0)
    assert scenario.result["draft_mark"] == text_mark(text)
    kept, finished = scenario.result, scenario.finished_at
    Scenario.objects.update(draft_text=nobody)
    again = scenarios.run_scenario(scenario.pk)  # delivered twice
    assert (again.result, again.finished_at) == (kept, finished)


def test_its_progress_goes_step_by_step_to_its_end(firms: list[Organisation]) -> None:
    scenario = scenarios.create_scenario(
        name="x", policy_id=POLICY, as_of=DAY, viewer=SYSTEM, overrides={THRESHOLD: 1}
    )
    seen: list[tuple[int, int]] = []

    def look(done: int, total: int | None) -> None:
        held = Scenario.objects.get(pk=scenario.pk)
        seen.append((held.done_count, held.total_count))

    done = scenarios.run_scenario(scenario.pk, progress=look)
    assert seen == [(n, done.total_count) for n in range(done.total_count + 1)]
