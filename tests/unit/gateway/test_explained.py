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
