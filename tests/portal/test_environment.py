"""The database address and the secret key come from outside, or are refused clearly."""

import stat
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from silian.portal.environment import HomeUnusable, data_folder, database_from_url, secret_key


def test_no_url_means_sqlite_in_the_data_folder(tmp_path: Path) -> None:
    assert database_from_url(None, tmp_path)["NAME"] == str(tmp_path / "silian.sqlite3")


def test_postgresql_url_is_taken_apart_and_unquoted(tmp_path: Path) -> None:
    settings = database_from_url("postgresql://a%40b:p%2Fw@db:5433/city?sslmode=require", tmp_path)
    assert {key: settings[key] for key in ("USER", "PASSWORD", "HOST", "PORT", "NAME")} == {
        "USER": "a@b",
        "PASSWORD": "p/w",
        "HOST": "db",
        "PORT": "5433",
        "NAME": "city",
    }
    assert settings["OPTIONS"] == {"sslmode": "require"}


def test_other_database_is_refused_with_the_allowed_forms(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="expected sqlite"):
        database_from_url("mysql://x/y", tmp_path)


def test_secret_key_is_made_once_and_private(tmp_path: Path) -> None:
    key = secret_key(tmp_path)
    assert len(key) >= 50
    assert secret_key(tmp_path) == key
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


def test_the_data_folder_is_made(tmp_path: Path) -> None:
    assert data_folder(str(tmp_path / "a" / "b")) == (tmp_path / "a" / "b").resolve()
    assert (tmp_path / "a" / "b").is_dir()


def test_a_data_folder_that_cannot_be_written_is_told_by_its_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HomeUnusable) as refused:
        data_folder(str(tmp_path / "file" / "home"))
    assert "SILIAN_HOME" in str(refused.value)
    assert "SILIAN_HOME" in refused.value.message_zh
    assert str(tmp_path / "file" / "home") in refused.value.message_zh
