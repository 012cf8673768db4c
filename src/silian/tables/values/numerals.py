"""Numbers in Chinese words, in plain and in financial characters, also mixed with digits.

Only what can be said in one way is read. Two digits without a unit between them are a range in
speech (三五百万) and are not read.
"""

import re
from decimal import Decimal

_SPELLINGS = str.maketrans(
    "壹贰貳叁叄參肆伍陆陸柒捌玖〇○拾佰仟萬億兩圆圓",
    "一二二三三三四五六六七八九零零十百千万亿两元元",
)
_DIGITS = dict(zip("零一二三四五六七八九", range(10), strict=True)) | {"两": 2}
_POWERS = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8}
_ONE = "[一二两三四五六七八九1-9]"
_UP_TO_9999 = re.compile(rf"(?:({_ONE})千)?零?(?:({_ONE})百)?零?(?:({_ONE}?)十)?零?({_ONE})?")
_POINT = re.compile(r"(.+)点([零一二三四五六七八九]{1,9})([十百千]?[万亿]?)")
_LETTERS = "零一二两三四五六七八九十百千万亿"
_RUN = re.compile(rf"[{_LETTERS}点\d]+")
_WHOLE = re.compile(rf"(负?)([{_LETTERS}点\d]+)\s*([^\d]*)")
_WORDED = re.compile(r"[零一二两三四五六七八九十]|\d[千百]\d")
_RANGE = re.compile(rf"([{_LETTERS}点\d]+)\s*(?:-|–|—|~|〜|至|到)+\s*([{_LETTERS}点\d]+)")
_FEW = re.compile(r"[一二两三四五六七八九1-9]")
_MANY = re.compile(r"[一二两三四五六七八九1-9]((?:百|千)?[万亿]{0,2})")
_LONGEST = 40
_LONGEST_DIGITS = 8
_WAN = 10**4


def plain_numerals(text: str) -> str:
    """A text with financial, traditional and round spellings of numerals in plain ones.

    Examples
    --------
    >>> plain_numerals("叁佰萬圓整")
    '三百万元整'
    """
    return text.translate(_SPELLINGS)


def read_numeral(text: str) -> Decimal | None:
    """A number in words; ``None`` where the text is none, or could be another.

    Parameters
    ----------
    text
        In plain numerals.

    Examples
    --------
    >>> [int(read_numeral(word)) for word in ("三百万", "1千5百万", "两亿", "三万五", "一万零三")]
    [3000000, 15000000, 200000000, 35000, 10003]
    >>> read_numeral("一点五亿"), read_numeral("三五百万"), read_numeral("二零二五")
    (Decimal('150000000.0'), None, None)
    """
    if not text or len(text) > _LONGEST:
        return None
    if match := _POINT.fullmatch(text):
        whole = _below(match[1], "亿", ends=False)
        if whole is None:
            return None
        factor = 1
        for power in match[3]:
            factor *= _POWERS[power]
        parts = "".join(str(_DIGITS[digit]) for digit in match[2])
        return Decimal(f"{whole}.{parts}") * factor
    found = _below(text, "亿")
    return None if found is None else Decimal(found)


def _below(text: str, power: str, *, ends: bool = True) -> int | None:
    """A number in which no unit is larger than ``power``: 亿, 万, or none.

    Parameters
    ----------
    ends
        Whether nothing stands behind it. There, speech leaves out the last unit (三万五).
    """
    if not power:
        return _up_to_9999(text, ends=ends)
    smaller = "万" if power == "亿" else ""
    head, found, tail = text.rpartition(power)
    if not found:
        return _below(text, smaller, ends=ends)
    many = _below(head, smaller, ends=False)
    rest = 0 if not tail else _below(tail, smaller, ends=ends)
    if not many or rest is None or rest >= _POWERS[power] or tail == "零":
        return None
    if len(tail) == 1 and tail != "十":
        if not ends:
            return None
        rest *= _POWERS[power] // 10
    return many * _POWERS[power] + rest


def _up_to_9999(text: str, *, ends: bool) -> int | None:
    if text == "零":
        return 0
    if text.isascii() and text.isdecimal():
        return int(text) if len(text) <= _LONGEST_DIGITS else None
    match = _UP_TO_9999.fullmatch(text)
    if not text or match is None or "零零" in text or text.endswith("零"):
        return None
    thousands, hundreds, tens, ones = (_digit(part) for part in match.groups())
    if match[3] == "":
        tens = 1  # 十五
    if match[4] and text[-2:-1] in {"千", "百"}:
        if not ends:
            return None
        ones *= _POWERS[text[-2]] // 10  # 三千五
    return 1000 * thousands + 100 * hundreds + 10 * tens + ones


def _digit(text: str | None) -> int:
    if not text:
        return 0
    return _DIGITS[text] if text in _DIGITS else int(text)


def split_words(text: str) -> tuple[Decimal, str, bool] | None:
    """A number in words, what stands behind it, and whether it names 万 or 亿 itself.

    Examples
    --------
    >>> split_words("叁佰万元整")
    (Decimal('3000000'), '元整', True)
    """
    match = _WHOLE.fullmatch(plain_numerals(text[: 2 * _LONGEST]))
    number = read_numeral(match[2]) if match else None
    if match is None or number is None:
        return None
    is_large = "万" in match[2] or "亿" in match[2]
    return -number if match[1] else number, match[3].strip(), is_large


def in_figures(text: str) -> str:
    """A text whose numbers in words are written in digits, large ones in 万.

    Of a range, the first number has the units of the second (三至五百万); where it isn't sure
    which (三至五十万), the text stays as it is.

    Examples
    --------
    >>> in_figures("三百余万元"), in_figures("三至五百万元"), in_figures("约两亿")
    ('300余万元', '300万-500万元', '约20000万')
    >>> in_figures("三至五十万"), in_figures("500-1000万")
    ('三至五十万', '500-1000万')
    """
    plain = plain_numerals(text[:200])
    if not _WORDED.search(plain):
        return text
    if match := _RANGE.search(plain):
        bounds = _bounds(match[1], match[2])
        return f"{plain[: match.start()]}{bounds}{plain[match.end() :]}" if bounds else text
    return _RUN.sub(lambda run: _figure(run[0]), plain)


def _bounds(first: str, second: str) -> str:
    lower, upper = read_numeral(first), read_numeral(second)
    if lower is None or upper is None:
        return ""
    if not {"万", "亿"} & set(first):
        shared = second[-1:] if second[-1:] in {"万", "亿"} else ""
        if _FEW.fullmatch(first) and (few := _MANY.fullmatch(second)):
            shared = few[1]
        elif _FEW.fullmatch(first) and re.fullmatch(r".十[万亿]*", second):
            return ""  # 三至五十万: from 3, 3万 or 30万
        for power in shared:
            lower *= _POWERS[power]
    in_wan = bool({"万", "亿"} & set(second))
    return "-".join(_written(bound, in_wan=in_wan) for bound in (lower, upper))


def _figure(run: str) -> str:
    number = read_numeral(run)
    return run if number is None else _written(number, in_wan=bool({"万", "亿"} & set(run)))


def _written(number: Decimal, *, in_wan: bool) -> str:
    return f"{(number / _WAN).normalize():f}万" if in_wan else f"{number:f}"
