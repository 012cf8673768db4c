"""Filters that show nodes of industry chains."""

from django import template

from silian.portal.insight.interfaces.chain_faces import known_code

register = template.Library()
register.filter("known_code", known_code)
