"""What the settings read from outside: the database address and the secret key."""

import errno
import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from silian.errors import EngineError


class HomeUnusable(EngineError, OSError):
    """The data folder can't be made, or not be written into."""

    code = "home_unusable"

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"The data folder {path} can't be written ({why}). Set SILIAN_HOME to a folder where "
            "this user may write."
        )
        self.message_zh = (
            f"数据文件夹 {path} 无法写入（{why}）。请把 SILIAN_HOME 设为当前用户可写的文件夹。"
        )


def data_folder(told: str | None) -> Path:
    """The data folder of ``SILIAN_HOME``, or ``~/.silian``; made where it isn't yet.

    Raises
    ------
    HomeUnusable
        If it can't be, or there is no key in it and none can be written.
    """
    home = Path(told or Path.home() / ".silian").expanduser().absolute()
    try:
        home = home.resolve()
        home.mkdir(parents=True, exist_ok=True)
        if not (os.access(home, os.W_OK | os.X_OK) or (home / "secret_key").exists()):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except (OSError, RuntimeError) as error:  # a ring of links is a RuntimeError
        raise HomeUnusable(home, getattr(error, "strerror", None) or str(error)) from error
    return home


def database_from_url(url: str | None, home: Path) -> dict[str, Any]:
    """Django database settings from ``SILIAN_DATABASE_URL``.

    Parameters
    ----------
    url
        ``None`` or empty for SQLite in ``home``; ``sqlite:///path`` or
        ``postgresql://user:password@host:port/name?option=value``.
    home
        Data folder.

    Raises
    ------
    ImproperlyConfigured
        If the scheme is neither of the two.

    Examples
    --------
    >>> database_from_url("postgresql://silian@localhost:5433/city", Path("."))["NAME"]
    'city'
    """
    if not url:
        return _sqlite(home / "silian.sqlite3")
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return _sqlite(Path(unquote(parts.path.removeprefix("/") or ":memory:")))
    if parts.scheme in {"postgres", "postgresql"}:
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(parts.hostname or ""),
            "PORT": str(parts.port or ""),
            "OPTIONS": dict(parse_qsl(parts.query)),
            "CONN_MAX_AGE": 60,
        }
    raise ImproperlyConfigured(
        f"SILIAN_DATABASE_URL starts with {parts.scheme!r}; expected sqlite:///path or "
        "postgresql://user:password@host:port/name."
    )


def _sqlite(path: Path) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "OPTIONS": {
            # Writers queue instead of failing, and readers never wait for them.
            "transaction_mode": "IMMEDIATE",
            "timeout": 60,
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
                "PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=268435456;"
            ),
        },
    }


def secret_key(home: Path) -> str:
    """Secret key of this installation, made on first use and readable by its owner only."""
    path = home / "secret_key"
    if not path.exists():
        try:
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:  # another process was faster
            return path.read_text(encoding="ascii")
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(50))
    return path.read_text(encoding="ascii")
