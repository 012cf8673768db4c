"""What if: a policy under changed parameters, or a draft, over the city beside what is in force."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import QuerySet

from silian.errors import EngineError
from silian.portal.accounts.domain.access import require
from silian.portal.industry.models import PolicyDraft, Scenario

if TYPE_CHECKING:
    from silian.portal.accounts.domain.access import Viewer

Progress = Callable[[int, int | None], None]
_State = Scenario.State


class ScenarioRefused(EngineError, ValueError):
    """A scenario that can't be made or run; ``code`` says which guard refused."""

    def __init__(self, code: str, message_en: str, *, message_zh: str) -> None:
        super().__init__(message_en)
        self.code = code
        self.message_zh = message_zh


def scenarios(viewer: "Viewer") -> QuerySet[Scenario]:
    """All scenarios, the latest first."""
    require(viewer, "scenario.read")
    return Scenario.objects.select_related("draft", "actor")


def create_scenario(
    *,
    name: str,
    policy_id: str,
    as_of: date,
    viewer: "Viewer",
    year: int | None = None,
    overrides: Mapping[str, Any] | None = None,
    draft: PolicyDraft | None = None,
) -> Scenario:
    """Enter a scenario: changed parameters of a policy, or a draft in its place.

    Parameters
    ----------
    overrides
        Parameter id to the value that is tried, checked against the parameter's own kind.

    Raises
    ------
    ScenarioRefused
        If nothing is changed, or a value is none of the parameter's kind.
    silian.portal.industry.domain.policies.PolicyNotFound
        If the policy isn't in force (a draft may be of a new one).
    """
    raise NotImplementedError


def start_scenario(scenario: Scenario) -> None:
    """Queue the run for the background workers once the transaction commits."""
    from django_q.tasks import async_task

    transaction.on_commit(
        lambda: async_task("silian.portal.industry.domain.scenarios.run_scenario", scenario.pk)
    )


def run_scenario(scenario_id: int, progress: Progress | None = None) -> Scenario:
    """Evaluate the city twice, compare, and keep the result (winners, losers, cost, groups)."""
    raise NotImplementedError


def scenario_rows(scenario: Scenario) -> list[dict[str, Any]]:
    """Every enterprise whose answer changes, as the result froze them: for tables and files."""
    raise NotImplementedError
