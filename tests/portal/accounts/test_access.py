"""Who sees and may do what, from one table."""

from collections.abc import Callable

import pytest

from silian.portal.accounts.domain.access import (
    ANONYMOUS_VIEWER,
    SYSTEM,
    AccessDenied,
    Viewer,
    allowed,
    require,
    sees,
    visible,
)
from silian.portal.accounts.domain.permissions import ROLES, ROUTE_ACTIONS, TABLE, WRITE_ACTIONS
from silian.portal.accounts.domain.refusals import (
    NotYourRecord,
    RoleNotAllowed,
    SignInRequired,
)
from silian.portal.catalogue import KINDS
from silian.portal.exchange.models import Match, Outcome, SavedFilter
from silian.portal.industry.models import Need
from silian.portal.registry.models import Organisation

pytestmark = pytest.mark.django_db


def test_every_action_names_known_roles_and_both_labels() -> None:
    for permission in TABLE.values():
        assert permission.roles <= set(ROLES), permission
        assert permission.own_records_only <= permission.roles, permission
        assert permission.label_zh, permission
        assert permission.label_en.isascii(), permission


def test_every_route_names_a_known_action() -> None:
    assert set(ROUTE_ACTIONS.values()) <= set(TABLE)


def test_every_kind_of_record_has_a_writing_action() -> None:
    assert set(WRITE_ACTIONS) == set(KINDS)
    assert set(WRITE_ACTIONS.values()) <= set(TABLE)


def test_the_operator_may_do_everything() -> None:
    assert [action for action in TABLE if not allowed(SYSTEM, action)] == []


def test_anonymous_readers_may_only_look_at_what_is_public() -> None:
    assert {action for action in TABLE if allowed(ANONYMOUS_VIEWER, action)} == {
        "site.home",
        "site.language",
        "session.sign_in",
        "search",
        "record.read",
        "policy.read",
        "chain.read",
        "graph.read",
        "map.read",
        "portrait.read",
    }


def test_a_misspelt_action_is_an_error_and_not_a_refusal() -> None:
    with pytest.raises(KeyError):
        allowed(SYSTEM, "need.wirte")


@pytest.fixture
def needs(make_need: Callable[..., Need]) -> dict[str, Need]:
    return {
        "public": make_need("public"),
        "members": make_need("members", audience="members"),
        "owner": make_need("owner", audience="owner"),
        "draft": make_need("draft", status="draft"),
        "other_public": make_need("other-public", owner="other"),
        "other_owner": make_need("other-owner", owner="other", audience="owner"),
        "other_draft": make_need("other-draft", owner="other", status="draft"),
    }


SEEN_NEEDS = {
    "anonymous": {"public", "other_public"},
    "viewer": {"public", "members", "other_public"},
    "research": {"public", "members", "other_public"},
    "adviser": {"public", "members", "other_public"},
    "enterprise": {"public", "members", "owner", "draft", "other_public"},
    "operator": {
        "public",
        "members",
        "owner",
        "draft",
        "other_public",
        "other_owner",
        "other_draft",
    },
}


@pytest.mark.parametrize("role", SEEN_NEEDS)
def test_records_are_seen_by_audience_and_by_their_owner(
    role: str, needs: dict[str, Need], viewers: dict[str, Viewer]
) -> None:
    viewer = viewers.get(role, ANONYMOUS_VIEWER)
    shown = set(visible(Need.objects.all(), viewer).values_list("pk", flat=True))
    assert {name for name, need in needs.items() if need.pk in shown} == SEEN_NEEDS[role]


@pytest.mark.parametrize("role", SEEN_NEEDS)
def test_one_record_is_seen_exactly_where_the_list_shows_it(
    role: str, needs: dict[str, Need], viewers: dict[str, Viewer]
) -> None:
    viewer = viewers.get(role, ANONYMOUS_VIEWER)
    assert {name for name, need in needs.items() if sees(viewer, need)} == SEEN_NEEDS[role]
    readable = {name for name, need in needs.items() if allowed(viewer, "record.read", need)}
    assert readable == SEEN_NEEDS[role]


def test_an_organisation_sees_its_own_record_whoever_owns_it(
    viewers: dict[str, Viewer], organisations: dict[str, Organisation]
) -> None:
    own = organisations["enterprise"]
    Organisation.objects.filter(pk=own.pk).update(audience="owner")
    assert own in visible(Organisation.objects.all(), viewers["enterprise"])
    assert own not in visible(Organisation.objects.all(), viewers["research"])


def test_a_member_writes_own_needs_only(needs: dict[str, Need], viewers: dict[str, Viewer]) -> None:
    enterprise = viewers["enterprise"]
    writable = {name for name, need in needs.items() if allowed(enterprise, "need.write", need)}
    assert writable == {"public", "members", "owner", "draft"}


def test_an_account_without_organisation_owns_nothing(
    needs: dict[str, Need], viewers: dict[str, Viewer], make_need: Callable[..., Need]
) -> None:
    homeless = Viewer(role="enterprise", user_id=99, label="homeless")
    ownerless = make_need("ownerless")
    Need.objects.filter(pk=ownerless.pk).update(owner=None)
    ownerless.refresh_from_db()
    assert not allowed(homeless, "need.write", ownerless)
    assert not any(allowed(homeless, "need.write", need) for need in needs.values())


def test_a_match_belongs_to_the_owners_of_its_need_and_of_its_supply(
    needs: dict[str, Need], viewers: dict[str, Viewer], make_achievement: Callable[..., object]
) -> None:
    supply = make_achievement("a")
    match = Match.objects.create(
        need=needs["public"], supply_kind="achievement", supply_id=supply.public_id
    )
    outcome = Outcome.objects.create(match=match, action="contacted")
    for thing in (match, outcome):
        deciders = {r for r, v in viewers.items() if allowed(v, "match.decide", thing)}
        assert deciders == {"operator", "enterprise", "research"}
    foreign = Match.objects.create(
        need=needs["other_public"], supply_kind="achievement", supply_id="ach-aaaaaaaaaaaaaaaa"
    )
    deciders = {r for r, v in viewers.items() if allowed(v, "match.decide", foreign)}
    assert deciders == {"operator"}


def test_a_saved_filter_belongs_to_its_user(viewers: dict[str, Viewer], users: dict) -> None:
    mine = SavedFilter.objects.create(user=users["viewer"], name="a", list_name="needs")
    owners = {r for r, v in viewers.items() if allowed(v, "filter.manage", mine)}
    assert owners == {"viewer", "operator"}


def test_a_refusal_says_what_was_asked_and_who_may(
    needs: dict[str, Need], viewers: dict[str, Viewer]
) -> None:
    with pytest.raises(SignInRequired) as unknown:
        require(ANONYMOUS_VIEWER, "need.write")
    assert unknown.value.code == "sign_in_required"
    assert "enterprise, operator" in unknown.value.message_en
    with pytest.raises(RoleNotAllowed) as role:
        require(viewers["viewer"], "need.write")
    assert role.value.message_zh == (
        "“发布与修改需求”不对“访客”开放，可用角色：企业、运营方。如需使用，请运营方调整角色。"
    )
    with pytest.raises(NotYourRecord) as other:
        require(viewers["enterprise"], "need.write", needs["other_public"])
    assert "another" in str(other.value)
    assert isinstance(other.value, PermissionError)
    assert issubclass(NotYourRecord, AccessDenied)
