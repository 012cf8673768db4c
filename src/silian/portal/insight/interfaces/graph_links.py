"""Addresses and colours of the graph's things."""

from django.urls import NoReverseMatch, reverse

from silian.errors import EngineError
from silian.identifiers import kind_of
from silian.portal.catalogue import KINDS
from silian.portal.insight.domain.graph_rights import POLICY_PREFIX
from silian.portal.registry.interfaces.faces import url_of

#: Kinds that are said by a record without a page of its own.
_NO_PAGE = frozenset({"chain_link", "chain_member"})


def page_of(node_id: str) -> str:
    """Page of a thing or of the record that says something; empty where there is none."""
    if node_id.startswith(POLICY_PREFIX):
        return reverse("industry:policy_detail", args=[node_id.removeprefix(POLICY_PREFIX)])
    try:
        kind = kind_of(node_id)
        return url_of(node_id) if kind in KINDS and kind not in _NO_PAGE else ""
    except (EngineError, NoReverseMatch):
        return ""
