"""The best alignment of many texts in many names at once, one character a step."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from silian.engines.graph.resolution_keys import Ints, first_of_runs
from silian.engines.graph.resolution_letters import PAD, Letters
from silian.engines.graph.resolution_rarity import Rarity
from silian.engines.graph.resolution_table import (
    BRAND,
    NEXT_TRADE,
    TRADE,
    Doubles,
    Floats,
    NameTable,
)

Number = TypeVar("Number", bound=np.generic)
_NEVER = np.float32(-1e6)
_CHUNK = 2_000  # what a processor keeps at hand
_ROUNDING = np.float32(0.01)
_SMALL = (1 << 16) - 1


@dataclass(frozen=True, slots=True)
class Question:
    """What is looked for: characters of every row, what each is worth, and costs to miss it."""

    characters: Ints
    bits: Floats
    bits_after: Floats
    missing: Floats
    lengths: Ints
    broken: float = 0.0


@dataclass(frozen=True, slots=True)
class Aligner:
    """The names that are looked in.

    Attributes
    ----------
    names, queries
        Numbers of characters, one row a name, 0 behind its end.
    jumps
        What it costs to begin at a character.
    is_brand, shares
        Whether a character is of the brand; what a character of the trade earns when matched.
    """

    table: NameTable
    rarity: Rarity
    most_bits: float
    names: Ints
    queries: Ints
    jumps: Floats
    least_jump: np.float32
    is_brand: Floats
    shares: Floats
    lengths: Ints

    @classmethod
    def of(
        cls,
        table: NameTable,
        rarity: Rarity,
        jumps: tuple[float, float],
        covered_share: float,
        most_bits: float,
    ) -> "Aligner":
        """For the names of a table; jumps within a part of a name, and to where one begins."""
        names = table.names
        begins = first_of_runs(names.roles) | first_of_runs(names.rows)
        is_trade = (names.roles == TRADE) | (names.roles == NEXT_TRADE)
        shares = np.where(is_trade, np.float32(covered_share) * rarity.bits(names), np.float32(0))
        within, to_part = jumps
        kind = np.uint16 if table.n_characters <= _SMALL else np.int64
        return cls(
            table,
            rarity,
            most_bits,
            names.matrix(names.characters.astype(kind)),
            table.query.matrix(table.query.characters.astype(kind)),
            names.matrix(np.where(begins, to_part, within).astype(np.float32)),
            np.float32(min(jumps)),
            names.matrix((names.roles == BRAND).astype(np.float32)),
            names.matrix(shares),
            names.lengths,
        )

    def with_jumps(self, jumps: Doubles) -> "Aligner":
        """The same names with other costs of beginning at a character."""
        matrix = self.table.names.matrix(jumps.astype(np.float32))
        return replace(self, jumps=matrix, least_jump=np.float32(jumps.min(initial=0)))

    def question(
        self,
        letters: Letters,
        missing: Doubles,
        worth: Doubles | None = None,
        broken: float = 0.0,
    ) -> Question:
        """Something to look for; ``missing`` and ``worth`` by character."""
        most = np.float32(self.most_bits)
        share = np.ones(1, np.float32) if worth is None else worth.astype(np.float32)
        return Question(
            letters.matrix(letters.characters.astype(self.names.dtype)),
            letters.matrix(np.minimum(self.rarity.bits(letters), most) * share),
            letters.matrix(np.minimum(self.rarity.bits_after(letters), most) * share),
            letters.matrix(missing.astype(np.float32)),
            letters.lengths,
            broken,
        )

    def weigh(self, question: Question, covered: float, asking: Ints, asked: Ints) -> Floats:
        """Score of the best alignment of each question in its name."""
        score = np.zeros(len(asking), np.float32)
        for part in self._chunks(question, asking, asked):
            score[part] = _Chunk.of(self, question, covered, asking[part], asked[part]).weigh()
        return score

    def most(self, question: Question, covered: float, asking: Ints, asked: Ints) -> Floats:
        """What no alignment can exceed: every character that the name has at all is matched."""
        score = np.zeros(len(asking), np.float32)
        for part in self._chunks(question, asking, asked):
            chunk = _Chunk.of(self, question, covered, asking[part], asked[part])
            score[part] = chunk.most(self.least_jump)
        return score + _ROUNDING

    def _chunks(self, question: Question, asking: Ints, asked: Ints) -> Iterator[Ints]:
        """Pairs of like lengths, so that little is done for padding."""
        lengths = self.lengths[asked] * (question.characters.shape[1] + 1)
        order = np.argsort(lengths + question.lengths[asking])
        return (order[start : start + _CHUNK] for start in range(0, len(order), _CHUNK))


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Some pairs side by side, so that every step runs along memory: shape (n_characters, n_pairs)."""

    names: Ints
    earned: Floats
    jumps: Floats
    characters: Ints
    bits: Floats
    bits_after: Floats
    missing: Floats
    broken: np.float32

    @classmethod
    def of(
        cls, aligner: Aligner, question: Question, covered: float, asking: Ints, asked: Ints
    ) -> "_Chunk":
        n_asked = int(aligner.lengths[asked].max())
        n_steps = int(question.lengths[asking].max())

        def beside(matrix: npt.NDArray[Number], rows: Ints, width: int) -> npt.NDArray[Number]:
            return np.ascontiguousarray(matrix[rows, :width].T)

        earned = np.zeros((n_asked, len(asked)), np.float32)
        if covered > 0:
            earned += beside(aligner.shares, asked, n_asked)
            earned += np.float32(covered) * beside(aligner.is_brand, asked, n_asked)
        characters = beside(question.characters, asking, n_steps)
        # Behind the end of a question nothing is found, not even the end of a name.
        characters[characters == PAD] = np.iinfo(characters.dtype).max
        return cls(
            beside(aligner.names, asked, n_asked),
            earned,
            beside(aligner.jumps, asked, n_asked),
            characters,
            beside(question.bits, asking, n_steps),
            beside(question.bits_after, asking, n_steps),
            beside(question.missing, asking, n_steps),
            np.float32(question.broken),
        )

    def weigh(self) -> Floats:
        """Score of the best alignment."""
        n_asked, n_pairs = self.names.shape
        best = np.zeros((n_asked + 1, n_pairs), np.float32)
        matched = np.full((n_asked, n_pairs), _NEVER, np.float32)
        begun, followed = np.empty_like(matched), np.empty_like(matched)
        differs = np.empty(matched.shape, bool)
        for step, character in enumerate(self.characters):
            np.not_equal(self.names, character, out=differs)
            np.add(best[:-1], self.bits[step], out=begun)
            begun -= self.jumps
            if step:
                begun -= self.broken
            followed[0] = _NEVER
            np.add(matched[:-1], self.bits_after[step], out=followed[1:])
            np.maximum(begun, followed, out=matched)
            matched += self.earned
            np.copyto(matched, _NEVER, where=differs)
            best -= self.missing[step]
            np.maximum(best[1:], matched, out=best[1:])
            for place in range(n_asked):
                np.maximum(best[place + 1], best[place], out=best[place + 1])
        score: Floats = best[-1] - self.earned.sum(axis=0)
        return score

    def most(self, least_jump: np.float32) -> Floats:
        """A score that the best alignment can't exceed."""
        worth = np.maximum(self.bits, self.bits_after)
        is_matched = np.zeros(self.names.shape, bool)
        most = np.zeros(self.names.shape[1], np.float32)
        for step, character in enumerate(self.characters):
            equal = self.names == character
            is_matched |= equal
            most += np.where(equal.any(axis=0), worth[step], -self.missing[step])
        most -= np.where(is_matched, np.float32(0), self.earned).sum(axis=0)
        most -= np.where(is_matched.any(axis=0), least_jump, np.float32(0))
        return most
