"""Addresses of the graph's things in templates."""

from django import template

from silian.portal.insight.interfaces.graph_links import page_of

register = template.Library()


@register.filter
def graph_page(node_id: str) -> str:
    """Page of a thing of the graph; empty where it has none."""
    return page_of(node_id)
