"""Save one record under the same checks as a file: for forms and the API."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from silian.portal.registry.models import Organisation, Record

if TYPE_CHECKING:
    from silian.portal.accounts.domain.access import Viewer


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsertResult:
    """What became of one row.

    Attributes
    ----------
    status
        ``accepted`` (new), ``changed`` or ``unchanged``.
    """

    record: Record
    status: str

    @property
    def public_id(self) -> str:
        return self.record.public_id


def save_record(
    kind: str,
    values: Mapping[str, Any],
    *,
    register_code: str,
    source_key: str,
    viewer: "Viewer",
    owner: Organisation | None = None,
) -> UpsertResult:
    """Make or change the record with this key in this register.

    Columns that ``values`` doesn't name stay as they are; a named but empty one is cleared.

    Parameters
    ----------
    values
        Columns of the kind's row schema (``catalogue.KINDS[kind].columns``), raw or typed.
    register_code
        Register of the record, ``"portal"`` for records made on the web.
    source_key
        Key within the register; a second call with it changes the same record.
    owner
        Organisation that may edit the record; ``None`` leaves the owner as it is.

    Raises
    ------
    silian.portal.registry.domain.reasons.RowRefused
        With every reason, if a value is wrong.
    silian.identifiers.UnknownKind
        If the kind isn't kept.
    """
    raise NotImplementedError
