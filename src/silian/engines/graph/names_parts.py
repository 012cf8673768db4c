"""What a name of an organisation consists of."""

from dataclasses import dataclass

from silian.engines.graph.resolution_frozen import made_quickly


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationNameParts:
    """A name taken apart. Every text is normalised; what the name doesn't say is empty.

    Attributes
    ----------
    text
        The name as it arrived.
    normalised
        One spelling of it (``normalise_name``).
    kind
        enterprise, university, hospital, laboratory, research_institute, government, association,
        centre; empty for a short name that doesn't tell.
    regions
        Places in their order, without suffix: ("浙江", "宁波").
    region
        The places written together, as in the name.
    brand
        字号; of an institution its subject; a place only where nothing else names it.
    trade, trade_words
        Trade words, written together and one by one.
    form
        Legal form or the institution's ending, as written.
    form_kind
        joint_stock, limited, ..., or ``kind`` of an institution.
    host
        The organisation that this one belongs to, where its name begins the name.
    branch
        Department or branch after the organisation's own name.
    modifiers
        集团, 控股, 筹: words that don't tell who it is.
    aliases
        Further names from brackets, former ones among them.
    organisation
        Who it is: the name without branch and brackets, places from brackets at its end.
    """

    text: str
    normalised: str
    kind: str = ""
    regions: tuple[str, ...] = ()
    region: str = ""
    brand: str = ""
    trade: str = ""
    trade_words: tuple[str, ...] = ()
    form: str = ""
    form_kind: str = ""
    host: str = ""
    branch: str = ""
    modifiers: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    organisation: str = ""
