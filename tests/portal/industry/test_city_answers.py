"""Answers about the city are kept while what they rest on stays as it is, and no longer."""

import threading
from datetime import date
from typing import Any

import pytest

from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.industry.domain import scores
from silian.portal.industry.domain.city_answers import KeptAnswers, city_stamp, city_version
from silian.portal.industry.domain.city_lists import entitled_list, policy_counts
from silian.portal.industry.domain.entitlement import entitlement_of
from silian.portal.registry.domain.upsert import save_record
from silian.portal.registry.models import Organisation

DAY = date(2026, 3, 2)
POLICY = "technology_sme"


@pytest.mark.django_db
def test_the_same_question_is_worked_out_once(
    firms: list[Organisation], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = policy_counts(as_of=DAY)
    assert policy_counts(as_of=DAY) is first
    settings.CITY_SECONDS = 300
    version, stamp = city_version(), city_stamp()
    counted = entitled_list(POLICY, as_of=DAY).entitled_count
    year = firms[11].years.get(year=2025)
    year.facts["employee_count"] = 100_000
    year.save()
    assert city_version() == version
    assert entitled_list(POLICY, as_of=DAY).entitled_count == counted
    own = entitlement_of(firms[11], as_of=DAY).answer(POLICY)
    assert own is not None
    assert own.entitlement == "not_entitled"  # an enterprise's own answers follow at once
    settings.CITY_SECONDS = 0
    assert city_version() != version
    assert entitled_list(POLICY, as_of=DAY).entitled_count == counted - 1
    paid = {"organisation_key": firms[0].public_id, "policy_id": POLICY, "year": 2024}
    stamp = city_stamp()
    save_record("grant", paid | {"amount_cny": 5}, register_code="f", source_key="g", viewer=SYSTEM)
    assert city_stamp() != stamp


@pytest.mark.django_db
def test_one_table_of_scores_serves_every_day_of_a_version(firms: list[Organisation]) -> None:
    one, other = (
        scores.city_scores("technology_sme_points", as_of=day, year=2025)
        for day in (DAY, date(2026, 5, 2))
    )
    assert one is other


def test_the_answer_not_asked_for_longest_goes() -> None:
    answers, made = KeptAnswers(most=2), []

    def make(key: str) -> str:
        made.append(key)
        return key.upper()

    for key in "abacab":
        assert answers.get(key, lambda key=key: make(key)) == key.upper()
    assert made == ["a", "b", "c", "b"]


def test_what_fails_is_tried_again_and_two_at_once_share_one_answer() -> None:
    answers = KeptAnswers(most=2)
    with pytest.raises(ZeroDivisionError):
        answers.get("a", lambda: 1 / 0)
    begun, go_on, found = threading.Event(), threading.Event(), []

    def slow() -> object:
        begun.set()
        go_on.wait(30)
        return object()

    threads = [threading.Thread(target=lambda: found.append(answers.get("a", slow)))]
    threads[0].start()
    begun.wait(30)
    threads.append(threading.Thread(target=lambda: found.append(answers.get("a", object))))
    threads[1].start()
    go_on.set()
    for thread in threads:
        thread.join(30)
    assert found[0] is found[1]
