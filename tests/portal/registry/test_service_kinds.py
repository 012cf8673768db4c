"""Services of agencies: one word each, wherever they come from."""

from importlib import import_module

import pytest
from django.apps import apps
from django.utils.translation import override

from silian.library.service_kinds import known_service_kinds, service_kinds
from silian.portal.exchange.interfaces.facts import facts_of
from silian.portal.exchange.models import IndexTask
from silian.portal.innovation.models import ServiceAgency
from silian.portal.registry.domain.validation import check_row
from silian.portal.registry.interfaces.cards import card_of
from silian.portal.registry.models import Register
from silian.sample.vocabulary import names

migration = import_module("silian.portal.innovation.migrations.0003_service_kinds")


def test_spellings_of_a_service_are_stored_as_one_word() -> None:
    row = {"source_key": "1", "name": "甲中心", "service_kinds": "检验检测、testing、环评"}

    assert check_row("service_agency", row).fields["service_kinds"] == ["检验检测认证", "环评"]


def test_no_spelling_means_two_services_and_the_sample_uses_listed_words() -> None:
    known = known_service_kinds()

    assert service_kinds(known) == list(known)
    assert {kind["kind"] for kind in names()["service_kinds"].values()} <= set(known)


@pytest.mark.parametrize(
    ("language", "told"), [("zh-hans", "技术转移"), ("en", "Technology transfer")]
)
def test_a_card_names_services_in_the_reader_s_language(
    register: Register, language: str, told: str
) -> None:
    agency = ServiceAgency.objects.create(
        register=register, source_key="1", name="甲中心", service_kinds=["技术转移"]
    )

    with override(language):
        assert told in card_of(agency).facts
        [services] = [fact for fact in facts_of(agency) if fact.name == "service_kinds"]
        assert services.value == [told]


def test_stored_codes_become_words_with_what_was_said_before(register: Register) -> None:
    agency = ServiceAgency.objects.create(
        register=register,
        source_key="1",
        name="甲中心",
        service_kinds=["technology_transfer", "testing", "检验检测", "环评"],
    )
    ServiceAgency.objects.create(register=register, source_key="2", name="乙中心")
    IndexTask.objects.all().delete()

    migration._use_one_word_each(apps, None)

    words = ["技术转移", "检验检测认证", "环评"]
    agency.refresh_from_db()
    assert agency.service_kinds == words
    assert [past.service_kinds for past in agency.history.all()] == [words]
    assert list(IndexTask.objects.values_list("public_id", flat=True)) == [agency.public_id]


def test_the_migration_rewrites_what_the_library_reads() -> None:
    rewritten = migration._WORDS

    assert service_kinds(rewritten) == list(dict.fromkeys(rewritten.values()))
