"""Which words of a text name a thing that can be worked on: a product, a part, a material, a step."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from silian.engines.matching.claritytext import BLANK
from silian.language.tagging import tagged_words

_HAN = re.compile(r"[\u3400-\u9fff]")
_LATIN = re.compile(r"(?:[a-z][a-z0-9.+#-]*[a-z0-9+#]|\d[dg])")
_SPECIFIC_FROM = 3
_LONGEST_COMPOUND = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectWords:
    """How objects are told from other words.

    Attributes
    ----------
    general_words
        Words that name no object by themselves (技术, 产品, partner), in lower case.
    noun_tags
        Tags of which one has to stand in a phrase that names an object.
    inner_tags
        Tags that may stand beside it.
    carrier_words
        General words that make an object with a word before them (镀铬工艺, 赤泥处理).
    """

    general_words: frozenset[str]
    carrier_words: frozenset[str]
    noun_tags: frozenset[str]
    inner_tags: frozenset[str]


@dataclass(slots=True)
class _Phrase:
    start: int
    end: int
    weight: int = 0
    has_noun: bool = False
    n_latin: int = 0


def object_places(
    text: str, words: ObjectWords, *, firm: str | None = None
) -> tuple[list[tuple[int, int]], bool]:
    """Places of phrases that name an object, and whether one of them is specific.

    Parameters
    ----------
    text
        As ``folded`` gives it; blanks end a phrase.
    firm
        The same without whole fields (新能源): they may stand in a phrase (新能源电池), and don't make
        it one.

    Returns
    -------
    tuple
        Start and end of each phrase, and whether it can be told from its kin: three Chinese
        characters (减速器, not 电机), a word with an abbreviation, or two English words.
    """
    phrases = [
        one for one in _phrases(text, words, firm or text) if one.has_noun and one.weight > 1
    ]
    specific = [one for one in phrases if one.weight >= _SPECIFIC_FROM]
    if not specific and sum(one.n_latin for one in phrases) > 1:
        specific = phrases
    return [(one.start, one.end) for one in specific or phrases], bool(specific)


def _phrases(text: str, words: ObjectWords, firm: str) -> Iterator[_Phrase]:
    phrase: _Phrase | None = None
    end = 0
    for word, tag in tagged_words(text):
        start, end = end, end + len(word)
        if word == " " and phrase and phrase.end == start and phrase.n_latin:
            continue
        weight, is_noun, is_latin = _weighed(word, tag, words)
        if not weight and phrase and phrase.end == start and _carries(word, words.carrier_words):
            weight = len(word)
        if not weight:
            if phrase:
                yield phrase
            phrase = None
            continue
        phrase = phrase or _Phrase(start=start, end=end)
        phrase.end = end
        phrase.weight += weight
        phrase.has_noun |= is_noun and BLANK not in firm[start:end]
        phrase.n_latin += is_latin
    if phrase:
        yield phrase


def _weighed(word: str, tag: str, words: ObjectWords) -> tuple[int, bool, bool]:
    """How much a word tells, whether it is a noun, and whether it is Latin."""
    if _is_general(word, words.general_words):
        return 0, False, False
    if not _HAN.search(word):
        is_latin = _LATIN.fullmatch(word) is not None
        return 2 * is_latin, is_latin, is_latin
    # The dictionary takes some names of things for verbs (熔喷布); verbs are shorter.
    is_noun = tag in words.noun_tags or (tag == "v" and len(word) >= _SPECIFIC_FROM)
    return len(word) if is_noun or tag in words.inner_tags else 0, is_noun, False


def _is_general(word: str, general_words: frozenset[str]) -> bool:
    """Whether a word is general, or made of general ones (产品质量)."""
    if word in general_words:
        return True
    if len(word) > _LONGEST_COMPOUND or word.isascii():
        return False
    return any(
        word[:cut] in general_words and _is_general(word[cut:], general_words)
        for cut in range(1, len(word))
    )


def _carries(word: str, carriers: frozenset[str]) -> bool:
    return any(word[cut:] in carriers for cut in range(len(word)))
