"""A REST client of each role."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from silian.portal.accounts.domain.access import Viewer
from silian.portal.accounts.domain.api_keys import create_key


@dataclass(frozen=True, kw_only=True)
class Caller:
    """A program with a key (or without), talking JSON."""

    client: Client
    token: str = ""

    def request(self, method: str, path: str, payload: Any = None, **headers: str) -> HttpResponse:
        if self.token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        if payload is None:
            return self.client.generic(method, f"/api/v1{path}", headers=headers)
        return self.client.generic(
            method,
            f"/api/v1{path}",
            data=json.dumps(payload),
            content_type="application/json",
            headers=headers,
        )

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.request("GET", path, **headers)

    def post(self, path: str, payload: Any, **headers: str) -> HttpResponse:
        return self.request("POST", path, payload, **headers)

    def patch(self, path: str, payload: Any, **headers: str) -> HttpResponse:
        return self.request("PATCH", path, payload, **headers)

    def upload(self, path: str, **fields: Any) -> HttpResponse:
        return self.client.post(
            f"/api/v1{path}", data=fields, headers={"Authorization": f"Bearer {self.token}"}
        )


@pytest.fixture
def callers(viewers: dict[str, Viewer], client: Client) -> dict[str, Caller]:
    """Caller by role; ``viewer`` keys are made by the operator, as viewers keep none."""
    operator = viewers["operator"]
    tokens = {"viewer": create_key(viewer=operator, name="read", role="viewer")[1]}
    for role in ("operator", "enterprise", "research"):
        tokens[role] = create_key(viewer=viewers[role], name=role)[1]
    made = {role: Caller(client=client, token=token) for role, token in tokens.items()}
    return {"anonymous": Caller(client=client), **made}
