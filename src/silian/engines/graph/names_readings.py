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
_BRANCH_COMPANY = re.compile(r"^(.{2,}?)((?:[^省市县区]{2,3}(?:省|市|县|区)?)?(?:分|支|子)公司)$")
_FORM_ENDINGS = frozenset({"股份", "集团", "控股", "公司"})
_FORMER = re.compile(r"^(?:原名?|曾用名|前身|又名|简称|以下简称)[:：]?(?:为|是)?(.+)$")
_LATIN_FORM = re.compile(
    r"[\s,]+(?:(?:co|corp|corporation|company|inc|incorporated|ltd|limited|llc|plc|gmbh|ag|sa|"
    r"s\.a|bv|nv|kk|group|holdings?|joint|stock|\(group\))[\s.,&]*)+$"
)


@dataclass(slots=True)
class _Brackets:
    """What a name says outside brackets, and what its brackets say."""

    plain: str
    regions: tuple[str, ...] = ()
    modifiers: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


@dataclass(slots=True)
class Reading:
    """A name that is taken apart but for its body.

    Attributes
    ----------
    body
        What is still to be cut: of an institution its subject.
    kind
        Of an institution; of a company the form tells.
    organisation
        The name that the organisation goes by.
    """

    text: str
    normalised: str
    brackets: _Brackets
    body: str
    organisation: str
    form: str = ""
    branch: str = ""
    kind: str = ""
    host: str = ""
    is_institution: bool = False

    def parts(self, cut: Cut, lexicon: NameLexicon) -> OrganisationNameParts:
        """All parts, given the cut of the body."""
        if self.is_institution:
            return self._institution(cut, lexicon)
        return self._enterprise(cut, lexicon)

    def _enterprise(self, cut: Cut, lexicon: NameLexicon) -> OrganisationNameParts:
        form, trade = self.form, cut.trade
        modifiers = [word for word in self.brackets.modifiers if word]
        while len(form) > 2 and form.startswith("集团"):
            form = form.removeprefix("集团")
            modifiers.append("集团")
        stripped = trade.endswith(("集团", "控股"))
        while stripped:
            stripped = False
            for word in ("集团", "控股"):
                if trade.endswith(word) and (len(trade) > len(word) or cut.brand):
                    trade, stripped = trade.removesuffix(word), True
                    modifiers.append(word)
        regions = (*cut.regions, *self.brackets.regions)
        return OrganisationNameParts(
            text=self.text,
            normalised=self.normalised,
            kind="enterprise" if form or self.branch else "",
            regions=_region_keys(regions, lexicon),
            region="".join(regions),
            brand=cut.brand,
            trade=trade,
            trade_words=cut.words,
            form=form,
            form_kind=lexicon.legal_forms.get(form, ""),
            branch=self.branch,
            modifiers=tuple(modifiers),
            aliases=self.brackets.aliases,
            organisation=self.organisation,
        )

    def _institution(self, cut: Cut, lexicon: NameLexicon) -> OrganisationNameParts:
        regions = (*cut.regions, *self.brackets.regions)
        brand = _after_places(self.body, cut)
        return OrganisationNameParts(
            text=self.text,
            normalised=self.normalised,
            kind=self.kind,
            regions=_region_keys(regions, lexicon),
            region="".join(regions),
            brand=brand or "".join(cut.regions[-1:]),
            form=self.form,
            form_kind=self.kind,
            host=self.host,
            branch=self.branch,
            modifiers=tuple(word for word in self.brackets.modifiers if word),
            aliases=self.brackets.aliases,
            organisation=self.organisation,
        )


def read_name(
    text: str, normalised: str, lexicon: NameLexicon, cut_short: bool
) -> Reading | OrganisationNameParts:
    """What can be told of a name before its body is cut; all its parts where there is nothing to cut."""
    if not normalised:
        return OrganisationNameParts(text=text, normalised="")
    if normalised.isascii():
        return _parse_latin(text, normalised)
    brackets = _take_brackets(normalised, lexicon)
    plain = brackets.plain
    company = _COMPANY.match(plain)
    if company and (not company[3] or _is_branch(company[3], lexicon)):
        body, form, branch = company.groups()
        return _company(text, normalised, brackets, body, form, branch)
    parted = _BRANCH_COMPANY.match(plain)
    if parted:
        return _company(text, normalised, brackets, parted[1], "", parted[2])
    kind, ending = institution_kind(plain, lexicon)
    body, form = _trading_form(plain, lexicon)
    if not kind and not form and len(plain) > 5:
        # A name that ends in its department: 宁波大学医学院附属医院麻醉科.
        head = split_institution(plain, lexicon)
        kind = head.branch and institution_kind(head.organisation, lexicon)[0]
    if kind and len(ending) >= len(form):
        return _institution(text, normalised, brackets, kind, ending, lexicon)
    if not form:
        return _short(text, normalised, brackets, lexicon, cut_short)
    return _company(text, normalised, brackets, body, form, "")


def _company(
    text: str, normalised: str, brackets: _Brackets, body: str, form: str, branch: str
) -> Reading:
    # Subsidiaries share one name but for the place: X(北京), X(上海).
    organisation = _with_places(f"{body}{form}", brackets)
    return Reading(text, normalised, brackets, body, organisation, form, branch)


def _with_places(name: str, brackets: _Brackets) -> str:
    for place in brackets.regions:
        name += f"({place})"
    return name


def _institution(
    text: str,
    normalised: str,
    brackets: _Brackets,
    kind: str,
    ending: str,
    lexicon: NameLexicon,
) -> Reading:
    split = split_institution(brackets.plain, lexicon)
    kind, ending = institution_kind(split.organisation, lexicon) or (kind, ending)
    subject = split.organisation.removeprefix(split.host).removesuffix(ending)
    # Two universities share one name before their places: 中国石油大学(北京), (华东).
    organisation = _with_places(split.organisation, brackets)
    return Reading(
        text,
        normalised,
        brackets,
        subject,
        organisation,
        form=ending,
        branch=split.branch,
        kind=kind,
        host=split.host,
        is_institution=True,
    )


def _short(
    text: str, normalised: str, brackets: _Brackets, lexicon: NameLexicon, cut: bool
) -> Reading | OrganisationNameParts:
    """A short name: its closing 股份 or 集团 is no trade."""
    core = short_name_core(brackets.plain, lexicon)
    body, ending = without_ending(core, lexicon)
    if ending not in _FORM_ENDINGS:
        body, ending = core, ""
    if ending:
        brackets.modifiers += (ending,)
    if cut:
        return Reading(text, normalised, brackets, body, core)
    return OrganisationNameParts(
        text=text,
        normalised=normalised,
        brand=body,
        modifiers=brackets.modifiers,
        aliases=brackets.aliases,
        organisation=core,
    )


def _take_brackets(normalised: str, lexicon: NameLexicon) -> _Brackets:
    found = _Brackets(normalised.strip(_OUTSIDE))
    if not _OPENING.search(normalised):
        return found
    found.plain = normalised
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
    found.plain = found.plain.strip(_OUTSIDE)
    return found


def _sort_bracket(inner: str, found: _Brackets, lexicon: NameLexicon) -> None:
    if inner in lexicon.form_modifiers or not inner:
        found.modifiers += (inner,)
    elif inner in lexicon.regions:
        found.regions += (inner,)
    elif (cut := cut_body(inner, lexicon)).regions and not cut.brand and not cut.trade:
        found.regions += cut.regions
    elif len(inner) > 2:
        former = _FORMER.match(inner)
        found.aliases += (former[1] if former else inner,)


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
