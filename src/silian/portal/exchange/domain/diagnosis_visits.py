"""A service team's visits to enterprises: planned, reported, cancelled."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import QuerySet

from silian.portal.accounts.domain.access import require
from silian.portal.audit import domain as audit
from silian.portal.exchange.domain.diagnosis_work import DiagnosisRefused
from silian.portal.exchange.models import Diagnosis, Visit

if TYPE_CHECKING:
    from silian.portal.accounts.domain.access import Viewer
    from silian.portal.registry.models import Organisation


def visits(viewer: "Viewer") -> QuerySet[Visit]:
    """Visits that the viewer may see: the team all, an enterprise its own; the next first."""
    require(viewer, "visit.read")
    found = Visit.objects.select_related("organisation", "diagnosis")
    if viewer.role in ("operator", "adviser"):
        return found
    return found.filter(organisation_id=viewer.organisation_pk or 0)


def schedule_visit(
    organisation: "Organisation",
    *,
    planned_for: datetime,
    team: str,
    viewer: "Viewer",
    purpose: str = "",
    diagnosis: Diagnosis | None = None,
) -> Visit:
    """Plan a visit, for a diagnosis or on its own.

    Raises
    ------
    DiagnosisRefused
        If no team is named, or the diagnosis is another enterprise's.
    """
    require(viewer, "visit.manage", organisation)
    if not team.strip():
        raise DiagnosisRefused(
            "visit_without_team",
            "team is empty; say who goes.",
            message_zh="请填写走访团队。",
        )
    if diagnosis is not None and diagnosis.organisation_id != organisation.pk:
        raise DiagnosisRefused(
            "diagnosis_of_another",
            "the diagnosis belongs to another enterprise than the visit.",
            message_zh="所选诊断不属于该企业。",
        )
    with transaction.atomic():
        visit = Visit.objects.create(
            organisation=organisation,
            diagnosis=diagnosis,
            planned_for=planned_for,
            team=team.strip()[:200],
            purpose=purpose.strip()[:300],
            actor_id=viewer.person_id,
        )
        audit.log("visit.plan", viewer, str(visit.public_id), organisation=organisation.public_id)
    return visit


def report_visit(visit: Visit, report: str, *, viewer: "Viewer", shared: bool = False) -> Visit:
    """Keep what was found on a visit; the report may be completed later.

    Parameters
    ----------
    shared
        Whether the enterprise reads it too; it is the team's own otherwise.

    Raises
    ------
    DiagnosisRefused
        If the visit was cancelled, or there is nothing in the report.
    """
    if not report.strip():
        raise DiagnosisRefused(
            "visit_without_report",
            "the report is empty; say what was found.",
            message_zh="走访记录不能为空。",
        )
    return _change(
        visit,
        viewer,
        "visit.report",
        Visit.State.DONE,
        report=report.strip(),
        report_shared=shared,
    )


def move_visit(visit: Visit, planned_for: datetime, *, viewer: "Viewer") -> Visit:
    """Put a planned visit on another day."""
    return _change(visit, viewer, "visit.plan", Visit.State.PLANNED, planned_for=planned_for)


def cancel_visit(visit: Visit, *, viewer: "Viewer") -> Visit:
    """Cancel a planned visit."""
    return _change(visit, viewer, "visit.cancel", Visit.State.CANCELLED)


_FROM = {
    Visit.State.DONE: (Visit.State.PLANNED, Visit.State.DONE),
    Visit.State.PLANNED: (Visit.State.PLANNED,),
    Visit.State.CANCELLED: (Visit.State.PLANNED,),
}


def _change(
    visit: Visit, viewer: "Viewer", action: str, state: Visit.State, **values: object
) -> Visit:
    require(viewer, "visit.manage", visit)
    with transaction.atomic():
        held = Visit.objects.select_for_update().get(pk=visit.pk)
        if held.state not in _FROM[state]:
            raise DiagnosisRefused(
                "visit_state",
                f"the visit is {held.state}; it can't become {state.value}.",
                message_zh=f"走访状态为“{Visit.State(held.state).label}”，不能改为“{state.label}”。",
            )
        held.state = state
        for name, value in values.items():
            setattr(held, name, value)
        held.save()
        audit.log(action, viewer, str(held.public_id))
    visit.refresh_from_db()
    return visit
