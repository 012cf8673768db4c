"""Which embedder reads meaning, by the settings."""

from collections.abc import Mapping
from importlib import import_module

from django.conf import settings

from silian.errors import EngineError
from silian.language import Embedder, EndpointEmbedder, InvalidEndpoint, default_embedder


class EmbedderMisconfigured(EngineError, ValueError):
    """The settings of the embedding endpoint can't be meant."""

    code = "embedder_misconfigured"

    def __init__(self, setting: str, given: str, expected_zh: str, expected_en: str) -> None:
        zh, en = (f"为 {given!r}", f"is {given!r}") if given.strip() else ("未设置", "is not set")
        super().__init__(
            f"{setting} {en}; SILIAN_EMBEDDER=endpoint needs {expected_en}.", setting=setting
        )
        self.message_zh = f"{setting} {zh}；SILIAN_EMBEDDER=endpoint 需要{expected_zh}。"


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
    EmbedderMisconfigured
        If the endpoint's address, model or length of vectors can't be meant.
    """
    name = settings.EMBEDDER
    if name == "e5":
        return default_embedder()
    if name == "none":
        return None
    if name == "endpoint":
        return _endpoint(settings.EMBEDDER_ENDPOINT)
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


def _endpoint(options: Mapping[str, str]) -> EndpointEmbedder:
    model, n_dimensions = options["model"], options["n_dimensions"]
    if not model.strip():
        raise EmbedderMisconfigured(
            "SILIAN_EMBEDDER_MODEL", model, "模型的名称", "the name of a model"
        )
    if n_dimensions and not (
        n_dimensions.isascii() and n_dimensions.isdigit() and int(n_dimensions)
    ):
        raise EmbedderMisconfigured(
            "SILIAN_EMBEDDER_DIMENSIONS", n_dimensions, "向量的长度，如 1024", "a number like 1024"
        )
    try:
        return EndpointEmbedder(
            options["url"],
            model,
            api_key=options["api_key"] or None,
            n_dimensions=int(n_dimensions) if n_dimensions else None,
        )
    except InvalidEndpoint as error:
        raise EmbedderMisconfigured(
            "SILIAN_EMBEDDER_URL",
            options["url"],
            "形如 http://host:8000/v1 的地址",
            "an address like http://host:8000/v1",
        ) from error
