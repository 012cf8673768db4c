"""Codes of national standards: shapes and check digits."""

import re
import unicodedata

from silian.tables.values.errors import InvalidCode, shorten
from silian.tables.values.texts import MISSING, parse_list, parse_text

_UNIFIED = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_UNIFIED_WEIGHTS = tuple(pow(3, position, 31) for position in range(17))
_UNIFIED_VALUES = {character: value for value, character in enumerate(_UNIFIED)}
# Provinces of GB/T 2260; 10 is the whole country, 99 is kept for fictional places.
_PROVINCES = frozenset(
    {"10", *map(str, range(11, 16)), *map(str, range(21, 24)), *map(str, range(31, 38))}
    | {*map(str, range(41, 47)), *map(str, range(50, 55)), *map(str, range(61, 66))}
    | {"71", "81", "82", "99"}
)
# Version and indicators follow as offices print them: (2006.01)I, or 20060101AFI20060101BHCN.
_IPC = re.compile(
    r"^(?:INT\.?\s*CL\.?|IPC)?\s*[:：]?\s*([A-H]\d{2}[A-Z])"
    r"[\s-]*(?:0*(\d{1,4})\s*/\s*(\d{2,6}))?"
    r"(?:\s*[\[(]\d{1,4}(?:\.\d{2})?[\])]\s*[INA]?|\s+\d{8}[A-Z0-9 ]*)?$"
)
_BETWEEN_IPC = re.compile(r"(?<![.:L])[\s+]+(?=[A-H]\d{2}[A-Z])")
_BETWEEN = re.compile(r"[\s'‘’`\-–—_·.]+")
_INDUSTRY = re.compile(r"^(?:[A-T](?:\d{2,4})?|\d{2,4})$")


def _folded(value: object) -> str:
    text = unicodedata.normalize("NFKC", parse_text(value)).upper()
    return "" if text.lower() in MISSING else text


def unified_code_check_digit(first_seventeen: str) -> str:
    """Last character of a unified social credit code (统一社会信用代码).

    Parameters
    ----------
    first_seventeen
        The 17 characters before it: digits and capitals without I, O, S, V, Z.

    References
    ----------
    GB 32100-2015, section 5: C18 = 31 - MOD(sum(Ci * Wi), 31), Wi = 3**(i - 1) mod 31.

    Examples
    --------
    >>> unified_code_check_digit("91350100M000100Y4")
    '3'
    """
    total = sum(
        _UNIFIED_VALUES[character] * weight
        for character, weight in zip(first_seventeen, _UNIFIED_WEIGHTS, strict=True)
    )
    return _UNIFIED[-total % 31]


def parse_unified_code(value: object) -> str:
    """A unified social credit code with a right check digit, or '' where none was given.

    Raises
    ------
    InvalidCode
        If length, characters or check digit are wrong.

    Examples
    --------
    >>> parse_unified_code("９１３５０１００m000100y43")
    '91350100M000100Y43'
    """
    code = _BETWEEN.sub("", _folded(value))
    if not code:
        return ""
    if len(code) != 18 or any(character not in _UNIFIED_VALUES for character in code):
        raise InvalidCode(
            f"arrived {shorten(value)}; expected 18 digits and capitals without I, O, S, V, Z "
            "(GB 32100). Copy the code from the business licence.",
            message_zh=f"收到“{shorten(value)}”，统一社会信用代码应为 18 位数字或大写字母（不含 I、O、S、V、Z），请按营业执照填写。",
            arrived=value,
        )
    expected = unified_code_check_digit(code[:17])
    if code[17] != expected:
        raise InvalidCode(
            f"arrived {code}; its check digit is {code[17]}, expected {expected} (GB 32100): a "
            "character is mistyped. Copy the code from the business licence.",
            message_zh=f"收到“{code}”，校验位为 {code[17]}，按 GB 32100 应为 {expected}，代码有误，请按营业执照核对。",
            arrived=value,
        )
    return code


def parse_adcode(value: object) -> str:
    """A six-digit region code (GB/T 2260), or ''; 9 and 12 digit codes are cut to six.

    Raises
    ------
    InvalidCode
        If it is no region code.

    Examples
    --------
    >>> parse_adcode(330203.0), parse_adcode("330200000000")
    ('330203', '330200')
    """
    if isinstance(value, str) and len(value) == 6 and value.isdecimal() and value.isascii():
        code = value
    else:
        code = _folded(value).removesuffix(".0")
        if not code:
            return ""
        if code.isdecimal() and len(code) in {9, 12}:
            code = code[:6]
    if len(code) != 6 or not code.isdecimal() or code[:2] not in _PROVINCES:
        raise InvalidCode(
            f"arrived {shorten(value)}; expected a six-digit region code of GB/T 2260, such as "
            "330203.",
            message_zh=f"收到“{shorten(value)}”，应为 6 位行政区划代码（GB/T 2260），如 330203。",
            arrived=value,
        )
    return code


def parse_ipc(value: object) -> str:
    """An IPC symbol in its usual spelling, or ''.

    Raises
    ------
    InvalidCode
        If it is no subclass or group of the classification.

    Examples
    --------
    >>> parse_ipc("h01f1/057"), parse_ipc("Ｈ０２Ｋ"), parse_ipc("H01F1/057(2006.01)I")
    ('H01F 1/057', 'H02K', 'H01F 1/057')
    """
    code = _folded(value)
    if not code:
        return ""
    match = _IPC.match(code)
    if match is None:
        raise InvalidCode(
            f"arrived {shorten(value)}; expected an IPC symbol such as H01F 1/057 or H01F.",
            message_zh=f"收到“{shorten(value)}”，应为 IPC 分类号，如 H01F 1/057 或 H01F。",
            arrived=value,
        )
    return f"{match[1]} {match[2]}/{match[3]}" if match[2] else match[1]


def parse_ipc_list(value: object) -> list[str]:
    """IPC symbols of a list, each once; also such as stand side by side with only a space.

    Raises
    ------
    InvalidCode
        If one of them is no symbol of the classification.

    Examples
    --------
    >>> parse_ipc_list("H01F1/057(2006.01)I H01F1/08(2006.01)I；B22F3/00")
    ['H01F 1/057', 'H01F 1/08', 'B22F 3/00']
    """
    items = (
        one
        for item in parse_list(value)
        for one in _BETWEEN_IPC.split(unicodedata.normalize("NFKC", item).upper())
    )
    return list(dict.fromkeys(code for item in items if (code := parse_ipc(item))))


def parse_industry_code(value: object) -> str:
    """An industry code of GB/T 4754 (门类字母与 2 至 4 位数字), or ''.

    Raises
    ------
    InvalidCode
        If it has another shape.

    Examples
    --------
    >>> parse_industry_code("c3812"), parse_industry_code(3812)
    ('C3812', '3812')
    """
    code = _folded(value)
    if code and not _INDUSTRY.match(code):
        raise InvalidCode(
            f"arrived {shorten(value)}; expected a code of GB/T 4754: a letter A to T, two to "
            "four digits, or both (C3812). Codes of other classifications don't fit here.",
            message_zh=f"收到“{shorten(value)}”，应为国民经济行业代码（GB/T 4754）：门类字母 A 至 T、2 至 4 位数字，或两者相连，如 C3812；其他分类的代码请勿填在此列。",
            arrived=value,
        )
    return code


def parse_orcid(value: object) -> str:
    """An ORCID with a right check digit (ISO 7064 MOD 11-2), or ''.

    Raises
    ------
    InvalidCode
        If shape or check digit are wrong.

    Examples
    --------
    >>> parse_orcid("https://orcid.org/0000-0002-1825-0097")
    '0000-0002-1825-0097'
    """
    code = _folded(value).rpartition("/")[2].replace("-", "")
    if not code:
        return ""
    total = 0
    right = re.fullmatch(r"\d{15}[\dX]", code) is not None
    if right:
        for digit in code[:15]:
            total = (total + int(digit)) * 2
        right = "0123456789X"[(12 - total % 11) % 11] == code[15]
    if not right:
        raise InvalidCode(
            f"arrived {shorten(value)}; expected an ORCID such as 0000-0002-1825-0097.",
            message_zh=f"收到“{shorten(value)}”，应为 ORCID，如 0000-0002-1825-0097。",
            arrived=value,
        )
    return "-".join(code[start : start + 4] for start in range(0, 16, 4))
