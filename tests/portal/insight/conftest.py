"""A small city whose graph and chains are asked about."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graph_city import City, forget_graph, make_city

from silian.portal.registry.models import Organisation, Register


@pytest.fixture
def city(
    settings: Any, tmp_path: Path, register: Register, organisations: dict[str, Organisation]
) -> Iterator[City]:
    """In a folder of its own; its graph is not built yet."""
    settings.SILIAN_HOME = tmp_path
    yield make_city(register, organisations)
    forget_graph()
