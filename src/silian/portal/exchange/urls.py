"""Pages of the exchange: needs with their matches, supplies, outcomes, diagnoses."""

from django.urls import path

from silian.portal.exchange.views import (
    diagnoses,
    diagnosis_lists,
    diagnosis_team,
    exports,
    lists,
    matches,
    needs,
    outcomes,
    supplies,
    visits,
)

app_name = "exchange"
urlpatterns = [
    path("needs/", lists.need_list, name="need_list"),
    path("needs/new/", needs.need_new, name="need_new"),
    path("needs/clarity/", needs.need_clarity, name="need_clarity"),
    path("needs/<str:public_id>/", needs.need_detail, name="need_detail"),
    path("needs/<str:public_id>/edit/", needs.need_edit, name="need_edit"),
    path("needs/<str:public_id>/matches/", matches.need_matches, name="need_matches"),
    path("needs/<str:public_id>/matches/export/", exports.match_export, name="match_export"),
    path("needs/<str:public_id>/why-not/", matches.why_not, name="why_not"),
    path("needs/<str:public_id>/outcomes/<str:supply_id>/", outcomes.outcome, name="outcome"),
    path("outcomes/<int:pk>/withdraw/", outcomes.outcome_withdraw, name="outcome_withdraw"),
    path("supply/", lists.supply_list, name="supply_list"),
    path("supply/new/", supplies.supply_new, name="supply_new"),
    path("records/<str:public_id>/", supplies.record_detail, name="record_detail"),
    path("records/<str:public_id>/edit/", supplies.supply_edit, name="supply_edit"),
    path("records/<str:public_id>/needs/", matches.record_matches, name="record_matches"),
    path("filters/save/", lists.saved_filter_save, name="saved_filter_save"),
    path("filters/<int:pk>/delete/", lists.saved_filter_delete, name="saved_filter_delete"),
    path("lists/export/", exports.list_export, name="list_export"),
    path("my-matches/", outcomes.my_matches, name="my_matches"),
    path("my/diagnosis/", diagnoses.diagnosis_latest, name="diagnosis_latest"),
    path(
        "organisations/<str:public_id>/diagnosis/",
        diagnoses.diagnosis_latest,
        name="diagnosis_latest",
    ),
    path(
        "organisations/<str:public_id>/diagnosis/new/",
        diagnoses.diagnosis_new,
        name="diagnosis_new",
    ),
    path("diagnoses/<uuid:public_id>/", diagnoses.diagnosis_detail, name="diagnosis_detail"),
    path(
        "diagnoses/<uuid:public_id>/report.<slug:file_format>",
        diagnoses.diagnosis_file,
        name="diagnosis_file",
    ),
    path("diagnoses/<uuid:public_id>/advise/", diagnoses.diagnosis_advise, name="diagnosis_advise"),
    path(
        "diagnoses/<uuid:public_id>/take-up/",
        diagnosis_team.diagnosis_take_up,
        name="diagnosis_take_up",
    ),
    path("diagnoses/<uuid:public_id>/sign/", diagnosis_team.diagnosis_sign, name="diagnosis_sign"),
    path("diagnoses/<uuid:public_id>/findings/", diagnosis_team.finding_add, name="finding_add"),
    path("diagnoses/<uuid:public_id>/visit/", diagnosis_team.visit_plan, name="visit_plan"),
    path("findings/<uuid:public_id>/", diagnosis_team.finding_edit, name="finding_edit"),
    path("diagnoses/", diagnosis_lists.diagnosis_list, name="diagnosis_list"),
    path("diagnosis-runs/", diagnosis_lists.diagnosis_run_list, name="diagnosis_runs"),
    path("diagnosis-runs/<uuid:public_id>/", diagnosis_lists.diagnosis_run, name="diagnosis_run"),
    path(
        "diagnosis-runs/<uuid:public_id>/progress/",
        diagnosis_lists.diagnosis_run_progress,
        name="diagnosis_run_progress",
    ),
    path(
        "diagnosis-runs/<uuid:public_id>/cancel/",
        diagnosis_lists.diagnosis_run_cancel,
        name="diagnosis_run_cancel",
    ),
    path(
        "diagnosis-runs/<uuid:public_id>/resume/",
        diagnosis_lists.diagnosis_run_resume,
        name="diagnosis_run_resume",
    ),
    path("visits/", visits.visit_list, name="visit_list"),
    path("visits/new/", visits.visit_new, name="visit_new"),
    path("visits/<uuid:public_id>/", visits.visit_edit, name="visit_edit"),
    path("look-backs/", visits.look_back_list, name="look_backs"),
    path("look-backs/<int:pk>/", visits.look_back_detail, name="look_back"),
]
