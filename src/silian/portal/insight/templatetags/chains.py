"""Filters that show nodes of industry chains."""

from django import template

from silian.portal.insight.interfaces.chain_faces import inputs_told, known_code

register = template.Library()
register.filter("known_code", known_code)
register.filter("inputs_told", inputs_told)
