"""What people keep of the graph: views, chosen chains, and corrections of portraits."""

from silian.portal.insight.models.kept import ChainPlacement, SavedView, TagNote, TargetChain

__all__ = ["ChainPlacement", "SavedView", "TagNote", "TargetChain"]
