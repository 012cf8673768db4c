"""``silian portrait``: by id, code or name, as a table, JSON or a file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from silian.portal.registry.models import Organisation, Person, Register

pytestmark = pytest.mark.django_db
Silian = Callable[..., Any]


@pytest.fixture(autouse=True)
def people(db: None) -> list[Person]:
    register = Register.objects.create(code="test-register", name="测试登记库")
    house = Organisation.objects.create(
        register=register, source_key="h", name="东海大学", organisation_kind="university"
    )
    return [
        Person.objects.create(
            register=register,
            source_key=key,
            name=name,
            organisation=house,
            expertise=["永磁材料"],
        )
        for key, name in (("1", "李工"), ("2", "王工"), ("3", "王工"))
    ]


def test_a_portrait_is_told_as_json_and_as_a_table(silian: Silian, people: list[Person]) -> None:
    told = silian("portrait", "李工", "--json").json()
    assert told["record_id"] == people[0].public_id
    assert "expertise:永磁材料" in {tag["key"] for tag in told["tags"]}
    table = silian("portrait", people[0].public_id)
    assert table.code == 0
    assert "永磁材料" in table.out
    assert silian("portrait", "东海大学", "--english").code == 0


def test_files_are_written(silian: Silian, tmp_path: Path) -> None:
    pdf, html = tmp_path / "a.pdf", tmp_path / "a.html"
    assert silian("portrait", "李工", "--pdf", pdf, "--html", html).code == 0
    assert pdf.read_bytes().startswith(b"%PDF-")
    assert "永磁材料" in html.read_text("utf-8")


def test_a_name_that_several_have_is_asked_for_by_id(silian: Silian, people: list[Person]) -> None:
    answer = silian("portrait", "王工")
    assert answer.code == 1
    assert people[1].public_id in answer.err
    assert silian("portrait", "没有此人").code == 1
