"""Users are made and changed by those who may, and the trail keeps it."""

import pytest

from silian.portal.accounts.domain.access import SYSTEM, AccessDenied, Viewer
from silian.portal.accounts.domain.users import (
    UserRefused,
    change_user,
    create_user,
    set_password,
)
from silian.portal.accounts.domain.users import users as list_users
from silian.portal.accounts.models import User
from silian.portal.audit.models import AuditEntry

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-Passphrase-7"


@pytest.mark.parametrize("role", ["adviser", "enterprise", "research", "viewer"])
def test_only_operators_keep_users(
    role: str, viewers: dict[str, Viewer], users: dict[str, User]
) -> None:
    with pytest.raises(AccessDenied):
        list_users(viewers[role])
    with pytest.raises(AccessDenied):
        create_user(viewer=viewers[role], username="x", password=PASSWORD, role="viewer")
    with pytest.raises(AccessDenied):
        change_user(users[role], viewer=viewers[role], role="operator", organisation=None)
    assert User.objects.get(pk=users[role].pk).role == role


def test_the_flags_of_the_admin_follow_the_role(users: dict[str, User]) -> None:
    flags = {user.role: (user.is_staff, user.is_superuser) for user in users.values()}
    assert flags == {
        "operator": (True, True),
        "adviser": (False, False),
        "enterprise": (False, False),
        "research": (False, False),
        "viewer": (False, False),
    }
    change_user(users["viewer"], viewer=SYSTEM, role="operator", organisation=None)
    assert User.objects.get(username="viewer").is_staff
    change_user(users["viewer"], viewer=SYSTEM, role="viewer", organisation=None)
    assert not User.objects.get(username="viewer").is_staff


def test_the_last_operator_stays(users: dict[str, User]) -> None:
    for change in ({"role": "viewer"}, {"role": "operator", "is_active": False}):
        with pytest.raises(UserRefused, match="only active operator"):
            change_user(users["operator"], viewer=SYSTEM, organisation=None, **change)
    create_user(viewer=SYSTEM, username="second", password=PASSWORD, role="operator")
    change_user(users["operator"], viewer=SYSTEM, role="viewer", organisation=None)
    assert User.objects.get(username="operator").role == "viewer"


@pytest.mark.parametrize(
    ("values", "part"),
    [
        ({"username": "OPERATOR"}, "taken"),
        ({"username": "  "}, "empty"),
        ({"role": "king"}, "expected one of"),
        ({"password": "12345678"}, "password was refused"),
        ({"role": "enterprise"}, "name the organisation"),
    ],
)
def test_a_user_that_cannot_be_is_refused_with_the_reason(
    values: dict[str, str], part: str, users: dict[str, User]
) -> None:
    asked = {"username": "new", "password": PASSWORD, "role": "viewer"} | values
    with pytest.raises(UserRefused, match=part) as refused:
        create_user(viewer=SYSTEM, **asked)
    assert refused.value.message_zh
    assert User.objects.count() == 5


def test_people_set_their_own_password_and_operators_anybodys(
    users: dict[str, User], viewers: dict[str, Viewer]
) -> None:
    set_password(users["viewer"], "another-Passphrase-8", viewer=viewers["viewer"])
    set_password(users["viewer"], "a-third-Passphrase-9", viewer=viewers["operator"])
    with pytest.raises(AccessDenied):
        set_password(users["viewer"], "a-fourth-Passphrase-1", viewer=viewers["enterprise"])
    assert User.objects.get(username="viewer").check_password("a-third-Passphrase-9")


def test_changes_leave_a_trail(users: dict[str, User], viewers: dict[str, Viewer]) -> None:
    change_user(users["viewer"], viewer=viewers["operator"], role="adviser", organisation=None)
    entry = AuditEntry.objects.get(action="user.change")
    assert (entry.actor, entry.subject) == (users["operator"], "viewer")
    assert entry.details["role"] == ["viewer", "adviser"]
