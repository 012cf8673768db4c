"""What counts as here: the region of the installation, and which organisations are in it."""

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from django.conf import settings

from silian.portal.bilingual import choose
from silian.portal.registry.models import Region

_IN_BRACKETS = re.compile(r"[(（]([^()（）]{2,8})[)）]")
_LONGEST_REGION = 8


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
        return re.sub(r"(?:00){1,2}$", "", self.code)

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
    """Whether an organisation is in the region: by its code, else by the place in its name.

    One of which neither tells is not: what is here must be known.

    Examples
    --------
    >>> ningbo = HomeRegion(code="330200")
    >>> is_here(ningbo, "", "宁波永磁材料有限公司"), is_here(ningbo, "", "某某有限公司")
    (True, False)
    """
    if not home.code:
        return True
    if adcode:
        return adcode.startswith(home.prefix)
    codes = place_in_name(name)
    return bool(codes) and all(code.startswith(home.prefix) for code in codes)


@lru_cache(maxsize=100_000)
def place_in_name(name: str) -> frozenset[str]:
    """Codes of the place that an organisation's name begins with or has in brackets."""
    places = _places()
    for text in (name, *_IN_BRACKETS.findall(name)):
        for length in range(min(_LONGEST_REGION, len(text)), 1, -1):
            if codes := places.get(text[:length]):
                return codes
    return frozenset()


@cache
def _places() -> dict[str, frozenset[str]]:
    from silian.engines.graph import default_lexicon

    found = {}
    for name, region in default_lexicon().regions.items():
        codes = frozenset(code for code in region.codes if code.isdecimal() and len(code) == 6)
        if codes and len(name) > 1:
            found[name] = codes
    return found


def _listed_name(code: str) -> str:
    names = [name for name, codes in _places().items() if codes == {code}]
    return min(names, key=len, default=code)
