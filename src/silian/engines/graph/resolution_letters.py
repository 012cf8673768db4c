"""Texts as runs of numbered characters in one array, without padding between them."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from silian.engines.graph.resolution_keys import Ints

Number = TypeVar("Number", bound=np.generic)
#: No character; fills the rows of a matrix.
PAD = 0
Flags = npt.NDArray[np.bool_]
Roles = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Letters:
    """Characters of many texts, one text behind the other.

    Attributes
    ----------
    characters
        Numbers from 1, shape (n_characters,), in the order of their code points.
    roles
        What part of its name each character is.
    rows
        Which text each belongs to, ascending.
    starts
        Where each text begins, and where the last one ends: shape (n_texts + 1,).
    """

    characters: Ints
    roles: Roles
    rows: Ints
    starts: Ints

    @classmethod
    def of(cls, characters: Ints, roles: Roles, lengths: Ints) -> "Letters":
        """Texts of the given lengths."""
        starts = np.concatenate([[0], np.cumsum(lengths)])
        return cls(characters, roles, np.repeat(np.arange(len(lengths)), lengths), starts)

    @property
    def lengths(self) -> Ints:
        """Characters of each text."""
        return np.diff(self.starts)

    @property
    def places(self) -> Ints:
        """Position of each character in its text."""
        return np.arange(len(self.rows)) - self.starts[self.rows]

    def where(self, keep: Flags) -> "Letters":
        """The same texts, only with some of their characters."""
        lengths = np.bincount(self.rows[keep], minlength=len(self.starts) - 1)
        return Letters.of(self.characters[keep], self.roles[keep], lengths)

    def cut(self, width: int) -> "Letters":
        """The same texts, only with so many characters from their beginnings."""
        if self.lengths.max(initial=0) <= width:
            return self
        return self.where(self.places < width)

    def of_rows(self, rows: Ints) -> tuple[Ints, Ints]:
        """Characters of some texts, and the text of each."""
        lengths = self.lengths[rows]
        ends = np.cumsum(lengths)
        places = np.arange(int(ends[-1]) if len(ends) else 0)
        places += np.repeat(self.starts[rows] - (ends - lengths), lengths)
        return self.characters[places], np.repeat(rows, lengths)

    def columns(
        self, values: npt.NDArray[Number], spots: Ints | None = None
    ) -> npt.NDArray[Number]:
        """Values of the characters, one column a text, 0 below its end.

        ``spots`` saves who asks several times from finding them anew.
        """
        shape = int(self.lengths.max(initial=0)), len(self.starts) - 1
        columns = np.zeros(shape, values.dtype)
        columns.reshape(-1)[self.spots if spots is None else spots] = values
        return columns

    @property
    def spots(self) -> Ints:
        """Where each character stands in a matrix of columns, row by row."""
        spots: Ints = self.places * (len(self.starts) - 1) + self.rows
        return spots
