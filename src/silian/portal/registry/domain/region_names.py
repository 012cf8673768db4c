"""Regions by name and by code: which one a text means, and what a code alone tells."""

import re

from silian.portal.registry.domain.references import MENTIONS
from silian.portal.registry.models import Region

_PEOPLES = (
    "(?:蒙古|哈萨克|柯尔克孜|维吾尔|锡伯|塔吉克)族?|"  # which names write without 族, too
    "(?:布依|苗|侗|藏|羌|彝|傣|景颇|傈僳|白|哈尼|壮|土家|朝鲜|回|满|畲|黎|瑶|仫佬|毛南|仡佬|水|纳西|"
    "独龙|怒|普米|佤|拉祜|布朗|东乡|保安|撒拉|裕固|土|达斡尔|鄂温克|各)族"
)
_AUTONOMOUS = re.compile(rf"^(.{{2,}}?)(?:{_PEOPLES})*自治(?:区|州|县|旗)$")
_ENDINGS = ("特别行政区", "地区", "林区", "新区", "省", "市", "盟", "区", "县", "旗")
_LEVEL_WORDS = frozenset("省市区县旗盟州")


def is_level_word(sign: str) -> bool:
    """Whether names of regions end with this sign."""
    return sign in _LEVEL_WORDS


def short_region(name: str) -> str:
    """A name without the word for its level.

    Examples
    --------
    >>> short_region("宁波市"), short_region("内蒙古自治区"), short_region("黔东南苗族侗族自治州")
    ('宁波', '内蒙古', '黔东南')
    """
    if found := _AUTONOMOUS.match(name):
        return found[1]
    for ending in _ENDINGS:
        if name.endswith(ending) and len(name) - len(ending) >= 2:
            return name[: -len(ending)]
    return name


def one_region(
    name: str, full: dict[str, list[int]], short: dict[str, list[tuple[str, int]]]
) -> int | None:
    """The one region that a name means, or ``None`` where it could be several or is none.

    Parameters
    ----------
    full, short
        Kept regions by name, and with their levels by name without its ending.
    """
    exact = full.get(name, [])
    if len(exact) == 1:
        return exact[0]
    candidates = [] if exact else short.get(short_region(name), [])
    # 吉林 without an ending means the province, not its city.
    for level in ("province", "city", "district"):
        found = [key for candidate, key in candidates if candidate == level]
        if found:
            return found[0] if len(found) == 1 else None
    return None


def level_of(adcode: str) -> str:
    """Level of a region by its code (GB/T 2260)."""
    if adcode == "100000":
        return "country"
    return (
        "province" if adcode.endswith("0000") else "city" if adcode.endswith("00") else "district"
    )


def parent_of(adcode: str) -> str:
    """Code of the region above; empty for the country."""
    match level_of(adcode):
        case "country":
            return ""
        case "province":
            return "100000"
        case "city":
            return f"{adcode[:2]}0000"
        case _:
            return f"{adcode[:4]}00"


def siblings_registered(adcode: str) -> bool:
    """Whether the regions of this level around the code are kept: then the code must exist."""
    level = level_of(adcode)
    prefix = {"province": "", "city": adcode[:2], "district": adcode[:4]}.get(level, adcode)
    regions = Region.objects.exclude(register__code=MENTIONS, source_hash="")
    named = regions.filter(level=level, adcode__startswith=prefix).exclude(name=adcode)
    return any(name != code for name, code in named.values_list("name", "adcode")[:50])
