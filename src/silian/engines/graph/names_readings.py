"""What a name's build tells before its body is cut: brackets, form, host, branch.

Cutting is the costly part and quicker for many bodies at once, so it is left open: a ``Reading`` waits
for the cut of its body.
"""

import re
from dataclasses import dataclass

from silian.engines.graph.names_institutions import institution_kind, split_institution
from silian.engines.graph.names_lexicon import NameLexicon, bare_region
from silian.engines.graph.names_parts import OrganisationNameParts
from silian.engines.graph.names_segmentation import Cut, cut_body
from silian.engines.graph.names_short import short_name_core, without_ending

_BRACKETED = re.compile(r"[(\[【〔]([^()\[\]【】〔〕]*)[)\]】〕]")
_OPENING = re.compile(r"[(\[【〔]")
#: Stands around a name and is no part of it.
_OUTSIDE = "()[]【】,.;、。· "
_COMPANY = re.compile(
    r"^(.+?)((?:集团)?(?:股份有限公司|有限责任公司|责任有限公司|有限责任总公司|股份公司|有限公司|"
    r"总公司|(?<!分)(?<!支)(?<!子)公司|株式会社))(.*)$"
)
#: What both patterns need; most short names have neither.
_MAYBE_COMPANY = ("公司", "株式会社")
_BRANCH_COMPANY = re.compile(r"^(.{2,}?)((?:[^省市县区]{2,3}(?:省|市|县|区)?)?(?:分|支|子)公司)$")
_FORM_ENDINGS = frozenset({"股份", "集团", "控股", "公司"})
_FORMER = re.compile(r"^(?:原名?|曾用名|前身|又名|简称|以下简称)[:：]?(?:为|是)?(.+)$")
_LATIN_FORM = re.compile(
    r"[\s,]+(?:(?:co|corp|corporation|company|inc|incorporated|ltd|limited|llc|plc|gmbh|ag|sa|"
    r"s\.a|bv|nv|kk|group|holdings?|joint|stock|\(group\))[\s.,&]*)+$"
)


@dataclass(slots=True)
class Reading:
    """A name that is taken apart, but for its body while ``is_open``.

    It has what ``OrganisationNameParts`` has and is filled step by step: tens of thousands of them are
    made at once, and only who asks for ``parts`` gets frozen ones.

    Attributes
    ----------
    closing
        What closes a short name instead of trade and form: 股份.
    body
        What is still to be cut: of an institution its subject.
    bracketed
        Places that stand in brackets.
    """

    text: str
    normalised: str
    organisation: str = ""
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
    closing: str = ""
    body: str = ""
    bracketed: tuple[str, ...] = ()
    is_open: bool = False
    is_institution: bool = False

    def parts(self) -> OrganisationNameParts:
        """All parts."""
        return OrganisationNameParts(
            text=self.text,
            normalised=self.normalised,
            kind=self.kind,
            regions=self.regions,
            region=self.region,
            brand=self.brand,
            trade=self.trade,
            trade_words=self.trade_words,
            form=self.form,
            form_kind=self.form_kind,
            host=self.host,
            branch=self.branch,
            modifiers=self.modifiers,
            aliases=self.aliases,
            organisation=self.organisation,
        )

    def close(self, cut: Cut, lexicon: NameLexicon) -> None:
        """Fill in what the cut of the body tells."""
        self.is_open = False
        regions = (*cut.regions, *self.bracketed) if self.bracketed else cut.regions
        if regions:
            self.regions = _region_keys(regions, lexicon)
            self.region = "".join(regions)
        if self.is_institution:
            self.brand = _after_places(self.body, cut) or "".join(cut.regions[-1:])
            return
        self.brand, self.trade, self.trade_words = cut.brand, cut.trade, cut.words
        if self.form:
            self._take_group_from_form()
            self.form_kind = lexicon.legal_forms.get(self.form, "")
        if cut.trade.endswith(_GROUP_WORDS):
            self._take_group_from_trade()

    def _take_group_from_form(self) -> None:
        while len(self.form) > 2 and self.form.startswith("集团"):
            self.form = self.form.removeprefix("集团")
            self.modifiers += ("集团",)

    def _take_group_from_trade(self) -> None:
        stripped = True
        while stripped:
            stripped = False
            for word in _GROUP_WORDS:
                if self.trade.endswith(word) and (len(self.trade) > len(word) or self.brand):
                    self.trade, stripped = self.trade.removesuffix(word), True
                    self.modifiers += (word,)


_GROUP_WORDS = ("集团", "控股")


def read_name(text: str, normalised: str, lexicon: NameLexicon, cut_short: bool) -> Reading:
    """What can be told of a name before its body is cut."""
    one = Reading(text, normalised)
    if normalised.isascii():
        if normalised:
            _read_latin(one)
        return one
    if _OPENING.search(normalised):
        plain = _without_brackets(one, lexicon)
    else:
        plain = normalised.strip(_OUTSIDE)
    if _MAYBE_COMPANY[0] in plain or _MAYBE_COMPANY[1] in plain:
        company = _COMPANY.match(plain)
        if company and (not company[3] or _is_branch(company[3], lexicon)):
            _read_company(one, *company.groups())
            return one
        parted = _BRANCH_COMPANY.match(plain)
        if parted:
            _read_company(one, parted[1], "", parted[2])
            return one
    kind, ending = institution_kind(plain, lexicon)
    body, form = _trading_form(plain, lexicon)
    if not kind and not form and len(plain) > 5:
        # A name that ends in its department: 宁波大学医学院附属医院麻醉科.
        head = split_institution(plain, lexicon)
        kind = head.branch and institution_kind(head.organisation, lexicon)[0]
    if kind and len(ending) >= len(form):
        _read_institution(one, plain, kind, ending, lexicon)
    elif form:
        _read_company(one, body, form, "")
    else:
        _read_short(one, plain, lexicon, cut_short)
    return one


def _read_company(one: Reading, body: str, form: str, branch: str) -> None:
    one.body, one.form, one.branch, one.is_open = body, form, branch, True
    if form or branch:
        one.kind = "enterprise"
    # Subsidiaries share one name but for the place: X(北京), X(上海).
    one.organisation = _with_places(body + form, one.bracketed)


def _with_places(name: str, places: tuple[str, ...]) -> str:
    for place in places:
        name += f"({place})"
    return name


def _read_institution(
    one: Reading, plain: str, kind: str, ending: str, lexicon: NameLexicon
) -> None:
    split = split_institution(plain, lexicon)
    kind, ending = institution_kind(split.organisation, lexicon) or (kind, ending)
    one.body = split.organisation.removeprefix(split.host).removesuffix(ending)
    one.is_open = one.is_institution = True
    # Two universities share one name before their places: 中国石油大学(北京), (华东).
    one.organisation = _with_places(split.organisation, one.bracketed)
    one.kind = one.form_kind = kind
    one.form, one.host, one.branch = ending, split.host, split.branch


def _read_short(one: Reading, plain: str, lexicon: NameLexicon, cut: bool) -> None:
    """A short name: its closing 股份 or 集团 is no trade."""
    one.organisation = core = short_name_core(plain, lexicon)
    body, ending = without_ending(core, lexicon)
    one.closing = ending
    if ending in _FORM_ENDINGS:
        one.modifiers += (ending,)
    else:
        body = core
    if cut:
        one.body, one.is_open = body, True
    else:
        one.brand = body


def _without_brackets(one: Reading, lexicon: NameLexicon) -> str:
    """The name outside its brackets; what these say goes into the reading."""
    plain = one.normalised
    for _ in range(3):  # brackets within brackets, from the inside out
        pieces: list[str] = []
        last = 0
        for match in _BRACKETED.finditer(plain):
            pieces.append(plain[last : match.start()])
            last = match.end()
            _sort_bracket(match[1], one, lexicon)
        if not last:
            break
        plain = "".join(pieces) + plain[last:]
    return plain.strip(_OUTSIDE)


def _sort_bracket(inner: str, one: Reading, lexicon: NameLexicon) -> None:
    if not inner:
        return
    if inner in lexicon.form_modifiers:
        one.modifiers += (inner,)
    elif inner in lexicon.regions:
        one.bracketed += (inner,)
    elif (cut := cut_body(inner, lexicon)).regions and not cut.brand and not cut.trade:
        one.bracketed += cut.regions
    elif len(inner) > 2:
        former = _FORMER.match(inner)
        one.aliases += (former[1] if former else inner,)


def _after_places(subject: str, cut: Cut) -> str:
    rest = subject
    for place in cut.regions:
        if rest.startswith(place):
            rest = rest[len(place) :]
    return rest


def _region_keys(regions: tuple[str, ...], lexicon: NameLexicon) -> tuple[str, ...]:
    keys: list[str] = []
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


def _read_latin(one: Reading) -> None:
    one.organisation = plain = " ".join(_BRACKETED.sub(" ", one.normalised).split())
    body = _LATIN_FORM.sub("", plain).strip(" ,.")
    one.form = plain[len(body) :].strip(" ,")
    one.brand = body
    if one.form:
        one.kind = "enterprise"
        first, _, rest = body.partition(" ")
        one.brand, one.trade = first, rest
