"""Vectors of what is asked: each text is embedded once, and the latest are kept."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from threading import Lock

from silian.engines.matching.candidates import SmallFloats
from silian.language import Embedder, normalise

# 1.5 MB with 384 numbers each.
_KEPT = 1_000


class QuestionVectors:
    """Embeds texts that people ask.

    A need is put to the index once for each kind of supply, then again for the reasons of a hit
    or of an absence: all of these get the very same vectors.

    Parameters
    ----------
    embedder
        Reads texts into vectors.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._kept: OrderedDict[str, SmallFloats] = OrderedDict()
        self._lock = Lock()

    def of(self, texts: Sequence[str]) -> list[SmallFloats]:
        """Embed texts in the role of questions, those not seen lately in one call.

        One text is one question however it is spelled: documents are embedded normalised, too.
        """
        texts = [normalise(text) for text in texts]
        distinct = list(dict.fromkeys(texts))
        with self._lock:
            known = {text: self._kept[text] for text in distinct if text in self._kept}
        lacking = [text for text in distinct if text not in known]
        if lacking:
            found = self._embedder.embed(lacking, role="query")
            known.update(zip(lacking, found, strict=True))
        self._keep((text, known[text]) for text in distinct)
        return [known[text] for text in texts]

    def _keep(self, vectors: Iterable[tuple[str, SmallFloats]]) -> None:
        with self._lock:
            for text, vector in vectors:
                self._kept[text] = vector
                self._kept.move_to_end(text)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
