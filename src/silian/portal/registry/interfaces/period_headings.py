"""Headings over stretches of time: 项目起止年月, whose beginnings and ends are two of our columns."""

import re

from silian.library.headings import fold_heading
from silian.portal.registry.interfaces.heading_groups import own_part
from silian.portal.registry.interfaces.headings import words_of

_BRACKETS = re.compile(r"[(（\[【][^()（）\[\]【】]*[)）\]】]")


def period_of(kind: str, heading: str) -> tuple[str, str] | None:
    """The columns that take beginnings and ends of a column, if its heading names stretches of time.

    Examples
    --------
    >>> period_of("project", "项目起止年月（年/月）")
    ('started_on', 'ended_on')
    >>> period_of("project", "基本情况/起止时间")
    ('started_on', 'ended_on')
    >>> period_of("project", "项目名称") is None
    True
    """
    periods = words_of(kind).periods
    for text in (heading, _BRACKETS.sub("", heading), own_part(_BRACKETS.sub("", heading))):
        if found := periods.get(fold_heading(text)):
            return found
    return None
