"""Refusals of engines and domains, told in the reader's language."""

from silian.errors import EngineError
from silian.portal.bilingual import choose
from silian.portal.error_words import words_of


def failure_of(error: EngineError) -> str:
    """What to tell the reader: the error's own words if it has both languages."""
    own = getattr(error, "message", "")
    return str(own) if own else choose(*words_of(error))
