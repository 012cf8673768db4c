"""What stands for a count that is withheld: one mark and one sentence, wherever counts are told.

A word, not a dash, a star or an empty cell: those are read as none, as a footnote, as not known.
"""

from typing import Any

from django.conf import settings

from silian.portal.bilingual import both, choose

#: Stands in place of the count in pages, files and on the command line.
MARK = both("隐去", "withheld")
#: What descriptions of the API say of a count that may be null.
NULL_MEANS = (
    "null: withheld, as it would tell of few people; neither zero nor unknown"
    "（隐去：会透露个别人，不是零，也不是没有数据）"
)


def told(count: int | None) -> Any:
    """A count, or the mark.

    Examples
    --------
    >>> told(0), told(None)
    (0, '隐去')
    """
    return str(MARK) if count is None else count


def legend() -> str:
    """What the mark means."""
    most = settings.SMALL_COUNT_MIN - 1
    return choose(
        f"“{MARK}”：人数在 1–{most} 之间，或可由此反推出这样的数，为保护个人不公布。不是零，"
        "也不是没有数据；页面、文件一致，接口中为 null。",
        f"“{MARK}”: 1 to {most} people, or a count that would give such a one away. Neither zero "
        "nor missing; alike on pages and in files, null in the API.",
    )
