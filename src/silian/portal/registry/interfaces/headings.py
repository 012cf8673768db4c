"""Which of our columns a heading means: our own labels first, then what registers call them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from silian.library.headings import (
    KindHeadings,
    fold_heading,
    headings_of,
    is_second,
    unused_headings,
)
from silian.portal.catalogue import KINDS
from silian.portal.registry.interfaces.columns import Column
from silian.portal.registry.interfaces.heading_groups import (
    grouped_readings,
    is_telling_nothing,
    own_part,
    parts_of,
)

_BRACKETS = re.compile(r"^(.*\S)\s*[(（\[【]([^()（）\[\]【】]+)[)）\]】]$")
# 注册资本：万元, 营业收入/万元, 投资额万元: a unit that stands without brackets.
_BARE_UNIT = re.compile(r"^(?!单位\W)(.{2,}?)[\s:：/／_,，-]*(千元|万元|百万元|千万元|亿元)$")
_UNIT_SAID = re.compile(r"单位\s*[:：]\s*(?:人民币)?\s*(千元|百万元|万元|亿元|元)")
_GROUP_UNIT = re.compile(r"[(（](?:单位\s*[:：]\s*)?(千元|百万元|万元|亿元|元)[)）]\s*$")
_YEAR = re.compile(r"^\s*((?:19|20)\d\d)\s*年?度?\s*(?=\D{2})")
_HAN = re.compile(r"[\u3400-\u9fff]")
_TWO_LANGUAGES = re.compile(r"\s*[/／\n|]\s*|(?<=[\u3400-\u9fff）)])\s+(?=[A-Za-z])")
_FEW_KNOWN = 2
_SHORTEST_PART = 2  # characters of Chinese; in Latin letters a part is five


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a heading means.

    Attributes
    ----------
    how
        ``label`` (our own word), ``synonym`` (a register's), ``either`` (one of ``names``, the
        first by order) or ``part`` (a part of the heading is such a word).
    unit
        What stands in the heading's brackets or behind it, as written.
    share
        How much of the heading was understood, 0 to 1.
    year
        Of a heading that names one (2023年营业收入).
    """

    names: tuple[str, ...]
    how: str
    unit: str = ""
    share: float = 1.0
    word: str = ""
    year: int | None = None

    @property
    def name(self) -> str:
        return self.names[0]


@cache
def columns_by_name(kind: str) -> dict[str, Column]:
    """Columns of a kind by name."""
    return {column.name: column for column in KINDS[kind].columns}


@cache
def words_of(kind: str) -> KindHeadings:
    """What registers call a kind's columns."""
    return headings_of(kind, frozenset(columns_by_name(kind)))


@cache
def _labels(kind: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for column in KINDS[kind].columns:
        for text in (column.name, column.label_zh, column.label_en):
            found.setdefault(fold_heading(text), column.name)
    return found


@lru_cache(maxsize=20_000)
def find_heading(kind: str, heading: str) -> Found | None:
    """Our column behind a heading, if it is one of ours or a register's word for one.

    Examples
    --------
    >>> found = find_heading("need", "拟投入资金（万元）")
    >>> found.name, found.how, found.unit
    ('budget_cny', 'synonym', '万元')
    >>> find_heading("organisation", "所在地").names
    ('region_name', 'address')
    >>> find_heading("need", "联系电话") is None
    True
    >>> find_heading("enterprise_year", "财务情况（万元）/营业收入").name
    'revenue_cny'
    """
    found = _find_whole(kind, heading)
    if found is not None or len(parts_of(heading)) < 2 or is_unused(heading):
        return found
    # 姓名/单位 is one column of two things, not a unit under a name.
    is_grouped = not any(
        _find_whole(kind, group) is not None and not is_telling_nothing(group)
        for group in parts_of(heading)[:-1]
    )
    for text, year in grouped_readings(heading):
        if not is_grouped and text == own_part(heading):
            continue
        if (found := _find_whole(kind, text)) is not None:
            how = "synonym" if found.how == "label" else found.how
            return replace(found, how=how, word=heading, year=found.year or year)
    return None


def _find_whole(kind: str, heading: str) -> Found | None:
    labels, words = _labels(kind), words_of(kind)
    for text, unit, year in _variants(heading):
        folded = fold_heading(text)
        if folded in labels:
            return Found(names=(labels[folded],), how="label", unit=unit, word=text, year=year)
        if folded in words.columns:
            name = words.columns[folded]
            return Found(names=(name,), how="synonym", unit=unit, word=text, year=year)
        if folded in words.either:
            return Found(names=words.either[folded], how="either", unit=unit, word=text, year=year)
        if folded in unused_headings():
            return None
    return None


def is_own_label(kind: str, text: str) -> bool:
    """Whether a text is one of our own headings as it stands; quick, for cells of many rows.

    Examples
    --------
    >>> is_own_label("need", "需求标题 *"), is_own_label("need", "耐热磁体")
    (True, False)
    """
    return fold_heading(text) in _labels(kind)


@lru_cache(maxsize=20_000)
def find_part(kind: str, heading: str) -> Found | None:
    """Our column whose word, or a register's word for it, is the longest part of a heading.

    Examples
    --------
    >>> found = find_part("project", "本项目牵头承担单位全称")
    >>> found.name, found.word
    ('organisation_name', '项目牵头承担单位')
    """
    best: Found | None = None
    is_bilingual = len(_languages(heading)) > 1
    for text, unit, year in _variants(heading if is_bilingual else own_part(heading)):
        folded = fold_heading(text)
        for word, name in _all_words(kind):
            if len(word) < len(folded) and _is_part(word, folded):
                share = len(word) / len(folded)
                # Chinese says last what a thing is: 需求单位联系人 is a person.
                share *= 1.0 if folded.endswith(word) else 0.8
                if best is None or share > best.share:
                    best = Found(
                        names=(name,), how="part", unit=unit, share=share, word=word, year=year
                    )
    return best


def unit_said(heading: str) -> str:
    """What stands in a heading's brackets or behind it as a unit, known or not.

    Examples
    --------
    >>> unit_said("拟出资（万元）"), unit_said("投资额/亿元"), unit_said("投资额")
    ('万元', '亿元', '')
    """
    return next((unit for _, unit, _ in _variants(heading) if unit), "")


def is_unused(heading: str) -> bool:
    """Whether a heading names what no record keeps: numbering, contacts, notes.

    Examples
    --------
    >>> is_unused("联系电话"), is_unused("联系人（必填）"), is_unused("项目名称")
    (True, True, False)
    >>> is_unused("联系人/职务"), is_unused("企业信息/联系电话")
    (True, True)
    """
    texts = (heading, *parts_of(heading))
    return any(
        fold_heading(text) in unused_headings() for one in texts for text, _, _ in _variants(one)
    )


def resolved(kind: str, headings: Sequence[str]) -> dict[str, Found]:
    """What each heading of a file means where that is sure: no column twice, our words first.

    Of a column that stands there for several years, none is sure: 2022年营业收入, 2023年营业收入.

    Parameters
    ----------
    headings
        All of the file, in its order.
    """
    found = {heading: find_heading(kind, heading) for heading in headings}
    years: dict[str, set[int]] = {}
    for one in found.values():
        if one is not None and one.year is not None:
            years.setdefault(one.name, set()).add(one.year)
    several = {name for name, told in years.items() if len(told) > 1}
    found = {
        heading: None if one and one.year is not None and one.name in several else one
        for heading, one in found.items()
    }
    sure: dict[str, Found] = {}
    for how, second in (("label", False), ("label", True), ("synonym", False), ("synonym", True)):
        taken = {one.name for one in sure.values()}
        for heading, one in found.items():
            is_turn = one is not None and one.how == how and is_second(one.word) == second
            if one is not None and is_turn and one.name not in taken:
                sure[heading] = one
                taken.add(one.name)
    return sure


def units_above(rows: Sequence[Sequence[str]], headings: Sequence[str]) -> dict[str, str]:
    """Units that stand above a row of headings: 单位：万元, or 经济指标（万元） over some of them.

    Parameters
    ----------
    rows
        What stands above, from the top.

    Examples
    --------
    >>> units_above([["单位：万元"], ["", "人员", ""]], ["名称", "职工", "营业收入"])
    {'名称': '万元', '职工': '万元', '营业收入': '万元'}
    >>> units_above([["单位情况", "", "经济指标（万元）"]], ["名称", "代码", "营业收入", "利润"])
    {'营业收入': '万元', '利润': '万元'}
    >>> units_above([], ["单位情况/名称", "经济指标（万元）/营业收入"])
    {'经济指标（万元）/营业收入': '万元'}
    """
    found: dict[str, str] = {}
    for row in rows:
        for cell in row:
            if match := _UNIT_SAID.search(cell):
                found |= dict.fromkeys(headings, match[1])
    group = ""
    above = rows[-1] if rows else ()
    # A cell that spans several columns stands over the first of them.
    for position, heading in enumerate(headings):
        group = (above[position] if position < len(above) else "") or group
        if match := _GROUP_UNIT.search(group):
            found[heading] = match[1]
        for part in parts_of(heading)[:-1]:
            if match := _GROUP_UNIT.search(part) or _UNIT_SAID.search(part):
                found[heading] = match[1]
    return {heading: unit for heading, unit in found.items() if unit != "元"}


def heading_position(lines: Sequence[Sequence[str]]) -> int:
    """Which of a table's first lines has its headings, from 0.

    The one with most words that registers use; else the first that is as wide as the table.

    Examples
    --------
    >>> heading_position([["企业名录", ""], ["企业名称", "所在地"], ["甲公司", "东区"]])
    1
    """
    known = [sum(map(_is_known, filter(None, cells))) for cells in lines]
    best = max(known, default=0)
    if best >= _FEW_KNOWN:
        return known.index(best)
    widths = [sum(bool(cell) for cell in cells) for cells in lines]
    widest = max(widths, default=0)
    return next((n for n, width in enumerate(widths) if width * 2 > widest), 0)


def _is_known(cell: str) -> bool:
    return is_unused(cell) or any(find_heading(kind, cell) is not None for kind in KINDS)


@cache
def _all_words(kind: str) -> tuple[tuple[str, str], ...]:
    words = {**words_of(kind).columns, **_labels(kind)}
    return tuple(sorted(words.items(), key=lambda pair: -len(pair[0])))


def _is_part(word: str, folded: str) -> bool:
    shortest = _SHORTEST_PART if _HAN.search(word) else 5
    return len(word) >= shortest and word in folded


def _variants(heading: str) -> Iterator[tuple[str, str, int | None]]:
    """Ways to read a heading: text, unit, year."""
    text = heading.replace("*", "").replace("＊", "").strip()  # marks of required columns
    yield text, "", None
    year = None
    if match := _YEAR.match(text):
        year, text = int(match[1]), text[match.end() :]
        yield text, "", year
    unit = ""
    if match := _BRACKETS.match(text):
        text, unit = match[1], match[2].strip()
        yield text, unit, year
    elif match := _BARE_UNIT.match(text):
        text, unit = match[1], match[2]
        yield text, unit, year
    yield from ((part, unit, year) for part in _languages(text))


def _languages(text: str) -> tuple[str, ...]:
    """The two parts of a text that says one thing in two languages; none of another."""
    parts = _TWO_LANGUAGES.split(text)
    is_both = len(parts) == 2 and sum(_HAN.search(part) is not None for part in parts) == 1
    return tuple(parts) if is_both else ()
