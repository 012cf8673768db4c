"""An index of its own for each test, and a need with supply of several kinds."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from silian.portal.industry.models import Need
from silian.portal.innovation.models import Achievement, Contribution, Facility, Patent
from silian.portal.registry.models import Organisation, Person, Region, Register

SUPPORT = Path(__file__).resolve().parents[2] / "support"


@pytest.fixture(autouse=True)
def index(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A fresh SILIAN_HOME for the index and a quick embedder."""
    from silian.portal.exchange.domain.index import forget_opened

    monkeypatch.syspath_prepend(str(SUPPORT))
    settings.SILIAN_HOME = tmp_path
    settings.INDEX_DIRECTORY = tmp_path / "index"
    settings.EMBEDDER = "light_embedder:make"
    forget_opened()
    yield tmp_path / "index"
    forget_opened()
    sys.modules.pop("light_embedder", None)


@dataclass
class City:
    """What the tests talk about."""

    region: Region
    enterprise: Organisation
    university: Organisation
    need: Need
    achievement: Achievement
    own_achievement: Achievement
    patent: Patent
    facility: Facility
    person: Person


@pytest.fixture
def city(
    register: Register,
    organisations: dict[str, Organisation],
    make_need: Callable[..., Need],
    make_achievement: Callable[..., Achievement],
) -> City:
    region = Region.objects.create(
        register=register,
        source_key="330203",
        adcode="330203",
        name="海曙",
        level="district",
        centre_longitude_degrees=121.55,
        centre_latitude_degrees=29.87,
    )
    university, enterprise = organisations["research"], organisations["enterprise"]
    university.region = region
    university.save()
    achievement = make_achievement(
        "A1",
        title="耐高温钕铁硼永磁材料",
        keywords=["永磁材料", "矫顽力"],
        readiness_level=6,
        price_cny=800_000,
    )
    person = Person.objects.create(
        register=register,
        source_key="P1",
        name="林知远",
        title="教授",
        organisation=university,
        owner=university,
        expertise=["稀土永磁"],
        biography="长期研究稀土永磁材料。",
    )
    Contribution.objects.create(person=person, subject_id=achievement.public_id, role="author")
    return City(
        region=region,
        enterprise=enterprise,
        university=university,
        need=make_need("N1", title="耐高温永磁材料", budget_cny=1_000_000, readiness_target=6),
        achievement=achievement,
        own_achievement=make_achievement("A2", owner="enterprise", title="耐高温永磁材料老产线"),
        patent=Patent.objects.create(
            register=register,
            source_key="Z1",
            title="一种永磁材料晶界扩散方法",
            abstract="提高矫顽力。",
            organisation=university,
            owner=university,
        ),
        facility=Facility.objects.create(
            register=register,
            source_key="F1",
            name="磁性材料测试平台",
            facility_kind="instrument",
            techniques=["永磁材料测试"],
            organisation=university,
            owner=university,
        ),
        person=person,
    )
