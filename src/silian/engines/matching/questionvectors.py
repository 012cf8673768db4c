"""Vectors of what is asked: each text is embedded once, and the latest are kept.

Where the embedder fails, questions do without until it is back: one tries it again now and then,
in the background, so that nobody else waits for it.
"""

import logging
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from threading import Lock, Thread
from time import monotonic

from silian.engines.matching.candidates import SmallFloats
from silian.engines.matching.rows import LONGEST_PASSAGE_CHARACTERS
from silian.errors import EngineError
from silian.language import (
    Embedder,
    EmbedderUnavailable,
    Role,
    WrongDimension,
    check_finite,
    normalise,
)

logger = logging.getLogger(__name__)

#: What an embedder may fail with while words still answer.
MEANING_FAILURES = (EmbedderUnavailable, WrongDimension)

# 1.5 MB with 384 numbers each.
_KEPT = 1_000
# After a failure the embedder is left alone so long, except by questions that come in bulk.
_PAUSE_S = 20.0
_FEW_TEXTS = 8


class QuestionVectors:
    """Embeds texts that people ask.

    A need is put to the index once for each kind of supply, then again for the reasons of a hit
    or of an absence: all of these get the very same vectors.

    Parameters
    ----------
    embedder
        Reads texts into vectors.
    n_dimensions
        Length of the vectors that the index holds.
    pause_s
        How long a failed embedder is left alone.
    """

    def __init__(self, embedder: Embedder, n_dimensions: int, *, pause_s: float = _PAUSE_S) -> None:
        self._embedder = embedder
        self._n_dimensions = n_dimensions
        self._pause_s = pause_s
        self._kept: OrderedDict[tuple[Role, str], SmallFloats] = OrderedDict()
        self._lock = Lock()
        self._failure: EngineError | None = None
        self._try_at = 0.0

    def of(self, texts: Sequence[str], role: Role = "query") -> list[SmallFloats]:
        """Embed texts, those not seen lately in one call; a supply that asks as a document.

        One text is one question however it is spelled: documents are embedded normalised, too.

        Raises
        ------
        EmbedderUnavailable, WrongDimension
            If the embedder fails, or failed a moment ago.
        """
        texts = [normalise(text[:LONGEST_PASSAGE_CHARACTERS]) for text in texts]
        texts = [text[:LONGEST_PASSAGE_CHARACTERS] for text in texts]
        distinct = list(dict.fromkeys(texts))
        with self._lock:
            kept = {text: self._kept.get((role, text)) for text in distinct}
        known = {text: vector for text, vector in kept.items() if vector is not None}
        lacking = [text for text in distinct if text not in known]
        if lacking:
            # Many questions are a job, which would rather wait than do without.
            if self._failure is not None and len(lacking) <= _FEW_TEXTS:
                self._try_later(lacking, role)
            known.update(zip(lacking, self._embed(lacking, role), strict=True))
        self._keep(((role, text), known[text]) for text in distinct)
        return [known[text] for text in texts]

    def _embed(self, texts: Sequence[str], role: Role) -> list[SmallFloats]:
        try:
            found = self._embedder.embed(texts, role=role)
            if found.shape != (len(texts), self._n_dimensions):
                raise WrongDimension(
                    f"{self._embedder.name} gave an array of shape {found.shape}; the index "
                    f"holds vectors of {self._n_dimensions} numbers. Open it with the embedder "
                    "that it was built with, or build a new index.",
                    received=found.shape,
                    expected=self._n_dimensions,
                )
            check_finite(found, texts, self._embedder)
        except MEANING_FAILURES as error:
            self._note_failure(error)
            raise
        if self._failure is not None:
            logger.info("questions are read for their meaning again")
            self._failure = None
        return list(found)

    def _note_failure(self, error: EngineError) -> None:
        if self._failure is None:
            logger.warning("questions are answered by words only, until meaning is back: %s", error)
        self._try_at = monotonic() + self._pause_s
        self._failure = error

    def _try_later(self, texts: Sequence[str], role: Role) -> None:
        """Do without; when the pause is over, try meanwhile in the background.

        Raises
        ------
        EmbedderUnavailable, WrongDimension
            The failure as it was, unless a try has just mended it.
        """
        with self._lock:
            failure = self._failure
            if failure is None:
                return
            due = monotonic() >= self._try_at
            if due:  # for this thread alone
                self._try_at = monotonic() + self._pause_s
        if due:
            Thread(
                target=self._try, args=(texts, role), name="silian-embedder", daemon=True
            ).start()
        raise type(failure)(str(failure), **failure.details)

    def _try(self, texts: Sequence[str], role: Role) -> None:
        try:
            found = self._embed(texts, role)
        except MEANING_FAILURES:
            return
        self._keep(zip(((role, text) for text in texts), found, strict=True))

    def _keep(self, vectors: Iterable[tuple[tuple[Role, str], SmallFloats]]) -> None:
        with self._lock:
            for key, vector in vectors:
                self._kept[key] = vector
                self._kept.move_to_end(key)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
