"""The knowledge graph: names taken apart, and records of one organisation or person brought together.

Importing this is cheap: lexicon, DuckDB and Splink load with their first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from silian.engines.graph.names import OrganisationNameParts, parse_organisation_name
    from silian.engines.graph.names_lexicon import NameLexicon, default_lexicon, read_lexicon

_PLACES = {
    "NameLexicon": "names_lexicon",
    "OrganisationNameParts": "names",
    "default_lexicon": "names_lexicon",
    "parse_organisation_name": "names",
    "read_lexicon": "names_lexicon",
}

__all__ = [
    "NameLexicon",
    "OrganisationNameParts",
    "default_lexicon",
    "parse_organisation_name",
    "read_lexicon",
]


def __getattr__(name: str) -> Any:
    """Load a part with its first use."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
