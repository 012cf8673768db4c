"""What a web process makes ready before its first reader."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from silian.cli.web_worker import warm_up

pytestmark = pytest.mark.django_db


def test_a_new_home_is_made_ready(client: Client) -> None:
    assert warm_up() == []
    assert client.get("/map/").status_code == 200


def test_what_cannot_be_made_ready_keeps_nothing_else_from_it(
    settings: Any, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (home / "no-folder").write_text("a file stands where the index should")
    settings.INDEX_DIRECTORY = home / "no-folder"
    with caplog.at_level("INFO", logger="silian.cli.web_worker"):
        assert warm_up() == ["index"]
    assert caplog.messages == ["the index could not be made ready"]
