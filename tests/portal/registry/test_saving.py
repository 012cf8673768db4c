"""What the register says and what people edit here, one after the other."""

import threading
import time
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.industry.models import ServiceAgencyYear
from silian.portal.innovation.models import Achievement
from silian.portal.registry.domain.own import change_own
from silian.portal.registry.domain.upsert import save_record

HEADINGS = "source_key,title,summary,price_cny\n"
ROW = "A1,耐高温永磁材料,晶界扩散,800000\n"


@pytest.fixture
def achievement(load: Any) -> Achievement:
    load(HEADINGS + ROW, "template:achievement")
    return Achievement.objects.get()


def test_an_unchanged_row_leaves_what_was_edited_here(load: Any, achievement: Achievement) -> None:
    edits = {"price_cny": "500000", "summary": "", "keywords": ["永磁"]}
    assert change_own(achievement, edits, viewer=SYSTEM).status == "changed"

    job = load(HEADINGS + ROW, "template:achievement")

    achievement.refresh_from_db()
    assert (job.changed_count, job.unchanged_count) == (0, 1)
    assert achievement.price_cny == Decimal(500_000)
    assert (achievement.summary, achievement.keywords) == ("", ["永磁"])


def test_a_row_that_the_register_changed_has_the_last_word(
    load: Any, achievement: Achievement
) -> None:
    change_own(achievement, {"price_cny": "500000", "keywords": ["永磁"]}, viewer=SYSTEM)

    job = load(HEADINGS + ROW.replace("800000", "900000"), "template:achievement")

    achievement.refresh_from_db()
    assert (job.changed_count, achievement.price_cny) == (1, Decimal(900_000))
    # A column that the register doesn't have stays as it was edited.
    assert achievement.keywords == ["永磁"]


def test_the_same_edit_twice_changes_nothing(achievement: Achievement) -> None:
    edit = {"price_cny": "500000"}
    assert change_own(achievement, edit, viewer=SYSTEM).status == "changed"
    achievement.refresh_from_db()
    assert change_own(achievement, edit, viewer=SYSTEM).status == "unchanged"
    assert achievement.history.count() == 2


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_two_edits_at_once_both_stay() -> None:
    def save(**values: str) -> None:
        save_record("achievement", {"title": "永磁材料", **values}, register_code="city",
                    source_key="A1", viewer=SYSTEM)  # fmt: skip

    def save_meanwhile() -> None:
        try:
            save(summary="晶界扩散")
        finally:
            connection.close()

    save(price_cny="800000")
    other = threading.Thread(target=save_meanwhile)
    with transaction.atomic():
        save(price_cny="500000")
        other.start()
        time.sleep(1.0)
    other.join()
    kept = Achievement.objects.get()
    assert (kept.price_cny, kept.summary) == (Decimal(500_000), "晶界扩散")


def test_years_of_many_subjects_take_as_many_queries_as_those_of_one(load: Any) -> None:
    owners = "".join(f"O{n},东海科技{n}号服务公司\n" for n in range(4))
    load(f"source_key,name\n{owners}", "template:organisation")
    agencies = "".join(f"A{n},东海技术转移{n}号,O{n}\n" for n in range(4))
    load(f"source_key,name,organisation_key\n{agencies}", "template:service_agency")
    counts = []
    for first, last in ((0, 1), (1, 4)):
        rows = "".join(
            f"Y{n},A{n},,2025,{n}\n" if n % 2 else f"Y{n},,东海技术转移{n}号,2025,{n}\n"
            for n in range(first, last)
        )
        heading = "source_key,subject_key,subject_name,year,full_time_staff_count\n"
        with CaptureQueriesContext(connection) as queries:
            load(heading + rows, "template:service_agency_year", name=f"{first}.csv")
        counts.append(sum("innovation_serviceagency" in one["sql"] for one in queries))

    years = ServiceAgencyYear.objects.order_by("source_key")
    assert list(years.values_list("subject__source_key", "organisation__source_key")) == [
        (f"A{n}", f"O{n}") for n in range(4)
    ]
    # One by name; of three rows one more query, since they are named in both ways.
    assert counts == [1, 2]
