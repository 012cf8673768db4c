"""Words of a text with their part of speech, nothing left out."""

from collections.abc import Sequence

from silian.language.compounds import base_dictionary


def tagged_words(text: str) -> Sequence[tuple[str, str]]:
    """The text cut into words, each with the tag of the dictionary's part of speech.

    The words put together are the text, so that places can be counted. Tags are those of the
    People's Daily corpus: ``n`` noun, ``v`` verb, ``a`` adjective, ``m`` number; ``eng`` stands
    for Latin letters and ``x`` for all else.

    Examples
    --------
    >>> tagged_words("高温磁体 5%")
    [('高温', 'n'), ('磁体', 'n'), (' ', 'x'), ('5%', 'm')]
    """
    words: Sequence[tuple[str, str]] = base_dictionary().tag(text)
    return words
