"""An embedding server with the light embedder's vectors, which can be switched off."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from light_embedder import make


class EmbeddingEndpoint(ThreadingHTTPServer):
    """Counts its requests; ``off`` makes it refuse them."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.n_requests = 0
        self.off = False

    @property
    def options(self) -> dict[str, str]:
        """What ``settings.EMBEDDER_ENDPOINT`` holds for it."""
        url = f"http://127.0.0.1:{self.server_port}/v1"
        return {"url": url, "model": "light", "api_key": "", "n_dimensions": ""}


class _Handler(BaseHTTPRequestHandler):
    server: EmbeddingEndpoint

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.n_requests += 1
        vectors = make().embed(body["input"], role="query").tolist()
        rows = [{"index": place, "embedding": one} for place, one in enumerate(vectors)]
        content = {"error": "off"} if self.server.off else {"data": rows}
        answer = json.dumps(content).encode()
        self.send_response(401 if self.server.off else 200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def embedding_endpoint(settings: Any) -> Iterator[EmbeddingEndpoint]:
    """Run one and let the settings name it, before anything opens the index."""
    from silian.portal.exchange.domain.index import forget_opened

    server = EmbeddingEndpoint()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    settings.EMBEDDER, settings.EMBEDDER_ENDPOINT = "endpoint", server.options
    forget_opened()
    try:
        yield server
    finally:
        forget_opened()
        server.shutdown()
        server.server_close()
        thread.join()
