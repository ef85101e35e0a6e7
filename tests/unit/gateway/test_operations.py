"""A path means one thing, in one dialect; what is unknown is told in the dialect it looks like."""

import json

import pytest

from kit.gateway_kit import Rig
from tollway.formats.dialects import CHAT, GEMINI, MESSAGES, RESPONSES
from tollway.gateway.operations import RESERVED_PREFIXES, dialect_of, find_operation
from tollway.gateway.ports import RequestHead
from tollway.kernel.errors import TollwayError


def head_of(path: str, method: str = "POST") -> RequestHead:
    return RequestHead(method, path, "", [], False, 0, "192.0.2.1", False, "gw", None)


@pytest.mark.parametrize(
    ("path", "kind", "argument", "dialect", "is_stream"),
    [
        ("/v1/chat/completions", "generate", "", CHAT, None),
        ("/v1/responses", "generate", "", RESPONSES, None),
        ("/v1/messages", "generate", "", MESSAGES, None),
        ("/v1/messages/count_tokens", "count", "", MESSAGES, False),
        ("/v1beta/models/gemini-2.5-pro:generateContent", "generate", "gemini-2.5-pro", GEMINI, False),
        ("/v1beta/models/gemini-2.5-pro:streamGenerateContent", "generate", "gemini-2.5-pro", GEMINI, True),
        ("/v1/models/vendor/m:generateContent", "generate", "vendor/m", GEMINI, False),
        ("/v1beta/models/llama3:8b:generateContent", "generate", "llama3:8b", GEMINI, False),
        ("/v1beta/models/m:countTokens", "count", "m", GEMINI, False),
        ("/v1beta/models/m:embedContent", "embed", "m", GEMINI, False),
        ("/v1beta/models/m:batchEmbedContents", "embed", "m", GEMINI, False),
        ("/v1beta/models/llama3:8b", "model", "llama3:8b", GEMINI, None),
        ("/v1/models/llama3:8b", "model", "llama3:8b", CHAT, None),
        ("/weather", "service", "", CHAT, None),
        ("/v1x", "service", "", CHAT, None),
    ],
)
def test_a_path_names_an_operation_its_dialect_and_what_it_carries(path, kind, argument, dialect, is_stream):
    asked = find_operation(head_of(path), {})
    operation = asked.operation
    assert (operation.kind, asked.argument, operation.dialect, operation.is_stream) == (
        kind,
        argument,
        dialect,
        is_stream,
    )


@pytest.mark.parametrize("path", ["/v1/models", "/v1/models/m"])
@pytest.mark.parametrize(
    ("name", "dialect"),
    [
        ("anthropic-version", MESSAGES),
        ("x-goog-api-client", GEMINI),
        ("x-goog-api-key", GEMINI),
        ("authorization", CHAT),
    ],
)
def test_who_asks_for_models_is_known_by_what_its_clients_always_send(path, name, dialect):
    assert find_operation(head_of(path, "GET"), {name.encode(): b"x"}).operation.dialect is dialect


@pytest.mark.parametrize("path", ["/v1/nothing", "/v1beta/nothing", "/.well-known/x"])
def test_nothing_else_is_served_below_the_gateways_own_prefixes(path):
    assert path.startswith(RESERVED_PREFIXES)
    with pytest.raises(TollwayError) as raised:
        find_operation(head_of(path), {})
    assert raised.value.code.name == "route.not_found"


@pytest.mark.parametrize(
    ("path", "dialect"),
    [
        ("/v1beta/x", GEMINI),
        ("/v1/messages/x", MESSAGES),
        ("/v1/responses/x/y", RESPONSES),
        ("/v1/x", CHAT),
        ("/x", CHAT),
    ],
)
def test_an_error_is_told_in_the_dialect_that_the_path_looks_like(path, dialect):
    assert dialect_of(path) is dialect


async def test_an_unknown_path_is_refused_in_its_dialect():
    rig = Rig()
    reply = await rig.call("/v1beta/nothing", token=rig.token())
    assert json.loads(reply.answer)["error"]["status"] == "NOT_FOUND"
    reply = await rig.call("/v1/messages/nothing", token=rig.token())
    assert json.loads(reply.answer)["type"] == "error"
