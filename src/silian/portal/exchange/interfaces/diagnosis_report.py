"""A diagnosis as a file: JSON for programs, HTML that stands alone, PDF with its own fonts."""

import json
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from silian.portal.accounts.domain.access import require
from silian.portal.accounts.domain.permissions import ADVISER, OPERATOR
from silian.portal.audit import domain as audit
from silian.portal.exchange.domain.diagnosis import diagnosis_content
from silian.portal.exchange.domain.diagnosis_work import readable_findings
from silian.portal.exchange.interfaces.diagnosis_report_sheet import sheet_of
from silian.portal.exchange.models import Diagnosis
from silian.portal.typesetting import typeset

if TYPE_CHECKING:
    from silian.portal.accounts.domain.access import Viewer

MEDIA_TYPES = {
    "json": "application/json",
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
}


def report(
    diagnosis: Diagnosis, file_format: str, *, viewer: "Viewer", english: bool = False
) -> bytes:
    """The report as a file for a viewer; the export is logged.

    Parameters
    ----------
    file_format
        ``json``, ``html`` or ``pdf``.

    Raises
    ------
    AccessDenied
        If the viewer may not read the diagnosis.
    """
    require(viewer, "diagnosis.read", diagnosis)
    made = {
        "json": lambda: as_json(diagnosis, viewer=viewer),
        "html": lambda: as_html(diagnosis, english=english),
        "pdf": lambda: as_pdf(diagnosis, english=english),
    }[file_format]()
    audit.log("diagnosis.export", viewer, str(diagnosis.public_id), format=file_format)
    return made


def as_values(diagnosis: Diagnosis, *, viewer: "Viewer") -> dict[str, Any]:
    """The content with the findings as the team left them, and what it was made from.

    What the team left out, and notes that it didn't share, are told to the team alone.
    """
    findings = readable_findings(diagnosis, for_team=viewer.role in _TEAM)
    return diagnosis_content(diagnosis) | {
        "public_id": str(diagnosis.public_id),
        "state": str(diagnosis.state),
        "created_at": diagnosis.created_at.isoformat(),
        "signed_at": diagnosis.signed_at.isoformat() if diagnosis.signed_at else None,
        "signed_by": diagnosis.signed.get("signer") or str(diagnosis.signed_by or ""),
        "signed_sha256": diagnosis.signed.get("sha256", ""),
        "library_version": diagnosis.library_version,
        "code_version": diagnosis.code_version,
        "inputs_hash": diagnosis.inputs_hash,
        "findings": findings,
    }


_TEAM = frozenset({OPERATOR, ADVISER})


def as_json(diagnosis: Diagnosis, *, viewer: "Viewer") -> bytes:
    """Everything that the viewer may read, for programs."""
    return json.dumps(as_values(diagnosis, viewer=viewer), ensure_ascii=False, indent=1).encode()


def as_html(diagnosis: Diagnosis, *, english: bool = False) -> bytes:
    """One HTML file that needs nothing beside it: no script, no font, no address."""
    from django.template import Context, Engine

    engine = Engine(autoescape=True)
    template = engine.from_string(_text("diagnosis_report.html"))
    sheet = sheet_of(diagnosis, english=english)
    return template.render(Context(sheet)).encode()


def as_pdf(diagnosis: Diagnosis, *, english: bool = False) -> bytes:
    """A PDF for print, with page numbers, from fonts that come with the program."""
    sheet = sheet_of(diagnosis, english=english)
    return typeset(_text("diagnosis_report.typ"), sheet, made_at=diagnosis.created_at)


@cache
def _text(name: str) -> str:
    return (resources.files(__package__) / name).read_text("utf-8")
