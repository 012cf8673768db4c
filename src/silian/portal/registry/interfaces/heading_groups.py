"""Headings under a common one, as readers put them together: 财务情况（万元）/营业收入."""

import re
from collections.abc import Iterator

_UNIT = re.compile(r"[十百千万亿]*元|[%％‰]|[人家个项件]|年")
_AMONG_THEM = re.compile(r"^其中\s*[:：]?\s*")
_OUTSIDE_BRACKETS = re.compile(r"[/／](?![^(（\[【]*[)）\]】])")
_BRACKETS = re.compile(r"[(（\[【][^()（）\[\]【】]*[)）\]】]")
# 企业基本信息 says 企业, 基本情况 nothing of its own.
_ABOUT = re.compile(
    r"(.*?)(?:基本|主要|相关|总体)?(?:信息|情况|资料|概况|数据|指标|状况|内容)|"
    r"(.*?)\s*\b(?:information|info|details|data|basics)",
    re.IGNORECASE,
)
# Of what, the group alone tells: 合作单位/名称 is no name of the record.
_GENERIC = re.compile(
    r"名称|姓名|编号|代码|编码|号码|证号|地址|电话|类型|类别|性质|日期|时间|年份|年度|金额|数量|人数|单位|"
    r"职务|职称|级别|等级|状态|合计|小计|总计|其他|其它|简介|说明|内容|描述|"
    r"(?:full )?names?|codes?|numbers?|no\.?|ids?|titles?|types?|dates?|amounts?|total|address|"
    r"status|description",
    re.IGNORECASE,
)
_SEVERAL = re.compile(r"[及和与、]")
_YEAR_ALONE = re.compile(r"((?:19|20)\d\d)\s*年?度?")
_YEAR_BEGINS = re.compile(r"\s*((?:19|20)\d\d)\s*年?度?")


def parts_of(heading: str) -> tuple[str, ...]:
    """The groups that a heading stands under, and itself, with its brackets and its unit.

    Examples
    --------
    >>> parts_of("财务情况（万元）/营业收入"), parts_of("价格（元/吨）")
    (('财务情况（万元）', '营业收入'), ('价格（元/吨）',))
    """
    parts = [part.strip() for part in _OUTSIDE_BRACKETS.split(heading) if part.strip()]
    if len(parts) > 1 and _UNIT.fullmatch(parts[-1]):
        parts[-2:] = [f"{parts[-2]}/{parts[-1]}"]
    return tuple(parts)


def own_part(heading: str) -> str:
    """A heading without the groups that it stands under."""
    return (parts_of(heading) or (heading,))[-1]


def is_telling_nothing(group: str) -> bool:
    """Whether a group only says that there is something to say: 企业基本信息, 基本情况."""
    return _ABOUT.fullmatch(_BRACKETS.sub("", group).strip()) is not None


def grouped_readings(heading: str) -> Iterator[tuple[str, int | None]]:
    """What a heading under a group may mean by itself: texts, the likeliest first, and a year.

    Examples
    --------
    >>> list(grouped_readings("企业基本信息/名称")), list(grouped_readings("合作单位/名称"))
    ([('企业名称', None)], [('合作单位名称', None)])
    >>> list(grouped_readings("财务情况/利润")), list(grouped_readings("营业收入/2023年"))
    ([('财务利润', None), ('利润', None)], [('营业收入', 2023)])
    """
    parts = parts_of(heading)
    if len(parts) < 2:
        return
    group, own = parts[-2], _AMONG_THEM.sub("", parts[-1])
    if match := _YEAR_ALONE.fullmatch(own):
        yield group, int(match[1])
        return
    years = [int(match[1]) for part in parts[:-1] if (match := _YEAR_BEGINS.match(part))]
    year = years[-1] if years else None
    subject = _YEAR_BEGINS.sub("", _BRACKETS.sub("", group), count=1).strip()
    if about := _ABOUT.fullmatch(subject):
        subject = (about[1] or about[2] or "").strip()
    if subject:
        yield subject + own, year
    plain = _BRACKETS.sub("", own).strip(" *＊")
    # 工作单位及职务 names what stands below it.
    is_named = plain in subject and _SEVERAL.search(subject) is not None
    if not subject or is_named or not _GENERIC.fullmatch(plain):
        yield own, year
