"""Routes of the portal; each app lists its own."""

from django.contrib import admin
from django.urls import include, path
from django.views.i18n import set_language

from silian.portal.api.application import api
from silian.portal.exchange.views.home import home
from silian.portal.exchange.views.search import search

urlpatterns = [
    path("", home, name="home"),
    path("search/", search, name="search"),
    path("language/", set_language, name="set_language"),
    path("", include("silian.portal.exchange.urls")),
    path("", include("silian.portal.registry.urls")),
    path("", include("silian.portal.industry.urls")),
    path("", include("silian.portal.insight.urls")),
    path("account/", include("silian.portal.accounts.urls")),
    path("audit/", include("silian.portal.audit.urls")),
    path("api/v1/", api.urls),
    path("admin/", admin.site.urls),
]

handler400 = "silian.portal.error_pages.bad_request"
handler403 = "silian.portal.error_pages.permission_denied"
handler404 = "silian.portal.error_pages.not_found"
handler500 = "silian.portal.error_pages.server_error"
