"""Keys are shown once, kept as a hash, bounded by their maker, and revocable."""

from datetime import timedelta

import pytest
from django.utils import timezone

from silian.portal.accounts.domain.access import SYSTEM, AccessDenied, Viewer
from silian.portal.accounts.domain.api_keys import (
    KeyRefused,
    RoleTooWide,
    create_key,
    keys_of,
    revoke_key,
    viewer_of_key,
)
from silian.portal.accounts.domain.users import change_user
from silian.portal.accounts.models import ApiKey, User
from silian.portal.audit.models import AuditEntry
from silian.portal.registry.models import Organisation

pytestmark = pytest.mark.django_db


def test_a_key_acts_with_its_role_for_its_organisation(viewers: dict[str, Viewer]) -> None:
    key, token = create_key(viewer=viewers["enterprise"], name="ERP")
    viewer = viewer_of_key(token)
    assert viewer == Viewer(
        role="enterprise",
        user_id=viewers["enterprise"].user_id,
        organisation_pk=viewers["enterprise"].organisation_pk,
        organisation_id=viewers["enterprise"].organisation_id,
        label=f"ERP ({key.prefix})",
        by_key=True,
    )


def test_nothing_stored_reveals_the_key(viewers: dict[str, Viewer]) -> None:
    key, token = create_key(viewer=viewers["enterprise"], name="ERP")
    secret = token.split("_", 2)[2]  # a secret may hold "_" itself
    stored = str(list(ApiKey.objects.filter(pk=key.pk).values()))
    stored += str(list(AuditEntry.objects.values()))
    assert secret not in stored
    assert token.startswith(f"silian_{key.prefix}_")
    assert len(key.secret_hash) == 64


@pytest.mark.parametrize("broken", ["", "silian_", "silian_000000000000_x", "nonsense", "silian"])
def test_an_unknown_key_is_nobody(broken: str, viewers: dict[str, Viewer]) -> None:
    create_key(viewer=viewers["enterprise"], name="ERP")
    assert viewer_of_key(broken) is None


def test_the_right_prefix_with_a_wrong_secret_is_nobody(viewers: dict[str, Viewer]) -> None:
    key, token = create_key(viewer=viewers["enterprise"], name="ERP")
    assert viewer_of_key(f"silian_{key.prefix}_{'A' * 43}") is None
    assert viewer_of_key(token + "x") is None


def test_a_revoked_key_stops_at_once_and_leaves_a_trail(viewers: dict[str, Viewer]) -> None:
    key, token = create_key(viewer=viewers["enterprise"], name="ERP")
    revoke_key(key, viewer=viewers["enterprise"])
    revoke_key(key, viewer=viewers["enterprise"])
    assert viewer_of_key(token) is None
    trail = AuditEntry.objects.filter(subject=key.prefix).values_list("action", flat=True)
    assert list(trail) == ["api_key.revoke", "api_key.create"]


def test_a_member_can_give_no_more_than_they_have(
    viewers: dict[str, Viewer], organisations: dict[str, Organisation]
) -> None:
    with pytest.raises(RoleTooWide):
        create_key(viewer=viewers["enterprise"], name="x", role="operator")
    with pytest.raises(RoleTooWide):
        create_key(viewer=viewers["enterprise"], name="x", organisation=organisations["other"])
    with pytest.raises(AccessDenied):
        create_key(viewer=viewers["viewer"], name="x")
    with pytest.raises(KeyRefused):
        create_key(viewer=viewers["enterprise"], name="  ")
    key, _ = create_key(viewer=viewers["enterprise"], name="只读", role="viewer")
    assert key.role == "viewer"


def test_the_operator_gives_any_role_to_any_organisation(
    organisations: dict[str, Organisation],
) -> None:
    key, token = create_key(
        viewer=SYSTEM, name="接入", role="research", organisation=organisations["other"]
    )
    viewer = viewer_of_key(token)
    assert viewer is not None
    assert (viewer.role, viewer.organisation_pk) == ("research", organisations["other"].pk)
    assert key.created_by is None


def test_a_key_falls_with_its_maker(
    viewers: dict[str, Viewer], users: dict[str, User], organisations: dict[str, Organisation]
) -> None:
    _, token = create_key(viewer=viewers["enterprise"], name="ERP")
    for change in (
        {"role": "viewer", "organisation": organisations["enterprise"]},
        {"role": "enterprise", "organisation": organisations["other"]},
        {"role": "enterprise", "organisation": organisations["enterprise"], "is_active": False},
    ):
        change_user(users["enterprise"], viewer=SYSTEM, **change)
        assert viewer_of_key(token) is None, change
    change_user(
        users["enterprise"],
        viewer=SYSTEM,
        role="enterprise",
        organisation=organisations["enterprise"],
    )
    assert viewer_of_key(token) is not None


def test_the_time_of_use_is_written_at_most_once_a_minute(
    viewers: dict[str, Viewer], django_assert_num_queries: object
) -> None:
    key, token = create_key(viewer=viewers["enterprise"], name="ERP")
    viewer_of_key(token)
    first = ApiKey.objects.get(pk=key.pk).last_used_at
    with django_assert_num_queries(1):  # the look-up, and no write
        viewer_of_key(token)
    assert ApiKey.objects.get(pk=key.pk).last_used_at == first
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=timezone.now() - timedelta(seconds=61))
    viewer_of_key(token)
    assert ApiKey.objects.get(pk=key.pk).last_used_at >= first


def test_members_see_and_revoke_keys_of_their_organisation_only(
    viewers: dict[str, Viewer],
) -> None:
    mine, _ = create_key(viewer=viewers["enterprise"], name="mine")
    theirs, token = create_key(viewer=viewers["research"], name="theirs")
    assert list(keys_of(viewers["enterprise"])) == [mine]
    assert set(keys_of(viewers["operator"])) == {mine, theirs}
    with pytest.raises(AccessDenied):
        revoke_key(theirs, viewer=viewers["enterprise"])
    assert viewer_of_key(token) is not None


def test_who_is_nobody_in_particular_owns_no_key(viewers: dict[str, Viewer]) -> None:
    create_key(viewer=SYSTEM, name="of nobody")
    nobody = Viewer(role="enterprise", label="a key without user and organisation")
    assert list(keys_of(nobody)) == []
