"""Days as programs send them."""

import pytest
from django.test import Client


@pytest.mark.django_db
@pytest.mark.parametrize("day", ["-1.4e-174", "0", "20260131", "2026-02-30", "2026-01-31T00:00:00"])
def test_only_a_written_day_is_a_day(client: Client, day: str) -> None:
    answer = client.get("/api/v1/policies", {"as_of": day})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].endswith("as_of")
