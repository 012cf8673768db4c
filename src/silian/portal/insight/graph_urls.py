"""Routes of the graph explorer and paths."""

from django.urls import path

from silian.portal.insight.views import graph, graph_kept, graph_ties

urlpatterns = [
    path("", graph.explorer, name="graph"),
    path("find/", graph.find, name="graph_find"),
    path("part/", graph.part, name="graph_part"),
    path("analysis/", graph.analysis, name="graph_analysis"),
    path("export/", graph_kept.export, name="graph_export"),
    path("views/", graph_kept.save, name="graph_save"),
    path("views/<uuid:public_id>/", graph_kept.open_kept, name="graph_view"),
    path("views/<uuid:public_id>/delete/", graph_kept.delete, name="graph_view_delete"),
    path("paths/", graph_ties.paths, name="path"),
    path("conflicts/", graph_ties.conflicts, name="conflicts"),
    path("near/<str:public_id>/", graph_ties.near, name="graph_near"),
]
