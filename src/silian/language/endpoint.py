"""Vectors from any OpenAI-compatible ``/v1/embeddings`` endpoint."""

import hashlib
import math
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from silian.language.embedding import Role, check_request, to_unit_rows
from silian.language.errors import (
    EndpointRefused,
    EndpointUnreachable,
    InvalidEndpoint,
    WrongDimension,
)

if TYPE_CHECKING:
    import httpx

_WORTH_RETRYING = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
# How servers refuse a request, among others where a text is longer than the model reads.
_PERHAPS_TOO_LONG = frozenset({400, 413, 422})
# Every model reads this much; a refusal of less is about something else.
_ALWAYS_READ_CHARACTERS = 256
_SHORT_TEXT = "text"
# What somebody waits for is a question and its title; more at once is a job that can wait.
_FEW_QUESTIONS = 8
_LONGEST_PAUSE_S = 30.0
_EXCERPT_CHARACTERS = 200


class EndpointEmbedder:
    """Vectors of a served model.

    A few questions at once are asked in one try with a short time-out: somebody waits, and words
    can answer meanwhile. Passages, and many questions together, are asked with patience. A text
    that is longer than the model reads, and refused for it, is halved until it is taken; the
    others of its batch get their vectors all the same.

    Parameters
    ----------
    base_url
        As OpenAI clients take it, with the version: ``http://host:8000/v1``.
    model
        Name of the model as the endpoint knows it.
    api_key
        Sent as a bearer token where given; never part of ``name`` or of a message.
    n_dimensions
        Length of the model's vectors; asked of the endpoint once where not given.
    query_prefix, passage_prefix
        Put before each text, for models that tell the two roles apart by a prefix.
    send_input_type
        Send the role as ``input_type`` too (some servers read it; OpenAI's refuses it).
    batch_size
        Texts in a request.
    timeout_s
        Longest wait for one answer; no further try begins after it either.
    question_timeout_s
        Longest wait for the answer to a few questions.
    n_retries
        Further tries after a lost connection, a time-out, or a status that says "later".
    pause_s
        Wait before the first further try; doubled each time. A ``Retry-After`` header wins.

    Raises
    ------
    InvalidEndpoint
        If base_url is no http address, or model has no name.
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        *,
        api_key: str | None = None,
        n_dimensions: int | None = None,
        query_prefix: str = "",
        passage_prefix: str = "",
        send_input_type: bool = False,
        batch_size: int = 64,
        timeout_s: float = 60.0,
        question_timeout_s: float = 3.0,
        n_retries: int = 4,
        pause_s: float = 0.5,
    ) -> None:
        # Here, so that importing the language floor stays cheap for those who embed offline.
        import httpx

        _check_address(base_url, model)
        self._url = base_url.rstrip("/") + "/embeddings"
        self._model = model
        self._n_dimensions = n_dimensions
        self._prefixes: dict[Role, str] = {"query": query_prefix, "passage": passage_prefix}
        self._send_input_type = send_input_type
        self._batch_size = batch_size
        self._n_retries = n_retries
        self._pause_s = pause_s
        self._timeout_s = timeout_s
        self._question_timeout_s = question_timeout_s
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._client = httpx.Client(headers=headers, timeout=timeout_s)

    def __enter__(self) -> Self:
        """Use the embedder in a with block that closes its connections."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    @property
    def name(self) -> str:
        """Endpoint, model and, where there are any, a hash of the prefixes."""
        name = f"endpoint/{self._url}/{self._model}"
        if any(self._prefixes.values()) or self._send_input_type:
            settings = f"{sorted(self._prefixes.items())}{self._send_input_type}"
            name += f"/{hashlib.sha256(settings.encode()).hexdigest()[:8]}"
        return name

    @property
    def n_dimensions(self) -> int:
        """Length of the model's vectors; asks the endpoint where no answer has told it yet."""
        if self._n_dimensions is None:
            self._request([_SHORT_TEXT], "passage", patient=True)
        return self._n_dimensions or 0

    def embed(self, texts: Sequence[str], *, role: Role) -> NDArray[np.float32]:
        """See Embedder.embed.

        Raises
        ------
        EndpointUnreachable
            If no answer comes after all retries.
        EndpointRefused
            If the endpoint answers with an error or without usable vectors.
        WrongDimension
            If vectors are of another length than n_dimensions.
        """
        checked = check_request(texts, role)
        filled = [position for position, text in enumerate(checked) if text.strip()]
        patient = role == "passage" or len(filled) > _FEW_QUESTIONS
        answers = []
        for start in range(0, len(filled), self._batch_size):
            positions = filled[start : start + self._batch_size]
            batch = [checked[position] for position in positions]
            answers.append(self._vectors_of(batch, role, patient=patient))
        vectors = np.zeros((len(checked), self.n_dimensions), dtype=np.float32)
        if answers:
            vectors[filled] = np.concatenate(answers)
        return to_unit_rows(vectors)

    def _vectors_of(
        self, texts: Sequence[str], role: Role, *, patient: bool
    ) -> NDArray[np.float32]:
        try:
            return self._request(texts, role, patient=patient)
        except EndpointRefused as error:
            if not _perhaps_too_long(error, texts):
                raise
            # Where a short text is refused as well, its refusal tells the reason.
            self._request([_SHORT_TEXT], role, patient=patient)
        return self._halved(texts, role, patient=patient)

    def _halved(self, texts: Sequence[str], role: Role, *, patient: bool) -> NDArray[np.float32]:
        """Ask for half as much at a time: of the texts, then of the one that is too long."""
        middle = len(texts) // 2
        parts = (texts[:middle], texts[middle:]) if middle else ([texts[0][: len(texts[0]) // 2]],)
        answers = []
        for part in parts:
            try:
                answers.append(self._request(part, role, patient=patient))
            except EndpointRefused as error:
                if not _perhaps_too_long(error, part):
                    raise
                answers.append(self._halved(part, role, patient=patient))
        return np.concatenate(answers)

    def _request(self, texts: Sequence[str], role: Role, *, patient: bool) -> NDArray[np.float32]:
        body: dict[str, Any] = {
            "model": self._model,
            "input": [self._prefixes[role] + text for text in texts],
            "encoding_format": "float",
        }
        if self._send_input_type:
            body["input_type"] = role
        vectors = self._read_vectors(self._post(body, patient=patient), len(texts))
        if self._n_dimensions is None:
            self._n_dimensions = vectors.shape[1]
        if vectors.shape[1] != self._n_dimensions:
            raise WrongDimension(
                f"{self._url} gave vectors of {vectors.shape[1]} numbers for model "
                f"{self._model!r}; expected {self._n_dimensions}. Set n_dimensions to the "
                "model's, or name the model that the index was built with.",
                received=vectors.shape[1],
                expected=self._n_dimensions,
            )
        return vectors

    def _post(self, body: dict[str, Any], *, patient: bool) -> "httpx.Response":
        import httpx

        timeout_s = self._timeout_s if patient else self._question_timeout_s
        most_tries = self._n_retries + 1 if patient else 1
        give_up_at = time.monotonic() + timeout_s
        n_tries, pause_s = 0, self._pause_s
        while True:
            n_tries, wait_s = n_tries + 1, pause_s
            try:
                response = self._client.post(self._url, json=body, timeout=timeout_s)
            except httpx.TransportError as error:
                problem = f"{type(error).__name__}: {error}"
            else:
                if response.is_success:
                    return response
                problem = f"HTTP {response.status_code}: {response.text[:_EXCERPT_CHARACTERS]}"
                if response.status_code not in _WORTH_RETRYING:
                    raise EndpointRefused(
                        f"{self._url} refused model {self._model!r} with {problem}. Check the "
                        "key, the model's name and the address (it ends in /v1).",
                        status=response.status_code,
                    )
                wait_s = _retry_after_s(response) or pause_s
            if n_tries == most_tries or time.monotonic() >= give_up_at:
                break
            time.sleep(min(wait_s, _LONGEST_PAUSE_S))
            pause_s *= 2
        raise EndpointUnreachable(
            f"{self._url} gave no vectors in {n_tries} {'tries' if n_tries > 1 else 'try'}, at "
            f"last {problem}. Check that the server runs and can be reached from here; what was "
            "embedded is kept, so run the same again afterwards.",
            url=self._url,
        )

    def _read_vectors(self, response: "httpx.Response", n_texts: int) -> NDArray[np.float32]:
        try:
            rows = sorted(response.json()["data"], key=lambda row: row["index"])
            places = [row["index"] for row in rows]
            vectors = np.array([row["embedding"] for row in rows], dtype=np.float32)
        except (ValueError, KeyError, TypeError) as error:
            raise EndpointRefused(
                f"{self._url} answered without embeddings "
                f"({response.text[:_EXCERPT_CHARACTERS]!r}). Check that it is an "
                "OpenAI-compatible /v1/embeddings endpoint.",
                status=response.status_code,
            ) from error
        if vectors.ndim != 2 or len(vectors) != n_texts or not np.isfinite(vectors).all():
            raise EndpointRefused(
                f"{self._url} answered {n_texts} texts with an array of shape {vectors.shape} or "
                "with numbers that are not finite; expected one vector a text. Lower batch_size, "
                "or check the model.",
                status=response.status_code,
            )
        if places != list(range(n_texts)):
            raise EndpointRefused(
                f"{self._url} numbered {n_texts} vectors {places[:8]}; expected each index from 0 "
                "once, without which nobody knows whose vector is whose. Check that it is an "
                "OpenAI-compatible /v1/embeddings endpoint.",
                status=response.status_code,
            )
        return vectors


def _check_address(base_url: str, model: str) -> None:
    import httpx

    try:
        parts = urlsplit(base_url)
        fits = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        httpx.URL(base_url)  # refuses more, and would do so with the first text
    except (httpx.InvalidURL, ValueError, TypeError, AttributeError):
        fits = False
    if not fits:
        raise InvalidEndpoint(
            f"base_url is {base_url!r}; expected an http address with its version, like "
            "http://host:8000/v1.",
            url=str(base_url),
        )
    if not (isinstance(model, str) and model.strip()):
        raise InvalidEndpoint(
            f"model is {model!r}; expected the name of a model as {base_url} knows it.",
            url=base_url,
        )


def _perhaps_too_long(error: EndpointRefused, texts: Sequence[str]) -> bool:
    longest = max(len(text) for text in texts)
    return error.details.get("status") in _PERHAPS_TOO_LONG and longest > _ALWAYS_READ_CHARACTERS


def _retry_after_s(response: "httpx.Response") -> float | None:
    """Seconds that the server asks for; ``None`` where it says none, or a date."""
    try:
        seconds = float(response.headers["Retry-After"])
    except (KeyError, ValueError):
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None
