"""Only calls of compromised tokens are ended in flight, and their records say so."""

import asyncio

import msgspec
import pytest

from kit.gateway_kit import Rig, ScriptedAnswer, service
from tollway.contract import policy
from tollway.contract.policy import Upstream
from tollway.gateway.endings import Endings
from tollway.gateway.pipeline import handle

BODY = b'{"model":"gpt","stream":true,"messages":[]}'


def mark(rig: Rig, number: int = 0, **fields) -> None:
    """Change the record of a token, as a commit of the console does."""
    token_id = list(rig.policy.tokens)[number]
    record = policy.decode_token(rig.policy.tokens[token_id])
    rig.policy.tokens[token_id] = policy.encode(msgspec.structs.replace(record, **fields))
    rig.policy.commit += 1


async def begin(rig: Rig, **options):
    """Begin a call that does not end by itself."""
    exchange = rig.exchange(**options)
    task = asyncio.ensure_future(handle(exchange, rig.gateway))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not task.done()
    return exchange, task


async def test_a_stream_of_a_compromised_token_is_ended_and_its_record_says_why():
    rig = Rig(ScriptedAnswer(chunks=[b"data: {}\n\n"], hang=True))
    secret = rig.token()
    exchange, task = await begin(rig, token=secret, body=BODY)
    endings = Endings(rig.gateway)
    assert endings.find_ended([exchange.head]) == []
    mark(rig, state="revoked", is_compromised=True)
    assert endings.find_ended([exchange.head]) == [0]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (closed,) = rig.journal.closed
    assert (closed.outcome, closed.code) == ("failed", "token.revoked")


@pytest.mark.parametrize("state", ["revoked", "disabled", "quarantined"])
async def test_any_other_end_of_a_token_lets_its_calls_finish(state):
    rig = Rig(ScriptedAnswer(chunks=[b"data: {}\n\n"], hang=True))
    exchange, task = await begin(rig, token=rig.token(), body=BODY)
    mark(rig, state=state)
    assert Endings(rig.gateway).find_ended([exchange.head]) == []
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert rig.journal.closed[0].outcome == "disconnected"


async def test_nothing_is_read_while_nothing_was_written():
    rig = Rig(ScriptedAnswer(chunks=[], hang=True))
    exchange, task = await begin(rig, token=rig.token(), body=BODY)
    endings = Endings(rig.gateway)
    endings.find_ended([exchange.head])
    asked = []
    rig.policy.find_token = asked.append
    assert endings.find_ended([exchange.head] * 100) == []
    assert asked == []
    rig.policy.commit += 1
    endings.find_ended([exchange.head] * 100)
    assert len(asked) == 1  # one record for each token, not for each call
    task.cancel()


async def test_a_token_in_the_query_is_found_as_well():
    rig = Rig(ScriptedAnswer(body=b"", hang=True))
    record = service(query_token_parameter="key", upstream=Upstream("https://rest.example"))
    rig.publish(services=(record,))
    rig.upstreams.script = [None]
    secret = rig.token()
    exchange, task = await begin(rig, path="/weather/x", method="GET", query=f"key={secret}")
    mark(rig, state="revoked", is_compromised=True)
    assert Endings(rig.gateway).find_ended([exchange.head]) == [0]
    task.cancel()


async def test_calls_of_other_tokens_and_damaged_records_go_on():
    rig = Rig(ScriptedAnswer(chunks=[], hang=True))
    first, second = rig.token(), rig.token()
    running = [await begin(rig, token=secret, body=BODY) for secret in (first, second)]
    mark(rig, 1, state="revoked", is_compromised=True)
    rig.policy.tokens[next(iter(rig.policy.tokens))] = b"\xc1"
    nobody = rig.exchange("/healthz", method="GET").head
    assert Endings(rig.gateway).find_ended([nobody, *(exchange.head for exchange, _ in running)]) == [2]
    for _, task in running:
        task.cancel()
