"""Numbers in addresses and forms that are none."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from silian.portal.accounts.models import User
from silian.portal.addresses import whole_number
from silian.portal.industry.models import Need
from silian.portal.innovation.models import Achievement
from silian.portal.registry.models import ImportJob

ODD = ("²", "٣", "-1", "1.5", "", "x", "9" * 5_000)


@pytest.mark.parametrize("text", ODD)
def test_what_is_no_number_is_the_other_one(text: str) -> None:
    assert whole_number(text, 7) == 7


def test_a_number_is_itself() -> None:
    assert [whole_number(text, 7) for text in ("0", "12", "007", "999999999")] == [
        0,
        12,
        7,
        999_999_999,
    ]


@pytest.mark.parametrize("odd", ODD)
def test_pages_answer_odd_numbers(
    odd: str, client: Client, users: dict[str, User], index: Any
) -> None:
    client.force_login(users["operator"])
    job = ImportJob.objects.create(file_name="x.csv", state="done")
    assert client.get("/search/", {"q": "永磁", "page": odd}).status_code == 200
    assert client.get("/needs/", {"page": odd}).status_code == 200
    assert client.get(f"/imports/{job.public_id}/", {"q": odd, "page": odd}).status_code == 200
    assert client.post("/account/keys/", {"revoke": odd}).status_code in {200, 404, 422}
    assert client.post("/account/users/", {"user": odd}).status_code in {200, 404, 422}


@pytest.mark.parametrize("amount", ["1e999999", "1e-999999", "NaN", "-Infinity", "9" * 5_000, "²"])
def test_amounts_beyond_reason_are_refused_and_never_an_error(
    amount: str,
    client: Client,
    users: dict[str, User],
    make_need: Callable[..., Need],
    make_achievement: Callable[..., Achievement],
    index: Any,
) -> None:
    need, supply = make_need("n"), make_achievement("a")
    client.force_login(users["enterprise"])
    path = f"/needs/{need.public_id}/outcomes/{supply.public_id}/"
    posted = {"action": "signed", "amount_wan": amount}
    answer = client.post(path, posted, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    form = {"title": "t", "text": "x", "budget_cny": amount}
    assert client.post("/needs/clarity/", form).status_code == 200
