"""The knowledge graph: records of one thing brought together, and what hangs together with it.

Names taken apart, records resolved, a snapshot of typed edges, and questions to it. Importing this
is cheap: lexicon, DuckDB, SciPy and Splink load with their first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from silian.engines.graph.resolution_values import (
    Cluster,
    Decision,
    Evidence,
    Link,
    OrganisationRecord,
    PersonRecord,
    Resolution,
)

if TYPE_CHECKING:
    from silian.engines.graph.building import build_snapshot
    from silian.engines.graph.centrality import (
        Components,
        NodeScores,
        ScoredNode,
        betweenness,
        components,
        pagerank,
    )
    from silian.engines.graph.chain import ChainLink, ChainMember, IndustryChain
    from silian.engines.graph.chain_fillers import Capabilities, Filler, Fillers, NearNode
    from silian.engines.graph.chain_scenario import (
        EntityLoss,
        NodeLoss,
        Scenario,
        remove_from_chain,
    )
    from silian.engines.graph.chain_strength import (
        ChainStrength,
        ChainThresholds,
        GapEvidence,
        NodeAssessment,
        Presence,
    )
    from silian.engines.graph.changes import (
        Changes,
        rebuild_snapshot,
        record_changes,
        with_other_ids,
    )
    from silian.engines.graph.communities import (
        Communities,
        Community,
        divide,
        find_communities,
    )
    from silian.engines.graph.conflicts import (
        Conflict,
        ConflictRule,
        Reach,
        find_conflicts,
        standard_conflict_rules,
        unanswered,
    )
    from silian.engines.graph.exports import (
        edge_table,
        export_graphml,
        export_json_ld,
        export_neo4j_csv,
        export_parquet,
        node_table,
    )
    from silian.engines.graph.link_features import LinkFeatures, LinkTask
    from silian.engines.graph.link_prediction import (
        LinkEvaluation,
        LinkModel,
        LinkQuality,
        PredictedLink,
        evaluate_links,
        learn_links,
        predict_links,
    )
    from silian.engines.graph.names import parse_organisation_name, parse_organisation_names
    from silian.engines.graph.names_lexicon import (
        NameLexicon,
        default_lexicon,
        read_lexicon,
        with_places,
    )
    from silian.engines.graph.names_parts import OrganisationNameParts
    from silian.engines.graph.neighbourhoods import (
        Neighbour,
        Neighbourhood,
        neighbourhood,
        nodes_within,
    )
    from silian.engines.graph.path_values import PathCosts
    from silian.engines.graph.paths import (
        Path,
        PathStep,
        paths_by_cost,
        shortest_path,
        shortest_paths,
    )
    from silian.engines.graph.relations import RELATIONS, Relation
    from silian.engines.graph.resolution import (
        organisation_codes,
        organisation_identities,
        resolve_organisations,
    )
    from silian.engines.graph.resolution_affiliations import (
        Affiliation,
        AffiliationMatch,
        resolve_affiliations,
        split_affiliations,
    )
    from silian.engines.graph.resolution_clusters import cluster
    from silian.engines.graph.resolution_errors import ContradictingDecision
    from silian.engines.graph.resolution_learning import learn_organisation_weights
    from silian.engines.graph.resolution_people import PersonSettings, resolve_people
    from silian.engines.graph.resolution_settings import OrganisationSettings
    from silian.engines.graph.similarity import SharedTie, SimilarNode, similar_nodes
    from silian.engines.graph.snapshot import Graph, load_snapshot
    from silian.engines.graph.snapshot_values import Edge, EdgeFilter, Node, SnapshotSummary

_PLACES = {
    "RELATIONS": "relations",
    "Affiliation": "resolution_affiliations",
    "AffiliationMatch": "resolution_affiliations",
    "Capabilities": "chain_fillers",
    "ChainLink": "chain",
    "ChainMember": "chain",
    "ChainStrength": "chain_strength",
    "ChainThresholds": "chain_strength",
    "Changes": "changes",
    "Communities": "communities",
    "Community": "communities",
    "Components": "centrality",
    "Conflict": "conflicts",
    "ConflictRule": "conflicts",
    "ContradictingDecision": "resolution_errors",
    "Edge": "snapshot_values",
    "EdgeFilter": "snapshot_values",
    "EntityLoss": "chain_scenario",
    "Filler": "chain_fillers",
    "Fillers": "chain_fillers",
    "GapEvidence": "chain_strength",
    "Graph": "snapshot",
    "IndustryChain": "chain",
    "LinkEvaluation": "link_prediction",
    "LinkFeatures": "link_features",
    "LinkModel": "link_prediction",
    "LinkQuality": "link_prediction",
    "LinkTask": "link_features",
    "NameLexicon": "names_lexicon",
    "NearNode": "chain_fillers",
    "Neighbour": "neighbourhoods",
    "Neighbourhood": "neighbourhoods",
    "Node": "snapshot_values",
    "NodeAssessment": "chain_strength",
    "NodeLoss": "chain_scenario",
    "NodeScores": "centrality",
    "OrganisationNameParts": "names_parts",
    "OrganisationSettings": "resolution_settings",
    "Path": "paths",
    "PathCosts": "path_values",
    "PathStep": "paths",
    "PersonSettings": "resolution_people",
    "PredictedLink": "link_prediction",
    "Presence": "chain_strength",
    "Reach": "conflicts",
    "Relation": "relations",
    "Scenario": "chain_scenario",
    "ScoredNode": "centrality",
    "SharedTie": "similarity",
    "SimilarNode": "similarity",
    "SnapshotSummary": "snapshot_values",
    "betweenness": "centrality",
    "build_snapshot": "building",
    "cluster": "resolution_clusters",
    "components": "centrality",
    "default_lexicon": "names_lexicon",
    "divide": "communities",
    "edge_table": "exports",
    "evaluate_links": "link_prediction",
    "export_graphml": "exports",
    "export_json_ld": "exports",
    "export_neo4j_csv": "exports",
    "export_parquet": "exports",
    "find_communities": "communities",
    "find_conflicts": "conflicts",
    "learn_links": "link_prediction",
    "learn_organisation_weights": "resolution_learning",
    "load_snapshot": "snapshot",
    "neighbourhood": "neighbourhoods",
    "node_table": "exports",
    "nodes_within": "neighbourhoods",
    "organisation_codes": "resolution",
    "organisation_identities": "resolution",
    "pagerank": "centrality",
    "parse_organisation_name": "names",
    "parse_organisation_names": "names",
    "paths_by_cost": "paths",
    "predict_links": "link_prediction",
    "read_lexicon": "names_lexicon",
    "rebuild_snapshot": "changes",
    "record_changes": "changes",
    "remove_from_chain": "chain_scenario",
    "resolve_affiliations": "resolution_affiliations",
    "resolve_organisations": "resolution",
    "resolve_people": "resolution_people",
    "shortest_path": "paths",
    "shortest_paths": "paths",
    "similar_nodes": "similarity",
    "split_affiliations": "resolution_affiliations",
    "standard_conflict_rules": "conflicts",
    "unanswered": "conflicts",
    "with_other_ids": "changes",
    "with_places": "names_lexicon",
}

__all__ = [
    "RELATIONS",
    "Affiliation",
    "AffiliationMatch",
    "Capabilities",
    "ChainLink",
    "ChainMember",
    "ChainStrength",
    "ChainThresholds",
    "Changes",
    "Cluster",
    "Communities",
    "Community",
    "Components",
    "Conflict",
    "ConflictRule",
    "ContradictingDecision",
    "Decision",
    "Edge",
    "EdgeFilter",
    "EntityLoss",
    "Evidence",
    "Filler",
    "Fillers",
    "GapEvidence",
    "Graph",
    "IndustryChain",
    "Link",
    "LinkEvaluation",
    "LinkFeatures",
    "LinkModel",
    "LinkQuality",
    "LinkTask",
    "NameLexicon",
    "NearNode",
    "Neighbour",
    "Neighbourhood",
    "Node",
    "NodeAssessment",
    "NodeLoss",
    "NodeScores",
    "OrganisationNameParts",
    "OrganisationRecord",
    "OrganisationSettings",
    "Path",
    "PathCosts",
    "PathStep",
    "PersonRecord",
    "PersonSettings",
    "PredictedLink",
    "Presence",
    "Reach",
    "Relation",
    "Resolution",
    "Scenario",
    "ScoredNode",
    "SharedTie",
    "SimilarNode",
    "SnapshotSummary",
    "betweenness",
    "build_snapshot",
    "cluster",
    "components",
    "default_lexicon",
    "divide",
    "edge_table",
    "evaluate_links",
    "export_graphml",
    "export_json_ld",
    "export_neo4j_csv",
    "export_parquet",
    "find_communities",
    "find_conflicts",
    "learn_links",
    "learn_organisation_weights",
    "load_snapshot",
    "neighbourhood",
    "node_table",
    "nodes_within",
    "organisation_codes",
    "organisation_identities",
    "pagerank",
    "parse_organisation_name",
    "parse_organisation_names",
    "paths_by_cost",
    "predict_links",
    "read_lexicon",
    "rebuild_snapshot",
    "record_changes",
    "remove_from_chain",
    "resolve_affiliations",
    "resolve_organisations",
    "resolve_people",
    "shortest_path",
    "shortest_paths",
    "similar_nodes",
    "split_affiliations",
    "standard_conflict_rules",
    "unanswered",
    "with_other_ids",
    "with_places",
]


def __getattr__(name: str) -> Any:
    """Load a part with its first use."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
