"""Tags that show records: amounts, kinds, links, highlighted words."""

import re
from collections.abc import Iterable
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from silian.portal.bilingual import choose
from silian.portal.catalogue import KINDS
from silian.portal.registry.interfaces.amounts import cny as cny_text
from silian.portal.registry.interfaces.cards import Card, card_of
from silian.portal.registry.interfaces.faces import FACES
from silian.portal.registry.interfaces.faces import url_of as url_of_id
from silian.portal.registry.interfaces.fields import field_label as label_of_field

register = template.Library()


@register.filter
def cny(value: Any) -> str:
    return cny_text(value)


@register.filter
def card(record: Any) -> Card:
    return card_of(record)


@register.filter
def kind_label(kind: str) -> str:
    return str(FACES[kind].label) if kind in FACES else kind


@register.filter
def chain_class(kind: str) -> str:
    return f"chain-{FACES[kind].chain}" if kind in FACES else ""


@register.filter
def url_of(public_id: str) -> str:
    return url_of_id(public_id)


@register.filter
def field_label(code: str) -> str:
    return label_of_field(code)


@register.filter
def at(mapping: Any, key: Any) -> Any:
    """Value of a mapping whose key is a variable."""
    return mapping.get(key) if mapping else None


@register.filter
def highlight(text: str, terms: Iterable[str]) -> SafeString:
    """Text with the matched words marked; English words match by their stem.

    Examples
    --------
    >>> highlight("高温 magnets", ["高温", "magnet"])
    '<mark>高温</mark> <mark>magnets</mark>'
    """
    words = {term.strip() for term in terms or () if term.strip()}
    # A single character stands everywhere; marked, it would only be noise.
    wanted = sorted({w for w in words if len(w) > 1} or words, key=len, reverse=True)
    if not wanted:
        return format_html("{}", text)
    pattern = "|".join(
        rf"\b{re.escape(term)}[a-z]*" if term.isascii() and term.isalpha() else re.escape(term)
        for term in wanted
    )
    text, end = str(text), 0
    pieces: list[str] = []
    for found in re.finditer(pattern, text, re.IGNORECASE):
        pieces += [text[end : found.start()], format_html("<mark>{}</mark>", found.group())]
        end = found.end()
    pieces.append(text[end:])
    return format_html_join("", "{}", ((piece,) for piece in pieces))


@register.simple_tag
def column_label(kind: str, name: str) -> str:
    """Heading of a column in the reader's language; an unknown one stands for itself."""
    for column in KINDS[kind].columns if kind in KINDS else ():
        if column.name == name:
            return choose(column.label_zh, column.label_en)
    return name


@register.filter
def split(text: str) -> list[str]:
    """Words of a text, to loop over a short fixed list."""
    return text.split()
