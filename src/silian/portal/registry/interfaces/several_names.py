"""Cells that hold the names of several people or bodies, where one is asked for.

Names have separators of their own (A/B 实验室, Acme Co., Ltd.), so a cell is taken apart only where
each part is convincingly a name by itself. Where only some are, it may be several, and is told.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from silian.portal.registry.domain.names import kind_by_name
from silian.portal.registry.interfaces.bylines import (
    ends_as_institution,
    is_person_name,
    surnames,
)
from silian.tables.values import ValueRefused, parse_line, parse_list, parse_name, shorten

PERSON, ORGANISATION = "person", "organisation"
_MARK = re.compile(r"[、，,;；/／|｜\n\s等和与及&]")
_QUOTED = re.compile(r"\s*[“\"「](.+)[”\"」]\s*", re.DOTALL)  # one name, whoever wrote it says
_BEHIND = re.compile(r"[(（\[【][^()（）\[\]【】]*[)）\]】]\s*$")
_PART_OF_BODY = re.compile(r"牵头|主持|负责|组长|第[一二三1-3]|参与|参加|联合|合作")
_SLASH = re.compile(r"[/／｜]+(?![^(（]*[)）])")  # between brackets it divides nothing
_AND = re.compile(r"[和与及&]")
_OTHERS = re.compile(
    r"\s*等\s*(?:\d+|[一二两三四五六七八九十]+)?\s*[余多]?\s*(?:人|名|位|家|个)?"
    r"(?:单位|企业|机构|高校|公司|专家|成员)?$"
)
_HAN = re.compile(r"[\u3400-\u9fff]")
_LATIN_NAME = re.compile(r"[A-Z][\w.'’-]*(?:\s+[A-Z][\w.'’-]*){1,3}")
_LATIN_BODY = re.compile(
    r"\S+.*\b(?:University|Institute|College|Academy|Laboratory|Hospital|Inc|Corp|Corporation|"
    r"Company|Ltd|Limited|LLC|GmbH)\.?",
    re.IGNORECASE,
)
_LEGAL_FORM = re.compile(r"[,，]\s*(?=(?:Co|Ltd|Inc|LLC|Limited|Corp)\b)", re.IGNORECASE)
_STRONG = re.compile(r"[、;；/／|｜\n]")
_SHORTEST_BODY = 4
# One body run by several: 北京大学、清华大学生命科学联合中心; 中国科学院、水利部成都山地所.
_JOINT = re.compile(r"联合|合作|共建|协同|联盟")
_LED_BY = re.compile(r"^(?:[\u3400-\u9fff]{1,8}?(?:部|省|市|自治区)|国家[\u3400-\u9fff]{1,8}?局)")
_LEADS = re.compile(r"(?:科学院|工程院|部|委员会|总局|局|厅|政府)$")


@dataclass(frozen=True, slots=True)
class Several:
    """Names in one cell.

    Attributes
    ----------
    is_sure
        Whether each is a name beyond doubt; otherwise the cell may be one name.
    """

    names: tuple[str, ...]
    is_sure: bool


class SeveralNames(ValueRefused):
    """Several names where one is asked for."""

    code = "several_names"


def several_in(sort: str, text: str) -> Several | None:
    """The names in a cell, if there is more than one; ``None`` if it is one name.

    Parameters
    ----------
    sort
        ``person`` or ``organisation``.

    Examples
    --------
    >>> several_in("person", "张三、李四（组长）").names
    ('张三', '李四')
    >>> several_in("organisation", "示例大学/某某研究所").names
    ('示例大学', '某某研究所')
    >>> [several_in(*one) for one in (("person", "马克·吐温"), ("organisation", "A/B 实验室"))]
    [None, None]
    """
    if not _MARK.search(text):
        return None
    is_name: Callable[[str], bool] = _is_person if sort == PERSON else _is_body
    bare = _OTHERS.sub("", text)
    has_others = bare != text and bool(_HAN.search(text))
    parts = _parts(sort, bare if has_others else text)
    if len(parts) == 1 and sort == PERSON:
        parts = _spoken(parts[0])
    if has_others and len(parts) == 1 and is_name(parts[0]) and not is_name(parse_name(text)):
        return Several((parts[0], text[len(bare) :].strip()), True)
    if len(parts) < 2:
        return None
    sure = [is_name(part) for part in parts]
    n_chinese = sum(_HAN.search(part) is not None for part in parts)
    if len(parts) == 2 and n_chinese == 1:
        return None  # one name in two languages
    is_one_script = n_chinese in {0, len(parts)}
    if all(sure) and is_one_script and not (sort == ORGANISATION and _may_be_one(parts)):
        return Several(tuple(parts), True)
    if not n_chinese and not _STRONG.search(text):
        return None  # Smith, John; Example University, Department of Physics
    return Several(tuple(parts), False) if any(sure[:-1]) or all(sure) else None


def several_cell(sort: str, cell: object) -> tuple[str, ...]:
    """The names in a cell that surely are several; a list says so itself. Else none."""
    if isinstance(cell, (list, tuple)):
        texts = [parse_name(item) for item in cell if isinstance(item, str)]
        return tuple(dict.fromkeys(text for text in texts if text))
    found = None
    if isinstance(cell, str) and not is_quoted(cell):
        found = several_in(sort, parse_line(cell))
    return found.names if found is not None and found.is_sure else ()


def is_quoted(cell: object) -> bool:
    """Whether a cell says that it is one name: it stands in quotation marks as a whole."""
    return isinstance(cell, str) and _QUOTED.fullmatch(cell) is not None


def one_name(sort: str) -> Callable[[object], str]:
    """Reader of a column that holds one name.

    Raises
    ------
    SeveralNames
        If a cell is convincingly several, and not in quotation marks.

    Examples
    --------
    >>> one_name("organisation")("“示例大学/某某研究所”")
    '示例大学/某某研究所'
    """

    def read(value: object) -> str:
        if isinstance(value, str) and (quoted := _QUOTED.fullmatch(value)):
            return parse_name(quoted[1])
        name = parse_name(value)
        # Spaces between names are padding in the name that is read.
        if names := several_cell(sort, value):
            raise refusal(sort, name, names)
        return name

    return read


def many_names(sort: str) -> Callable[[object], list[str]]:
    """Reader of a column that holds a list of names, also divided by strokes or spaces."""

    def read(value: object) -> list[str]:
        names: dict[str, None] = {}
        for item in parse_list(value):
            found = several_in(sort, item)
            parts = found.names if found and found.is_sure and not _OTHERS.search(item) else (item,)
            names |= dict.fromkeys(name for part in parts if (name := parse_name(part)))
        return list(names)

    return read


def refusal(sort: str, text: str, names: Sequence[str]) -> SeveralNames:
    """Why several names are not taken, with the first of them."""
    what_zh, what_en = ("姓名", "people") if sort == PERSON else ("单位", "organisations")
    return SeveralNames(
        f"arrived {shorten(text)}; that names several {what_en}, expected one. Give the first "
        f"({shorten(names[0])}) and enter the others in rows of their own; a single name that reads so "
        "goes in quotation marks.",
        message_zh=f"收到“{shorten(text)}”，像是多个{what_zh}，这里只填一个"
        f"（如“{shorten(names[0])}”），其余请另行登记；确为一个名称的，请整体加引号。",
        arrived=text,
    )


def _parts(sort: str, text: str) -> list[str]:
    """Parts of a cell without the roles that stand in brackets behind them; each once."""
    items = parse_list(_LEGAL_FORM.sub(" ", text))
    pieces = (piece.strip() for item in items for piece in _SLASH.split(item))
    found = list(dict.fromkeys(_without_role(sort, piece) for piece in pieces if piece))
    # One name keeps its brackets: 示例大学（东区）.
    return found if len(found) > 1 else [text.strip()]


def _without_role(sort: str, text: str) -> str:
    behind = _BEHIND.search(text)
    if behind is None or (sort == ORGANISATION and not _PART_OF_BODY.search(behind[0])):
        return text
    return text[: behind.start()].strip() or text


def _spoken(text: str) -> list[str]:
    """Names of people between which spaces or 和 stand; 欧阳 修 and 李和平 are one."""
    words = text.split()
    if len(words) > 1 and _HAN.match(text):
        glued = "".join(words)
        are_names = all(len(word) > 1 and word not in surnames() for word in words)
        if not is_person_name(glued) and are_names and all(map(is_person_name, words)):
            return words
    parts = _AND.split(text)
    if len(parts) > 1 and not is_person_name(text) and all(map(_is_person, parts)):
        return [part.strip() for part in parts]
    return [text]


def _is_person(text: str) -> bool:
    name = parse_name(text)
    if _HAN.search(name):
        return len(name) > 1 and is_person_name(name)
    return _LATIN_NAME.fullmatch(name) is not None and _LATIN_BODY.fullmatch(name) is None


def _is_body(text: str) -> bool:
    name = parse_name(text)
    if not _HAN.search(name):
        return _LATIN_BODY.fullmatch(name) is not None
    bare = _BEHIND.sub("", name)
    is_body = ends_as_institution(bare) or kind_by_name(name) != "other"
    return len(_HAN.findall(name)) >= _SHORTEST_BODY and is_body


def _may_be_one(parts: Sequence[str]) -> bool:
    """Whether parts that are names each may still be one body's name."""
    last = parts[-1]
    return bool(_JOINT.search(last) or (_LEADS.search(parts[0]) and _LED_BY.match(last)))
