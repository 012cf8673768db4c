"""What every embedder promises, and the checks that all of them share."""

from collections.abc import Sequence
from typing import Literal, Protocol, get_args, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from silian.language.errors import InvalidText, OversizedText, UnknownRole

Role = Literal["query", "passage"]

# A register's longest honest field is far below this; above it sits a pasted file.
LONGEST_TEXT_CHARACTERS = 200_000


@runtime_checkable
class Embedder(Protocol):
    """Texts to vectors whose inner product is the nearness of their meaning.

    ``name`` says model and version and is part of every cache key: two embedders with one name
    must give the same vectors.
    """

    @property
    def name(self) -> str:
        """Model id and version."""
        ...

    @property
    def n_dimensions(self) -> int:
        """Length of every vector."""
        ...

    def embed(self, texts: Sequence[str], *, role: Role) -> NDArray[np.float32]:
        """Embed texts as queries or as passages.

        Returns
        -------
        NDArray[np.float32]
            Shape (n_texts, n_dimensions), each row of unit length; an empty text gives a zero row.
        """
        ...


def check_request(texts: Sequence[str], role: Role) -> list[str]:
    """Refuse what no embedder can embed, before any work is done.

    Raises
    ------
    InvalidText
        If texts is one string, or holds something else than strings.
    OversizedText
        If a text has more than LONGEST_TEXT_CHARACTERS characters.
    UnknownRole
        If role is neither "query" nor "passage".
    """
    if role not in get_args(Role):
        raise UnknownRole(
            f"role is {role!r}; expected 'query' for what is searched with, 'passage' for what is "
            "found.",
            role=str(role),
        )
    if isinstance(texts, str):
        raise InvalidText("texts is one str; expected a sequence. Pass [text] for a single text.")
    checked = list(texts)
    for position, text in enumerate(checked):
        if not isinstance(text, str):
            raise InvalidText(
                f"texts[{position}] is {type(text).__name__}; expected str. Pass '' for a missing "
                "text.",
                position=position,
            )
        if len(text) > LONGEST_TEXT_CHARACTERS:
            raise OversizedText(
                f"texts[{position}] has {len(text)} characters; at most "
                f"{LONGEST_TEXT_CHARACTERS} can be embedded. Cut it, or embed its sections.",
                position=position,
                limit=LONGEST_TEXT_CHARACTERS,
            )
    return checked


def to_unit_rows(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale rows to unit length; zero rows stay zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: NDArray[np.float32] = np.zeros_like(vectors)
    np.divide(vectors, lengths, out=unit, where=lengths > 0)
    return unit
