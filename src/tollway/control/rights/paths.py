"""Which part of the gateway a path is of: the scope it needs, and its route's template.

The gateway decides by its own table; a test holds the two against each other, path by path. Pure.
"""

from typing import NamedTuple

from tollway.contract.rights import Scope
from tollway.formats.gemini import path as gemini_path


class Place(NamedTuple):
    """The scope that a path needs, the templates it is judged by, and the model that it names ("" for none)."""

    scope: Scope
    paths: tuple[str, ...]
    model: str = ""


_EXACT: dict[str, Scope] = {
    "/v1/chat/completions": "generate",
    "/v1/responses": "generate",
    "/v1/messages": "generate",
    "/v1/embeddings": "embed",
    "/v1/messages/count_tokens": "count",
    "/v1/models": "models",
    "/v1beta/models": "models",
}
_GEMINI: dict[str, Scope] = {
    "generateContent": "generate",
    "streamGenerateContent": "generate",
    "countTokens": "count",
    "embedContent": "embed",
    "batchEmbedContents": "embed",
}
_STORED = {"": "", "cancel": "/cancel", "input_items": "/input_items"}
_RESERVED = ("/v1/", "/v1beta/", "/.well-known/")


def find_place(path: str) -> Place | None:
    """Return what a canonical path is of; None for one below the gateway's own prefixes that it does not have."""
    if path in _EXACT:
        return Place(_EXACT[path], (path, path))
    if not path.startswith(_RESERVED) and f"{path}/" not in _RESERVED:
        return Place("services", (path,))
    address = gemini_path.parse(path)
    if address is not None and address.method in _GEMINI:
        route = f"/v1beta/models/{{model}}:{address.method}"
        return Place(_GEMINI[address.method], (route, path), address.model)
    if path.startswith("/v1/responses/"):
        response_id, _, rest = path.removeprefix("/v1/responses/").partition("/")
        known = response_id and rest in _STORED
        return Place("responses", (f"/v1/responses/{{id}}{_STORED[rest]}", path)) if known else None
    for prefix in ("/v1/models/", "/v1beta/models/"):
        if path.startswith(prefix) and len(path) > len(prefix):
            return Place("models", (f"{prefix}{{id}}", path))
    return None
