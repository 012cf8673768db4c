"""What registers write for the values of our enumerations, from ``choices.yaml``."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from silian.errors import EngineError
from silian.library.loading import read_library_yaml


class ChoicesFault(EngineError, ValueError):
    """``choices.yaml`` gives one word two meanings, or names a value that there isn't."""

    code = "choices_fault"


@dataclass(frozen=True, slots=True)
class WordBeside:
    """A word that means another value where its column holds words for ``beside``, too."""

    word: str
    beside: str
    means: str


def words_beside(kind: str, column: str) -> tuple[WordBeside, ...]:
    """Words of a column whose meaning hangs on what else it holds.

    Examples
    --------
    >>> words_beside("patent", "patent_kind")
    (WordBeside(word='utility', beside='invention', means='utility_model'),)
    """
    told = _library().get("beside", {}).get(f"{kind}.{column}", ())
    return tuple(WordBeside(**one) for one in told)


def other_words(enumeration: str, labels: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Value by word, for the words beside an enumeration's own.

    Parameters
    ----------
    enumeration
        Name of the enumeration, with that of the model it belongs to: ``Need.Status``.
    labels
        Its own words by value.

    Raises
    ------
    ChoicesFault
        If the file names another value, or a word has two meanings.
    """
    own = {word.lower(): value for value, words in labels.items() for word in (value, *words)}
    found: dict[str, str] = {}
    for value, words in _content().get(enumeration, {}).items():
        if value not in labels:
            raise ChoicesFault(f"{enumeration} has no value {value!r}; it has {', '.join(labels)}.")
        for word in words:
            if found.setdefault(word, value) != value or own.get(word.lower(), value) != value:
                raise ChoicesFault(f"{word!r} means two values of {enumeration}.")
    return found


def enumerations() -> tuple[str, ...]:
    """Enumerations that the file tells of."""
    return tuple(_content())


def _content() -> dict[str, Any]:
    choices: dict[str, Any] = _library()["choices"]
    return choices


@cache
def _library() -> dict[str, Any]:
    content: dict[str, Any] = read_library_yaml("choices.yaml")
    if set(content) != {"source", "choices", "beside"}:
        raise ChoicesFault(
            f"choices.yaml has {sorted(content)}; expected source, choices and beside."
        )
    return content
