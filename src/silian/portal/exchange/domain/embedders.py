"""Which embedder reads meaning, by the settings."""

from importlib import import_module

from django.conf import settings

from silian.errors import EngineError
from silian.language import Embedder, EndpointEmbedder, default_embedder


class UnknownEmbedder(EngineError, LookupError):
    """``SILIAN_EMBEDDER`` names no embedder."""

    code = "unknown_embedder"


def configured_embedder() -> Embedder | None:
    """The embedder that ``SILIAN_EMBEDDER`` names.

    ``e5`` (offline, the default), ``endpoint`` (any OpenAI-compatible service), ``none`` (words
    only), or ``package.module:function``, a function without arguments that makes one.

    Raises
    ------
    UnknownEmbedder
        If it names something else.
    """
    name = settings.EMBEDDER
    if name == "e5":
        return default_embedder()
    if name == "none":
        return None
    if name == "endpoint":
        options = settings.EMBEDDER_ENDPOINT
        n_dimensions = options["n_dimensions"]
        return EndpointEmbedder(
            options["url"],
            options["model"],
            api_key=options["api_key"] or None,
            n_dimensions=int(n_dimensions) if n_dimensions else None,
        )
    module_name, _, function = name.partition(":")
    try:
        made: Embedder = getattr(import_module(module_name), function)()
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        raise UnknownEmbedder(
            f"SILIAN_EMBEDDER is {name!r}, which can't be loaded ({error}); expected e5, none, "
            "endpoint, or package.module:function.",
            name=name,
        ) from error
    return made
