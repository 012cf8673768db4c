"""Columns of exports that say which record a row is; loads, which go by keys, pass over them."""

from functools import cache

from silian.library.headings import fold_heading

PUBLIC_ID, PAGE = "public_id", "page"
_LABELS = {PUBLIC_ID: ("公开编号", "Public id"), PAGE: ("页面地址", "Page address")}


def identifying_label(name: str, language: str) -> str:
    """Heading of a column in ``zh`` or ``en``.

    Examples
    --------
    >>> identifying_label("public_id", "zh"), identifying_label("page", "en")
    ('公开编号', 'Page address')
    """
    return _LABELS[name][1 if language == "en" else 0]


def is_identifying(heading: str) -> bool:
    """Whether a heading is that of such a column, in either language or by its name.

    Examples
    --------
    >>> is_identifying("公开编号"), is_identifying("Page address"), is_identifying("编号")
    (True, True, False)
    """
    return fold_heading(heading) in _spellings()


@cache
def _spellings() -> frozenset[str]:
    words = (text for name, labels in _LABELS.items() for text in (name, *labels))
    return frozenset(fold_heading(text) for text in words)
