"""Plain HTTP calls to a gateway in each dialect, and the providers of each kind that stand behind it."""

import http.client
import json
from dataclasses import dataclass
from typing import Any

PATHS = {"chat": "/v1/chat/completions", "responses": "/v1/responses", "messages": "/v1/messages"}
BASES = {
    "anthropic": "/v1",
    "gemini": "/v1beta",
    "vertex": "/v1beta1/projects/p/locations/global/publishers/google",
}
"""What a kind's address ends with behind the host; others': /v1."""


@dataclass
class Answered:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def notes(self) -> str:
        """The harmless differences that the gateway admits to."""
        return self.headers.get("x-tollway-translation-notes", "")


class GatewayClient:
    """One connection, kept alive."""

    def __init__(self, url: str, token: str) -> None:
        host, port = url.removeprefix("http://").split(":")
        self._connection = http.client.HTTPConnection(host, int(port), timeout=20)
        self._token = token

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def ask(self, dialect: str, body: dict[str, Any], *, model: str, is_stream: bool) -> Answered:
        """Call a model in a dialect, with its way of naming the model and of asking for a stream."""
        if dialect == "gemini":
            verb = "streamGenerateContent?alt=sse" if is_stream else "generateContent"
            sent = {name: value for name, value in body.items() if name != "model"}
            return self.post(f"/v1beta/models/{model}:{verb}", sent)
        return self.post(PATHS[dialect], body | {"model": model})

    def post(self, path: str, body: dict[str, Any]) -> Answered:
        """Post JSON."""
        headers = {"authorization": f"Bearer {self._token}", "content-type": "application/json"}
        self._connection.request("POST", path, json.dumps(body), headers)
        reply = self._connection.getresponse()
        return Answered(reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read())


def provider(name: str, kind: str, root: str, models: str = "['*']") -> str:
    """Return a provider of a kind as YAML; `root` is its address without the path that its kind has."""
    base = root + BASES.get(kind, "/v1")
    return (
        f"  - name: {name}\n    kind: {kind}\n    base_url: {base}\n    credential: sk-{name}\n"
        f"    allow_private: true\n    models: {models}\n"
    )
