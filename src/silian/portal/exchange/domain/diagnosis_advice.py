"""From a finding to the deed: a need, a position or an application, with one click (导)."""

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from silian.portal.accounts.domain.access import require
from silian.portal.audit import domain as audit
from silian.portal.exchange.domain.diagnosis_work import DiagnosisRefused, worked_findings
from silian.portal.exchange.models import Advice, Diagnosis
from silian.portal.industry.domain.applications import prepare_application
from silian.portal.registry.domain.upsert import PORTAL_REGISTER, save_record

if TYPE_CHECKING:
    from silian.portal.accounts.domain.access import Viewer

_NEED_KINDS = {"need": "technology", "position": "talent"}


def advise(
    diagnosis: Diagnosis,
    finding_code: str,
    kind: str,
    *,
    viewer: "Viewer",
    title: str = "",
    text: str = "",
) -> Advice:
    """Make what a finding offers; the same again answers the one that was made.

    A need or a position (a talent need) begins as a draft of the enterprise, so nothing is
    published in its name; an application begins with the facts of the diagnosis' year.

    Parameters
    ----------
    kind
        ``need``, ``position`` or ``application``.
    title, text
        Other words than the finding offers.

    Raises
    ------
    AccessDenied
        If the viewer may not act for this enterprise.
    DiagnosisRefused
        If the diagnosis has no such finding, or the finding doesn't offer this.
    """
    require(viewer, "diagnosis.advise", diagnosis)
    offer = _offer_of(diagnosis, finding_code, kind)
    with transaction.atomic():
        # The lock makes two clicks one.
        held = Diagnosis.objects.select_for_update().get(pk=diagnosis.pk)
        made = held.advices.filter(finding_code=finding_code, kind=kind).first()
        if made is not None:
            return made
        target_id = (
            _application(held, offer, viewer)
            if kind == "application"
            else _need(
                held,
                finding_code,
                kind,
                title or offer["title_zh"],
                text or offer["text_zh"],
                viewer,
            )
        )
        advice = Advice.objects.create(
            organisation_id=held.organisation_id,
            diagnosis=held,
            finding_code=finding_code,
            kind=kind,
            target_id=target_id,
            actor_id=viewer.person_id,
        )
        audit.log(
            "diagnosis.advise",
            viewer,
            str(held.public_id),
            finding=finding_code,
            made=kind,
            target=target_id,
        )
    return advice


def _offer_of(diagnosis: Diagnosis, code: str, kind: str) -> dict[str, str]:
    finding = next((f for f in worked_findings(diagnosis) if f["code"] == code), None)
    if finding is None:
        raise DiagnosisRefused(
            "unknown_finding",
            f"the diagnosis has no finding {code!r}.",
            message_zh=f"该诊断没有编号为 {code} 的结论。",
        )
    found = next((offer for offer in finding["offers"] if offer["kind"] == kind), None)
    if found is not None:
        return dict(found)
    if finding["by_team"] and kind in _NEED_KINDS:  # the team's words are offer enough
        return {"title_zh": finding["text_zh"][:100], "text_zh": finding["text_zh"]}
    offered = ", ".join(offer["kind"] for offer in finding["offers"]) or "nothing"
    raise DiagnosisRefused(
        "not_offered",
        f"the finding can't be turned into {kind!r}; it offers {offered}.",
        message_zh=f"该结论不能转为“{kind}”。",
    )


def _need(
    diagnosis: Diagnosis, code: str, kind: str, title: str, text: str, viewer: "Viewer"
) -> str:
    organisation = diagnosis.organisation
    saved = save_record(
        "need",
        {
            "title": title[:300],
            "text": text or title,
            "need_kind": _NEED_KINDS[kind],
            "status": "draft",
            "organisation_key": organisation.public_id,
            "published_on": timezone.localdate(),
        },
        register_code=PORTAL_REGISTER,
        source_key=f"{organisation.public_id}/{diagnosis.public_id.hex[:12]}/{code}/{kind}"[:200],
        viewer=viewer,
        owner=organisation,
    )
    return saved.public_id


def _application(diagnosis: Diagnosis, offer: dict[str, str], viewer: "Viewer") -> str:
    application = prepare_application(
        diagnosis.organisation,
        offer["policy_id"],
        year=diagnosis.year,
        as_of=timezone.localdate(),
        viewer=viewer,
    )
    return str(application.public_id)
