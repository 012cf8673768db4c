"""What part of its name each character is."""

import re

from silian.engines.graph.names_lexicon import NameLexicon
from silian.engines.graph.names_readings import Reading
from silian.engines.graph.resolution_letters import PAD

#: Trade words take turns between two roles, so that a new role is a new part.
REGION, BRAND, TRADE, FORM, HOST, ENDING, NEXT_TRADE = 1, 2, 3, 4, 5, 6, 7
_REGION_IS_BRAND = bytes.maketrans(bytes([REGION]), bytes([BRAND]))
_REGION_SUFFIX = re.compile("省|市|县|区|(?:壮族|回族|维吾尔)?自治区")
_NO_CHARACTER = chr(PAD)
_BYTES = [bytes([role]) for role in range(NEXT_TRADE + 1)]


def name_row(one: Reading, is_short: bool, lexicon: NameLexicon) -> tuple[str, bytes]:
    """A name's characters with their roles; of an English name its words stand for characters."""
    text = one.organisation
    if text.isascii():
        n_words = len(text.split())
        n_form = min(n_words - 1, len(one.form.split()))
        roles = bytes([BRAND, *[TRADE] * (n_words - 1 - n_form), *[FORM] * n_form])
        return _NO_CHARACTER * n_words, roles
    for region in one.regions:
        text = _without_suffix(text, region)
    if is_short:
        n_closing = len(one.closing)
        return text, _BYTES[BRAND] * (len(text) - n_closing) + _BYTES[ENDING] * n_closing
    roles = _in_order(one, text, lexicon) or _searched(one, text, lexicon)
    if one.kind != "enterprise" or not one.brand:
        # 昆明动物研究所 is not 动物研究所; of 南京银行 the place is the brand.
        roles = roles.translate(_REGION_IS_BRAND)
    return text, roles


def _without_suffix(text: str, region: str) -> str:
    """宁波市屹澍 as 宁波屹澍."""
    place = text.find(region)
    while place >= 0:
        match = _REGION_SUFFIX.match(text, place + len(region))
        if match:
            return text[: match.start()] + text[match.end() :]
        place = text.find(region, place + 1)
    return text


def _in_order(one: Reading, text: str, lexicon: NameLexicon) -> bytes:
    """Roles of a name that is its pieces in their order, as most are; nothing of another."""
    if one.host or one.modifiers or len(one.regions) > 1 or "(" in text or ")" in text:
        return b""
    region, brand, form = "".join(one.regions), one.brand, one.form
    trade = "".join(one.trade_words)
    if text != f"{region}{brand}{trade}{form}" or text.find(brand) < len(region):
        return b""
    roles = _BYTES[REGION] * len(region) + _BYTES[BRAND] * len(brand)
    role = TRADE
    for word in one.trade_words:
        roles += _BYTES[FORM if word in lexicon.form_modifiers else role] * len(word)
        role = NEXT_TRADE if role == TRADE else TRADE
    return roles + _BYTES[FORM] * len(form)


def _searched(one: Reading, text: str, lexicon: NameLexicon) -> bytes:
    """Roles of any name: each piece is looked for behind the one before it."""
    roles = bytearray(_BYTES[TRADE] * len(text))

    def mark(piece: str, role: int, start: int) -> int:
        place = text.find(piece, start)
        if place < 0:
            return start
        roles[place : place + len(piece)] = _BYTES[role] * len(piece)
        return place + len(piece)

    after = mark(one.host, HOST, 0) if one.host else 0
    for region in one.regions:
        after = max(after, mark(region, REGION, 0 if not one.host else after))
    if one.brand:
        after = mark(one.brand, BRAND, 0 if not one.host else after)
    role = TRADE
    for word in one.trade_words:
        after = mark(word, FORM if word in lexicon.form_modifiers else role, after)
        role = NEXT_TRADE if role == TRADE else TRADE
    if one.form and (place := text.rfind(one.form)) >= 0:
        roles[place : place + len(one.form)] = _BYTES[FORM] * len(one.form)
    for word in one.modifiers:
        mark(word, FORM, after)
    if "(" in text or ")" in text:
        for place, character in enumerate(text):
            if character in "()":
                roles[place] = FORM
    return bytes(roles)
