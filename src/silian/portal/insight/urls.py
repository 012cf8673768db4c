"""Pages of insight: the graph, the chains, portraits, maps."""

from django.urls import include, path

from silian.portal.insight import chain_urls, graph_urls, map_urls, portrait_urls

app_name = "insight"
urlpatterns = [
    path("graph/", include(graph_urls.urlpatterns)),
    path("chains/", include(chain_urls.urlpatterns)),
    path("portraits/", include(portrait_urls.urlpatterns)),
    path("map/", include(map_urls.urlpatterns)),
]
