"""Pages of the registry: organisations, people, imports and mappings."""

from django.urls import path

from silian.portal.registry.views import (
    drafts,
    identities,
    imports,
    mappings,
    parties,
    rejects,
    undos,
)

app_name = "registry"
urlpatterns = [
    path("organisations/<str:public_id>/", parties.organisation_detail, name="organisation_detail"),
    path("people/<str:public_id>/", parties.person_detail, name="person_detail"),
    path("identities/", identities.identity_queue, name="identity_queue"),
    path("identities/export/", identities.identity_export, name="identity_export"),
    path("identities/pairs/<int:pk>/", identities.identity_pair, name="identity_pair"),
    path("identities/pairs/<int:pk>/decide/", identities.identity_decide, name="identity_decide"),
    path(
        "identities/records/<str:public_id>/split/",
        identities.identity_split,
        name="identity_split",
    ),
    path("identities/decisions/", identities.identity_decisions_page, name="identity_decisions"),
    path(
        "identities/decisions/export/",
        identities.identity_decisions_export,
        name="identity_decisions_export",
    ),
    path(
        "identities/decisions/<int:pk>/withdraw/",
        identities.identity_withdraw,
        name="identity_withdraw",
    ),
    path("identities/runs/", identities.identity_runs_page, name="identity_runs"),
    path("identities/runs/start/", identities.identity_run_start, name="identity_run_start"),
    path(
        "identities/runs/<int:pk>/progress/",
        identities.identity_run_progress,
        name="identity_run_progress",
    ),
    path("imports/", imports.import_list, name="import_list"),
    path("imports/new/", imports.import_new, name="import_new"),
    path("imports/draft/", drafts.draft_upload, name="draft_upload"),
    path("imports/draft/<slug:upload_id>/", drafts.mapping_draft, name="mapping_draft"),
    path("imports/templates/", imports.templates, name="templates"),
    path("imports/templates/<str:kind>/", imports.template_download, name="template_download"),
    path("imports/mappings/", mappings.mapping_list, name="mapping_list"),
    path("imports/mappings/new/", mappings.mapping_new, name="mapping_new"),
    path("imports/mappings/<str:code>/", mappings.mapping_edit, name="mapping_edit"),
    path("imports/<uuid:public_id>/", imports.import_detail, name="import_detail"),
    path("imports/<uuid:public_id>/draft/", drafts.import_draft, name="import_draft"),
    path("imports/<uuid:public_id>/progress/", imports.import_progress, name="import_progress"),
    path("imports/<uuid:public_id>/undo/", undos.undo_request, name="undo_request"),
    path("imports/<uuid:public_id>/undone/", undos.undone_download, name="undone_download"),
    path("imports/<uuid:public_id>/rejects/", rejects.rejects_download, name="rejects_download"),
    path("imports/<uuid:public_id>/rejects/mend/", rejects.rejects_upload, name="rejects_upload"),
    path("imports/rejects/<int:pk>/", rejects.reject_edit, name="reject_edit"),
]
