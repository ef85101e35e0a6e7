"""The head alone says what is asked for; what it cannot mean is refused before the token is looked at."""

import json
from ipaddress import ip_network

import pytest

from kit.gateway_kit import CHAT, Rig, ScriptedAnswer, service
from tollway.gateway.context import Bounds


@pytest.mark.parametrize(
    ("path", "method", "operation", "route"),
    [
        (CHAT, "POST", "chat", "/v1/chat/completions"),
        ("/v1/embeddings", "POST", "embeddings", "/v1/embeddings"),
        ("/v1/models", "GET", "models", "/v1/models"),
        ("/v1/models", "HEAD", "models", "/v1/models"),
        ("/v1/models/vendor/name", "GET", "model", "/v1/models/{id}"),
        ("/v1/responses", "POST", "responses", "/v1/responses"),
        ("/v1/messages", "POST", "messages", "/v1/messages"),
        ("/v1/messages/count_tokens", "POST", "count_tokens", "/v1/messages/count_tokens"),
        ("/v1beta/models/g:generateContent", "POST", "generate_content", "/v1beta/models/{model}:generateContent"),
        ("/v1beta/models/g:countTokens", "POST", "count_tokens", "/v1beta/models/{model}:countTokens"),
        ("/v1beta/models", "GET", "models", "/v1beta/models"),
        ("/v1beta/models/vendor/name", "GET", "model", "/v1beta/models/{id}"),
        ("/weather/v1/models", "GET", "http", "weather"),
    ],
)
async def test_a_path_names_its_operation_and_the_record_its_route(path, method, operation, route):
    rig = Rig(ScriptedAnswer())
    rig.publish(services=[service()])
    await rig.call(path, method=method, token=rig.token())
    assert [(record.operation, record.route) for record in rig.journal.closed] == [(operation, route)]


@pytest.mark.parametrize(
    "path", ["/v1", "/v1/", "/v1/models/", "/v1beta", "/v1beta/x", "/.well-known", "/.well-known/x"]
)
async def test_no_service_is_found_below_the_gateways_own_paths(path):
    rig = Rig()
    rig.publish(services=[service(path_prefix=path.rstrip("/"))])
    reply = await rig.call(path, method="GET", token=rig.token())
    assert reply.status == 404 and b"route.not_found" in reply.answer


@pytest.mark.parametrize(
    ("path", "method", "allow"),
    [(CHAT, "PUT", "POST"), ("/v1/models", "POST", "GET, HEAD"), ("/healthz", "DELETE", "GET, HEAD")],
)
async def test_a_wrong_method_is_told_the_right_ones(path, method, allow):
    reply = await Rig().call(path, method=method)
    assert (reply.status, reply.header("allow")) == (405, allow)


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("x-api-key", 400, "token.ambiguous"),
        ("content-type", 400, "request.malformed"),
        ("origin", 400, "request.malformed"),
    ],
)
async def test_a_header_that_decides_must_not_come_twice(name, status, code):
    rig = Rig()
    reply = await rig.call(method="POST", headers=[(name, "a"), (name, "a")])
    assert (reply.status, json.loads(reply.answer)["error"]["code"]) == (status, code)


async def test_other_headers_may_come_twice():
    rig = Rig()
    reply = await rig.call("/v1/models", method="GET", token=rig.token(), headers=[("accept", "a"), ("accept", "b")])
    assert reply.status == 200


@pytest.mark.parametrize(("peer", "noted"), [("10.0.0.9", "203.0.113.7"), ("192.0.2.1", "192.0.2.1")])
async def test_a_forwarded_address_counts_only_from_a_trusted_proxy(peer, noted):
    rig = Rig(bounds=Bounds(trusted_proxies=(ip_network("10.0.0.0/8"),)))
    await rig.call(
        "/v1/models", method="GET", token=rig.token(), peer=peer, headers=[("x-forwarded-for", "203.0.113.7")]
    )
    assert rig.journal.closed[0].client_address == noted


async def test_the_callers_program_and_trace_are_noted_and_bounded():
    rig = Rig()
    trace = "0af7651916cd43dd8448eb211c80319c"
    fields = [("user-agent", "x" * 500), ("traceparent", f"00-{trace}-b7ad6b7169203331-01")]
    await rig.call("/v1/models", method="GET", token=rig.token(), headers=fields)
    (record,) = rig.journal.closed
    assert (record.client_agent, record.trace_id) == ("x" * 200, trace)


async def test_a_head_that_is_sent_again_means_the_same_and_is_judged_anew():
    """What follows from a head alone is kept with it for requests that repeat it; no decision is."""
    rig = Rig()
    exchange = rig.exchange("/v1/models", method="GET", token=rig.token())
    from tollway.gateway.pipeline import handle

    await handle(exchange, rig.gateway)
    rig.policy.tokens.clear()
    again = rig.exchange("/v1/models", method="GET")
    again.head = exchange.head
    await handle(again, rig.gateway)
    assert (exchange.status, again.status) == (200, 401)
