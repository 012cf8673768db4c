"""Pages of the industry chain: policies, and enterprises under them."""

from django.urls import include, path

from silian.portal.industry import enterprise_urls
from silian.portal.industry.views import (
    city,
    coverage,
    drafts,
    ladder,
    policies,
    rankings,
    scenarios,
    subject_years,
)

app_name = "industry"
urlpatterns = [
    path("", include(enterprise_urls.urlpatterns)),
    path("policies/", policies.policy_list, name="policy_list"),
    path("policies/<slug:policy_id>/", policies.policy_detail, name="policy_detail"),
    path("policies/<slug:policy_id>/city/", city.policy_city, name="policy_city"),
    path(
        "policies/<slug:policy_id>/city/export/",
        city.policy_city_export,
        name="policy_city_export",
    ),
    path("policies/<slug:policy_id>/near-misses/", city.near_misses, name="near_misses"),
    path(
        "policies/<slug:policy_id>/near-misses/export/",
        city.near_misses_export,
        name="near_misses_export",
    ),
    path("city/", city.city_policies, name="city_policies"),
    path("ladder/", ladder.ladder, name="ladder"),
    path("ladder/candidates/", ladder.candidates, name="candidates"),
    path("ladder/<slug:step>/export/", ladder.candidates_export, name="candidates_export"),
    path("ranking/", rankings.ranking, name="ranking"),
    path("ranking/<slug:system_id>/export/", rankings.ranking_export, name="ranking_export"),
    path("subjects/ranking/", subject_years.subject_ranking, name="subject_ranking"),
    path("subjects/ranking/<slug:subject>/", subject_years.subject_ranking, name="subject_ranking"),
    path(
        "subjects/ranking/<slug:subject>/export/",
        subject_years.subject_ranking_export,
        name="subject_ranking_export",
    ),
    path("subjects/<str:public_id>/score/", subject_years.subject_score, name="subject_score"),
    path(
        "subjects/<str:public_id>/facts/new/",
        subject_years.subject_facts_new,
        name="subject_facts_new",
    ),
    path("drafts/", drafts.policy_drafts_page, name="policy_drafts"),
    path("drafts/new/", drafts.policy_draft_new, name="policy_draft_new"),
    path("drafts/<uuid:public_id>/", drafts.policy_draft_edit, name="policy_draft_edit"),
    path("drafts/<uuid:public_id>/try/", drafts.policy_draft_try, name="policy_draft_try"),
    path(
        "drafts/<uuid:public_id>/history/",
        drafts.policy_draft_history,
        name="policy_draft_history",
    ),
    path(
        "drafts/<uuid:public_id>/propose/",
        drafts.policy_draft_propose,
        name="policy_draft_propose",
    ),
    path(
        "drafts/<uuid:public_id>/publish/",
        drafts.policy_draft_publish,
        name="policy_draft_publish",
    ),
    path(
        "drafts/<uuid:public_id>/withdraw/",
        drafts.policy_draft_withdraw,
        name="policy_draft_withdraw",
    ),
    path("drafts/<uuid:public_id>/keep/", drafts.policy_draft_keep, name="policy_draft_keep"),
    path("scenarios/", scenarios.scenario_list, name="scenario_list"),
    path("scenarios/new/", scenarios.scenario_new, name="scenario_new"),
    path("scenarios/<uuid:public_id>/", scenarios.scenario_detail, name="scenario_detail"),
    path(
        "scenarios/<uuid:public_id>/progress/",
        scenarios.scenario_progress,
        name="scenario_progress",
    ),
    path("scenarios/<uuid:public_id>/run/", scenarios.scenario_run, name="scenario_run"),
    path("scenarios/<uuid:public_id>/export/", scenarios.scenario_export, name="scenario_export"),
    path("facts-overview/", coverage.facts_overview, name="facts_overview"),
]
