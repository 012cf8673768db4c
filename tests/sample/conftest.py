import pytest

from silian.sample import City, generate_city


@pytest.fixture(scope="session")
def city() -> City:
    return generate_city("small", seed=7)


@pytest.fixture(scope="session")
def tables(city: City) -> dict[str, list[dict]]:
    return {kind: list(city.rows(kind)) for kind in city.kinds}
