"""Write and read the audit trail."""

from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

from silian.portal.audit.models import AuditEntry

if TYPE_CHECKING:
    from silian.portal.accounts.domain.access import Viewer


def log(action: str, viewer: "Viewer", subject: str = "", **details: Any) -> AuditEntry:
    """Add one entry, in the caller's transaction: what is undone was never logged.

    Parameters
    ----------
    action
        What was done, e.g. ``"list.export"``; one of ``ACTION_LABELS``.
    viewer
        Who did it.
    subject
        Public id of a record, a job's id, a route: what it was done to.
    details
        Further values that JSON can hold.
    """
    return AuditEntry.objects.create(
        action=action,
        actor_id=viewer.user_id,
        actor_label=viewer.label[:200],
        subject=subject[:200],
        details=details,
    )


def entries(
    viewer: "Viewer", *, action: str = "", actor_label: str = "", subject: str = ""
) -> QuerySet[AuditEntry]:
    """Entries the viewer may read, newest first.

    Raises
    ------
    AccessDenied
        If the viewer may not read the log.
    """
    from silian.portal.accounts.domain.access import require

    require(viewer, "audit.read")
    found = AuditEntry.objects.select_related("actor")
    if action:
        found = found.filter(action=action)
    if actor_label:
        found = found.filter(actor_label__icontains=actor_label)
    return found.filter(subject__icontains=subject) if subject else found
