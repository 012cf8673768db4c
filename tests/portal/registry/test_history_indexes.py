"""History tables have the indexes that questions use."""

from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from simple_history.models import HistoricalChanges

from silian.portal.industry.models import EnterpriseYear
from silian.portal.registry.models import Affiliation, Organisation

ALWAYS = {"history_id", "id", "history_date", "history_user_id"}


def indexed(model: Any) -> set[str]:
    """Columns that an index of the table begins with, as the database says."""
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, model._meta.db_table)
    kept = (one for one in found.values() if one["index"] or one["primary_key"])
    return {one["columns"][0] for one in kept}


@pytest.mark.django_db
def test_history_is_indexed_by_record_moment_user_and_declared_fields() -> None:
    assert indexed(Organisation.history.model) == ALWAYS
    assert indexed(Affiliation.history.model) == {*ALWAYS, "public_id"}
    assert indexed(EnterpriseYear.history.model) == {*ALWAYS, "organisation_id"}
    assert {"name", "unified_social_credit_code"} <= indexed(Organisation)


def test_every_history_keeps_to_it() -> None:
    kept = [model for model in apps.get_models() if issubclass(model, HistoricalChanges)]
    assert len(kept) == 26
    for model in kept:
        lookups = getattr(model.instance_type, "history_lookups", ())
        named = {field.name for field in model._meta.fields if field.db_index}
        own = {"id", "history_date", "history_user", "history"}  # "history": of a row of links
        assert named <= {*own, *lookups}
