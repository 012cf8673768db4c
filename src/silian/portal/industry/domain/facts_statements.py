"""What an enterprise may state of itself: never in an authority's name."""

from collections.abc import Mapping
from typing import Any

from silian.portal.accounts.domain.access import AccessDenied, Viewer
from silian.portal.industry.models import EnterpriseYear
from silian.portal.registry.models import Record


class NotYourStatement(AccessDenied):
    """A member would speak for an authority or change what it said."""

    code = "not_your_statement"


def check_statement(record: Record | None, values: Mapping[str, Any], viewer: Viewer) -> None:
    """Refuse a member's row that would pass for verified, or that somebody else stated.

    Parameters
    ----------
    record
        The enterprise-year before the change, ``None`` for a new one.

    Raises
    ------
    NotYourStatement
        If so. Members declare; a fact of their own goes beside an authority's, never over it.
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
