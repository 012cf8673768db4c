"""What the matching engine refuses, each with a stable code and a remedy."""

from silian.errors import EngineError


class IndexMissing(EngineError, FileNotFoundError):
    """There is no index at the path."""

    code = "index_missing"


class IndexExists(EngineError, FileExistsError):
    """An index is to be made where one already is."""

    code = "index_exists"


class IndexCorrupted(EngineError, RuntimeError):
    """The files of the index don't fit together."""

    code = "index_corrupted"


class IndexUnusable(EngineError, OSError):
    """The machine doesn't let the index be read or written: its disk, rights or limits."""

    code = "index_unusable"


class IndexLocked(EngineError, TimeoutError):
    """Another process holds the index for writing longer than we wait."""

    code = "index_locked"


class IndexClosed(EngineError, RuntimeError):
    """The matcher was closed before this call."""

    code = "index_closed"


class EmbedderMismatch(EngineError, ValueError):
    """The index holds vectors of another embedder than the one given."""

    code = "embedder_mismatch"


class EmbedderMissing(EngineError, RuntimeError):
    """An embedder is needed and none was given."""

    code = "embedder_missing"


class VectorWrongDimension(EngineError, ValueError):
    """A vector of another length than the index holds."""

    code = "vector_wrong_dimension"


class LimitOutOfRange(EngineError, ValueError):
    """More or fewer hits asked for than can be given."""

    code = "limit_out_of_range"


class UnknownDirection(EngineError, ValueError):
    """A query looks neither for supply nor for needs."""

    code = "unknown_direction"


class UnknownDocument(EngineError, LookupError):
    """No such document in the index."""

    code = "unknown_document"


class InvalidDocument(EngineError, ValueError):
    """A document that can't be indexed."""

    code = "invalid_document"


class InvalidQuery(EngineError, ValueError):
    """A question that can't be meant as it is written."""

    code = "invalid_query"


class ModelUnreadable(EngineError, ValueError):
    """A file or table that doesn't fit the ranking model."""

    code = "model_unreadable"


class TrainingDataInsufficient(EngineError, ValueError):
    """Too few graded candidates to learn from."""

    code = "training_data_insufficient"
