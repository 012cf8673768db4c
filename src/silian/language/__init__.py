"""Text on the ground floor: one spelling, the words to find it by, and its meaning as a vector.

Importing this is cheap; dictionaries and models load with the first text.
"""

from silian.language.cache import EmbeddingCache, cache_key, check_finite, embed_cached
from silian.language.compounds import ordinary_share
from silian.language.e5 import E5Embedder
from silian.language.embedding import Embedder, Role
from silian.language.endpoint import EndpointEmbedder
from silian.language.errors import (
    CacheUnusable,
    EmbedderUnavailable,
    EndpointRefused,
    EndpointUnreachable,
    InvalidDictionary,
    InvalidEndpoint,
    InvalidText,
    ModelUnavailable,
    OversizedText,
    UnknownRole,
    VectorNotFinite,
    WrongDimension,
)
from silian.language.normalisation import normalise, normalise_many
from silian.language.segmentation import Segmenter, stop_words, words_version
from silian.language.static import StaticEmbedder
from silian.language.stems import stem
from silian.language.translation import (
    EnglishDictionary,
    Rendering,
    english_dictionary,
    is_latin,
)


def default_embedder(*, n_threads: int = 1) -> Embedder:
    """The embedder to use where nothing else is configured: offline, on the CPU.

    Examples
    --------
    >>> default_embedder().n_dimensions
    384
    """
    return E5Embedder(n_threads=n_threads)


__all__ = [
    "CacheUnusable",
    "E5Embedder",
    "Embedder",
    "EmbedderUnavailable",
    "EmbeddingCache",
    "EndpointEmbedder",
    "EndpointRefused",
    "EndpointUnreachable",
    "EnglishDictionary",
    "InvalidDictionary",
    "InvalidEndpoint",
    "InvalidText",
    "ModelUnavailable",
    "OversizedText",
    "Rendering",
    "Role",
    "Segmenter",
    "StaticEmbedder",
    "UnknownRole",
    "VectorNotFinite",
    "WrongDimension",
    "cache_key",
    "check_finite",
    "default_embedder",
    "embed_cached",
    "english_dictionary",
    "is_latin",
    "normalise",
    "normalise_many",
    "ordinary_share",
    "stem",
    "stop_words",
    "words_version",
]
