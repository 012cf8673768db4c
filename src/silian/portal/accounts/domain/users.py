"""Keep users: every change of who may what is checked, saved and audited here."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from silian.errors import EngineError
from silian.portal.accounts.domain.access import Viewer, require
from silian.portal.accounts.domain.permissions import OPERATOR
from silian.portal.accounts.models import Role, User
from silian.portal.audit import domain as audit
from silian.portal.bilingual import choose
from silian.portal.registry.models import Organisation, Person

#: Roles that keep records in the name of an organisation.
SPEAKING_ROLES = ("enterprise", "research")


class UserRefused(EngineError, ValueError):
    """A user can't be made or changed as asked."""

    code = "user_refused"

    def __init__(self, message_en: str, *, message_zh: str) -> None:
        super().__init__(message_en)
        self.message_zh, self.message_en = message_zh, message_en

    @property
    def message(self) -> str:
        """The message in the reader's language."""
        return choose(self.message_zh, self.message_en[:1].upper() + self.message_en[1:])


def users(viewer: Viewer) -> QuerySet[User]:
    """All users with their organisations, for those who keep users."""
    require(viewer, "user.manage")
    return User.objects.select_related("organisation", "person").order_by("username")


def create_user(
    *,
    viewer: Viewer,
    username: str,
    password: str,
    role: str,
    organisation: Organisation | None = None,
    full_name: str = "",
) -> User:
    """Make a user who can sign in.

    Raises
    ------
    AccessDenied
        If the viewer may not keep users.
    UserRefused
        If the name is taken, the role unknown, its organisation missing or the password too weak.
    """
    require(viewer, "user.manage")
    _check_role(role)
    check_speaks(role, organisation)
    username = User.normalize_username(username.strip())
    if not username or User.objects.filter(username__iexact=username).exists():
        raise UserRefused(
            f"user name is {username!r}; it is empty or taken, choose another.",
            message_zh=f"用户名“{username}”为空或已被占用，请换一个。",
        )
    user = User(username=username, role=role, organisation=organisation, first_name=full_name[:150])
    _set_password(user, password)
    with transaction.atomic():
        user.save()
        audit.log(
            "user.create",
            viewer,
            username,
            role=role,
            organisation=organisation.public_id if organisation else "",
        )
    return user


def change_user(
    user: User,
    *,
    viewer: Viewer,
    role: str,
    organisation: Organisation | None,
    is_active: bool = True,
) -> User:
    """Change a user's role, organisation or standing; it counts from their next request on."""
    require(viewer, "user.manage")
    if is_active:
        check_speaks(role, organisation)
    with transaction.atomic():
        before = User.objects.select_for_update().get(pk=user.pk)
        check_change(before, role=role, is_active=is_active)
        user.role, user.organisation, user.is_active = role, organisation, is_active
        user.save()
        audit.log(
            "user.change",
            viewer,
            user.username,
            role=[before.role, role],
            organisation=[before.organisation_id, user.organisation_id],
            is_active=[before.is_active, is_active],
        )
    return user


def check_change(user: User, *, role: str, is_active: bool) -> None:
    """Refuse an unknown role, and to take away the last operator.

    Raises
    ------
    UserRefused
        With the reason.
    """
    _check_role(role)
    before = User.objects.get(pk=user.pk)
    leaves = before.role == OPERATOR and before.is_active
    if leaves and not (role == OPERATOR and is_active):
        _keep_one_operator(before)


def check_speaks(role: str, organisation: Organisation | None) -> None:
    """Refuse a role that speaks for an organisation without one: it could keep nothing.

    Raises
    ------
    UserRefused
        With what to fill in.
    """
    if role in SPEAKING_ROLES and organisation is None:
        raise UserRefused(
            f"the role {role} speaks for an organisation; name the organisation.",
            message_zh=f"“{Role(role).label}”账号须绑定单位，请填写单位。",
        )


def link_person(user: User, person: Person | None, *, viewer: Viewer) -> User:
    """Say which person's record is the user's own, or that none is; the portrait listens to them.

    Raises
    ------
    UserRefused
        If another active account is this person already.
    """
    require(viewer, "user.manage")
    with transaction.atomic():
        before = User.objects.select_for_update().get(pk=user.pk)
        if person is not None:
            others = User.objects.filter(person=person, is_active=True).exclude(pk=user.pk)
            if taken := others.first():
                raise UserRefused(
                    f"{person.name} is linked to the account {taken.username!r}; unlink it first.",
                    message_zh=f"“{person.name}”已关联账号“{taken.username}”，请先解除。",
                )
        user.person = person
        user.save(update_fields=["person"])
        if before.person_id != user.person_id:
            linked = person.public_id if person else ""
            audit.log("user.link_person", viewer, user.username, person=linked)
    return user


def set_password(user: User, password: str, *, viewer: Viewer) -> None:
    """Set a new password; every session of the user ends."""
    require(viewer, "profile.manage" if user.pk == viewer.person_id else "user.manage", user)
    _set_password(user, password)
    with transaction.atomic():
        user.save(update_fields=["password"])
        audit.log("user.set_password", viewer, user.username)


def _set_password(user: User, password: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise UserRefused(
            f"the password was refused: {' '.join(error.messages)}",
            message_zh="密码不符合要求：" + "".join(error.messages),
        ) from error
    user.set_password(password)


def _check_role(role: str) -> None:
    if role not in Role.values:
        raise UserRefused(
            f"role is {role!r}; expected one of {', '.join(Role.values)}.",
            message_zh=f"角色“{role}”不存在，可用：{'、'.join(Role.values)}。",
        )


def _keep_one_operator(user: User) -> None:
    if not User.objects.filter(role=OPERATOR, is_active=True).exclude(pk=user.pk).exists():
        raise UserRefused(
            f"{user.username!r} is the only active operator; make another one first.",
            message_zh=f"“{user.username}”是唯一的在用运营方账号，请先设立另一个。",
        )
