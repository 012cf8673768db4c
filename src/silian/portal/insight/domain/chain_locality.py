"""What counts as here: the region of the installation, and which organisations are in it."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from django.conf import settings

from silian.portal.bilingual import choose
from silian.portal.registry.models import Region

_IN_BRACKETS = re.compile(r"[(（]([^()（）]{2,8})[)）]")
_LONGEST_REGION = 8
_CODE_LENGTH = 18
_ENDING = re.compile(r"(?:00){1,2}$")
_SHORT = re.compile(r"(?:市|区|县|省)$")
# 南京路 is a street, wherever it is.
_STREET = re.compile(
    r"(?:[东西南北中][一二三四五]?|[一二三四五])?(?:路|街|大街|大道|道|巷|弄|公路)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeRegion:
    """The region whose chains are looked at.

    Attributes
    ----------
    code
        Its adcode; empty where the installation doesn't say: then everything is here.
    """

    code: str
    name_zh: str = ""
    name_en: str = ""

    @property
    def prefix(self) -> str:
        """What the codes of all its parts begin with.

        Examples
        --------
        >>> HomeRegion(code="330200").prefix, HomeRegion(code="330203").prefix
        ('3302', '330203')
        """
        return _trimmed(self.code)

    @property
    def name(self) -> str:
        """Its name in the reader's language."""
        return choose(self.name_zh, self.name_en or self.name_zh)


def home_region() -> HomeRegion:
    """The region of the setting ``SILIAN_REGION``, else the only city that is loaded."""
    wanted = settings.HOME_REGION
    if wanted:
        row = Region.objects.filter(adcode=wanted).values_list("name", "name_en").first()
        name, name_en = row or (_listed_name(wanted), "")
        return HomeRegion(code=wanted, name_zh=name, name_en=name_en)
    cities = Region.objects.filter(level="city").values_list("adcode", "name", "name_en")[:2]
    if len(cities) == 1:
        code, name, name_en = cities[0]
        return HomeRegion(code=code, name_zh=name, name_en=name_en)
    return HomeRegion(code="")


def is_here(home: HomeRegion, adcode: str, name: str) -> bool:
    """Whether an organisation is in the region, by its code and its name alone.

    Examples
    --------
    >>> ningbo = HomeRegion(code="330200")
    >>> is_here(ningbo, "", "宁波永磁材料有限公司"), is_here(ningbo, "", "某某有限公司")
    (True, False)
    """
    return Locality(home, _listed_places()).of(adcode=adcode, name=name)[0]


class Locality:
    """Whether organisations are in a region, and how that is known.

    Parameters
    ----------
    places
        Codes by the name of a place.
    """

    def __init__(self, home: HomeRegion, places: Mapping[str, frozenset[str]]) -> None:
        self._home, self._places = home, places
        self._codes = frozenset(code for codes in places.values() for code in codes)

    def of(
        self,
        *,
        adcode: str = "",
        address: str = "",
        name: str = "",
        code: str = "",
        sites: Iterable[str] = (),
    ) -> tuple[bool, str]:
        """Whether it is here, by the first of its facts that tells.

        A province doesn't tell of its cities, two places of one name tell nothing. What nothing
        tells of is not here: what is here must be known.

        Parameters
        ----------
        adcode
            Its registered region.
        code
            Its unified social credit code: digits 3 to 8 are the place of the authority that
            registered it.
        sites
            Regions of the platforms and facilities that it runs.

        Returns
        -------
        bool, str
            And which fact tells: region, address, name, code, sites, or ``""`` for none.
        """
        if not self._home.code:
            return True, "all"
        facts: tuple[tuple[str, Callable[[], Iterable[str]]], ...] = (
            ("region", lambda: (adcode,) if adcode else ()),
            ("address", lambda: self._in_address(address)),
            ("name", lambda: self._in_name(name)),
            ("code", lambda: {code[2:8]} & self._codes if len(code) == _CODE_LENGTH else ()),
            ("sites", lambda: sites),
        )
        for fact, codes_of in facts:
            told = self._tells(frozenset(codes_of()))
            if told is not None:
                return told, fact
        return False, ""

    def _tells(self, codes: frozenset[str]) -> bool | None:
        """Whether all of these places are here, or none; ``None`` where that is open."""
        if not codes:
            return None
        inside = [one.startswith(self._home.prefix) for one in codes]
        if all(inside):
            return True
        around = any(self._home.code.startswith(_trimmed(one)) for one in codes)
        return None if any(inside) or around else False

    def _in_name(self, name: str) -> frozenset[str]:
        """Codes of the place that a name begins with or has in brackets."""
        for text in (name, *_IN_BRACKETS.findall(name)):
            if found := self._place_before(text):
                return found[1]
        return frozenset()

    def _in_address(self, address: str) -> frozenset[str]:
        """Codes of the smallest place that an address names, from the largest on."""
        rest, codes = address.lstrip(), frozenset[str]()
        while found := self._place_before(rest):
            length, named = found
            within = frozenset(
                one for one in named if not codes or any(map(one.startswith, map(_trimmed, codes)))
            )
            if not within or _STREET.match(rest[length:]):
                break
            rest, codes = rest[length:].lstrip(" ,，、"), within
        return codes

    def _place_before(self, text: str) -> tuple[int, frozenset[str]] | None:
        """Length and codes of the longest place that a text begins with."""
        for length in range(min(_LONGEST_REGION, len(text)), 1, -1):
            if codes := self._places.get(text[:length]):
                return length, codes
        return None


def known_places() -> dict[str, frozenset[str]]:
    """Codes by name of every place in force, and of the loaded regions."""
    found = dict(_listed_places())
    for code, name in Region.objects.exclude(level="country").values_list("adcode", "name"):
        for spelling in {name, _SHORT.sub("", name)}:
            if len(spelling) > 1:
                found[spelling] = found.get(spelling, frozenset()) | {code}
    return found


@cache
def _listed_places() -> dict[str, frozenset[str]]:
    from silian.engines.graph import default_lexicon

    found = {}
    for name, region in default_lexicon().regions.items():
        codes = frozenset(code for code in region.codes if code.isdecimal() and len(code) == 6)
        if codes and len(name) > 1:
            found[name] = codes
    return found


def _trimmed(code: str) -> str:
    return _ENDING.sub("", code)


def _listed_name(code: str) -> str:
    names = [name for name, codes in _listed_places().items() if codes == {code}]
    return min(names, key=len, default=code)
