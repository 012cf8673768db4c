"""Looking back at a signed diagnosis: which advice was taken, and what came true (回看)."""

import logging
from calendar import monthrange
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from silian.errors import EngineError
from silian.portal.accounts.domain.access import SYSTEM, require
from silian.portal.audit import domain as audit
from silian.portal.exchange.domain.diagnosis import diagnosis_content
from silian.portal.exchange.models import Diagnosis, LookBack
from silian.portal.industry.domain.choices import choices
from silian.portal.industry.domain.entitlement import entitlement_of
from silian.portal.industry.domain.peers import placement_of

if TYPE_CHECKING:
    from silian.portal.accounts.domain.access import Viewer


logger = logging.getLogger(__name__)


class LookBackNotDue(EngineError, ValueError):
    """A look-back comes too early, or was done already."""

    code = "look_back_not_due"

    def __init__(self, message_en: str, *, message_zh: str) -> None:
        super().__init__(message_en)
        self.message_zh = message_zh


def plan_look_backs(diagnosis: Diagnosis, signed_on: date) -> list[LookBack]:
    """Enter the look-backs of a diagnosis that is signed on a day; twice does nothing more."""
    return [
        LookBack.objects.get_or_create(
            diagnosis=diagnosis, months=months, defaults={"due_on": months_after(signed_on, months)}
        )[0]
        for months in choices().look_back_months
    ]


def due_look_backs(viewer: "Viewer", *, on: date | None = None) -> QuerySet[LookBack]:
    """Look-backs that are due and not done, the longest due first."""
    require(viewer, "diagnosis.work")
    found = LookBack.objects.filter(done_at=None, due_on__lte=on or timezone.localdate())
    return found.select_related("diagnosis__organisation").order_by("due_on", "pk")


def look_backs(viewer: "Viewer") -> QuerySet[LookBack]:
    """All look-backs, whether due, done or to come; the first due first."""
    require(viewer, "diagnosis.work")
    found = LookBack.objects.select_related("diagnosis__organisation")
    return found.defer("diagnosis__content").order_by("due_on", "pk")


def look_back(look: LookBack, *, viewer: "Viewer", on: date | None = None) -> LookBack:
    """Compare every finding with the enterprise as it is now, and keep the result.

    For each finding: whether its advice was taken (a need, a position or an application was made
    of it) and whether its gap closed (near became entitled, a weakness left the lower quarter, a
    missing fact came in); ``None`` where that can't be said.

    Raises
    ------
    LookBackNotDue
        If the day has not come, or it is done.
    """
    diagnosis = look.diagnosis
    require(viewer, "diagnosis.work", diagnosis)
    today = on or timezone.localdate()
    if today < look.due_on:
        raise LookBackNotDue(
            f"the look-back is due on {look.due_on}; today is {today}.",
            message_zh=f"回看应在 {look.due_on} 之后进行，今天是 {today}。",
        )
    result = _compared(diagnosis, today)
    with transaction.atomic():
        held = LookBack.objects.select_for_update().get(pk=look.pk)
        if held.done_at is not None:
            raise LookBackNotDue("the look-back is done already.", message_zh="该回看已经完成。")
        held.result, held.done_at = result, timezone.now()
        held.save(update_fields=["result", "done_at"])
        audit.log("diagnosis.look_back", viewer, str(diagnosis.public_id), months=held.months)
    look.refresh_from_db()
    return look


def make_due_look_backs(*, on: date | None = None) -> int:
    """Make every look-back that is due; one that fails is left for the next day, and logged.

    Returns
    -------
    int
        How many were made.
    """
    n_made = 0
    for look in due_look_backs(SYSTEM, on=on):
        try:
            look_back(look, viewer=SYSTEM, on=on)
        except EngineError as error:
            logger.warning("look-back %s of %s: %s", look.pk, look.diagnosis_id, error)
        else:
            n_made += 1
    return n_made


def months_after(day: date, months: int) -> date:
    """The same day some months later, or the last of that month.

    Examples
    --------
    >>> months_after(date(2026, 8, 31), 6).isoformat()
    '2027-02-28'
    """
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _compared(diagnosis: Diagnosis, today: date) -> dict[str, Any]:
    organisation = diagnosis.organisation
    taken: dict[str, list[str]] = {}
    for advice in diagnosis.advices.order_by("pk"):
        taken.setdefault(advice.finding_code, []).append(advice.kind)
    dismissed = set(diagnosis.findings.filter(dismissed=True).values_list("code", flat=True))
    now = entitlement_of(organisation, as_of=today)
    standings = {s.measure.code: s for s in placement_of(now.facts).standings}
    lines = []
    for finding in diagnosis_content(diagnosis)["findings"]:
        if finding["code"] in dismissed:
            continue
        lines.append(
            {
                "code": finding["code"],
                "text_zh": finding["text_zh"],
                "text_en": finding["text_en"],
                "offered": [offer["kind"] for offer in finding["offers"]],
                "taken": taken.get(finding["code"], []),
                "closed": _closed(finding, now, standings),
            }
        )
    offered = [line for line in lines if line["offered"]]
    judged = [line for line in lines if line["closed"] is not None]
    return {
        "on": today.isoformat(),
        "year": now.year,
        "findings": lines,
        "offered_count": len(offered),
        "taken_count": sum(bool(line["taken"]) for line in offered),
        "judged_count": len(judged),
        "closed_count": sum(line["closed"] for line in judged),
        "amount_before_cny": float(diagnosis.amount_cny or 0),
        "amount_now_cny": now.total_cny,
    }


def _closed(finding: dict[str, Any], now: Any, standings: dict[str, Any]) -> bool | None:
    kind = finding["kind"]
    if finding["policy_id"] and kind in {"near", "missing"}:
        answer = now.answer(finding["policy_id"])
        if answer is None:
            return None
        if kind == "near":
            return bool(answer.entitlement == "entitled")
        return bool(answer.entitlement != "unknown")
    measure = standings.get(finding["code"].rpartition(".")[2])
    if kind == "weakness" and measure is not None and measure.share_behind_rate is not None:
        step = measure.step_rate or 0.0
        return bool(measure.share_behind_rate + step > choices().weakness_until_rate + 1e-9)
    return None
