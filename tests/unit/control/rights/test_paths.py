"""The table of paths says of every path what the gateway itself does with it."""

import pytest

from tollway.control.rights.paths import find_place
from tollway.gateway.operations import find_operation
from tollway.gateway.ports import RequestHead
from tollway.gateway.rights import _SCOPES
from tollway.kernel.errors import TollwayError

PATHS = (
    "/v1/chat/completions",
    "/v1/responses",
    "/v1/responses/resp_1",
    "/v1/responses/resp_1/cancel",
    "/v1/responses/resp_1/input_items",
    "/v1/responses/resp_1/other",
    "/v1/responses/",
    "/v1/messages",
    "/v1/messages/count_tokens",
    "/v1/embeddings",
    "/v1/models",
    "/v1/models/gpt-4o",
    "/v1/models/openai/gpt-4o",
    "/v1/models/",
    "/v1beta/models",
    "/v1beta/models/gemini-pro",
    "/v1beta/models/gemini-pro:generateContent",
    "/v1beta/models/gemini-pro:streamGenerateContent",
    "/v1beta/models/gemini-pro:countTokens",
    "/v1beta/models/gemini-pro:batchEmbedContents",
    "/v1beta/models/gemini-pro:unheard",
    "/v1/unheard",
    "/v1",
    "/v1beta",
    "/.well-known/x",
    "/v1x/y",
    "/shop/orders/7",
    "/",
)


@pytest.mark.parametrize("path", PATHS)
def test_both_tables_say_the_same(path: str) -> None:
    head = RequestHead(
        method="POST",
        path=path,
        query="",
        headers=[],
        is_http_1_0=False,
        body_bytes=0,
        peer="192.0.2.1",
        is_tls=False,
        host="gw",
        websocket_key=None,
    )
    place = find_place(path)
    try:
        asked = find_operation(head, {})
    except TollwayError:
        assert place is None
        return
    assert place is not None
    assert place.scope == _SCOPES[asked.operation.kind]
    if place.scope != "services":
        assert place.paths == (asked.operation.route, path)
    if asked.operation.kind in ("generate", "embed", "count"):
        assert place.model == asked.argument
