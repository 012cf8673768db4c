"""Admin of the industry chain's records."""

from typing import Any

from django import forms
from django.contrib import admin

from silian.library.facts import facts as facts_of
from silian.portal.administration import RecordAdmin
from silian.portal.industry.models import (
    EnterpriseYear,
    FacilityYear,
    Need,
    ServiceAgencyYear,
)
from silian.portal.registry.domain.reasons import RowRefused
from silian.portal.registry.domain.validation import check_row


@admin.register(Need)
class NeedAdmin(RecordAdmin):
    extra_columns = ("need_kind", "status", "organisation", "budget_cny", "deadline")
    extra_filters = ("status", "need_kind")


class FactsForm(forms.ModelForm):
    """Facts typed here pass the same checks as those of files."""

    subject = "enterprise"
    named = "organisation_name"

    def clean_facts(self) -> dict[str, Any]:
        facts = self.cleaned_data["facts"]
        if not isinstance(facts, dict):
            raise forms.ValidationError("应为以指标代码为键的对象。An object by fact code.")
        known = {fact.code for fact in facts_of(self.subject)}
        if unknown := [code for code in facts if code not in known]:
            raise forms.ValidationError(f"没有这些指标 no such facts: {', '.join(unknown)}")
        stated = {**facts, self.named: "-", "year": 2000, "source_key": "admin"}
        try:
            row = check_row(f"{self.subject}_year", stated)
        except RowRefused as refused:
            raise forms.ValidationError([f"{r.field}: {r.message}" for r in refused.reasons]) from (
                refused
            )
        return {code: value for code, value in row.fields["facts"].items() if value is not None}


class AgencyFactsForm(FactsForm):
    subject, named = "service_agency", "subject_name"


class FacilityFactsForm(FactsForm):
    subject, named = "facility", "subject_name"


@admin.register(EnterpriseYear)
class EnterpriseYearAdmin(RecordAdmin):
    form = FactsForm
    title_field = "organisation"
    search_fields = ("organisation__name", "=public_id", "=source_key")
    extra_columns = ("year", "status")
    extra_filters = ("status", "year")
    autocomplete_fields = ("organisation", "owner")


class SubjectYearAdmin(RecordAdmin):
    title_field = "subject"
    search_fields = ("subject__name", "=public_id", "=source_key")
    extra_columns = ("year", "status")
    extra_filters = ("status", "year")
    autocomplete_fields = ("subject", "organisation", "owner")


@admin.register(ServiceAgencyYear)
class ServiceAgencyYearAdmin(SubjectYearAdmin):
    form = AgencyFactsForm


@admin.register(FacilityYear)
class FacilityYearAdmin(SubjectYearAdmin):
    form = FacilityFactsForm
