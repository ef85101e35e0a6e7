"""Browsers of allowed origins may call and read; nobody else learns anything."""

import pytest

from kit.gateway_kit import CHAT, Rig, ScriptedAnswer, service

APP = "https://app.example"
ASKED = ("access-control-request-method", "POST")


@pytest.mark.parametrize("origins", [(APP,), ("*",), ("https://other.example", APP)])
async def test_a_preflight_of_an_allowed_origin_is_answered_without_a_token(origins):
    rig = Rig()
    rig.publish(cors_origins=origins)
    asked = [ASKED, ("origin", APP), ("access-control-request-headers", "x-custom")]
    reply = await rig.call(method="OPTIONS", headers=asked)
    assert reply.status == 204 and reply.answer == b""
    assert reply.header("access-control-allow-origin") == APP
    assert reply.header("access-control-allow-headers") == "x-custom"
    assert "POST" in reply.header("access-control-allow-methods")
    assert reply.header("vary") == "origin"
    assert reply.header("access-control-allow-credentials") == ""


async def test_headers_that_were_not_asked_for_by_name_are_those_a_call_needs():
    rig = Rig()
    rig.publish(cors_origins=(APP,))
    reply = await rig.call(method="OPTIONS", headers=[ASKED, ("origin", APP)])
    assert reply.header("access-control-allow-headers") == "authorization, content-type"


@pytest.mark.parametrize("origins", [(), ("https://other.example",), ("https://app.example:444",)])
async def test_other_origins_get_no_word_of_it(origins):
    rig = Rig()
    rig.publish(cors_origins=origins)
    assert (await rig.call(method="OPTIONS", headers=[ASKED, ("origin", APP)])).status == 404
    reply = await rig.call("/v1/models", method="GET", token=rig.token(), headers=[("origin", APP)])
    assert reply.status == 200
    assert not any(name.startswith(b"access-control-") for name, _ in reply.headers)


@pytest.mark.parametrize("token", [True, False])
async def test_answers_and_refusals_can_be_read_by_the_page(token):
    rig = Rig()
    rig.publish(cors_origins=(APP,))
    reply = await rig.call("/v1/models", method="GET", token=rig.token() if token else None, headers=[("origin", APP)])
    assert reply.header("access-control-allow-origin") == APP
    assert "x-request-id" in reply.header("access-control-expose-headers")


async def test_an_upstreams_own_word_on_origins_is_replaced():
    """Two values of access-control-allow-origin would make every browser refuse the answer."""
    rig = Rig(ScriptedAnswer(body=b"ok", headers=[(b"access-control-allow-origin", b"*"), (b"content-length", b"2")]))
    rig.publish(cors_origins=(APP,), services=[service()])
    reply = await rig.call("/weather", method="GET", token=rig.token(), headers=[("origin", APP)])
    assert [value for name, value in reply.headers if name == b"access-control-allow-origin"] == [APP.encode()]


async def test_options_without_an_origin_is_an_ordinary_request():
    assert (await Rig().call(CHAT, method="OPTIONS", headers=[ASKED])).status == 405


async def test_an_ai_answer_can_be_read_by_the_page():
    rig = Rig(ScriptedAnswer(body=b'{"choices":[]}'))
    rig.publish(cors_origins=(APP,))
    body = b'{"model":"gpt","max_tokens":9,"messages":[]}'
    reply = await rig.call(token=rig.token(), body=body, headers=[("origin", APP)])
    assert (reply.status, reply.header("access-control-allow-origin")) == (200, APP)
