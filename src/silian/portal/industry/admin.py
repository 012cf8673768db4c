"""Admin of the industry chain's records."""

from typing import Any

from django import forms
from django.contrib import admin

from silian.library.facts import FACT
from silian.portal.administration import RecordAdmin
from silian.portal.industry.models import EnterpriseYear, Need
from silian.portal.registry.domain.reasons import RowRefused
from silian.portal.registry.domain.validation import check_row


@admin.register(Need)
class NeedAdmin(RecordAdmin):
    extra_columns = ("need_kind", "status", "organisation", "budget_cny", "deadline")
    extra_filters = ("status", "need_kind")


class EnterpriseYearForm(forms.ModelForm):
    """Facts typed here pass the same checks as those of files."""

    def clean_facts(self) -> dict[str, Any]:
        facts = self.cleaned_data["facts"]
        if not isinstance(facts, dict):
            raise forms.ValidationError("应为以指标代码为键的对象。An object by fact code.")
        if unknown := [code for code in facts if code not in FACT]:
            raise forms.ValidationError(f"没有这些指标 no such facts: {', '.join(unknown)}")
        stated = {**facts, "organisation_name": "-", "year": 2000, "source_key": "admin"}
        try:
            row = check_row("enterprise_year", stated)
        except RowRefused as refused:
            raise forms.ValidationError([f"{r.field}: {r.message}" for r in refused.reasons]) from (
                refused
            )
        return {code: value for code, value in row.fields["facts"].items() if value is not None}


@admin.register(EnterpriseYear)
class EnterpriseYearAdmin(RecordAdmin):
    form = EnterpriseYearForm
    title_field = "organisation"
    search_fields = ("organisation__name", "=public_id", "=source_key")
    extra_columns = ("year", "status")
    extra_filters = ("status", "year")
    autocomplete_fields = ("organisation", "owner")
