"""Pages of one enterprise: the own under ``my/``, any other by its id; and exports."""

from django.urls import path

from silian.portal.industry.views import (
    applications,
    entitlements,
    facts,
    joint_plans,
    policies,
    scores,
)

urlpatterns = [
    path("policies/export/", policies.policy_list_export, name="policy_list_export"),
    path("my/facts/", facts.facts, name="facts"),
    path("my/entitlements/", entitlements.entitlements, name="entitlements"),
    path("my/scores/", scores.scores, name="scores"),
    path("my/applications/", applications.applications, name="applications"),
    path("organisations/<str:public_id>/facts/", facts.facts, name="facts"),
    path(
        "organisations/<str:public_id>/facts/download/", facts.facts_download, name="facts_download"
    ),
    path("organisations/<str:public_id>/facts/verify/", facts.facts_verify, name="facts_verify"),
    path("organisations/<str:public_id>/facts/<int:year>/", facts.facts_edit, name="facts_edit"),
    path(
        "organisations/<str:public_id>/entitlements/",
        entitlements.entitlements,
        name="entitlements",
    ),
    path(
        "organisations/<str:public_id>/entitlements/export/",
        entitlements.entitlements_export,
        name="entitlements_export",
    ),
    path("organisations/<str:public_id>/joint-plan/", joint_plans.joint_plan, name="joint_plan"),
    path("organisations/<str:public_id>/scores/", scores.scores, name="scores"),
    path(
        "organisations/<str:public_id>/scores/<slug:system_id>/",
        scores.score_detail,
        name="score_detail",
    ),
    path(
        "organisations/<str:public_id>/scores/<slug:system_id>/sensitivity/",
        scores.score_sensitivity,
        name="score_sensitivity",
    ),
    path(
        "organisations/<str:public_id>/scores/<slug:system_id>/export/",
        scores.score_export,
        name="score_export",
    ),
    path(
        "organisations/<str:public_id>/applications/",
        applications.applications,
        name="applications",
    ),
    path("my/applications/export/", applications.applications_export, name="applications_export"),
    path(
        "organisations/<str:public_id>/applications/export/",
        applications.applications_export,
        name="applications_export",
    ),
    path(
        "organisations/<str:public_id>/applications/new/",
        applications.application_new,
        name="application_new",
    ),
    path(
        "applications/<uuid:public_id>/", applications.application_detail, name="application_detail"
    ),
    path(
        "applications/<uuid:public_id>/act/", applications.application_act, name="application_act"
    ),
]
