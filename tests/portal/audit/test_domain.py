"""The trail: what is written, what is undone with its transaction, and who may read it."""

import pytest
from django.db import transaction

from silian.portal.accounts.domain.access import SYSTEM, AccessDenied, Viewer
from silian.portal.accounts.models import User
from silian.portal.audit.domain import ACTION_LABELS, entries, label_of, log
from silian.portal.audit.models import AuditEntry

pytestmark = pytest.mark.django_db


def test_an_entry_keeps_who_did_what_to_what(
    viewers: dict[str, Viewer], users: dict[str, User]
) -> None:
    entry = log("list.export", viewers["research"], "need", format="csv", row_count=3)
    kept = AuditEntry.objects.get(pk=entry.pk)
    assert (kept.actor, kept.actor_label) == (users["research"], "research")
    assert (kept.action, kept.subject) == ("list.export", "need")
    assert kept.details == {"format": "csv", "row_count": 3}


def test_an_entry_outlives_its_actor(viewers: dict[str, Viewer], users: dict[str, User]) -> None:
    entry = log("list.export", viewers["research"])
    users["research"].delete()
    kept = AuditEntry.objects.get(pk=entry.pk)
    assert (kept.actor, kept.actor_label) == (None, "research")


def test_what_is_undone_was_never_logged() -> None:
    class Undone(Exception):
        pass

    def logged_and_undone() -> None:
        with transaction.atomic():
            log("import.run", SYSTEM)
            raise Undone

    with pytest.raises(Undone):
        logged_and_undone()
    assert not AuditEntry.objects.exists()


def test_the_trail_is_read_newest_first_and_narrowed(viewers: dict[str, Viewer]) -> None:
    AuditEntry.objects.all().delete()
    first = log("list.export", viewers["research"], "need")
    second = log("import.run", SYSTEM, "job-1")
    third = log("list.export", viewers["enterprise"], "patent")
    operator = viewers["operator"]
    assert list(entries(operator)) == [third, second, first]
    assert list(entries(operator, action="list.export")) == [third, first]
    assert list(entries(operator, actor_label="RESEARCH")) == [first]
    assert list(entries(operator, subject="job")) == [second]


@pytest.mark.parametrize("role", ["enterprise", "research", "viewer"])
def test_only_operators_read_the_trail(role: str, viewers: dict[str, Viewer]) -> None:
    with pytest.raises(AccessDenied):
        entries(viewers[role])


def test_every_act_has_a_name_in_both_languages() -> None:
    for action, (zh, en) in ACTION_LABELS.items():
        assert zh, action
        assert en.isascii(), action
    assert label_of("list.export") == "导出清单"
    assert label_of("something.new") == "something.new"


def test_every_act_that_is_logged_anywhere_has_a_name() -> None:
    import re
    from pathlib import Path

    import silian.portal

    source = Path(silian.portal.__file__).parent
    logged = set()
    for path in source.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        calls = re.findall(r'\b(?:audit\.)?log\(\s*"([a-z_]+\.[a-z_]+)"', text)
        conditional = re.findall(r'log\(\s*"([a-z_.]+)" if \w+ else "([a-z_.]+)"', text)
        logged |= {*calls, *(action for pair in conditional for action in pair)}
    assert len(logged) >= 12
    assert logged - set(ACTION_LABELS) == set()
