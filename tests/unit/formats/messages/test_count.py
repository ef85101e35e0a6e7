"""A count asks for what a request asks, without what only steers the output."""

import json
from typing import Any

import pytest
from anthropic.types import MessageTokensCount
from anthropic.types.message_count_tokens_params import MessageCountTokensParams
from hypothesis import given, settings
from pydantic import TypeAdapter

from kit.messages_values import TARGET, requests
from kit.translation import meaning
from tollway.formats import hub
from tollway.formats.dialect import Target
from tollway.formats.json_object import JSONObject
from tollway.formats.messages.count import (
    count_bounds,
    estimate_count,
    read_count_reply,
    read_count_request,
    write_count_reply,
    write_count_request,
)
from tollway.kernel.errors import TollwayError

BODY: dict[str, Any] = {"model": "alias", "messages": [{"role": "user", "content": "hi"}], "system": "be kind"}

_PARAMETERS: TypeAdapter[Any] = TypeAdapter(MessageCountTokensParams)


def body_of(**fields: Any) -> JSONObject:
    return JSONObject.parse(json.dumps(BODY | fields).encode())


def test_a_count_needs_no_bound():
    request = read_count_request(body_of(), model="alias")
    assert request.output_tokens_max is None and request.system[0].text == "be kind"


def test_what_cannot_be_counted_is_refused_by_name():
    with pytest.raises(TollwayError) as refusal:
        read_count_request(body_of(mcp_servers=[{"name": "x"}]), model="alias")
    assert refusal.value.param == "mcp_servers"


@settings(max_examples=40)
@given(requests())
def test_any_request_can_be_counted_as_the_official_client_does(request):
    written = write_count_request(request, TARGET)
    _PARAMETERS.validate_python(json.loads(written.body))
    counted = read_count_request(JSONObject.parse(written.body), model=request.model)
    assert meaning(counted.turns) == meaning(request.turns) and meaning(counted.tools) == meaning(request.tools)
    assert written.headers[0][0] == b"anthropic-version"


def test_what_steers_the_output_is_left_out():
    request = hub.Request(
        model="m",
        turns=(hub.Turn(role="user", parts=(hub.Text(text="hi"),)),),
        temperature=0.5,
        stop=("END",),
        user="u",
        is_stream=True,
    )
    body = json.loads(write_count_request(request, Target(vendor="anthropic", model="claude-haiku-4-5")).body)
    assert body.keys() == {"model", "messages"}


def test_a_count_is_read_and_written():
    assert MessageTokensCount.model_validate_json(write_count_reply(641)).input_tokens == 641
    assert read_count_reply(b'{"input_tokens": 641}') == 641


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]", b'{"input_tokens":"many"}', b'{"type":"error"}'])
def test_what_is_no_count_is_refused(raw):
    with pytest.raises(ValueError, match="no count"):
        read_count_reply(raw)


def test_an_estimate_follows_from_the_length():
    assert estimate_count(body_of(), 400) == 100
    bounds = count_bounds(body_of(), 400)
    assert (bounds.output_tokens_max, bounds.input_tokens_max, bounds.choices) == (0, 400, 1)
