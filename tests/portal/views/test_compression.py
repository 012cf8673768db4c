"""Pages travel compressed to browsers that take it."""

import gzip

import pytest
from django.test import Client


@pytest.mark.django_db
def test_a_page_arrives_compressed_where_the_browser_takes_it(client: Client) -> None:
    plain = client.get("/")
    packed = client.get("/", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.content) < len(plain.content) / 2
    assert gzip.decompress(packed.content).startswith(b"<!doctype html>")
