"""Records to documents: what the index knows of each."""

from collections.abc import Sequence

from silian.engines.matching.values import Document


def documents_for(public_ids: Sequence[str]) -> list[Document]:
    """Documents of those ids that are findable records; a fixed number of queries."""
    raise NotImplementedError
