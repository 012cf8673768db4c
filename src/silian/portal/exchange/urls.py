"""Pages of the exchange: the two lists, needs with their matches, supplies, outcomes."""

from django.urls import path

from silian.portal.exchange.views import exports, lists, matches, needs, outcomes, supplies

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
]
