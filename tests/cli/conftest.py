"""Commands run in this process over the test database and an index of their own."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from graph_city import City, forget_graph, make_city
from typer.testing import CliRunner

from silian.cli.application import app
from silian.portal.industry.models import Need
from silian.portal.innovation.models import Achievement
from silian.portal.registry.models import Organisation, Register

SUPPORT = Path(__file__).resolve().parents[1] / "support"


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    from silian.portal.exchange.domain.index import forget_opened

    monkeypatch.syspath_prepend(str(SUPPORT))
    monkeypatch.setenv("SILIAN_NO_INPUT", "1")
    settings.SILIAN_HOME = tmp_path
    settings.INDEX_DIRECTORY = tmp_path / "index"
    settings.UPLOAD_DIRECTORY = tmp_path / "uploads"
    settings.EMBEDDER = "light_embedder:make"
    forget_opened()
    yield tmp_path
    forget_opened()
    sys.modules.pop("light_embedder", None)


@pytest.fixture
def city(db: None) -> Iterator[City]:
    """The small city of people, firms and works that graph commands are asked about."""
    register = Register.objects.create(code="test-register", name="测试登记库")
    names = {"enterprise": "东海磁材有限公司", "research": "东海大学", "other": "西山机电有限公司"}
    organisations = {
        role: Organisation.objects.create(register=register, source_key=name, name=name)
        for role, name in names.items()
    }
    yield make_city(register, organisations)
    forget_graph()


class Answer:
    """What a command printed, and its exit code."""

    def __init__(self, result: Any) -> None:
        self.code: int = result.exit_code
        self.out: str = result.stdout
        self.err: str = result.stderr
        self.error: BaseException | None = result.exception

    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def silian() -> Callable[..., Answer]:
    """Run a command; an error that is no message fails the test."""

    def run(*arguments: str | Path) -> Answer:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Answer(result)

    return run


@pytest.fixture
def need(db: None) -> Need:
    """A need, an achievement that meets it and a facility that does not; not indexed yet."""
    register = Register.objects.create(code="test-register", name="测试登记库")
    university = Organisation.objects.create(
        register=register, source_key="U", name="东海大学", organisation_kind="university"
    )
    enterprise = Organisation.objects.create(
        register=register, source_key="E", name="东海磁材有限公司", organisation_kind="enterprise"
    )
    for number in range(3):
        Achievement.objects.create(
            register=register,
            source_key=f"A{number}",
            title=f"耐高温永磁材料第{number}代",
            organisation=university,
        )
    return Need.objects.create(
        register=register,
        source_key="N",
        title="耐高温永磁材料",
        text="用于新能源汽车电机，需长期工作于 180 ℃。",
        organisation=enterprise,
    )
