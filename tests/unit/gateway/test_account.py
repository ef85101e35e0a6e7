"""However a call ends it is settled, recorded and counted, once."""

import asyncio
import json

import pytest

from kit.gateway_kit import Rig, ScriptedAnswer, service
from tollway.contract.policy import Budget, Limits
from tollway.contract.stats import INDEX

OK = json.dumps({"choices": [], "usage": {"prompt_tokens": 10, "completion_tokens": 5}}).encode()
BODY = b'{"model":"gpt","max_tokens":100,"messages":[]}'
BUDGET = Limits(budgets=(Budget("b1", "monthly", 10**9, "month"),))


def counted(rig: Rig) -> dict[str, int]:
    return {name: rig.gateway.counters[at] for name, at in INDEX.items() if rig.gateway.counters[at]}


@pytest.mark.parametrize(
    ("answer", "status", "counter"),
    [
        (ScriptedAnswer(body=OK), 200, "requests_2xx_total"),
        (ScriptedAnswer(422, b"{}"), 422, "requests_4xx_total"),
        ("upstream.unreachable", 502, "requests_5xx_total"),
    ],
)
async def test_each_answer_is_counted_under_its_class(answer, status, counter):
    rig = Rig(answer)
    reply = await rig.call(token=rig.token(), body=BODY)
    assert reply.status == status
    assert counted(rig)["requests_total"] == counted(rig)[counter] == 1


async def test_a_redirect_is_counted_as_a_request_only():
    rig = Rig(ScriptedAnswer(302, b"", [(b"content-length", b"0")]))
    rig.publish(services=[service()])
    await rig.call("/weather", method="GET", token=rig.token())
    classes = {name for name in counted(rig) if name.startswith("requests_")}
    assert classes == {"requests_total"}


async def test_tokens_money_and_own_time_add_up():
    rig = Rig(ScriptedAnswer(body=OK))
    secret = rig.token()
    for _ in range(3):
        await rig.call(token=secret, body=BODY)
    found = counted(rig)
    assert (found["input_tokens_total"], found["output_tokens_total"]) == (30, 15)
    assert found["cost_nanos_total"] == 3 * rig.journal.closed[0].cost_nanos
    assert found.get("overhead_microseconds_total", 0) == sum(record.overhead_us for record in rig.journal.closed)


async def test_refused_cut_and_left_calls_have_counters_of_their_own():
    rig = Rig(ScriptedAnswer(body=b"half", error="upstream.truncated"))
    rig.publish(services=[service()])
    await rig.call("/weather", method="GET", token=rig.token())
    await rig.call("/weather", method="GET")
    rig.upstreams.script = [None]
    from tollway.gateway.pipeline import handle

    task = asyncio.create_task(handle(rig.exchange("/weather", method="GET", token=rig.token()), rig.gateway))
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    found = counted(rig)
    assert (found["truncated_total"], found["requests_refused_total"], found["disconnects_total"]) == (1, 1, 1)


async def test_what_was_held_is_settled_to_the_cost_or_given_back():
    rig = Rig(ScriptedAnswer(body=OK), "upstream.unreachable")
    secret = rig.token(limits=BUDGET)
    await rig.call(token=secret, body=BODY)
    await rig.call(token=secret, body=BODY)
    paid, unpaid = rig.journal.closed
    assert rig.meters.settled == [paid.cost_nanos, 0] and rig.meters.open == 0
    assert [charge.nanos for charge in paid.charges] == [paid.cost_nanos]
    assert unpaid.cost_nanos == 0


async def test_a_budget_pays_all_that_was_held_when_something_without_a_price_was_used():
    used = {"prompt_tokens": 10, "completion_tokens": 5, "server_tool_use_details": {"web_search_requests": 2}}
    rig = Rig(ScriptedAnswer(body=json.dumps({"choices": [], "usage": used}).encode()))
    await rig.call(token=rig.token(limits=BUDGET), body=BODY)
    (call,) = rig.journal.closed
    assert call.cost_nanos is None and call.usage.web_searches == 2
    assert rig.meters.settled == [charge.nanos for charge in call.charges]
    assert rig.meters.settled[0] > 0


async def test_a_record_that_cannot_be_written_is_logged_and_harms_nobody(caplog):
    """The open record may fit and the close record not: the caller has its answer, and the budget its money."""
    rig = Rig(ScriptedAnswer(body=OK))
    secret = rig.token(limits=BUDGET)
    answer = rig.upstreams.script[0]
    take = answer.take_whole

    def fills_up(bytes_max):
        rig.journal.is_full = True
        return take(bytes_max)

    answer.take_whole = fills_up
    reply = await rig.call(token=secret, body=BODY)
    assert reply.status == 200 and rig.meters.open == 0
    assert "could not be written" in caplog.text
    assert counted(rig)["requests_total"] == 1
