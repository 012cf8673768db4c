"""Records of the exchange: matches, what came of them, and the index's outbox."""

from silian.portal.exchange.models.indexing import IndexTask
from silian.portal.exchange.models.match import Match, Outcome, SavedFilter

__all__ = ["IndexTask", "Match", "Outcome", "SavedFilter"]
