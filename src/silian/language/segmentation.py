"""Texts to words: Chinese with a dictionary that grows from the registers, English by stems."""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import metadata, resources
from itertools import islice
from pathlib import Path
from typing import Any, Self

from silian.language.compounds import (
    base_dictionary,
    guess_across,
    is_unsure,
    new_dictionary,
    parts_of_compound,
    word_across,
)
from silian.language.errors import InvalidDictionary
from silian.language.modern import modern_terms
from silian.language.normalisation import normalise, normalise_many
from silian.language.stems import stem

_FORMAT = "# silian dictionary 1"
# Part of `dictionary_version`: raise it when the rules below change what comes out.
_RULES_VERSION = 5
_SHORTEST_TERM, _LONGEST_TERM = 2, 40
_LARGEST_CACHE = 500_000
_TERMS_AT_ONCE = 1_000

# Only such text stays one word in the segmenter; terms with other characters could never match.
_USABLE_TERM = re.compile(r"[\u4e00-\u9fffa-z0-9+#&._%\-]+")
_HAN = re.compile(r"[\u3400-\u9fff]")
_LATIN_PARTS = re.compile(r"[^\W_]+(?:[.+#%][^\W_]*)*")
_UNITS = (
    "mpa|gpa|kpa|pa|bar|kw|mw|gw|w|kwh|mwh|wh|mah|ah|kv|mv|v|ma|a|khz|mhz|ghz|hz|thz|nm|μm|um|mm|"
    "cm|dm|km|m|m2|m3|mg|kg|g|t|ml|l|ms|μs|us|ns|s|min|h|d|rpm|r/min|db|dbm|ppm|ppb|°c|k|℃|n|kn|"
    "nm/rad|j|kj|mj|gb|tb|mb|kb|bit|tops|gflops|tflops|lm|lx|cd|t/h|kg/h|m/s|km/h|w/mk|wh/kg|%"
)
_QUANTITY = re.compile(rf"(?<![a-z0-9.])(\d+(?:\.\d+)?)\s*({_UNITS})(?![a-z0-9])")

# A quick look at whether there can be any: every unit begins so.
_NUMBER_BEFORE_UNIT = re.compile(r"\d\s*[a-zμ°℃%]")


def _join_quantity(match: re.Match[str]) -> str:
    # The segmenter breaks words at "°" and "μ", so a unit is spelled in plain letters.
    return match[1] + match[2].replace("°", "").replace("℃", "c").replace("μ", "u")


def _read_stop_words(name: str) -> frozenset[str]:
    lines = resources.files("silian.language").joinpath(name).read_text("utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


@cache
def stop_words() -> frozenset[str]:
    """Chinese and English words that the segmenter leaves out."""
    return _read_stop_words("stopwords_zh.txt") | _read_stop_words("stopwords_en.txt")


@cache
def words_version() -> str:
    """Hash of what decides words besides the terms given: rules, lists of words, rjieba."""
    digest = hashlib.sha256(f"{_RULES_VERSION}\x1f{metadata.version('rjieba')}\x1f".encode())
    digest.update("\n".join(sorted(stop_words())).encode())
    digest.update(repr(sorted(modern_terms().items())).encode())
    return digest.hexdigest()[:16]


class Segmenter:
    """Cuts texts into the words by which they are found.

    Chinese is cut by rjieba with the given terms, compounds are followed by the words that they
    are made of, English words are stemmed, a number stays with its unit, function words and
    punctuation go. The same set of terms gives the same words in every process, in whatever order
    and portions the terms came.

    Parameters
    ----------
    terms
        Words of the registers' own: organisation names, techniques, products.

    Examples
    --------
    >>> Segmenter().words("需要耐高温的永磁材料, bonded magnets, 200 MPa")
    ['耐高温', '高温', '永磁', '材料', 'bond', 'magnet', '200mpa']
    >>> Segmenter(["永磁材料"]).words("需要耐高温的永磁材料")
    ['耐高温', '高温', '永磁材料', '永磁', '材料']
    """

    def __init__(self, terms: Iterable[str] = ()) -> None:
        self._terms: set[str] = set()
        self._jieba: Any = None
        self._cache: dict[str, tuple[str, ...]] = {}
        # Tokens at whose ends an ordinary word may have been cut through.
        self._loose: set[str] = set()
        self._across: dict[tuple[str, str], tuple[str, ...]] = {}
        # Lengths of the terms that begin with two characters, the longest first; made when needed.
        self._lengths_by_head: dict[str, list[int]] = {}
        self._version: str | None = None
        self.add_terms(terms)

    @property
    def terms(self) -> frozenset[str]:
        """The user dictionary, normalised."""
        return frozenset(self._terms)

    @property
    def dictionary_version(self) -> str:
        """Hash of all that decides the words: terms, stop words, rules, segmenter's version."""
        if self._version is None:
            known = "\n".join((words_version(), *sorted(self._terms)))
            self._version = hashlib.sha256(known.encode()).hexdigest()[:16]
        return self._version

    def add_terms(self, terms: Iterable[str]) -> int:
        """Let the dictionary grow.

        Parameters
        ----------
        terms
            Any spelling; each is normalised. Terms of one character, of more than forty, or with
            white space or punctuation inside can't be one word and are passed over.

        Returns
        -------
        int
            How many terms are new.
        """
        n_before = len(self._terms)
        for term in _normalised(terms):
            if term in self._terms or not _SHORTEST_TERM <= len(term) <= _LONGEST_TERM:
                continue
            if _USABLE_TERM.fullmatch(term) and _HAN.search(term):
                self._terms.add(term)
                if self._jieba is not None:
                    self._teach(term)
        n_new = len(self._terms) - n_before
        if n_new:
            self._forget_read()
            self._lengths_by_head.clear()
            self._version = None
        return n_new

    def words(self, text: str) -> list[str]:
        """Words of one text, in its order, repeated as they repeat.

        A user term and a compound are followed by their parts: an organisation's full name must
        match as one word, and a technique named inside it must still be found; 电机 must find
        汽车电机. Where a word was cut through by another, it comes too: 模具 of 注塑模具, which
        is cut 注塑模 and 具.

        Raises
        ------
        InvalidText
            If something else than a string arrives.
        """
        return self._words_in(normalise(text))

    def _words_in(self, text: str) -> list[str]:
        if _NUMBER_BEFORE_UNIT.search(text):
            text = _QUANTITY.sub(_join_quantity, text)
        if max(len(self._cache), len(self._across)) > _LARGEST_CACHE:
            self._forget_read()
        return self._read_tokens(self._dictionary().cut(text))

    def _read_tokens(self, tokens: Iterable[str], whole: str = "") -> list[str]:
        """Read tokens and what stands across two of them; of a term's parts not the whole term."""
        cache, loose = self._cache, self._loose
        words: list[str] = []
        before = ""
        for token in tokens:
            read = cache.get(token)
            words.extend(self._read_token(token) if read is None else read)
            if token in loose or before in loose:
                words.extend(self._read_across(before, token, whole))
            before = token
        return words

    def pieces(self, text: str) -> list[str]:
        """The normalised text cut where words begin, nothing left out.

        Modern terms are cut where the words inside them begin and end.

        Examples
        --------
        >>> Segmenter().pieces("永磁电机的转子")
        ['永磁', '电机', '的', '转子']
        >>> Segmenter().pieces("谐波减速器"), Segmenter().pieces("石墨烯")
        (['谐波', '减速器'], ['石墨烯'])
        """
        modern = modern_terms()
        pieces: list[str] = []
        for piece in self._dictionary().cut(normalise(text)):
            if piece in modern:
                pieces += _cut_at(piece, parts_of_compound(piece))
            else:
                pieces.append(piece)
        return pieces

    def words_many(self, texts: Iterable[str]) -> list[list[str]]:
        """Words of each text; the order is kept."""
        return [self._words_in(text) for text in normalise_many(texts)]

    def save(self, path: Path) -> None:
        """Write the user dictionary, one term a line, replacing the file at once."""
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write("\n".join([_FORMAT, *sorted(self._terms)]) + "\n")
        os.replace(temporary, path)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a dictionary that ``save`` wrote.

        Raises
        ------
        InvalidDictionary
            If the file holds something else.
        FileNotFoundError
            If there is none.
        """
        try:
            first, *terms = Path(path).read_text("utf-8").splitlines() or [""]
        except UnicodeDecodeError as error:
            raise InvalidDictionary(
                f"{path} is not UTF-8 text (byte {error.start}). Save it again with "
                "Segmenter.save, or convert it to UTF-8.",
                path=str(path),
            ) from error
        if first != _FORMAT:
            raise InvalidDictionary(
                f"{path} begins with {first[:40]!r}; a dictionary begins with {_FORMAT!r}. Write "
                "it with Segmenter.save, or put that line above one term a line.",
                path=str(path),
            )
        return cls(terms)

    def _dictionary(self) -> Any:
        if self._jieba is None:
            if not self._terms:
                self._jieba = base_dictionary()
            else:
                self._jieba = self._own_dictionary()
        return self._jieba

    def _own_dictionary(self) -> Any:
        own = new_dictionary()
        self._jieba = own
        for term in self._terms:
            self._teach(term)
        return own

    def _teach(self, term: str) -> None:
        base = base_dictionary()
        if self._jieba is base:
            self._own_dictionary()
            return
        # The frequency comes from the base dictionary, never from the grown one: so it does not
        # depend on which terms came before, and every process cuts alike.
        if not base.has_word(term):
            self._jieba.add_word(term, base.suggest_freq(term), None)

    def _read_token(self, token: str) -> tuple[str, ...]:
        read = self._cache.get(token)
        if read is None:
            read = self._cache[token] = self._words_of(token)
        return read

    def _words_of(self, token: str) -> tuple[str, ...]:
        if token.isspace() or token in stop_words():
            return ()
        if not _HAN.search(token):
            return tuple(_read_latin(token))
        is_term = token in self._terms
        if is_term or is_unsure(token):
            self._loose.add(token)
        parts = self._parts(token) if is_term else [token]
        if parts == [token]:
            parts = list(parts_of_compound(token))
        return (token, *self._read_tokens(parts, token))

    def _read_across(self, left: str, right: str, whole: str) -> tuple[str, ...]:
        read = self._across.get((left, right))
        if read is None:
            word = self._word_across(left, right)
            if whole and word == whole:  # It is just being read.
                return ()
            read = self._read_token(word) if word else ()
            self._across[left, right] = read
        return read

    def _word_across(self, left: str, right: str) -> str:
        if {left, right} & stop_words():
            return ""
        is_taught = left in self._terms or right in self._terms
        return ("" if is_taught else guess_across(left, right)) or word_across(left, right)

    def _forget_read(self) -> None:
        self._cache.clear()
        self._across.clear()

    def _parts(self, term: str) -> list[str]:
        """What a user term is made of: the longest user terms inside it, and words between."""
        parts: list[str] = []
        start = gap = 0
        lengths_by_head = self._lengths_by_head or self._index_lengths()
        while start < len(term):
            longest = len(term) - start - (start == 0)
            inside = ""
            for length in lengths_by_head.get(term[start : start + _SHORTEST_TERM], ()):
                if length <= longest and (piece := term[start : start + length]) in self._terms:
                    inside = piece
                    break
            if inside:
                parts += [*base_dictionary().cut(term[gap:start]), inside]
                gap = start + len(inside)
            start += len(inside) or 1
        return [*parts, *base_dictionary().cut(term[gap:])]

    def _index_lengths(self) -> dict[str, list[int]]:
        found: dict[str, set[int]] = {}
        for term in self._terms:
            found.setdefault(term[:_SHORTEST_TERM], set()).add(len(term))
        self._lengths_by_head = {
            head: sorted(lengths, reverse=True) for head, lengths in found.items()
        }
        return self._lengths_by_head


def _cut_at(term: str, parts: Iterable[str]) -> Iterator[str]:
    """Cut a term before and behind the parts that stand in it in this order."""
    start = 0
    for part in parts:
        begin = term.find(part, start)
        if begin >= 0:
            yield from (piece for piece in (term[start:begin], part) if piece)
            start = begin + len(part)
    if start < len(term):
        yield term[start:]


def _normalised(terms: Iterable[str]) -> Iterator[str]:
    remaining = iter(terms)
    while portion := list(islice(remaining, _TERMS_AT_ONCE)):
        yield from normalise_many(portion)


def _read_latin(token: str) -> Iterable[str]:
    for part in _LATIN_PARTS.findall(token):
        word = part.rstrip(".")
        # A lone digit is a list mark or a count; it finds nothing worth finding.
        if word in stop_words() or (len(word) == 1 and word.isdigit()):
            continue
        yield stem(word)
