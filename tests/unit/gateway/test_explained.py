"""Each code's Link header names the page and the code, and is a header that any client can read."""

import re

import pytest

from kit.gateway_kit import Rig
from tollway.gateway.explained import explain_codes
from tollway.kernel.codes import TABLE

LINK = re.compile(rb'<https://docs\.example/errors#([a-z_.]+)>; rel="help"')


def test_every_code_has_a_link_to_its_own_place() -> None:
    links = explain_codes("https://docs.example/errors")
    assert set(links) == {code.name for code in TABLE}
    for name, value in links.items():
        found = LINK.fullmatch(value)
        assert found is not None
        assert found[1].decode() == name


@pytest.mark.parametrize("token", ["live", "none"])
async def test_refusals_have_the_link_and_answers_have_none(token: str) -> None:
    rig = Rig()
    rig.gateway.explained = explain_codes("https://docs.example/errors")
    headers = [("authorization", f"Bearer {rig.token()}")] if token == "live" else []
    reply = await rig.call("/v1/models", method="GET", headers=headers)
    expected = "" if token == "live" else '<https://docs.example/errors#token.missing>; rel="help"'
    assert (reply.status, reply.header("link")) == (200 if token == "live" else 401, expected)


async def test_r11_no_header_changes_an_address_that_the_gateway_sends() -> None:
    """A refusal is the same to the byte but for its own id, whoever is said to have been asked, and how."""
    forged = {
        "x-forwarded-host": "evil.example", "x-forwarded-proto": "gopher", "x-forwarded-port": "666",
        "x-forwarded-prefix": "/evil", "x-forwarded-for": "127.0.0.1", "forwarded": "host=evil.example;proto=https",
        "x-original-host": "evil.example", "x-host": "evil.example", "x-original-url": "http://evil.example/",
        "x-rewrite-url": "http://evil.example/", "referer": "http://evil.example/", "via": "1.1 evil.example",
    }  # fmt: skip

    async def refusal(**request: object) -> tuple[object, ...]:
        rig = Rig()
        rig.gateway.explained = explain_codes("https://docs.example/errors")
        reply = await rig.call("/v1/models", method="GET", **request)
        request_id = reply.header("x-request-id").encode()
        named = [item for item in reply.headers if item[0] not in (b"x-request-id", b"server-timing")]
        return reply.status, named, reply.answer.replace(request_id, b"")

    plain = await refusal()
    assert await refusal(headers=list(forged.items()), host="evil.example", is_tls=True) == plain
    for name, value in forged.items():
        assert await refusal(headers=[(name, value)]) == plain, name
