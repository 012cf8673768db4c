"""What the base dictionary knows of words: how common they are, and what compounds are made of."""

import math
import re
from functools import cache
from typing import Any

from silian.language.modern import modern_terms

_LONGEST_PART = 8
_LONGEST_ACROSS = 4
_HAN_ONLY = re.compile(r"[\u3400-\u9fff]+")
# Sum of all frequencies in the dictionary that rjieba ships.
_TOTAL_FREQUENCY = 60_101_967
_NOUN = "n"


@cache
def base_dictionary() -> Any:
    """The segmenter's own dictionary with modern terms; this instance never gets a user term."""
    base, _ = _base_and_frequencies()
    return base


def new_dictionary() -> Any:
    """A dictionary like ``base_dictionary``, to be taught more."""
    import rjieba

    _, frequencies = _base_and_frequencies()
    made = rjieba.Jieba()
    for term, frequency in frequencies:
        made.add_word(term, frequency, _NOUN)
    return made


@cache
def _base_and_frequencies() -> tuple[Any, tuple[tuple[str, int], ...]]:
    """The base dictionary, and modern terms with the least frequency that keeps each one word.

    With the least, a term never tears a word from its neighbours that is likelier there.
    """
    # rjieba builds its dictionary on import (0.1 s).
    import rjieba

    growing = rjieba.Jieba()
    frequencies: list[tuple[str, int]] = []
    # The short ones first: a long term has to be likelier than the short ones inside it.
    for term in sorted(modern_terms(), key=lambda term: (len(term), term)):
        if not growing.has_word(term):
            frequencies.append((term, growing.suggest_freq(term)))
            growing.add_word(*frequencies[-1], _NOUN)
    return growing, tuple(frequencies)


def ordinary_share(word: str) -> float:
    """Share of a word among the words of ordinary Chinese, 0 where the dictionary lacks it.

    Examples
    --------
    >>> ordinary_share("技术") > 10 * ordinary_share("电机") > 0
    True
    >>> ordinary_share("magnet")
    0.0
    """
    return 0.0 if word in modern_terms() else _share(word)


def parts_of_compound(word: str) -> tuple[str, ...]:
    """Words of two characters and more in the likeliest cut of a word into several.

    Examples
    --------
    >>> parts_of_compound("污水处理"), parts_of_compound("锂电池"), parts_of_compound("聚氨酯")
    (('污水', '处理'), ('电池',), ())
    """
    given = modern_terms().get(word)
    if given is not None:
        return given
    n = len(word)
    if n < 3 or not _HAN_ONLY.fullmatch(word):
        return ()
    # Viterbi over the places between characters: the best way to reach each, and its last word.
    scores = [0.0] + [-math.inf] * n
    begins = [0] * (n + 1)
    for end in range(1, n + 1):
        for begin in range(max(0, end - _LONGEST_PART), end):
            if end - begin < n:
                score = scores[begin] + _log_share(word[begin:end])
                if score > scores[end]:
                    scores[end], begins[end] = score, begin
    parts: list[str] = []
    end = n
    while end:
        parts.append(word[begins[end] : end])
        end = begins[end]
    return tuple(part for part in reversed(parts) if len(part) > 1)


def word_across(left: str, right: str) -> str:
    """Word that begins in one piece of a text and ends in the next, empty if there is none.

    A cut goes through a word where another one swallowed its beginning or its end: a term that
    was taught, which the base dictionary on its own would have cut elsewhere; or a word of the
    base dictionary, and then what is left of both pieces has to be words too. 注塑模 and 具 are
    also 注塑 and 模具, but 大 and 电流 are not 大电 and a word.

    Examples
    --------
    >>> word_across("注塑模", "具"), word_across("海绵钛轴", "承"), word_across("大", "电流")
    ('模具', '轴承', '')
    """
    if not (left and right and _HAN_ONLY.fullmatch(left + right)):
        return ""
    return _cut_across(left, right) or _swallowed(left, right)


def guess_across(left: str, right: str) -> str:
    """Characters on both sides of the border of a lone character and an unsure piece, else empty.

    Single characters side by side may be a word that the dictionary doesn't know, and so may one
    and the end of a word that rjieba guessed from its characters: it makes 盐雾 one word in one
    sentence, 盐 and 雾 in the next, 耐盐 and 雾 in a third.

    Examples
    --------
    >>> guess_across("盐", "雾"), guess_across("耐盐", "雾"), guess_across("永磁", "钢")
    ('盐雾', '盐雾', '')
    """
    if not (left and right and _HAN_ONLY.fullmatch(left + right)):
        return ""
    has_single = len(left) == 1 or len(right) == 1
    return left[-1] + right[0] if has_single and is_unsure(left) and is_unsure(right) else ""


def is_unsure(piece: str) -> bool:
    """Whether a piece is a single character or a word that rjieba guessed."""
    return len(piece) == 1 or not base_dictionary().has_word(piece)


def _cut_across(left: str, right: str) -> str:
    """What the base dictionary alone would have across the border, if it is a word of its own."""
    base = base_dictionary()
    end = 0
    for piece in base.cut(left + right):
        begin, end = end, end + len(piece)
        if begin < len(left) < end:
            return piece if base.has_word(piece) else ""
    return ""


def _swallowed(left: str, right: str) -> str:
    """The longest word across the border that leaves words on both sides."""
    base = base_dictionary()
    for length in range(min(_LONGEST_ACROSS, len(left) + len(right)), 1, -1):
        for of_left in range(max(1, length - len(right)), min(len(left), length - 1) + 1):
            begin, end = len(left) - of_left, length - of_left
            word = left[begin:] + right[:end]
            if base.has_word(word) and _is_word(left[:begin]) and _is_word(right[end:]):
                return word
    return ""


def _log_share(word: str) -> float:
    if len(word) > 1 and not base_dictionary().has_word(word):
        return -math.inf
    return math.log(max(_share(word), 1.0 / _TOTAL_FREQUENCY))


def _share(word: str) -> float:
    base = base_dictionary()
    return base.suggest_freq(word) / _TOTAL_FREQUENCY if base.has_word(word) else 0.0


def _is_word(rest: str) -> bool:
    return not rest or (len(rest) > 1 and base_dictionary().has_word(rest))
