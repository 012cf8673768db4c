"""The best alignment of many texts in many names at once, one character a step."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from silian.engines.graph.resolution_keys import Ints, first_of_runs
from silian.engines.graph.resolution_letters import PAD, Flags, Letters
from silian.engines.graph.resolution_rarity import Rarity
from silian.engines.graph.resolution_roles import BRAND, NEXT_TRADE, TRADE
from silian.engines.graph.resolution_table import Doubles, Floats, NameTable

_NEVER = np.float32(-1e6)
_CHUNK = 2_000  # what a processor keeps at hand
_ROUNDING = np.float32(0.01)
_SMALL = (1 << 16) - 1


@dataclass(frozen=True, slots=True)
class Question:
    """What is looked for, one column a name, and what it is worth to find it.

    Attributes
    ----------
    bits, bits_after
        Worth of a character, and of one behind the character that stands before it here too.
    missing
        What it costs not to find it.
    earned, earned_in_all
        Of the names that are looked in: what a matched character earns, and an unmatched one loses.
    broken
        Added to a jump, unless it is to the first character.
    """

    characters: Ints
    bits: Floats
    bits_after: Floats
    missing: Floats
    earned: Floats
    earned_in_all: Floats
    lengths: Ints
    broken: float = 0.0


@dataclass(frozen=True, slots=True)
class Aligner:
    """The names that are looked in, one column a name.

    Attributes
    ----------
    names, queries
        Numbers of characters, 0 below the end of a name.
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
    is_brand: Flags
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
        spots = names.spots
        return cls(
            table,
            rarity,
            most_bits,
            names.columns(names.characters.astype(kind), spots),
            table.query.columns(table.query.characters.astype(kind)),
            names.columns(np.where(begins, to_part, within).astype(np.float32), spots),
            np.float32(min(jumps)),
            names.columns(names.roles == BRAND, spots),
            names.columns(shares, spots),
            names.lengths,
        )

    def with_jumps(self, jumps: Doubles) -> "Aligner":
        """The same names with other costs of beginning at a character."""
        columns = self.table.names.columns(jumps.astype(np.float32))
        return replace(self, jumps=columns, least_jump=np.float32(jumps.min(initial=0)))

    def question(
        self,
        letters: Letters,
        missing: Doubles,
        *,
        covered: float = 0.0,
        worth: Doubles | None = None,
        broken: float = 0.0,
    ) -> Question:
        """Something to look for; ``missing`` and ``worth`` by character.

        ``covered`` is what a matched character of the other's brand earns; where it is nothing, the
        trade's earn nothing either.
        """
        most = np.float32(self.most_bits)
        share = np.ones(1, np.float32) if worth is None else worth.astype(np.float32)
        spots = letters.spots
        characters = letters.columns(letters.characters.astype(self.names.dtype), spots)
        # Below the end of a question nothing is found, not even the end of a name.
        characters[characters == PAD] = np.iinfo(characters.dtype).max
        earned = np.zeros_like(self.shares)
        if covered > 0:
            earned = np.where(self.is_brand, np.float32(covered), self.shares)
        return Question(
            characters,
            letters.columns(np.minimum(self.rarity.bits(letters), most) * share, spots),
            letters.columns(np.minimum(self.rarity.bits_after(letters), most) * share, spots),
            letters.columns(missing.astype(np.float32), spots),
            earned,
            earned.sum(axis=0),
            letters.lengths,
            broken,
        )

    def weigh(self, question: Question, asking: Ints, asked: Ints) -> Floats:
        """Score of the best alignment of each question in its name."""
        score = np.zeros(len(asking), np.float32)
        for part in self._chunks(question, asking, asked):
            score[part] = _Chunk.of(self, question, asking[part], asked[part]).weigh()
        return score

    def most(self, question: Question, asking: Ints, asked: Ints) -> Floats:
        """What no alignment can exceed: every character that the name has at all is matched."""
        score = np.zeros(len(asking), np.float32)
        for part in self._chunks(question, asking, asked):
            chunk = _Chunk.of(self, question, asking[part], asked[part])
            score[part] = chunk.most(self.least_jump)
        return score + _ROUNDING

    def _chunks(self, question: Question, asking: Ints, asked: Ints) -> Iterator[Ints]:
        """Pairs of like lengths, so that little is done for padding."""
        lengths = question.lengths[asking] * (len(self.names) + 1) + self.lengths[asked]
        order = np.argsort(lengths.astype(np.uint16), kind="stable")  # short numbers sort fastest
        return (order[start : start + _CHUNK] for start in range(0, len(order), _CHUNK))


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Some pairs side by side, so that every step runs along memory: shape (n_characters, n_pairs)."""

    names: Ints
    earned: Floats
    earned_in_all: Floats
    jumps: Floats
    characters: Ints
    bits: Floats
    bits_after: Floats
    missing: Floats
    broken: np.float32

    @classmethod
    def of(cls, aligner: Aligner, question: Question, asking: Ints, asked: Ints) -> "_Chunk":
        n_asked = int(aligner.lengths[asked].max())
        n_steps = int(question.lengths[asking].max())
        return cls(
            aligner.names[:n_asked].take(asked, axis=1),
            question.earned[:n_asked].take(asked, axis=1),
            question.earned_in_all[asked],
            aligner.jumps[:n_asked].take(asked, axis=1),
            question.characters[:n_steps].take(asking, axis=1),
            question.bits[:n_steps].take(asking, axis=1),
            question.bits_after[:n_steps].take(asking, axis=1),
            question.missing[:n_steps].take(asking, axis=1),
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
            if step and self.broken:
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
        score: Floats = best[-1] - self.earned_in_all
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
