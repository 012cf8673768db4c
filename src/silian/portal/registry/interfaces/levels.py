"""Levels of platforms and projects: three codes with labels; registers' own words as they are."""

from typing import Any

from silian.portal.bilingual import both

LEVELS: dict[str, Any] = {
    "national": both("国家级", "National"),
    "provincial": both("省级", "Provincial"),
    "municipal": both("市级", "Municipal"),
}


def level_label(level: str) -> str:
    """Name of a level; one that a register words itself stands for itself.

    Examples
    --------
    >>> level_label("provincial"), level_label("国家级")
    ('省级', '国家级')
    """
    return str(LEVELS.get(level, level))
