"""Vectors from any OpenAI-compatible ``/v1/embeddings`` endpoint."""

import hashlib
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from silian.language.embedding import Role, check_request, to_unit_rows
from silian.language.errors import EndpointRefused, EndpointUnreachable, WrongDimension

if TYPE_CHECKING:
    import httpx

_WORTH_RETRYING = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
_LONGEST_PAUSE_S = 30.0
_EXCERPT_CHARACTERS = 200


class EndpointEmbedder:
    """Vectors of a served model.

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
        Longest wait for one answer.
    n_retries
        Further tries after a lost connection, a time-out, or a status that says "later".
    pause_s
        Wait before the first further try; doubled each time. A ``Retry-After`` header wins.
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
        n_retries: int = 4,
        pause_s: float = 0.5,
    ) -> None:
        # Here, so that importing the language floor stays cheap for those who embed offline.
        import httpx

        self._url = base_url.rstrip("/") + "/embeddings"
        self._model = model
        self._n_dimensions = n_dimensions
        self._prefixes: dict[Role, str] = {"query": query_prefix, "passage": passage_prefix}
        self._send_input_type = send_input_type
        self._batch_size = batch_size
        self._n_retries = n_retries
        self._pause_s = pause_s
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
        """Length of the model's vectors; asks the endpoint once where it is not known."""
        if self._n_dimensions is None:
            self._n_dimensions = self._request(["dimension"], "passage").shape[1]
        return self._n_dimensions

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
        vectors = np.zeros((len(checked), self.n_dimensions), dtype=np.float32)
        filled = [position for position, text in enumerate(checked) if text.strip()]
        for start in range(0, len(filled), self._batch_size):
            positions = filled[start : start + self._batch_size]
            answer = self._request([checked[position] for position in positions], role)
            if answer.shape[1] != self.n_dimensions:
                raise WrongDimension(
                    f"{self._url} gave vectors of {answer.shape[1]} numbers for model "
                    f"{self._model!r}; expected {self.n_dimensions}. Set n_dimensions to the "
                    "model's, or name the model that the index was built with.",
                    received=answer.shape[1],
                    expected=self.n_dimensions,
                )
            vectors[positions] = answer
        return to_unit_rows(vectors)

    def _request(self, texts: Sequence[str], role: Role) -> NDArray[np.float32]:
        body: dict[str, Any] = {
            "model": self._model,
            "input": [self._prefixes[role] + text for text in texts],
            "encoding_format": "float",
        }
        if self._send_input_type:
            body["input_type"] = role
        return self._read_vectors(self._post(body), len(texts))

    def _post(self, body: dict[str, Any]) -> "httpx.Response":
        import httpx

        pause_s, problem = self._pause_s, ""
        for n_tries_left in range(self._n_retries, -1, -1):
            wait_s = pause_s
            try:
                response = self._client.post(self._url, json=body)
            except httpx.TransportError as error:
                problem = f"{type(error).__name__}: {error}"
            except httpx.InvalidURL as error:
                raise EndpointUnreachable(
                    f"{self._url!r} is not an address: {error}. Pass base_url like "
                    "http://host:8000/v1.",
                    url=self._url,
                ) from error
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
            if n_tries_left:
                time.sleep(min(wait_s, _LONGEST_PAUSE_S))
                pause_s *= 2
        raise EndpointUnreachable(
            f"{self._url} gave no vectors in {self._n_retries + 1} tries, at last {problem}. Check "
            "that the server runs and can be reached from here; what was embedded is kept, so run "
            "the same again afterwards.",
            url=self._url,
        )

    def _read_vectors(self, response: "httpx.Response", n_texts: int) -> NDArray[np.float32]:
        try:
            rows = sorted(response.json()["data"], key=lambda row: row["index"])
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
        return vectors


def _retry_after_s(response: "httpx.Response") -> float | None:
    try:
        return float(response.headers["Retry-After"])
    except (KeyError, ValueError):
        return None
