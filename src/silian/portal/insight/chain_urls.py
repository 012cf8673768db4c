"""Routes of industry chains and target chains."""

from django.urls import URLPattern, URLResolver, path

from silian.portal.insight.views import chain_gaps, chain_nodes, chain_targets, chains

urlpatterns: list[URLPattern | URLResolver] = [
    path("", chains.chain_list, name="chain_list"),
    path("pick/", chains.chain_pick, name="chain_pick"),
    path("new/", chain_targets.target_new, name="chain_new"),
    path("gaps/", chain_gaps.gap_list, name="chain_gaps"),
    path("gaps/export/", chain_gaps.gap_export, name="chain_gaps_export"),
    path("scenario/", chain_gaps.scenario_page, name="chain_scenario"),
    path("scenario/export/", chain_gaps.scenario_export, name="chain_scenario_export"),
    path("position/<str:public_id>/", chain_nodes.position, name="chain_position"),
    path("nodes/<str:node_id>/", chain_nodes.node_page, name="chain_node"),
    path("nodes/<str:node_id>/panel/", chain_nodes.node_panel, name="chain_node_panel"),
    path("nodes/<str:node_id>/decide/", chain_nodes.decide_place, name="chain_decide"),
    path("around/<str:node_id>/", chains.chain_around, name="chain_around"),
    path("around/<str:node_id>/export/", chains.around_export, name="chain_around_export"),
    path("<uuid:public_id>/", chains.chain, name="chain"),
    path("<uuid:public_id>/export/", chains.chain_export, name="chain_export"),
    path("<uuid:public_id>/edit/", chain_targets.target_edit, name="chain_edit"),
    path("<uuid:public_id>/delete/", chain_targets.target_delete, name="chain_delete"),
]
