"""Takes the name of a Chinese organisation apart: region, brand 字号, trade, legal form, branch.

Institutions have a host and a subject instead of brand and trade: in 中国科学院宁波材料技术与工程研究所
the host is 中国科学院 and 研究所 the form.
"""

from collections.abc import Sequence

from silian.engines.graph.names_cutting import cut_bodies
from silian.engines.graph.names_lexicon import (
    NameLexicon,
    default_lexicon,
    normalise_name,
    normalise_names,
)
from silian.engines.graph.names_parts import OrganisationNameParts
from silian.engines.graph.names_readings import Reading, read_name
from silian.engines.graph.names_segmentation import cut_body


def parse_organisation_name(
    text: str, *, lexicon: NameLexicon | None = None, cut_short: bool = True
) -> OrganisationNameParts:
    """Take a name apart.

    Parameters
    ----------
    text
        A name of a company or an institution; anything else comes back with few parts filled.
    lexicon
        Words to go by; the packaged ones by default.
    cut_short
        Whether short names are taken apart too, or left whole as brand, which is faster.

    Returns
    -------
    OrganisationNameParts
        Never an error: an empty text gives empty parts.

    Raises
    ------
    InvalidText
        If something else than a string arrives.

    Examples
    --------
    >>> parts = parse_organisation_name("天顺风能（苏州）股份有限公司")
    >>> parts.region, parts.brand, parts.trade, parts.form
    ('苏州', '天顺', '风能', '股份有限公司')
    >>> parts = parse_organisation_name("青海师范大学地理科学学院")
    >>> parts.organisation, parts.branch
    ('青海师范大学', '地理科学学院')
    """
    words = lexicon or default_lexicon()
    one = read_name(text, normalise_name(text), words, cut_short)
    if one.is_open:
        one.close(cut_body(one.body, words), words)
    return one.parts()


def parse_organisation_names(
    texts: Sequence[str], *, lexicon: NameLexicon | None = None, cut_short: bool = True
) -> list[OrganisationNameParts]:
    """Take many names apart, in half the time of one by one; the same parts.

    Parameters
    ----------
    texts, lexicon, cut_short
        As for ``parse_organisation_name``.

    Examples
    --------
    >>> [one.brand for one in parse_organisation_names(["宁波屹澍电子有限公司", "沐岚大学"])]
    ['屹澍', '沐岚']
    """
    words = lexicon or default_lexicon()
    return [one.parts() for one in read_names(texts, words, cut_short)]


def read_names(texts: Sequence[str], lexicon: NameLexicon, cut_short: bool) -> list[Reading]:
    """Names taken apart for the engine's own use: no frozen parts."""
    read = [
        read_name(text, normalised, lexicon, cut_short)
        for text, normalised in zip(texts, normalise_names(texts), strict=True)
    ]
    is_open = [one for one in read if one.is_open]
    cuts = cut_bodies([one.body for one in is_open], lexicon)
    for one, cut in zip(is_open, cuts, strict=True):
        one.close(cut, lexicon)
    return read
