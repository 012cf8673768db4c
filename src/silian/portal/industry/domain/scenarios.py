"""What if: a policy under changed parameters, or a draft, over the city beside what is in force."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from silian import __version__
from silian.engines.rules.values import Policy
from silian.errors import EngineError
from silian.portal.accounts.domain.access import SYSTEM, require, viewer_of_user
from silian.portal.audit import domain as audit
from silian.portal.capital.domain.grants import paid_earlier_by_organisation
from silian.portal.industry.domain.choices import size_class
from silian.portal.industry.domain.city_lists import evaluate_city
from silian.portal.industry.domain.city_sessions import chosen_year, opened
from silian.portal.industry.domain.policies import (
    Overrides,
    compiled,
    find_policy,
    library_version,
    placed,
    policies_in_force,
    stacking_groups,
)
from silian.portal.industry.domain.policy_texts import policy_of, text_mark
from silian.portal.industry.domain.scenario_values import (
    ScenarioRefused,
    draft_in_force,
    kept,
    tried,
)
from silian.portal.industry.models import PolicyDraft, Scenario
from silian.portal.work_locks import hold, take_up_again

if TYPE_CHECKING:
    import pyarrow as pa

    from silian.engines.rules import CompiledPolicies, ScenarioComparison
    from silian.portal.accounts.domain.access import Viewer
    from silian.tables.sessions import TableSession

logger = logging.getLogger(__name__)
Progress = Callable[[int, int | None], None]
_State = Scenario.State
_STEPS = 4


def scenarios(viewer: "Viewer") -> QuerySet[Scenario]:
    """All scenarios, the latest first."""
    require(viewer, "scenario.read")
    return Scenario.objects.select_related("draft", "actor")


def create_scenario(
    *,
    name: str,
    as_of: date,
    viewer: "Viewer",
    policy_id: str = "",
    year: int | None = None,
    overrides: Mapping[str, Any] | None = None,
    draft: PolicyDraft | None = None,
) -> Scenario:
    """Enter a scenario: changed parameters of a policy, or a draft in its place.

    Parameters
    ----------
    policy_id
        Of the policy that changes; a draft brings its own.
    overrides
        Parameter id to the value that is tried; texts are read as the parameter's own kind.

    Raises
    ------
    ScenarioRefused
        If nothing is changed, a parameter is unknown, or a value is none of its kind.
    silian.portal.industry.domain.policies.PolicyNotFound
        If the policy isn't in force.
    silian.portal.industry.domain.policy_texts.PolicyTextRefused
        If the draft has problems.
    """
    require(viewer, "scenario.run")
    given = dict(overrides or {})
    if draft is not None:
        policy = draft_in_force(draft, as_of)
    else:
        policy = find_policy(policy_id, as_of)
        if not given:
            raise ScenarioRefused(
                "nothing_changed",
                "no parameter is changed and no draft is named, so nothing would differ.",
                message_zh="没有改动任何参数，也没有选择草案，推演不会有差别。",
            )
    values = {name_: tried(policy, name_, value) for name_, value in given.items()}
    with transaction.atomic():
        scenario = Scenario.objects.create(
            name=(name.strip() or policy.label_zh)[:200],
            policy_id=policy.policy_id,
            year=chosen_year(year, as_of),
            as_of=as_of,
            overrides={key: kept(value) for key, value in values.items()},
            draft=draft,
            draft_text=draft.content if draft else "",
            actor_id=viewer.person_id,
        )
        audit.log("scenario.create", viewer, str(scenario.public_id), policy=policy.policy_id)
    return scenario


def start_scenario(scenario: Scenario) -> None:
    """Queue the run for the background workers once the transaction commits."""
    from django_q.tasks import async_task

    transaction.on_commit(
        lambda: async_task("silian.portal.industry.domain.scenarios.run_scenario", scenario.pk)
    )


def restart_scenario(scenario: Scenario, *, viewer: "Viewer") -> Scenario:
    """Queue a scenario that failed once more."""
    require(viewer, "scenario.run")
    with transaction.atomic():
        held = Scenario.objects.select_for_update().get(pk=scenario.pk)
        if held.state == _State.FAILED:
            held.state, held.error_message = _State.WAITING, ""
            held.save(update_fields=["state", "error_message"])
            start_scenario(held)
    scenario.refresh_from_db()
    return scenario


def run_scenario(scenario_id: int, progress: Progress | None = None) -> Scenario:
    """Evaluate the city twice, compare, and keep the result; one that is done stays as it is.

    Raises
    ------
    silian.errors.EngineError
        What made it fail, after it is noted in the scenario.
    silian.portal.work_locks.WorkTaken
        If another process is at it.
    """
    scenario = Scenario.objects.select_related("draft", "actor").get(pk=scenario_id)
    with hold(_lock_name(scenario)):
        begun = Scenario.objects.filter(pk=scenario_id).exclude(state=_State.DONE)
        if begun.update(state=_State.RUNNING, error_message="", done_count=0, total_count=_STEPS):
            _run(scenario, progress)
    scenario.refresh_from_db()
    return scenario


def resume_interrupted(*, waiting: bool = False) -> list[Scenario]:
    """Queue scenarios again that lost their process; ``waiting`` as in ``take_up_again``."""
    return take_up_again(
        Scenario.objects.all(), lock_name=_lock_name, start=start_scenario, waiting=waiting
    )


def _lock_name(scenario: Scenario) -> str:
    return f"scenario-{scenario.public_id}"


def _run(scenario: Scenario, progress: Progress | None) -> None:
    def noted(done: int, total: int | None) -> None:
        Scenario.objects.filter(pk=scenario.pk).update(done_count=done)
        if progress:
            progress(done, total)

    try:
        result = compared(scenario, noted)
    except EngineError as error:
        _end(scenario, _State.FAILED, error_message=getattr(error, "message_zh", "") or str(error))
        raise
    except Exception:  # the task boundary: noted, and shown by the worker's log
        logger.exception("scenario %s failed", scenario.public_id)
        _end(scenario, _State.FAILED, error_message="推演意外中断，详见日志。")
        raise
    _end(scenario, _State.DONE, result=result)


def compared(scenario: Scenario, progress: Progress | None = None) -> dict[str, Any]:
    """What a scenario's run would keep, without keeping it."""
    report = progress or (lambda done, total: None)
    overrides: Overrides = {
        (scenario.policy_id, name): tried(_policy_of(scenario), name, value)
        for name, value in scenario.overrides.items()
    }
    text = _text_of(scenario)
    changed_policy = policy_of(text) if text else None
    return _comparison(
        scenario.policy_id,
        as_of=scenario.as_of,
        year=scenario.year,
        overrides=overrides,
        replacement=changed_policy,
        report=report,
    ) | ({"draft_mark": text_mark(text)} if text else {})


def _text_of(scenario: Scenario) -> str:
    """The draft as it was when the scenario was entered; older scenarios have today's alone."""
    return scenario.draft_text or (scenario.draft.content if scenario.draft else "")


def try_draft(
    draft: PolicyDraft, *, as_of: date, viewer: "Viewer", year: int | None = None
) -> dict[str, Any]:
    """A draft on the city before it is in force, beside what is: the result of a scenario.

    Raises
    ------
    silian.portal.industry.domain.policy_texts.PolicyTextRefused
        If the draft has problems.
    ScenarioRefused
        If the draft isn't valid on that day.
    """
    require(viewer, "policy.draft")
    policy = draft_in_force(draft, as_of)
    result = _comparison(
        policy.policy_id,
        as_of=as_of,
        year=chosen_year(year, as_of),
        overrides={},
        replacement=policy,
        report=lambda done, total: None,
    )
    audit.log("policy.try", viewer, str(draft.public_id), policy=policy.policy_id)
    return result


def _comparison(
    policy_id: str,
    *,
    as_of: date,
    year: int,
    overrides: Overrides,
    replacement: Policy | None,
    report: Progress,
) -> dict[str, Any]:
    from silian.engines.rules import compare_scenarios
    from silian.portal.industry.domain.facts import snapshot_version
    from silian.portal.industry.domain.facts_past import version_for

    report(0, _STEPS)
    groups = [group for group in stacking_groups(as_of) if policy_id in group.policy_ids]
    # What is stacked with the policy moves with it.
    involved = {policy_id, *(one for group in groups for one in group.policy_ids)}
    base = _only(compiled(as_of), involved)
    changed = (
        _only(compiled(as_of, overrides), involved)
        if replacement is None
        else _only(_with(replacement, as_of), involved)
    )
    with opened(as_of) as session:
        before = evaluate_city(session, base, year)
        report(1, _STEPS)
        after = evaluate_city(session, changed, year)
        report(2, _STEPS)
        comparison = compare_scenarios(
            before,
            after,
            _group_table(session, year),
            stacking=groups,
            paid_earlier_cny=paid_earlier_by_organisation(year=year, as_of=as_of),
        )
        report(3, _STEPS)
        names = _names(session, year)
    result = _result(comparison, names) | {
        "policy_id": policy_id,
        "as_of": as_of.isoformat(),
        "year": year,
        "library_version": library_version(),
        "snapshot_version": version_for(as_of) or snapshot_version(),
        "code_version": __version__,
    }
    report(_STEPS, _STEPS)
    return result


def _only(policies: "CompiledPolicies", ids: set[str]) -> "CompiledPolicies":
    kept = tuple(one for one in policies.policies if one.policy.policy_id in ids)
    return replace(policies, policies=kept, not_in_force=())


def _with(policy: Policy, as_of: date) -> "CompiledPolicies":
    from silian.engines.rules import compile_policies
    from silian.library.facts import fact_schema

    others = [one for one in policies_in_force(as_of) if one.policy_id != policy.policy_id]
    return compile_policies([*others, placed(policy)], fact_schema(), as_of=as_of)


def _group_table(session: "TableSession", year: int) -> "pa.Table":
    """Size class, district and section of industry of every enterprise."""
    import pyarrow as pa

    rows = session.query(
        "SELECT subject_id, year, region_code, substr(industry_code, 1, 1) AS industry, "
        f"revenue_cny FROM facts WHERE year = {int(year)}"
    )
    sizes = [size_class(revenue) for revenue in rows["revenue_cny"].to_pylist()]
    size_column = pa.array([one.code if one else None for one in sizes], pa.string())
    return rows.drop_columns(["revenue_cny"]).append_column("size", size_column)


def _names(session: "TableSession", year: int) -> dict[str, str]:
    rows = session.query(f"SELECT subject_id, name FROM facts WHERE year = {int(year)}")
    return dict(zip(rows["subject_id"].to_pylist(), rows["name"].to_pylist(), strict=True))


def _result(comparison: "ScenarioComparison", names: Mapping[str, str]) -> dict[str, Any]:
    totals = ("winners", "losers", "base_cny", "changed_cny", "difference_cny")
    return {
        **{name: getattr(comparison, name) for name in totals},
        "enterprise_count": comparison.subject_years,
        "policies": [asdict(one) for one in comparison.policies],
        "groups": comparison.groups.to_pylist(),
        "enterprises": [
            {"organisation_id": row["subject_id"], "name": names.get(row["subject_id"], "")}
            | {key: row[key] for key in _CHANGES}
            for row in sorted(
                comparison.subjects.to_pylist(),
                key=lambda row: (-abs(row["difference_cny"]), row["subject_id"]),
            )
        ],
    }


_CHANGES = ("base_cny", "changed_cny", "difference_cny", "gained", "lost")


def _policy_of(scenario: Scenario) -> Policy:
    if text := _text_of(scenario):
        return policy_of(text)
    return find_policy(scenario.policy_id, scenario.as_of)


def _end(scenario: Scenario, state: str, **values: Any) -> None:
    viewer = viewer_of_user(scenario.actor) if scenario.actor else SYSTEM
    with transaction.atomic():
        held = Scenario.objects.select_for_update().get(pk=scenario.pk)
        held.state, held.finished_at = state, timezone.now()
        for name, value in values.items():
            setattr(held, name, value)
        held.save()
        audit.log("scenario.run", viewer, str(held.public_id), state=state)
    scenario.refresh_from_db()
