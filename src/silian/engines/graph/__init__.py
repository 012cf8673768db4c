"""The knowledge graph: names taken apart, and records of one organisation or person brought together.

Importing this is cheap: lexicon, DuckDB and Splink load with their first use.
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
    from silian.engines.graph.names import OrganisationNameParts, parse_organisation_name
    from silian.engines.graph.names_lexicon import NameLexicon, default_lexicon, read_lexicon
    from silian.engines.graph.resolution import resolve_organisations
    from silian.engines.graph.resolution_affiliations import (
        Affiliation,
        AffiliationMatch,
        resolve_affiliations,
        split_affiliations,
    )
    from silian.engines.graph.resolution_learning import learn_organisation_weights
    from silian.engines.graph.resolution_people import PersonSettings, resolve_people
    from silian.engines.graph.resolution_settings import OrganisationSettings

_PLACES = {
    "Affiliation": "resolution_affiliations",
    "AffiliationMatch": "resolution_affiliations",
    "NameLexicon": "names_lexicon",
    "OrganisationNameParts": "names",
    "OrganisationSettings": "resolution_settings",
    "PersonSettings": "resolution_people",
    "default_lexicon": "names_lexicon",
    "learn_organisation_weights": "resolution_learning",
    "parse_organisation_name": "names",
    "read_lexicon": "names_lexicon",
    "resolve_affiliations": "resolution_affiliations",
    "resolve_organisations": "resolution",
    "resolve_people": "resolution_people",
    "split_affiliations": "resolution_affiliations",
}

__all__ = [
    "Affiliation",
    "AffiliationMatch",
    "Cluster",
    "Decision",
    "Evidence",
    "Link",
    "NameLexicon",
    "OrganisationNameParts",
    "OrganisationRecord",
    "OrganisationSettings",
    "PersonRecord",
    "PersonSettings",
    "Resolution",
    "default_lexicon",
    "learn_organisation_weights",
    "parse_organisation_name",
    "read_lexicon",
    "resolve_affiliations",
    "resolve_organisations",
    "resolve_people",
    "split_affiliations",
]


def __getattr__(name: str) -> Any:
    """Load a part with its first use."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
