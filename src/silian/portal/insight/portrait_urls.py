"""Routes of portraits and the talent graph."""

from django.urls import URLPattern, URLResolver, path

from silian.portal.insight.views import portraits, talent

urlpatterns: list[URLPattern | URLResolver] = [
    path("", portraits.portraits, name="portraits"),
    path("teams/", talent.team_list, name="teams"),
    path("gaps/", talent.gaps, name="talent_gaps"),
    path("gaps/export/", talent.gaps_export, name="talent_gaps_export"),
    path("ways/<str:public_id>/", talent.expert_ways, name="need_paths"),
    path("<str:public_id>/", portraits.portrait_page, name="portrait"),
    path("<str:public_id>/file.<str:file_format>", portraits.portrait_file, name="portrait_file"),
    path("<str:public_id>/network/", talent.network, name="talent"),
    path("<str:public_id>/tags/", portraits.tag_note, name="tag_note"),
    path(
        "<str:public_id>/tags/<int:note_id>/undo/",
        portraits.tag_note_withdraw,
        name="tag_note_withdraw",
    ),
]
