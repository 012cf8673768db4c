"""What the language floor refuses, each with a stable code and a remedy."""

from silian.errors import EngineError


class InvalidText(EngineError, TypeError):
    """Something that is not text arrived where text is needed."""

    code = "invalid_text"


class OversizedText(EngineError, ValueError):
    """A text is longer than any register's field should be."""

    code = "oversized_text"


class InvalidDictionary(EngineError, ValueError):
    """A file that should hold a user dictionary does not."""

    code = "invalid_dictionary"


class UnknownRole(EngineError, ValueError):
    """A text must be embedded as a query or as a passage."""

    code = "unknown_role"


class WrongDimension(EngineError, ValueError):
    """Vectors of another length than the embedder promises."""

    code = "wrong_dimension"


class EmbedderUnavailable(EngineError, RuntimeError):
    """No vectors can be had just now; words can still be searched by."""

    code = "embedder_unavailable"


class InvalidEndpoint(EngineError, ValueError):
    """The address of an embedding endpoint is none, or its model has no name."""

    code = "invalid_endpoint"


class EndpointUnreachable(EmbedderUnavailable, ConnectionError):
    """The embedding endpoint does not answer, or not in time, after all retries."""

    code = "endpoint_unreachable"


class EndpointRefused(EmbedderUnavailable):
    """The embedding endpoint answers, but not with vectors."""

    code = "endpoint_refused"


class ModelUnavailable(EmbedderUnavailable):
    """The offline model can't be loaded on this machine."""

    code = "model_unavailable"


class VectorNotFinite(EmbedderUnavailable, ValueError):
    """An embedder gave a vector with numbers that nothing can be compared with."""

    code = "vector_not_finite"


class CacheUnusable(EngineError, OSError):
    """The embedding cache can't be opened or is not one of ours."""

    code = "cache_unusable"
