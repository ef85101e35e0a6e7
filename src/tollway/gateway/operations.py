"""What the gateway port does: one row for each path of its own, with the dialect it is spoken in.

A path names its operation exactly; everything else below the gateway's prefixes is unknown, and all other paths belong
to REST services.
"""

from typing import Literal

import msgspec

from tollway.formats.dialect import Dialect
from tollway.formats.dialects import CHAT, GEMINI, MESSAGES, RESPONSES
from tollway.formats.gemini import path as gemini_path
from tollway.gateway.ports import RequestHead
from tollway.kernel.errors import TollwayError

AI_KINDS = frozenset({"generate", "embed", "count"})
"""Of operations that ask a model for something."""
Kind = Literal["generate", "embed", "count", "stored", "models", "model", "service", "health", "preflight"]


class Operation(msgspec.Struct, frozen=True, gc=False):
    """One thing the gateway port does: how it is asked for, and in whose dialect it answers, errors too."""

    kind: Kind
    name: str
    """In records and on pages."""
    route: str
    methods: tuple[str, ...]
    dialect: Dialect = CHAT
    is_stream: bool | None = None
    """None: the body says whether the answer is streamed."""


class Asked(msgspec.Struct, frozen=True, gc=False):
    """An operation with what its path carries: a model or the id of a stored answer, "" for none."""

    operation: Operation
    argument: str = ""


CHAT_COMPLETIONS = Operation("generate", "chat", "/v1/chat/completions", ("POST",))
EMBEDDINGS = Operation("embed", "embeddings", "/v1/embeddings", ("POST",), is_stream=False)
CREATE_RESPONSE = Operation("generate", "responses", "/v1/responses", ("POST",), RESPONSES)
CREATE_MESSAGE = Operation("generate", "messages", "/v1/messages", ("POST",), MESSAGES)
RESPONSE = Operation("stored", "responses", "/v1/responses/{id}", ("GET", "DELETE"), RESPONSES)
RESPONSE_CANCEL = Operation("stored", "responses", "/v1/responses/{id}/cancel", ("POST",), RESPONSES)
RESPONSE_INPUT_ITEMS = Operation("stored", "responses", "/v1/responses/{id}/input_items", ("GET",), RESPONSES)
COUNT_MESSAGE = Operation("count", "count_tokens", "/v1/messages/count_tokens", ("POST",), MESSAGES, is_stream=False)
MODELS = Operation("models", "models", "/v1/models", ("GET", "HEAD"))
MODEL = Operation("model", "model", "/v1/models/{id}", ("GET", "HEAD"))
MESSAGES_MODELS = Operation("models", "models", "/v1/models", ("GET", "HEAD"), MESSAGES)
MESSAGES_MODEL = Operation("model", "model", "/v1/models/{id}", ("GET", "HEAD"), MESSAGES)
GEMINI_MODELS = Operation("models", "models", "/v1beta/models", ("GET", "HEAD"), GEMINI)
GEMINI_MODEL = Operation("model", "model", "/v1beta/models/{id}", ("GET", "HEAD"), GEMINI)
HEALTH = Operation("health", "health", "/healthz", ("GET", "HEAD"))
PREFLIGHT = Operation("preflight", "preflight", "preflight", ("OPTIONS",))
SERVICE = Operation("service", "http", "", ())

_EXACT: dict[str, Asked] = {
    operation.route: Asked(operation)
    for operation in (
        CHAT_COMPLETIONS,
        EMBEDDINGS,
        CREATE_RESPONSE,
        CREATE_MESSAGE,
        COUNT_MESSAGE,
        MODELS,
        GEMINI_MODELS,
        HEALTH,
    )
}
_GEMINI: tuple[tuple[str, Kind, str, bool], ...] = (
    ("generateContent", "generate", "generate_content", False),
    ("streamGenerateContent", "generate", "generate_content", True),
    ("countTokens", "count", "count_tokens", False),
    ("embedContent", "embed", "embeddings", False),
    ("batchEmbedContents", "embed", "embeddings", False),
)
_GEMINI_METHODS: dict[str, Operation] = {
    method: Operation(kind, name, f"/v1beta/models/{{model}}:{method}", ("POST",), GEMINI, is_stream)
    for method, kind, name, is_stream in _GEMINI
}
_BELOW_RESPONSES = "/v1/responses/"
_STORED = {"": RESPONSE, "cancel": RESPONSE_CANCEL, "input_items": RESPONSE_INPUT_ITEMS}
_SERVICE, _PREFLIGHT = Asked(SERVICE), Asked(PREFLIGHT)
_MODELS, _MESSAGES_MODELS, _GEMINI_MODELS = Asked(MODELS), Asked(MESSAGES_MODELS), Asked(GEMINI_MODELS)

RESERVED_PREFIXES = ("/v1/", "/v1beta/", "/.well-known/")
"""Paths of the gateway itself; no service can be published below them."""
_RESERVED = frozenset(prefix.rstrip("/") for prefix in RESERVED_PREFIXES)


def find_operation(head: RequestHead, fields: dict[bytes, bytes]) -> Asked:
    """Return the operation of a path. Raises route.not_found below a reserved prefix."""
    path = head.path
    if head.method == "OPTIONS" and b"access-control-request-method" in fields and b"origin" in fields:
        return _PREFLIGHT
    asked = _EXACT.get(path)
    if asked is not None:
        return _models(fields) if asked.operation is MODELS else asked
    if not path.startswith(RESERVED_PREFIXES) and path not in _RESERVED:
        return _SERVICE
    asked = _find_below(path)
    if asked is None:
        raise TollwayError("route.not_found", public=f"The gateway has no path {path[:200]}.")
    return Asked(_model(fields), asked.argument) if asked.operation is MODEL else asked


def dialect_of(path: str) -> Dialect:
    """Return the dialect that an error on this path is told in, also where the path is unknown."""
    if path.startswith("/v1beta"):
        return GEMINI
    if path.startswith("/v1/messages"):
        return MESSAGES
    if path.startswith("/v1/responses"):
        return RESPONSES
    return CHAT


def _models(fields: dict[bytes, bytes]) -> Asked:
    """The list of models has one path in three dialects; who asks is told by headers that its clients always send.

    Anthropic's name a version (https://docs.anthropic.com/en/api/versioning), Google's themselves or their key.
    """
    if b"anthropic-version" in fields:
        return _MESSAGES_MODELS
    return _GEMINI_MODELS if _is_of_google(fields) else _MODELS


def _model(fields: dict[bytes, bytes]) -> Operation:
    if b"anthropic-version" in fields:
        return MESSAGES_MODEL
    return GEMINI_MODEL if _is_of_google(fields) else MODEL


def _is_of_google(fields: dict[bytes, bytes]) -> bool:
    return b"x-goog-api-client" in fields or b"x-goog-api-key" in fields


def _find_below(path: str) -> Asked | None:
    """Find the operations whose paths carry a model."""
    address = gemini_path.parse(path)
    if address is not None and address.method in _GEMINI_METHODS:
        return Asked(_GEMINI_METHODS[address.method], address.model)
    if path.startswith(_BELOW_RESPONSES):
        response_id, _, rest = path[len(_BELOW_RESPONSES) :].partition("/")
        operation = _STORED.get(rest)
        return None if operation is None or not response_id else Asked(operation, response_id)
    for operation, prefix in ((MODEL, "/v1/models/"), (GEMINI_MODEL, "/v1beta/models/")):
        if path.startswith(prefix) and len(path) > len(prefix):
            return Asked(operation, path[len(prefix) :])
    return None
