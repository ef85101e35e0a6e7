"""A conversation over the store: answered by one worker, continued by another, whoever serves each turn."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kit.responses_values import official_response, shown
from tollway.adapters.response_states import Bounds, LMDBResponseStates
from tollway.adapters.secrets import KeyRing
from tollway.contract.response_states import VERSION, KeptHere, KeptUpstream
from tollway.formats import hub
from tollway.formats.dialect import Target
from tollway.formats.json_object import JSONObject
from tollway.formats.responses.dialect import DIALECT
from tollway.formats.responses.listing import read_page, write_input_items, write_retrieved
from tollway.formats.responses.state import Continued, continue_from, keep, read_links
from tollway.kernel.errors import TollwayError
from tollway.kernel.secret import Secret

OWNER = "application:app_1"
SEALED = hub.Thinking(text="hm", signature=hub.Signature(origin="anthropic", value="sealed"))
CALL = hub.ToolCall(id="c1", name="look", arguments="{}", signature=hub.Signature(origin="gemini", value="sealed too"))


@pytest.fixture
def states(tmp_path: Path) -> Iterator[LMDBResponseStates]:
    box = KeyRing(Secret(bytes(range(32)))).response_states
    store = LMDBResponseStates(tmp_path / "responses", box=box, bounds=Bounds(bytes_max=16_777_216))
    yield store
    store.close()


async def carry_on(states: LMDBResponseStates, owner: str = OWNER, **fields: Any) -> Continued:
    """Do what a call does before it is sent."""
    body = JSONObject.parse(json.dumps({"model": "m"} | fields).encode())
    links = read_links(body)
    previous = None if links.previous is None else await states.find_patiently(owner, links.previous)
    referred = await states.find_items_patiently(owner, tuple(item_id for _, item_id in links.items))
    return continue_from(body, links, previous, referred)


async def answer(states: LMDBResponseStates, continued: Continued, number: int, *parts: hub.Part) -> bytes:
    """Do what a call does with the answer of another vendor."""
    request = DIALECT.read_request(continued.body, model="m", is_stream=False)
    reply = hub.Reply(id="x", model="y", choices=(hub.Choice(parts=parts, stop="end"),))
    how = shown(request=request, request_id=f"req_{number:024d}", previous_response_id=continued.links.previous)
    raw = DIALECT.write_reply(reply, how)
    kept = keep(raw, continued, model="m", vendor="", upstream=None)
    if kept is not None:
        assert await states.put(OWNER, *kept)
    return raw


def said(request: hub.Request) -> list[object]:
    found: list[object] = []
    for turn in request.turns:
        for part in turn.parts:
            found.append(part.text if isinstance(part, hub.Text) else type(part).__name__)
    return found


async def test_three_turns_by_three_vendors(states: LMDBResponseStates) -> None:
    first = await answer(states, await carry_on(states, input="q"), 1, SEALED, CALL)
    assert official_response(first).previous_response_id is None
    result = {"type": "function_call_output", "call_id": "c1", "output": "found"}
    second = await answer(
        states,
        await carry_on(states, input=[result], previous_response_id=official_response(first).id),
        2,
        hub.Text(text="a"),
    )
    assert official_response(second).previous_response_id == official_response(first).id
    third = await carry_on(states, input="more", previous_response_id=official_response(second).id)
    request = DIALECT.read_request(third.body, model="m", is_stream=False)
    assert said(request) == ["q", "Thinking", "ToolCall", "ToolResult", "a", "more"]
    thinking, call = request.turns[1].parts
    assert isinstance(thinking, hub.Thinking) and thinking.signature == SEALED.signature
    assert isinstance(call, hub.ToolCall) and call.signature == CALL.signature
    sent = third.body.copy()
    DIALECT.adapt(sent, Target(vendor="openai", model="gpt-5"), is_stream=False)
    kinds = [item["type"] for item in json.loads(sent.encode())["input"]]
    assert kinds == ["message", "function_call", "function_call_output", "message", "message"]
    assert "previous_response_id" not in sent


async def test_what_is_kept_is_shown_as_it_was_answered(states: LMDBResponseStates) -> None:
    raw = await answer(states, await carry_on(states, input="q"), 1, hub.Text(text="a"))
    state = states.find(OWNER, official_response(raw).id)
    assert isinstance(state, KeptHere)
    assert write_retrieved(state, "") == raw
    (item,) = json.loads(write_input_items(state, read_page("")))["data"]
    assert item["content"] == [{"type": "input_text", "text": "q"}]
    again = await carry_on(states, input=[{"type": "item_reference", "id": item["id"]}])
    assert said(DIALECT.read_request(again.body, model="m", is_stream=False)) == ["q"]


async def test_nobody_elses_conversation_goes_on(states: LMDBResponseStates) -> None:
    raw = await answer(states, await carry_on(states, input="q"), 1, hub.Text(text="a"))
    response = official_response(raw)
    for fields in (
        {"previous_response_id": response.id, "input": "x"},
        {"input": [{"type": "item_reference", "id": response.output[0].id}]},
    ):
        with pytest.raises(TollwayError) as theirs:
            await carry_on(states, "token:other", **fields)
        unknown = json.loads(json.dumps(fields).replace(response.id[5:], "0" * 24))
        with pytest.raises(TollwayError) as nobodys:
            await carry_on(states, **unknown)
        assert (theirs.value.public, theirs.value.param) == (nobodys.value.public, nobodys.value.param)
        assert theirs.value.code.name == "response.previous_not_found"


async def test_what_openai_keeps_goes_back_to_it(states: LMDBResponseStates) -> None:
    continued = await carry_on(states, input="q")
    raw = json.dumps(
        {
            "id": "resp_up",
            "status": "completed",
            "store": True,
            "created_at": 7,
            "output": [{"id": "msg_up", "type": "message"}],
            "usage": {"input_tokens": 5, "output_tokens": 2},
        }
    ).encode()
    where = KeptUpstream(VERSION, "", "", 0, "prov_1", "key_1", "gpt")
    kept = keep(raw, continued, model="m", vendor="openai", upstream=where)
    assert kept is not None and await states.put(OWNER, *kept)
    for fields in ({"previous_response_id": "resp_up", "input": "x"}, {"input": [{"id": "msg_up"}]}):
        again = await carry_on(states, **fields)
        assert again.upstream is not None and again.upstream.provider_id == "prov_1" and again.context_tokens == 7
        assert json.loads(again.body.encode()) == {"model": "m"} | fields
