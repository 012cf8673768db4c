"""What a service team makes of a diagnosis: findings edited in its own name, and a signature.

Once it is taken up, every finding is a row; what the platform said stays in ``original``, what
the team says stands beside it and is marked as theirs.
"""

import hashlib
import json
import zlib
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from silian.errors import EngineError
from silian.portal.accounts.domain.access import require
from silian.portal.audit import domain as audit
from silian.portal.bilingual import choose
from silian.portal.exchange.domain.diagnosis import diagnosis_content
from silian.portal.exchange.domain.diagnosis_look_backs import plan_look_backs
from silian.portal.exchange.models import Diagnosis, Finding, LookBack

if TYPE_CHECKING:
    from silian.portal.accounts.domain.access import Viewer

_State = Diagnosis.State
MOST_CHARACTERS = 5_000


class DiagnosisRefused(EngineError, ValueError):
    """A diagnosis or a finding can't take this step; ``code`` says which guard refused."""

    def __init__(self, code: str, message_en: str, *, message_zh: str) -> None:
        super().__init__(message_en)
        self.code = code
        self.message_zh = message_zh

    @property
    def message(self) -> str:
        """The message in the reader's language."""
        return choose(self.message_zh, str(self))


def take_up(diagnosis: Diagnosis, *, viewer: "Viewer") -> Diagnosis:
    """Make rows of the findings, so that a team can work on them; twice does nothing more.

    Raises
    ------
    AccessDenied
        If the viewer is not of the service team.
    DiagnosisRefused
        If it is superseded.
    """
    require(viewer, "diagnosis.work", diagnosis)
    with transaction.atomic():
        held = _held(diagnosis)
        if held.state == _State.MADE:
            rows = diagnosis_content(held)["findings"]
            Finding.objects.bulk_create(
                Finding(
                    diagnosis=held,
                    code=row["code"],
                    part=row["part"],
                    position=position,
                    original=row,
                )
                for position, row in enumerate(rows)
            )
            held.state = _State.IN_WORK
            held.save(update_fields=["state"])
            _log("diagnosis.take_up", viewer, held)
        elif held.state == _State.SUPERSEDED:
            raise _not_open(held)
    diagnosis.refresh_from_db(fields=["state"])
    return diagnosis


def edit_finding(
    finding: Finding,
    text: str,
    *,
    viewer: "Viewer",
    note: str = "",
    note_shared: bool = False,
) -> Finding:
    """Put the team's words in place of the platform's; an empty text takes them back.

    Parameters
    ----------
    note_shared
        Whether the enterprise sees the note too; it is the team's own otherwise.

    Raises
    ------
    DiagnosisRefused
        If the diagnosis isn't in work, or the team's own finding would be left without words.
    """
    return _change(
        finding,
        viewer,
        note,
        "edit",
        text_zh=_checked_text(finding, text),
        note_shared=note_shared,
    )


def dismiss(
    finding: Finding, *, viewer: "Viewer", dismissed: bool = True, note: str = ""
) -> Finding:
    """Leave a finding out of the signed diagnosis, or take it in again."""
    return _change(
        finding, viewer, note, "dismiss" if dismissed else "restore", dismissed=dismissed
    )


def add_finding(
    diagnosis: Diagnosis, *, part: str, text: str, viewer: "Viewer", note: str = ""
) -> Finding:
    """Add a finding of the team's own.

    Raises
    ------
    DiagnosisRefused
        If the diagnosis isn't in work, the part is unknown or there are no words.
    """
    require(viewer, "diagnosis.work", diagnosis)
    if part not in Finding.Part.values:
        raise DiagnosisRefused(
            "unknown_part",
            f"part is {part!r}; expected one of {', '.join(Finding.Part.values)}.",
            message_zh=f"没有“{part}”这一部分，可用：{'、'.join(Finding.Part.values)}。",
        )
    if not text.strip():
        raise _NO_WORDS
    with transaction.atomic():
        held = _in_work(diagnosis)
        number = held.findings.filter(original={}).count() + 1
        finding = Finding.objects.create(
            diagnosis=held,
            code=f"team.{part}.{number}",
            part=part,
            position=held.findings.count(),
            text_zh=_bounded(text),
            note=note[:500],
            edited_by_id=viewer.person_id,
            edited_at=timezone.now(),
        )
        _log("diagnosis.edit", viewer, held, finding=finding.code, change="add")
    return finding


def sign(diagnosis: Diagnosis, *, viewer: "Viewer", on: date | None = None) -> Diagnosis:
    """Sign a diagnosis: its findings are fixed, and look-backs are due from this day.

    The enterprise's signed one of the same year that speaks of no later day is replaced, with
    the look-backs that it still had before it.

    Raises
    ------
    DiagnosisRefused
        If it isn't in work, if one of a later day is signed already, or if a program asks: a
        signature is a person's.
    """
    require(viewer, "diagnosis.sign", diagnosis)
    if viewer.person_id is None:
        raise DiagnosisRefused(
            "person_needed",
            "a signature is a person's; sign in instead of using a key or the command line.",
            message_zh="签发须由登录的工作人员完成，不能使用接口密钥或命令行。",
        )
    with transaction.atomic():
        held = _in_work(diagnosis)
        _replace_signed(held)
        held.signed_by_id = viewer.person_id
        held.signed = what_is_signed(held, signer=str(held.signed_by))
        held.state = _State.SIGNED
        held.signed_at = timezone.now()
        held.save(update_fields=["state", "signed_by", "signed_at", "signed"])
        plan_look_backs(held, on or timezone.localdate())
        _log("diagnosis.sign", viewer, held)
    diagnosis.refresh_from_db()
    return diagnosis


def _replace_signed(diagnosis: Diagnosis) -> None:
    others = Diagnosis.objects.filter(
        organisation_id=diagnosis.organisation_id, year=diagnosis.year, state=_State.SIGNED
    )
    later = others.filter(as_of__gt=diagnosis.as_of).order_by("-as_of").first()
    if later is not None:
        raise DiagnosisRefused(
            "later_one_signed",
            f"one as of {later.as_of} is signed already, this one is as of {diagnosis.as_of}; "
            "make a new one to sign.",
            message_zh=f"已有基准日为 {later.as_of} 的签发诊断，晚于本诊断的 {diagnosis.as_of}；"
            "如需更新请重新生成后签发。",
        )
    LookBack.objects.filter(diagnosis__in=others, done_at=None).delete()
    others.update(state=_State.SUPERSEDED)


def what_is_signed(diagnosis: Diagnosis, *, signer: str) -> dict[str, Any]:
    """The findings as they stand with the signer's name, and the SHA-256 that fixes them.

    The hash is over the content as it is kept, a line feed, and the JSON of signer and findings
    with sorted keys, so that anybody can compute it again.
    """
    fixed = {"signer": signer, "findings": worked_findings(diagnosis)}
    text = json.dumps(fixed, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    content = zlib.decompress(bytes(diagnosis.content))
    return fixed | {"sha256": hashlib.sha256(content + b"\n" + text.encode()).hexdigest()}


def worked_findings(diagnosis: Diagnosis) -> list[dict[str, Any]]:
    """Findings as they stand now: the platform's, with the team's words marked as theirs.

    Of a signed diagnosis, what was signed.

    Each has the keys of a finding in the content, and ``by_team``, ``edited``, ``dismissed``,
    ``note``, ``editor``, ``public_id`` (empty before the diagnosis is taken up).
    """
    if diagnosis.signed:
        return [dict(row) for row in diagnosis.signed["findings"]]
    if diagnosis.state == _State.MADE:
        return [dict(row) | _UNTOUCHED for row in diagnosis_content(diagnosis)["findings"]]
    rows = diagnosis.findings.select_related("edited_by").order_by("position", "pk")
    found = [worked(row) for row in rows]
    if not found:  # superseded before anybody took it up
        return [dict(row) | _UNTOUCHED for row in diagnosis_content(diagnosis)["findings"]]
    return found


def readable_findings(diagnosis: Diagnosis, *, for_team: bool) -> list[dict[str, Any]]:
    """Findings as a reader may see them: what is left out, and notes, are the team's own.

    A note is everybody's where the team said so.
    """
    found = worked_findings(diagnosis)
    if for_team:
        return found
    return [
        one if one.get("note_shared") else one | {"note": "", "editor": ""}
        for one in found
        if not one["dismissed"]
    ]


_UNTOUCHED: dict[str, Any] = {
    "public_id": "",
    "by_team": False,
    "edited": False,
    "dismissed": False,
    "note": "",
    "note_shared": False,
    "editor": "",
}
_OWN_WORDS: dict[str, Any] = {
    "kind": "weakness",
    "text_en": "",
    "evidence": [],
    "distances": [],
    "offers": [],
    "policy_id": "",
}


def worked(row: Finding) -> dict[str, Any]:
    by_team = not row.original
    values = dict(row.original) or {**_OWN_WORDS, "code": row.code, "part": row.part}
    if row.text_zh:
        # The team writes in one language; the other must not contradict it.
        values |= {"text_zh": row.text_zh, "text_en": row.text_zh}
    return values | {
        "public_id": str(row.public_id),
        "by_team": by_team,
        "edited": bool(row.text_zh) and not by_team,
        "dismissed": row.dismissed,
        "note": row.note,
        "note_shared": row.note_shared,
        "editor": str(row.edited_by) if row.edited_by else "",
    }


def _change(finding: Finding, viewer: "Viewer", note: str, change: str, **values: Any) -> Finding:
    require(viewer, "diagnosis.work", finding.diagnosis)
    with transaction.atomic():
        held = _in_work(finding.diagnosis)
        row = Finding.objects.select_for_update().get(pk=finding.pk)
        for name, value in values.items():
            setattr(row, name, value)
        row.note, row.edited_by_id, row.edited_at = note[:500], viewer.person_id, timezone.now()
        row.save()
        _log("diagnosis.edit", viewer, held, finding=row.code, change=change)
    finding.refresh_from_db()
    return finding


def _checked_text(finding: Finding, text: str) -> str:
    if not text.strip() and not finding.original:
        raise _NO_WORDS
    return _bounded(text)


def _bounded(text: str) -> str:
    words = text.encode("utf-8", "ignore").decode().strip()
    if len(words) > MOST_CHARACTERS:
        raise DiagnosisRefused(
            "finding_too_long",
            f"the finding has {len(words):,} characters; at most {MOST_CHARACTERS:,} are kept.",
            message_zh=f"结论有 {len(words):,} 字，最多 {MOST_CHARACTERS:,} 字。",
        )
    return words


_NO_WORDS = DiagnosisRefused(
    "finding_without_words",
    "a finding of the team's own needs words; dismiss it to leave it out.",
    message_zh="团队补充的结论不能没有内容；如不采用请选择“不采用”。",
)


def _held(diagnosis: Diagnosis) -> Diagnosis:
    return Diagnosis.objects.select_for_update().get(pk=diagnosis.pk)


def _in_work(diagnosis: Diagnosis) -> Diagnosis:
    held = _held(diagnosis)
    if held.state != _State.IN_WORK:
        raise _not_open(held)
    return held


def _not_open(diagnosis: Diagnosis) -> DiagnosisRefused:
    label = _State(diagnosis.state).label
    return DiagnosisRefused(
        "diagnosis_not_in_work",
        f"the diagnosis is {diagnosis.state}; only one in work can be changed or signed. "
        "Take it up first, or make a new one.",
        message_zh=f"诊断状态为“{label}”，只有跟进中的诊断可以修改或签发。请先跟进，或重新生成。",
    )


def _log(action: str, viewer: "Viewer", diagnosis: Diagnosis, **details: Any) -> None:
    audit.log(action, viewer, str(diagnosis.public_id), **details)
