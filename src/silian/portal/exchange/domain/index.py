"""The one index of this installation: which generation is current, and who holds it open.

Under ``INDEX_DIRECTORY`` every generation has a folder of its own, with the dictionary its texts
were cut by; ``current`` names the one that answers. A rebuild fills a new folder and then moves
the name, so that searches go on meanwhile, in every process.
"""

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from silian.language import (
    Embedder,
    EmbedderUnavailable,
    EmbeddingCache,
    EndpointEmbedder,
    InvalidDictionary,
    Segmenter,
    english_dictionary,
    words_version,
)
from silian.portal.exchange.domain.embedders import configured_embedder
from silian.portal.exchange.domain.rankers import current_ranker_name, open_ranker

# The engine loads with its first use: a process that forks workers must not have its threads.
if TYPE_CHECKING:
    from silian.engines.matching import Matcher, Ranker

_CURRENT = "current"
_FIRST = "first"
_DICTIONARY = "dictionary.txt"
_WORDS_VERSION = "words.version"
# Nothing that a generation is called may lead out of the folder of the index.
_NO_NAME = re.compile(r"[^0-9A-Za-z-]")

_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class _Opened:
    generation: str
    ranker_name: str
    process: int
    matcher: "Matcher"
    ranker: "Ranker"


_opened: _Opened | None = None


def open_matcher() -> "Matcher":
    """The matcher of this process, opened on first use, and again when a rebuild or a training
    in any process has put a new index or ranker in place."""
    return _current().matcher


def open_current_ranker() -> "Ranker":
    """The ranker that ``open_matcher`` ranks by."""
    return _current().ranker


def load_engine() -> None:
    """Import the engine now, while this process would only wait: it takes more than a second."""
    import silian.engines.matching.matcher  # noqa: F401


def load_embedder() -> None:
    """Load the embedder's model now rather than with the first question."""
    embedder = embedder_of_process()
    if embedder is not None:
        embedder.embed(["供需匹配"], role="query")


@cache
def embedder_of_process() -> Embedder | None:
    """The embedder that the settings name, shared by everything in this process."""
    return configured_embedder()


@cache
def embedding_cache() -> EmbeddingCache:
    """Vectors of all texts ever embedded here, shared by the generations."""
    return EmbeddingCache(settings.SILIAN_HOME / "embeddings.sqlite")


def generation_folder(generation: str) -> Path:
    """Folder of a generation."""
    return Path(settings.INDEX_DIRECTORY) / generation


def dictionary_path(generation: str) -> Path:
    """File of the dictionary that a generation's texts were cut by."""
    return generation_folder(generation) / _DICTIONARY


def current_generation() -> str:
    """Name of the generation that answers; empty before the first."""
    try:
        # A damaged name is that of no generation, which is told where it is opened.
        named = (settings.INDEX_DIRECTORY / _CURRENT).read_text("utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    return _NO_NAME.sub("?", named.strip())


def make_current(generation: str) -> None:
    """Let a complete generation answer from now on, in every process."""
    pointer = settings.INDEX_DIRECTORY / _CURRENT
    temporary = pointer.with_name(f"{_CURRENT}.{os.getpid()}")
    temporary.write_text(generation, "utf-8")
    temporary.replace(pointer)


def new_matcher(generation: str, segmenter: Segmenter, *, patient: bool = True) -> "Matcher":
    """An empty index in a folder of its own, with its dictionary beside it.

    Raises
    ------
    EmbedderUnavailable
        If the embedder is down and no former index tells how long its vectors are. With
        ``patient`` an endpoint is tried for longer first.
    """
    from silian.engines.matching import Matcher

    embedder = embedder_of_process()
    n_dimensions = _dimensions(embedder, patient=patient) if embedder is not None else None
    segmenter.save(dictionary_path(generation))
    (generation_folder(generation) / _WORDS_VERSION).write_text(words_version(), "utf-8")
    return Matcher.create(
        generation_folder(generation),
        segmenter=segmenter,
        embedder=embedder,
        n_dimensions=n_dimensions,
        ranker=open_ranker(current_ranker_name()),
        embedding_cache=embedding_cache(),
    )


def _dimensions(embedder: Embedder, *, patient: bool) -> int:
    """Length of the embedder's vectors; where it is down, what the former index holds of it."""
    from silian.engines.matching.errors import IndexCorrupted, IndexMissing
    from silian.engines.matching.folder import read_meta

    try:
        if isinstance(embedder, EndpointEmbedder) and not patient:
            embedder.embed(["供需匹配"], role="query")  # one short try; the answer tells
        return embedder.n_dimensions
    except EmbedderUnavailable:
        try:
            former = read_meta(generation_folder(current_generation()))
        except (IndexMissing, IndexCorrupted):
            former = None
        if former is None or former.embedder != embedder.name:
            raise
        return former.n_dimensions


def make_first(*, patient: bool = True) -> None:
    """Make an empty index where there is none, so that questions are answered; under the lock."""
    if not current_generation():
        new_matcher(_FIRST, Segmenter(), patient=patient).close()
        make_current(_FIRST)


def dictionary_version(generation: str) -> str:
    """Version of the dictionary that a generation's texts were cut by.

    Empty if there is none that can be read.
    """
    path = dictionary_path(generation)
    if not (generation and path.exists()):
        return ""
    try:
        return Segmenter.load(path).dictionary_version
    except InvalidDictionary:
        return ""


def is_cut_by_other_rules(generation: str) -> bool:
    """Whether a generation's texts were cut by rules that an upgrade has changed since."""
    path = generation_folder(generation) / _WORDS_VERSION
    # The first rules left no such file.
    return bool(generation) and (
        not path.is_file() or path.read_text("utf-8", errors="replace") != words_version()
    )


@contextmanager
def rebuild_lock(timeout_s: float = 1.0) -> Iterator[None]:
    """Only one process makes a new generation at a time.

    Raises
    ------
    IndexLocked
        If another one does.
    """
    from silian.engines.matching.locking import file_lock

    settings.INDEX_DIRECTORY.mkdir(parents=True, exist_ok=True)
    with file_lock(settings.INDEX_DIRECTORY / "rebuild.lock", timeout_s, "a rebuild"):
        yield


def forget_opened() -> None:
    """Close this process's matcher: after a restore, and between tests."""
    global _opened  # noqa: PLW0603
    with _lock:
        if _opened is not None and _opened.process == os.getpid():
            _opened.matcher.close()
        _opened = None
    for cached in (embedder_of_process, embedding_cache):
        cached.cache_clear()


def _current() -> _Opened:
    global _opened  # noqa: PLW0603  one matcher a process is the point
    generation, ranker_name = current_generation(), current_ranker_name()
    opened = _opened
    if _fits(opened, generation, ranker_name):
        return opened
    from silian.engines.matching import Matcher

    with _lock:
        if _fits(_opened, generation, ranker_name):
            return _opened
        if not generation:
            generation = _make_first()
        segmenter = _dictionary_of(generation)
        # The former one may still be answering in another thread; it goes with its last user.
        ranker = open_ranker(ranker_name)
        matcher = Matcher.open(
            generation_folder(generation),
            segmenter=segmenter,
            embedder=embedder_of_process(),
            ranker=ranker,
            embedding_cache=embedding_cache(),
            translator=english_dictionary(),
        )
        _opened = _Opened(generation, ranker_name, os.getpid(), matcher, ranker)
        return _opened


def _dictionary_of(generation: str) -> Segmenter:
    from silian.engines.matching.errors import IndexCorrupted

    path = dictionary_path(generation)
    try:
        return Segmenter.load(path)
    except (FileNotFoundError, InvalidDictionary) as error:
        told = "is gone" if isinstance(error, FileNotFoundError) else "can't be read"
        raise IndexCorrupted(
            f"The dictionary {path} of the index {told}. Run `silian check --repair`, or "
            "`silian build --fresh`: both make the index anew from the records.",
            path=str(path),
        ) from error


def _fits(opened: _Opened | None, generation: str, ranker_name: str) -> bool:
    return opened is not None and (opened.generation, opened.ranker_name, opened.process) == (
        generation,
        ranker_name,
        os.getpid(),
    )


def _make_first() -> str:
    """An empty index for an installation that has none; only one process makes it."""
    with rebuild_lock(timeout_s=60.0):
        make_first(patient=False)
    return current_generation()
