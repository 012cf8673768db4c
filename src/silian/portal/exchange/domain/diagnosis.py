"""Diagnoses of single enterprises: made, kept, read again, and made again to be checked."""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import QuerySet

from silian import __version__
from silian.errors import EngineError
from silian.portal.accounts.domain.access import require
from silian.portal.audit import domain as audit
from silian.portal.exchange.domain.diagnosis_content import content_of
from silian.portal.exchange.domain.diagnosis_findings import DiagnosisFinding, findings_from
from silian.portal.exchange.domain.diagnosis_inputs import fingerprint, gather, gather_scored
from silian.portal.exchange.domain.diagnosis_standing import Sheets
from silian.portal.exchange.models import Diagnosis, DiagnosisRun
from silian.portal.industry.domain.policies import library_version

if TYPE_CHECKING:
    from silian.portal.accounts.domain.access import Viewer
    from silian.portal.registry.models import Organisation

Content = dict[str, Any]


class NoFacts(EngineError, LookupError):
    """An enterprise without any yearly facts can't be diagnosed."""

    code = "no_facts"

    def __init__(self, organisation: "Organisation", year: int | None) -> None:
        super().__init__(
            f"{organisation.public_id} has no yearly facts"
            + (f" for {year}" if year else "")
            + "; declare or import them first.",
            organisation=organisation.public_id,
        )
        self.message_zh = f"{organisation.name} 没有{year or ''}年度数据，请先申报或导入。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reproduction:
    """Whether a kept diagnosis comes out the same when it is made again.

    Attributes
    ----------
    differing
        Names of the parts of the content that differ; empty where it is reproduced.
    library_changed, code_changed
        What moved since it was made, and so may explain a difference.
    """

    differing: tuple[str, ...]
    library_changed: bool
    code_changed: bool

    @property
    def reproduced(self) -> bool:
        return not self.differing


def diagnose(
    organisation: "Organisation",
    *,
    as_of: date,
    year: int | None = None,
    viewer: "Viewer",
    with_matches: bool = True,
    run: DiagnosisRun | None = None,
) -> Diagnosis:
    """Make an enterprise's diagnosis from its records and the policies of a day, and keep it.

    One of the same year that nobody works on is superseded, unless it is of a later day.

    Parameters
    ----------
    year
        Year of the facts; by default the enterprise's latest.
    with_matches
        Whether its needs are matched too, which takes most of the time.

    Raises
    ------
    AccessDenied
        If the viewer may not diagnose this enterprise.
    NoFacts
        If it has no facts (of that year).
    """
    require(viewer, "diagnosis.make", organisation)
    gathered = gather_scored(organisation, as_of=as_of, year=year, with_matches=with_matches)
    if gathered is None:
        raise NoFacts(organisation, year)
    diagnosis = unsaved(organisation, *gathered, run=run, created_by=viewer.person_id)
    with transaction.atomic():
        supersede(organisation, diagnosis.year, as_of)
        diagnosis.save()
        audit.log(
            "diagnosis.make", viewer, organisation.public_id, diagnosis=str(diagnosis.public_id)
        )
    return diagnosis


def preview(
    organisation: "Organisation", *, as_of: date, year: int | None = None, with_matches: bool = True
) -> Content:
    """The content of a diagnosis that isn't kept.

    Raises
    ------
    NoFacts
        If the enterprise has no facts (of that year).
    """
    inputs = gather(organisation, as_of=as_of, year=year, with_matches=with_matches)
    if inputs is None:
        raise NoFacts(organisation, year)
    return content_of(inputs)


def diagnosis_content(diagnosis: Diagnosis) -> Content:
    """All that a diagnosis says, as it was frozen; docs/design/diagnosis.md names the keys."""
    content: Content = json.loads(zlib.decompress(bytes(diagnosis.content)))
    return content


def findings_of(diagnosis: Diagnosis) -> tuple[DiagnosisFinding, ...]:
    """Findings as the platform made them; what a team made of them is in ``Finding``."""
    return findings_from(diagnosis_content(diagnosis)["findings"])


def diagnoses(viewer: "Viewer") -> QuerySet[Diagnosis]:
    """Diagnoses that the viewer may read, newest first, without their content."""
    require(viewer, "diagnosis.read")
    found = Diagnosis.objects.select_related("organisation", "signed_by").defer("content")
    if viewer.role in _EVERY_ENTERPRISE:
        return found
    return found.filter(organisation_id=viewer.organisation_pk or 0)


def latest(organisation: "Organisation") -> Diagnosis | None:
    """The enterprise's newest diagnosis that still counts."""
    counting = organisation.diagnoses.exclude(state=Diagnosis.State.SUPERSEDED)
    found: Diagnosis | None = counting.order_by("-as_of", "-created_at").first()
    return found


def reproduce(diagnosis: Diagnosis) -> Reproduction:
    """Make a kept diagnosis again from its frozen inputs and today's library, and compare."""
    kept = diagnosis_content(diagnosis)
    again = _plain(content_of(kept["inputs"]))
    differing = tuple(
        sorted(key for key in kept.keys() | again.keys() if kept.get(key) != again.get(key))
    )
    return Reproduction(
        differing=differing,
        library_changed=diagnosis.library_version != library_version(),
        code_changed=diagnosis.code_version != __version__,
    )


def unsaved(
    organisation: "Organisation",
    inputs: Mapping[str, Any],
    sheets: Sheets | None = None,
    *,
    run: DiagnosisRun | None = None,
    created_by: int | None = None,
) -> Diagnosis:
    """A diagnosis made from gathered inputs, not yet in the database."""
    content = content_of(inputs, sheets)
    counts = content["counts"]
    return Diagnosis(
        organisation=organisation,
        run=run,
        year=inputs["year"],
        as_of=date.fromisoformat(inputs["as_of"]),
        content=zlib.compress(_encoded(content), _COMPRESSION),
        inputs_hash=fingerprint(inputs),
        library_version=library_version(),
        code_version=__version__,
        entitled_count=counts["entitled"],
        near_count=counts["near"],
        unknown_count=counts["unknown"],
        amount_cny=Decimal(str(counts["amount_cny"])),
        ladder_step=content["ladder"]["step"],
        score=counts["score"],
        created_by_id=created_by,
    )


def supersede(organisation: "Organisation", year: int, as_of: date) -> int:
    """Set aside the enterprise's diagnoses of a year, up to a day, that nobody works on."""
    return Diagnosis.objects.filter(
        organisation=organisation, year=year, as_of__lte=as_of, state=Diagnosis.State.MADE
    ).update(state=Diagnosis.State.SUPERSEDED)


_COMPRESSION = 4  # as small as 6 to a few percent, in half the time
_EVERY_ENTERPRISE = frozenset({"operator", "adviser"})


def _encoded(content: Content) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _plain(content: Content) -> Content:
    plain: Content = json.loads(_encoded(content))
    return plain
