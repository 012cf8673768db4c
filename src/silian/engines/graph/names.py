"""Takes the name of a Chinese organisation apart: region, brand 字号, trade, legal form, branch.

Institutions have a host and a subject instead of brand and trade: in 中国科学院宁波材料技术与工程研究所
the host is 中国科学院 and 研究所 the form.
"""

import re
from dataclasses import dataclass, field, replace

from silian.engines.graph.names_institutions import institution_kind, split_institution
from silian.engines.graph.names_lexicon import (
    NameLexicon,
    bare_region,
    default_lexicon,
    normalise_name,
)
from silian.engines.graph.names_segmentation import Cut, cut_body
from silian.engines.graph.names_short import short_name_core, without_ending

_BRACKETED = re.compile(r"[(\[【〔]([^()\[\]【】〔〕]*)[)\]】〕]")
_COMPANY = re.compile(
    r"^(.+?)((?:集团)?(?:股份有限公司|有限责任公司|责任有限公司|有限责任总公司|股份公司|有限公司|"
    r"总公司|(?<!分)(?<!支)(?<!子)公司|株式会社))(.*)$"
)
_BRANCH_COMPANY = re.compile(r"^(.{2,}?)((?:[^省市县区]{2,3}(?:省|市|县|区)?)?(?:分|支|子)公司)$")
_FORM_ENDINGS = frozenset({"股份", "集团", "控股", "公司"})
_FORMER = re.compile(r"^(?:原名?|曾用名|前身|又名|简称|以下简称)[:：]?(?:为|是)?(.+)$")
_LATIN_FORM = re.compile(
    r"[\s,]+(?:(?:co|corp|corporation|company|inc|incorporated|ltd|limited|llc|plc|gmbh|ag|sa|"
    r"s\.a|bv|nv|kk|group|holdings?|joint|stock|\(group\))[\s.,&]*)+$"
)


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


@dataclass(slots=True)
class _Brackets:
    plain: str
    regions: list[str] = field(default_factory=list)
    modifiers: list[str] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)


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
    normalised = normalise_name(text)
    if not normalised:
        return OrganisationNameParts(text=text, normalised="")
    if normalised.isascii():
        return _parse_latin(text, normalised)
    brackets = _take_brackets(normalised, words)
    company = _COMPANY.match(brackets.plain)
    if company and (not company[3] or _is_branch(company[3], words)):
        return _enterprise(text, normalised, brackets, company.groups(), words)
    branch = _BRANCH_COMPANY.match(brackets.plain)
    if branch:
        return _enterprise(text, normalised, brackets, (branch[1], "", branch[2]), words)
    kind, ending = institution_kind(brackets.plain, words)
    body, form = _trading_form(brackets.plain, words)
    if not kind and not form and len(brackets.plain) > 5:
        # A name that ends in its department: 宁波大学医学院附属医院麻醉科.
        head = split_institution(brackets.plain, words)
        kind = head.branch and institution_kind(head.organisation, words)[0]
    if kind and len(ending) >= len(form):
        return _institution(text, normalised, brackets, kind, ending, words)
    if not form:
        return _short(text, normalised, brackets, words, cut_short)
    return _enterprise(text, normalised, brackets, (body, form, ""), words)


def _short(
    text: str, normalised: str, brackets: _Brackets, lexicon: NameLexicon, cut: bool
) -> OrganisationNameParts:
    """A short name: its closing 股份 or 集团 is no trade."""
    core = short_name_core(brackets.plain, lexicon)
    body, ending = without_ending(core, lexicon)
    if ending not in _FORM_ENDINGS:
        body, ending = core, ""
    if ending:
        brackets.modifiers.append(ending)
    if not cut:
        return OrganisationNameParts(
            text=text,
            normalised=normalised,
            brand=body,
            modifiers=tuple(brackets.modifiers),
            aliases=tuple(brackets.aliases),
            organisation=core,
        )
    parts = _enterprise(text, normalised, brackets, (body, "", ""), lexicon)
    return replace(parts, organisation=core)


def _take_brackets(normalised: str, lexicon: NameLexicon) -> _Brackets:
    found = _Brackets(normalised)
    for _ in range(3):  # brackets within brackets, from the inside out
        pieces: list[str] = []
        last = 0
        for match in _BRACKETED.finditer(found.plain):
            pieces.append(found.plain[last : match.start()])
            last = match.end()
            _sort_bracket(match[1], found, lexicon)
        if not last:
            break
        found.plain = "".join(pieces) + found.plain[last:]
    found.plain = found.plain.strip("()[]【】,.;、。· ")
    return found


def _sort_bracket(inner: str, found: _Brackets, lexicon: NameLexicon) -> None:
    if inner in lexicon.form_modifiers or not inner:
        found.modifiers.append(inner)
    elif inner in lexicon.regions:
        found.regions.append(inner)
    elif (cut := cut_body(inner, lexicon)).regions and not cut.brand and not cut.trade:
        found.regions.extend(cut.regions)
    elif len(inner) > 2:
        former = _FORMER.match(inner)
        found.aliases.append(former[1] if former else inner)


def _enterprise(
    text: str,
    normalised: str,
    brackets: _Brackets,
    pieces: tuple[str, ...],
    lexicon: NameLexicon,
) -> OrganisationNameParts:
    body, form, branch = pieces
    modifiers = [word for word in brackets.modifiers if word]
    while len(form) > 2 and form.startswith("集团"):
        form = form.removeprefix("集团")
        modifiers.append("集团")
    cut = cut_body(body, lexicon)
    trade = cut.trade
    stripped = True
    while stripped:
        stripped = False
        for word in ("集团", "控股"):
            if trade.endswith(word) and (len(trade) > len(word) or cut.brand):
                trade, stripped = trade.removesuffix(word), True
                modifiers.append(word)
    regions = _region_keys((*cut.regions, *brackets.regions), lexicon)
    return OrganisationNameParts(
        text=text,
        normalised=normalised,
        kind="enterprise" if form or branch else "",
        regions=regions,
        region="".join((*cut.regions, *brackets.regions)),
        brand=cut.brand,
        trade=trade,
        trade_words=cut.words,
        form=form,
        form_kind=lexicon.legal_forms.get(form, ""),
        branch=branch,
        modifiers=tuple(modifiers),
        aliases=tuple(brackets.aliases),
        # Subsidiaries share one name but for the place: X(北京), X(上海).
        organisation=f"{body}{pieces[1]}" + "".join(f"({place})" for place in brackets.regions),
    )


def _institution(
    text: str,
    normalised: str,
    brackets: _Brackets,
    kind: str,
    ending: str,
    lexicon: NameLexicon,
) -> OrganisationNameParts:
    split = split_institution(brackets.plain, lexicon)
    kind, ending = institution_kind(split.organisation, lexicon) or (kind, ending)
    subject = split.organisation.removeprefix(split.host).removesuffix(ending)
    cut = cut_body(subject, lexicon)
    regions = (*cut.regions, *brackets.regions)
    brand = _after_places(subject, cut)
    return OrganisationNameParts(
        text=text,
        normalised=normalised,
        kind=kind,
        regions=_region_keys(regions, lexicon),
        region="".join(regions),
        brand=brand or "".join(cut.regions[-1:]),
        form=ending,
        form_kind=kind,
        host=split.host,
        branch=split.branch,
        modifiers=tuple(word for word in brackets.modifiers if word),
        aliases=tuple(brackets.aliases),
        # Two universities share one name before their places: 中国石油大学(北京), (华东).
        organisation=split.organisation + "".join(f"({place})" for place in brackets.regions),
    )


def _after_places(subject: str, cut: Cut) -> str:
    rest = subject
    for place in cut.regions:
        if rest.startswith(place):
            rest = rest[len(place) :]
    return rest


def _region_keys(regions: tuple[str, ...], lexicon: NameLexicon) -> tuple[str, ...]:
    keys = []
    for name in regions:
        region = lexicon.regions.get(name)
        key = region.key if region else bare_region(name)
        if key not in keys:
            keys.append(key)
    return tuple(keys)


def _is_branch(rest: str, lexicon: NameLexicon) -> bool:
    return rest.endswith(lexicon.branch_endings) or len(rest) > 2


def _trading_form(plain: str, lexicon: NameLexicon) -> tuple[str, str]:
    """Body and form of a name that ends like a shop, a works or a partnership."""
    ending = lexicon.legal_forms.longest(plain)
    if ending and len(plain) - len(ending) >= 2:
        return plain.removesuffix(ending), ending
    return plain, ""


def _parse_latin(text: str, normalised: str) -> OrganisationNameParts:
    plain = " ".join(_BRACKETED.sub(" ", normalised).split())
    body = _LATIN_FORM.sub("", plain).strip(" ,.")
    form = plain[len(body) :].strip(" ,")
    return OrganisationNameParts(
        text=text,
        normalised=normalised,
        kind="enterprise" if form else "",
        brand=body.split(" ")[0] if form and body else body,
        trade=" ".join(body.split(" ")[1:]) if form else "",
        form=form,
        organisation=plain,
    )
