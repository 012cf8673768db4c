"""What an enterprise may state of itself: of years that are there, and in nobody else's name."""

import re
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from silian.errors import EngineError
from silian.library.facts import FACT
from silian.portal.accounts.domain.access import AccessDenied, Viewer
from silian.portal.audit import domain as audit
from silian.portal.industry.domain.facts_values import ORGANISATION_COLUMNS
from silian.portal.industry.models import EnterpriseYear
from silian.portal.registry.models import Organisation, Record
from silian.tables.values import is_missing

#: Kinds of rows in which somebody states facts of a year.
STATED_KINDS = frozenset({"enterprise_year", "service_agency_year", "facility_year"})


class DeclarationRefused(EngineError, ValueError):
    """A year or a fact that can't be declared."""

    code = "declaration_refused"

    def __init__(self, message_en: str, *, message_zh: str) -> None:
        super().__init__(message_en)
        self.message_zh = message_zh


class NotYourStatement(AccessDenied):
    """A member would speak for an authority or change what it said."""

    code = "not_your_statement"


def check_declared(
    organisation: Organisation, year: int, values: Mapping[str, Any], viewer: Viewer
) -> None:
    """Refuse years that are not there yet, and an enterprise's word against its registration.

    Raises
    ------
    DeclarationRefused
        If so. The operator may state anything, and corrects the registration where it is wrong.
    """
    this_year = timezone.localdate().year
    if year > this_year:
        raise DeclarationRefused(
            f"year is {year}; facts are declared of years up to {this_year}.",
            message_zh=f"{year} 年尚未到来，只能申报 {this_year} 年及以前的数据。",
        )
    if viewer.is_operator:
        return
    for code, registered in _registered(organisation).items():
        if not is_missing(values.get(code)) and str(values[code]).strip() != str(registered):
            raise DeclarationRefused(
                f"{code} is told by the registration ({registered}); ask the operator to correct "
                "it there.",
                message_zh=(
                    f"“{FACT[code].label_zh}”以登记信息（{registered}）为准，如有误请联系运营方更正。"
                ),
            )


def check_statement(record: Record | None, values: Mapping[str, Any], viewer: Viewer) -> None:
    """Refuse a member's row that would pass for verified, or that somebody else stated.

    The same whichever way the row comes: page, file or program.

    Parameters
    ----------
    record
        The row of a year before the change, ``None`` for a new one.

    Raises
    ------
    NotYourStatement
        If so. Members declare; a fact of their own goes beside an authority's, never over it.
    DeclarationRefused
        If the year lies ahead, or the registration says otherwise.
    """
    if viewer.is_operator:
        return
    status = str(values.get("status") or EnterpriseYear.Status.DECLARED)
    declared = EnterpriseYear.Status.DECLARED
    if status not in {declared.value, str(declared.label), "企业申报", "Declared"}:
        raise NotYourStatement(
            f"status is {status!r}; members declare facts, the operator verifies them. Leave the "
            "status out.",
            message_zh=f"数据状态为“{status}”；企业只能申报，由运营方核实。请不要填写数据状态。",
        )
    if record is not None and (
        getattr(record, "status", "") != declared or record.register.code != "portal"
    ):
        raise NotYourStatement(
            f"{record.public_id} was stated by {record.register}, so it is not yours to change. "
            "Declare your own figures of the year; the operator compares them.",
            message_zh=f"该年度数据由“{record.register}”提供，不能直接修改；可另行申报，由运营方核对。",
        )
    organisation = getattr(record, "organisation", None) or _own_organisation(viewer)
    if organisation is not None:
        check_declared(organisation, _year_of(values, record), values, viewer)


def note_statement(record: Record, values: Mapping[str, Any], viewer: Viewer) -> None:
    """Log a member's row as the declaration that it is."""
    organisation, facts = record.organisation, record.facts  # type: ignore[attr-defined]
    stated = sorted(code for code in values if code in FACT or code in facts)
    about = record if record.kind != "enterprise_year" or organisation is None else organisation
    year = record.year  # type: ignore[attr-defined]
    audit.log("facts.declare", viewer, about.public_id, year=year, codes=stated)


def _own_organisation(viewer: Viewer) -> Organisation | None:
    return Organisation.objects.select_related("region").filter(pk=viewer.organisation_pk).first()


def _year_of(values: Mapping[str, Any], record: Record | None) -> int:
    """The year of the row after the change; one that can't be read is refused with its row."""
    found = re.search(r"\d+", str(values.get("year", "")))
    return int(found.group()) if found else int(getattr(record, "year", 0))


def _registered(organisation: Organisation) -> dict[str, Any]:
    """Facts that the registration tells, by code, as rows state them."""
    found = {
        code: getattr(organisation, column.removeprefix("organisation__"), None)
        for code, column in ORGANISATION_COLUMNS.items()
        if code != "region_code"
    }
    if organisation.region is not None:
        found["region_code"] = organisation.region.adcode
    return {code: value for code, value in found.items() if not is_missing(value)}
