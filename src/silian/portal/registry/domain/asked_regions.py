"""Regions that somebody asks for: codes, their beginnings, or names."""

import re
from collections.abc import Callable, Sequence
from functools import cache

from silian.errors import EngineError
from silian.library.regions import regions_in_force
from silian.portal.registry.domain.region_finding import reader_of_kept
from silian.portal.registry.domain.region_reading import RegionReader
from silian.portal.registry.models import Region
from silian.tables.values import shorten

_DIGITS = re.compile(r"[0-9]+")
_CODE = re.compile(r"[0-9]{2,6}")
_SHOWN_CANDIDATES = 6


class UnknownRegion(EngineError, ValueError):
    """No region has this code or name, or several have it."""

    code = "unknown_region"

    def __init__(self, asked: str, candidates: Sequence[str] = ()) -> None:
        shown = shorten(asked)
        super().__init__(
            f"region is {shown!r}; "
            + (
                f"it could be {', '.join(candidates[:_SHOWN_CANDIDATES])}: say which."
                if candidates
                else "expected a code such as 330200, its beginning, or a name in Chinese."
            ),
            region=shown,
        )
        self.message_zh = (
            f"“{shown}”可能是{'、'.join(candidates[:_SHOWN_CANDIDATES])}，请写明是哪一个。"
            if candidates
            else f"没有地区“{shown}”，应为区划代码（如 330200）、其前几位或名称（如 宁波市）。"
        )


def codes_of_asked(asked: Sequence[str]) -> tuple[str, ...]:
    """Codes of the regions that were asked for, in the order given.

    Raises
    ------
    UnknownRegion
        If a text is no region's code, beginning of a code or name, or means several.
    """
    reader = cache(reader_of_kept)  # reads all regions, and only for a name
    return tuple(_code_of(text.strip(), reader) for text in asked)


def _code_of(text: str, reader: Callable[[], RegionReader]) -> str:
    if _DIGITS.fullmatch(text):
        if not _CODE.fullmatch(text) or not _begins_a_code(text):
            raise UnknownRegion(text)
        return text
    meant = reader().meant(text)
    if not meant.adcode:
        raise UnknownRegion(text, meant.candidates)
    return meant.adcode


def _begins_a_code(digits: str) -> bool:
    if any(code.startswith(digits) for code in regions_in_force()):
        return True
    return Region.objects.filter(adcode__startswith=digits).exists()
