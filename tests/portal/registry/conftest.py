"""Import jobs over files written for the test."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from silian.portal.registry.domain.intake import create_job, run_job
from silian.portal.registry.models import ImportJob

Load = Callable[..., ImportJob]


@pytest.fixture
def load(tmp_path: Path, db: None) -> Load:
    """Write a file, import it, give the finished job."""

    def run(content: str | bytes, mapping: str, name: str = "rows.csv", **how: Any) -> ImportJob:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        how.setdefault("register_code", "city")
        return run_job(create_job(path, mapping, **how).pk)

    return run
