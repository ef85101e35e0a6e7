"""The sandbox stands where an upstream stands: same port, same errors, no socket."""

import asyncio
import json

import pytest

from kit.gateway_kit import MemoryExchange, ScriptedAnswer, ScriptedUpstreams
from tollway.adapters.sandbox_transport import SandboxRouter, build_any_destination
from tollway.contract.policy import Upstream
from tollway.kernel.errors import TollwayError

SANDBOX = build_any_destination(Upstream("sandbox:"), "k")
REAL = build_any_destination(Upstream("https://up.example/v1"), "k")
CHAT = json.dumps({"model": "sandbox-small", "messages": [{"role": "user", "content": "Hi"}]}).encode()
STREAM = CHAT[:-1] + b', "stream": true}'


class Caller(MemoryExchange):
    """A caller who can stop reading."""

    def __init__(self) -> None:
        super().__init__(None)
        self.watchers: list = []

    def watch_writable(self, on_pause, on_resume) -> None:
        self.watchers = [on_pause, on_resume]


class Upper:
    """A tap that changes what passes and closes with a mark."""

    def feed(self, chunk: bytes) -> bytes:
        return chunk.upper()

    def finish(self, code: str | None) -> bytes:
        return f"<{code}>".encode()


async def send(body: bytes = CHAT, **wishes: object):
    headers = [(f"x-sandbox-{name.replace('_', '-')}".encode(), str(value).encode()) for name, value in wishes.items()]
    router = SandboxRouter(ScriptedUpstreams(ScriptedAnswer()))
    return await router.send(SANDBOX, method="POST", target=b"/chat/completions", headers=headers, body=body)


async def test_the_same_request_has_the_same_answer() -> None:
    first, second = [await (await send(tokens=5)).read(10**6) for _ in range(2)]
    assert first == second and json.loads(first)["choices"][0]["message"]["content"]


async def test_errors_and_pauses_come_on_demand() -> None:
    answer = await send(status=503, latency_ms=1, interval_ms=1)
    assert answer.status == 503 and json.loads(await answer.read(10**6))["error"]


async def test_a_cut_answer_looks_like_an_upstream_that_broke_off() -> None:
    with pytest.raises(TollwayError) as caught:
        await (await send(cut_after=0)).read(10**6)
    assert caught.value.code.name == "upstream.truncated"
    caller = Caller()
    assert await (await send(STREAM, cut_after=2)).relay(caller, Upper()) == "upstream.truncated"
    assert caller.answer.endswith(b"<upstream.truncated>")


@pytest.mark.parametrize("tap", [None, Upper()])
async def test_a_stream_passes_through_the_tap(tap: Upper | None) -> None:
    caller = Caller()
    assert await (await send(STREAM, tokens=3, interval_ms=1)).relay(caller, tap) is None
    assert caller.answer.upper().count(b"DATA: ") >= 4
    assert caller.answer.endswith(b"<None>") is (tap is not None)


async def test_a_caller_that_does_not_read_holds_the_stream_back() -> None:
    caller = Caller()
    answer = await send(STREAM, tokens=50, interval_ms=1)
    task = asyncio.create_task(answer.relay(caller, None))
    await asyncio.sleep(0.005)
    caller.watchers[0]()
    await asyncio.sleep(0.005)
    held = len(caller.answer)
    await asyncio.sleep(0.02)
    assert len(caller.answer) == held and not task.done()
    caller.watchers[1]()
    assert await asyncio.wait_for(task, 10) is None and len(caller.answer) > held


async def test_it_never_switches_protocols_and_closing_costs_nothing() -> None:
    answer = await send()
    with pytest.raises(TollwayError):
        await answer.tunnel(Caller())
    answer.close()


async def test_everything_else_goes_to_the_real_upstreams() -> None:
    others = ScriptedUpstreams(ScriptedAnswer())
    warmed: list = []
    others.keep = warmed.extend
    router = SandboxRouter(others)
    await router.send(REAL, method="POST", target=b"/x", headers=[], body=b"")
    router.keep([SANDBOX, REAL])
    assert [sent[2] for sent in others.sent] == [b"/x"] and warmed == [REAL]


async def test_a_streamed_body_is_not_read() -> None:
    router = SandboxRouter(ScriptedUpstreams(ScriptedAnswer()))
    answer = await router.send(SANDBOX, method="POST", target=b"/chat/completions", headers=[], body=Caller())
    assert answer.status == 400
