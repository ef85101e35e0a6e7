"""A call names what it continues; what cannot be found or served is refused before anything is sent."""

import json

import pytest

from kit.dialect_answers import ANSWERS
from kit.gateway_kit import MemoryStates, Rig, ScriptedAnswer
from tollway.contract.policy import Budget, Limits
from tollway.contract.response_states import VERSION, KeptUpstream
from tollway.formats.json_object import JSONObject
from tollway.gateway.continuing import ITEMS_MAX, continue_call, kept_at, key_of, state_of
from tollway.gateway.snapshot import ProviderKey
from tollway.kernel.errors import TollwayError

KEPT = KeptUpstream(VERSION, "resp_1", "gpt", 0, "p1", "k2", "gpt", context_tokens=1_000)


class Keys:
    """A provider, as far as its keys."""

    id = "p1"
    keys = (ProviderKey("k1", (), b""), ProviderKey("k2", (), b""))


def body_of(**fields):
    return JSONObject.parse(json.dumps({"model": "gpt", "input": "hi", **fields}).encode())


async def test_a_call_without_links_stays_as_it_is():
    body = body_of()
    continuing = await continue_call(body, "token:t", MemoryStates())
    assert continuing.continued.body is body and continuing.continued.upstream is None


async def test_references_are_bounded():
    items = [{"type": "item_reference", "id": f"msg_{at}"} for at in range(ITEMS_MAX + 1)]
    with pytest.raises(TollwayError) as raised:
        await continue_call(body_of(input=items), "token:t", MemoryStates())
    assert (raised.value.code.name, raised.value.param) == ("request.field_invalid", "input")


async def test_an_item_that_is_not_there_is_named_by_its_place():
    with pytest.raises(TollwayError) as raised:
        await continue_call(body_of(input=[{"type": "item_reference", "id": "msg_1"}]), "token:t", MemoryStates())
    assert raised.value.code.name == "response.previous_not_found" and raised.value.param.startswith("input[0]")


async def test_what_an_upstream_adds_is_reserved():
    asked = []
    for previous in (None, "resp_1"):
        rig = Rig(ScriptedAnswer(body=ANSWERS["responses"]))
        token = rig.token(limits=Limits(budgets=(Budget("b1", "monthly", 10**12, "month"),)))
        rig.states.find = lambda owner, response_id: KEPT
        body = {"model": "gpt", "input": "hi", "max_output_tokens": 50, "previous_response_id": previous}
        reply = await rig.call("/v1/responses", token=token, body=json.dumps(body).encode())
        assert reply.status == 200, reply.answer
        asked.append(sum(charge.nanos for charge in rig.journal.opened[0].charges))
    assert asked[1] - asked[0] >= 1_000 * 150


def test_the_key_a_response_was_made_with_is_used_while_it_exists():
    assert key_of(Keys, KEPT).id == "k2"
    assert key_of(Keys, kept_at(Keys, "gone", "gpt")).id == "k1"


@pytest.mark.parametrize("answer", [b"[]", b"not json", b"{}", b'{"id": 7}', b'{"id":"r","status":"failed"}'])
async def test_an_answer_that_cannot_be_kept_is_not_lost_by_that(answer):
    continuing = await continue_call(body_of(), "token:t", MemoryStates())
    assert state_of(answer, continuing, model="gpt", vendor="", upstream=None) is None


async def test_an_item_that_an_upstream_keeps_is_served_there():
    states = MemoryStates()
    states.put_soon("token:t", KEPT, ("fc_1",))
    continuing = await continue_call(body_of(input=[{"type": "item_reference", "id": "fc_1"}]), "token:t", states)
    assert continuing.continued.upstream == KEPT
