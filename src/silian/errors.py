"""The root of every error that an engine raises on purpose."""

from typing import Any


class EngineError(Exception):
    """An input that an engine refuses, or a state it can't go on from.

    Subclasses also inherit the fitting builtin (``ValueError``, ``LookupError``, ...), set a
    stable ``code`` that faces translate, and write a message that says what arrived, what is
    allowed and how to mend it.

    Parameters
    ----------
    message
        English text for logs and for analysts who use the engine from Python.
    details
        Values that a translated message may name, e.g. ``limit=10``.
    """

    code = "engine_error"

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.details = details
