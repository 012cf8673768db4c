"""Regions by name and by code: which one a text means, and what a code alone tells."""

from silian.portal.registry.models import Region

_REGION_ENDINGS = (
    "维吾尔自治区",
    "壮族自治区",
    "回族自治区",
    "特别行政区",
    "自治区",
    "自治州",
    "地区",
    "省",
    "市",
    "盟",
    "区",
    "县",
)


def short_region(name: str) -> str:
    """A name without the word for its level: 宁波 for 宁波市."""
    for ending in _REGION_ENDINGS:
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
    named = Region.objects.filter(level=level, adcode__startswith=prefix).exclude(name=adcode)
    return any(name != code for name, code in named.values_list("name", "adcode")[:50])
