"""Meters that are held are waited for, for so long, and nobody else waits with whom they hold up."""

import asyncio
import json

import msgspec
import pytest

from kit.gateway_kit import Rig, ScriptedAnswer, service
from tollway.contract.policy import Limits, RequestLimit
from tollway.gateway import patience
from tollway.gateway.context import Bounds
from tollway.gateway.room import MetersBusy

LIMITS = Limits(requests=(RequestLimit("l1", "calls", 10, 60),))
BODY = b'{"model":"gpt","max_tokens":100,"messages":[{"role":"user","content":"Hello"}]}'
ANSWER = b'{"id":"c","choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}}'


class Held:
    """Meters that are busy for so many tries."""

    def __init__(self, rig: Rig, tries: float) -> None:
        self._admit = rig.meters.admit
        self.left = tries
        rig.meters.admit = self.admit

    def admit(self, claims, want, floor):
        if self.left:
            self.left -= 1
            raise MetersBusy("held")
        return self._admit(claims, want, floor)


PLACES = {
    "chat": ("/v1/chat/completions", {"limits": LIMITS}),
    "counting": ("/v1beta/models/gpt:countTokens", {"limits": LIMITS}),
    "a service": ("/weather/today", {"limits": LIMITS}),
    "a kept response": ("/v1/responses/resp_none", {"limits": LIMITS}),
    "a provider": ("/v1/chat/completions", {}),
    "an open service": ("/open/today", None),
}


@pytest.mark.parametrize("place", PLACES)
async def test_wherever_meters_are_asked_a_call_waits_for_those_that_are_held(place):
    rig = Rig(ScriptedAnswer(body=ANSWER))
    path, token = PLACES[place]
    limits = LIMITS if place in ("a provider", "an open service") else Limits()
    provider = msgspec.structs.replace(rig._provider("p1", 1), limits=limits if place == "a provider" else Limits())
    opened = service(id="svc_2", name="open", path_prefix="/open", allow_anonymous=True, limits=limits)
    rig.publish(providers=[provider], services=(service(), opened))
    held = Held(rig, 3)
    method = "GET" if place in ("a kept response", "a service", "an open service") else "POST"
    body = b"" if method == "GET" else BODY
    reply = await rig.call(path, method=method, token=None if token is None else rig.token(**token), body=body)
    assert held.left == 0 and reply.status != 503, reply.answer
    assert len(rig.meters.asked) == 1 and rig.meters.open == 0


async def test_others_go_on_while_one_waits():
    rig = Rig(ScriptedAnswer(body=ANSWER), ScriptedAnswer(body=ANSWER))
    held = Held(rig, float("inf"))
    waiting = asyncio.create_task(rig.call(token=rig.token(limits=LIMITS), body=BODY))
    await asyncio.sleep(0.01)
    assert (await rig.call(token=rig.token(), body=BODY)).status == 200
    assert not waiting.done()
    held.left = 0
    assert (await waiting).status == 200


async def test_after_the_time_that_the_setting_says_it_is_503():
    rig = Rig(ScriptedAnswer(body=ANSWER), bounds=Bounds(meters_seconds=0.0))
    Held(rig, float("inf"))
    reply = await rig.call(token=rig.token(limits=LIMITS), body=BODY)
    assert (reply.status, json.loads(reply.answer)["error"]["code"]) == (503, "gateway.meters_unavailable")
    assert not rig.upstreams.sent and rig.meters.open == 0


async def test_what_is_refused_after_a_wait_is_refused_for_its_own_reason():
    rig = Rig(ScriptedAnswer(body=ANSWER))
    Held(rig, 2)
    rig.meters.refuses = True
    reply = await rig.call(token=rig.token(limits=LIMITS), body=BODY)
    assert (reply.status, json.loads(reply.answer)["error"]["code"]) == (429, "limit.requests")


async def test_a_caller_that_leaves_ends_the_wait_and_nothing_is_held():
    rig = Rig(ScriptedAnswer(body=ANSWER))
    Held(rig, float("inf"))
    waiting = asyncio.create_task(rig.call(token=rig.token(limits=LIMITS), body=BODY))
    await asyncio.sleep(0.01)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert rig.meters.open == 0 and not rig.upstreams.sent


async def test_the_pauses_grow_to_their_bound(monkeypatch):
    rig, pauses = Rig(), []

    async def sleep(seconds):
        pauses.append(seconds)
        rig.clock.advance(seconds)

    def take():
        raise MetersBusy("held")

    monkeypatch.setattr(patience.asyncio, "sleep", sleep)
    with pytest.raises(MetersBusy):
        await patience.until_free(take, rig.gateway)
    assert pauses[:6] == [0.001, 0.002, 0.004, 0.008, 0.016, 0.025] and max(pauses) == patience.PAUSE_SECONDS_MAX
    assert 5 <= sum(pauses) < 5 + patience.PAUSE_SECONDS_MAX
