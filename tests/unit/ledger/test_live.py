"""Live batches: everybody gets each, and a slow subscriber is dropped instead of waited for."""

import asyncio

import pytest

from tollway.contract.ledger_api import LiveBatch
from tollway.contract.records import CloseRecord, encode
from tollway.ledger.ingest import Ingested
from tollway.ledger.live import CALLS_MAX, QUEUED_MAX, Live, build_batch


async def start(live):
    """Subscribe and wait until the subscription stands."""
    batches = live.subscribe()
    first = asyncio.ensure_future(anext(batches))
    await asyncio.sleep(0)
    return batches, first


async def test_every_subscriber_gets_every_batch_in_order():
    live = Live()
    (a, first_a), (b, first_b) = await start(live), await start(live)
    for number in range(3):
        live.publish(LiveBatch(number, 0, ()))
    assert [(await first_a).at_ns, (await anext(a)).at_ns, (await anext(a)).at_ns] == [0, 1, 2]
    assert (await first_b).at_ns == 0
    live.close()
    assert [batch.at_ns async for batch in b] == [1, 2]


async def test_a_slow_subscriber_is_dropped_and_others_go_on():
    live = Live()
    slow, _ = await start(live)
    for number in range(QUEUED_MAX + 5):
        live.publish(LiveBatch(number, 0, ()))
    assert not live.has_subscribers
    quick, first = await start(live)
    live.publish(LiveBatch(99, 0, ()))
    assert (await first).at_ns == 99
    assert len([batch async for batch in slow]) <= QUEUED_MAX
    await quick.aclose()
    assert not live.has_subscribers


def test_a_batch_holds_the_newest_calls_and_counts_all():
    bodies = [
        encode(CloseRecord(f"r{n}", n, 1, 200, "ok", "http", method="GET", route="/")) for n in range(CALLS_MAX + 7)
    ]
    batch = build_batch(Ingested(bodies, 3, 4, 5, False, True), 77)
    assert (batch.counted, len(batch.calls), batch.calls[0].request_id) == (CALLS_MAX + 7, CALLS_MAX, "r206")
    assert (batch.at_ns, batch.errors, batch.cost_nanos, batch.tokens) == (77, 3, 4, 5)


@pytest.mark.parametrize("count", [0, 1])
async def test_ending_a_ledger_ends_subscriptions(count):
    live = Live()
    batches, first = await start(live)
    for _ in range(count):
        live.publish(LiveBatch(1, 0, ()))
    live.close()
    if count:
        await first
        assert [batch async for batch in batches] == []
    else:
        with pytest.raises(StopAsyncIteration):
            await first
