"""Routes of the talent map."""

from django.urls import URLPattern, URLResolver, path

from silian.portal.insight.views import maps

urlpatterns: list[URLPattern | URLResolver] = [
    path("", maps.map_page, name="map"),
    path("outlines/", maps.map_outlines, name="map_outlines"),
    path("export/", maps.map_export, name="map_export"),
    path("run/", maps.map_run, name="map_run"),
]
