"""Levels of platforms and projects, standings of patents; registers' own words as they are."""

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


#: What registers write of a patent's standing, in both languages.
LEGAL_STATUSES: dict[str, Any] = {
    "有效": both("有效", "In force"),
    "审中": both("审中", "Pending"),
    "失效": both("失效", "Lapsed"),
    "授权": both("授权", "Granted"),
    "公开": both("公开", "Published"),
    "实质审查": both("实质审查", "Under examination"),
    "驳回": both("驳回", "Rejected"),
    "撤回": both("撤回", "Withdrawn"),
}


def legal_status_label(status: str) -> str:
    """A patent's standing in the reader's language; other words of a register as they are.

    Examples
    --------
    >>> legal_status_label("有效"), legal_status_label("权利终止")
    ('有效', '权利终止')
    """
    return str(LEGAL_STATUSES.get(status, status))
