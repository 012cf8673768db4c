"""A small region that the portal's tests share: three organisations, one user of each role."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import translation
from firm_years import make_firms

from silian.portal.accounts.domain.access import SYSTEM, Viewer, viewer_of_user
from silian.portal.accounts.domain.users import create_user
from silian.portal.accounts.models import User
from silian.portal.exchange.domain.index import forget_opened
from silian.portal.exchange.domain.outbox import drain
from silian.portal.industry.models import Need
from silian.portal.innovation.models import Achievement
from silian.portal.registry.models import Organisation, Register

PASSWORD = "a-long-Passphrase-7"
ROLES = ("operator", "adviser", "enterprise", "research", "viewer")


@pytest.fixture(autouse=True)
def _fresh(settings: Any) -> None:
    """Nothing leaks from test to test: rate limits, refusals, the language of the last request.

    Passwords are slow to hash on purpose.
    """
    cache.clear()
    translation.activate(settings.LANGUAGE_CODE)
    settings.CITY_SECONDS = 0  # tests ask right after they write
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def register(db: None) -> Register:
    return Register.objects.create(code="test-register", name="测试登记库")


@pytest.fixture
def make_organisation(register: Register) -> Callable[..., Organisation]:
    def make(name: str, kind: str = "enterprise", **values: Any) -> Organisation:
        return Organisation.objects.create(
            register=register, source_key=name, name=name, organisation_kind=kind, **values
        )

    return make


@pytest.fixture
def organisations(make_organisation: Callable[..., Organisation]) -> dict[str, Organisation]:
    """Organisation by the role that speaks for it; ``other`` belongs to nobody here."""
    return {
        "enterprise": make_organisation("东海磁材有限公司"),
        "research": make_organisation("东海大学", "university"),
        "other": make_organisation("西山机电有限公司"),
    }


@pytest.fixture
def users(organisations: dict[str, Organisation]) -> dict[str, User]:
    return {
        role: create_user(
            viewer=SYSTEM,
            username=role,
            password=PASSWORD,
            role=role,
            organisation=organisations.get(role),
        )
        for role in ROLES
    }


@pytest.fixture
def viewers(users: dict[str, User]) -> dict[str, Viewer]:
    return {role: viewer_of_user(user) for role, user in users.items()}


@pytest.fixture
def make_need(register: Register, organisations: dict[str, Organisation]) -> Callable[..., Need]:
    def make(key: str, owner: str = "enterprise", **values: Any) -> Need:
        defaults = {"title": f"需求 {key}", "text": "驱动电机工作温度达 180 ℃，需耐高温永磁材料。"}
        return Need.objects.create(
            register=register,
            source_key=key,
            owner=organisations[owner],
            organisation=organisations[owner],
            **(defaults | values),
        )

    return make


@pytest.fixture
def make_achievement(
    register: Register, organisations: dict[str, Organisation]
) -> Callable[..., Achievement]:
    def make(key: str, owner: str = "research", **values: Any) -> Achievement:
        defaults = {"title": f"成果 {key}", "summary": "高矫顽力烧结钕铁硼永磁材料制备方法。"}
        return Achievement.objects.create(
            register=register,
            source_key=key,
            owner=organisations[owner],
            organisation=organisations[owner],
            **(defaults | values),
        )

    return make


@pytest.fixture
def index(settings: Any, tmp_path: Path, db: None) -> Iterator[Callable[[], int]]:
    """An empty index over words; calling it brings everything saved so far into it."""
    forget_opened()
    settings.INDEX_DIRECTORY = tmp_path / "index"
    settings.EMBEDDER = "none"
    yield drain
    forget_opened()


@pytest.fixture
def firms(
    settings: Any, tmp_path: Path, register: Register, organisations: dict[str, Organisation]
) -> list[Organisation]:
    """Twelve enterprises of one trade with three years of facts; the first two are known ones."""
    settings.SILIAN_HOME = tmp_path
    return make_firms(register, [organisations["enterprise"], organisations["other"]])
