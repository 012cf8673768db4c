"""Who is asking, what they may do, and which records they see."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

from silian.errors import EngineError
from silian.portal.accounts.domain.permissions import (
    ADVISER,
    ANONYMOUS,
    OPERATOR,
    PERMISSIONS,
    ROUTE_ACTIONS,
    TABLE,
    VIEWER,
    WRITE_ACTIONS,
)
from silian.portal.bilingual import choose

__all__ = [
    "ANONYMOUS_VIEWER",
    "PERMISSIONS",
    "ROUTE_ACTIONS",
    "SYSTEM",
    "AccessDenied",
    "Viewer",
    "allowed",
    "is_own",
    "owned",
    "require",
    "sees",
    "viewer_of",
    "viewer_of_user",
    "visible",
    "write_action",
]


#: Private records that the service team reads of every enterprise it advises.
_ADVISED_KINDS = frozenset({"enterprise_year", "grant"})
#: Records that say nothing but that two others belong together: seen by who sees both.
_NAMES_OTHERS = {"chain_member": ("organisation", "node"), "chain_link": ("source", "target")}
#: Things that are an organisation's because they are about it, whoever made them.
_ABOUT_AN_ORGANISATION = frozenset({"diagnosis", "visit", "advice", "policyapplication"})


class AccessDenied(EngineError, PermissionError):
    """The viewer may not do this; the message says who may.

    ``message_zh`` and ``message_en`` are for people, ``str()`` is the English one.
    """

    code = "access_denied"

    def __init__(self, message_en: str, *, message_zh: str, **details: Any) -> None:
        super().__init__(message_en, **details)
        self.message_zh = message_zh
        self.message_en = message_en

    @property
    def message(self) -> str:
        """The message in the reader's language."""
        return choose(self.message_zh, self.message_en)


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """The person or program on whose behalf something is done.

    ``organisation_pk`` and ``organisation_id`` (public id, or empty) name the organisation whose
    records are the viewer's own. ``label`` is what the audit log keeps. ``by_key`` tells a
    program, which speaks for the key's organisation; ``user_id`` is then who made the key.
    """

    role: str
    user_id: int | None = None
    organisation_pk: int | None = None
    organisation_id: str = ""
    label: str = ""
    by_key: bool = False

    @property
    def person_id(self) -> int | None:
        """User whose personal things are the viewer's own; a key has none of its maker's."""
        return None if self.by_key else self.user_id

    @property
    def audiences(self) -> tuple[str, ...]:
        """Audiences of records this viewer belongs to."""
        if self.role == OPERATOR:
            return ("public", "members", "owner")
        return ("public",) if self.role == ANONYMOUS else ("public", "members")

    @property
    def signed_in(self) -> bool:
        """Whether we know who it is."""
        return self.role != ANONYMOUS

    @property
    def is_operator(self) -> bool:
        """Whether the viewer runs the platform."""
        return self.role == OPERATOR


SYSTEM = Viewer(role=OPERATOR, label="system")
ANONYMOUS_VIEWER = Viewer(role=ANONYMOUS, label="anonymous")


def viewer_of_user(user: Any) -> Viewer:
    """Viewer of a signed-in user, or the anonymous one."""
    if user is None or not user.is_authenticated or not user.is_active:
        return ANONYMOUS_VIEWER
    organisation = user.organisation
    return Viewer(
        role=user.role if user.role in PERMISSIONS["profile.manage"] else VIEWER,
        user_id=user.pk,
        organisation_pk=user.organisation_id,
        organisation_id=organisation.public_id if organisation else "",
        label=user.get_username(),
    )


def viewer_of(request: HttpRequest) -> Viewer:
    """Viewer behind a request; an API key, where the API checked one, goes before the session."""
    viewer: Viewer | None = getattr(request, "silian_viewer", None)
    if viewer is None:
        viewer = viewer_of_user(getattr(request, "user", None))
        request.silian_viewer = viewer  # type: ignore[attr-defined]
    return viewer


def write_action(kind: str) -> str:
    """Act of creating or changing a record of this kind; unknown kinds are the operator's."""
    return WRITE_ACTIONS.get(kind, "registry.write")


def is_own(viewer: Viewer, record: Any) -> bool:
    """Whether a record, a match, an outcome, a key, a filter or a user is the viewer's own."""
    if record._meta.model_name in _ABOUT_AN_ORGANISATION:
        return viewer.organisation_pk is not None and (
            record.organisation_id == viewer.organisation_pk
        )
    # An outcome belongs with its match, a match with its need and its supply.
    if hasattr(record, "match_id"):
        return is_own(viewer, record.match)
    if hasattr(record, "supply_id"):
        return is_own(viewer, record.need) or _owns_supply(viewer, record.supply_id)
    if hasattr(record, "owner_id"):
        return viewer.organisation_pk is not None and (
            record.owner_id == viewer.organisation_pk
            or (record.kind == "organisation" and record.pk == viewer.organisation_pk)
        )
    return _is_personal(viewer, record)


def _is_personal(viewer: Viewer, thing: Any) -> bool:
    """Own where it hangs on a person (or, a key, on the organisation), not on an owner."""
    if hasattr(thing, "created_by_id"):
        same_organisation = (
            viewer.organisation_pk is not None and thing.organisation_id == viewer.organisation_pk
        )
        return same_organisation or _is_person(viewer, thing.created_by_id)
    return _is_person(viewer, getattr(thing, "user_id", getattr(thing, "pk", None)))


def _is_person(viewer: Viewer, user_id: int | None) -> bool:
    return viewer.person_id is not None and viewer.person_id == user_id


def _owns_supply(viewer: Viewer, supply_id: str) -> bool:
    if viewer.organisation_pk is None:
        return False
    from silian.portal.catalogue import find_record

    try:
        return is_own(viewer, find_record(supply_id))
    except LookupError:
        return False


def sees(viewer: Viewer, record: Any) -> bool:
    """Whether the viewer may know this record exists; the same law as ``visible``."""
    if viewer.is_operator or (is_own(viewer, record) and _reads_books(viewer, record.kind)):
        return True
    if viewer.role == ADVISER and record.kind in _ADVISED_KINDS:
        return True
    if getattr(record, "status", "") == "draft":
        return False
    if record.kind == "affiliation" and not sees(viewer, record.person):
        return False  # it would name a person who is hidden
    if any(not sees(viewer, getattr(record, name)) for name in _NAMES_OTHERS.get(record.kind, ())):
        return False
    return record.audience in viewer.audiences


def allowed(viewer: Viewer, action: str, record: Any = None) -> bool:
    """Whether the table lets this viewer do this act, to this record if one is given.

    Raises
    ------
    KeyError
        If the table doesn't know the act: a misspelling must not pass for a refusal.
    """
    permission = TABLE[action]
    if viewer.role not in permission.roles:
        return False
    if record is None or viewer.is_operator:
        return True
    if viewer.role in permission.own_records_only:
        return is_own(viewer, record)
    return sees(viewer, record) if hasattr(record, "audience") else True


def require(viewer: Viewer, action: str, record: Any = None) -> None:
    """Raise ``AccessDenied`` unless ``allowed``."""
    if allowed(viewer, action, record):
        return
    from silian.portal.accounts.domain.refusals import refusal

    raise refusal(viewer, action, record)


def _reads_books(viewer: Viewer, kind: str) -> bool:
    """Whether owning a record is enough to see it: books are for roles that may read facts."""
    return kind not in _ADVISED_KINDS or viewer.role in TABLE["facts.read"].roles


def visible(records: QuerySet[Any], viewer: Viewer) -> QuerySet[Any]:
    """Those of the records that the viewer may see: by audience and owner, drafts to owners."""
    if viewer.is_operator:
        return records
    seen = Q(audience__in=viewer.audiences)
    kind = getattr(records.model, "kind", "")
    if viewer.role == ADVISER and kind in _ADVISED_KINDS:
        return records
    if kind == "need":
        seen &= ~Q(status="draft")
    elif kind == "affiliation":
        people = records.model._meta.get_field("person").related_model
        seen &= Q(person__in=visible(people._default_manager.all(), viewer))
    for name in _NAMES_OTHERS.get(kind, ()):
        others = records.model._meta.get_field(name).related_model._default_manager
        seen &= Q(**{f"{name}__in": visible(others.all(), viewer)})
    if not _reads_books(viewer, kind):
        return records.filter(seen)
    return records.filter(seen | _own_condition(records.model, viewer))


def owned(records: QuerySet[Any], viewer: Viewer) -> QuerySet[Any]:
    """Those of the records that are the viewer's own: the law of ``is_own`` for a queryset."""
    if viewer.organisation_pk is None:
        return records.none()
    return records.filter(_own_condition(records.model, viewer))


def _own_condition(model: type[Model], viewer: Viewer) -> Q:
    if viewer.organisation_pk is None:
        return Q()
    own = Q(owner_id=viewer.organisation_pk)
    if getattr(model, "kind", "") == "organisation":
        own |= Q(pk=viewer.organisation_pk)
    return own
