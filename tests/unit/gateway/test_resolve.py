"""A body is checked whole before anything is held for it, and what was checked is what is sent."""

import json

import pytest

from kit.gateway_kit import CHAT, Rig, ScriptedAnswer, service
from tollway.contract.policy import Budget, Candidate, DatedPrice, Limits, ModelRecord, Price, UnitPrice

OK = json.dumps({"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1}}).encode()
EMBEDDED = json.dumps({"data": [], "usage": {"prompt_tokens": 4, "total_tokens": 4}}).encode()
BODY = b'{"model":"gpt","max_tokens":100,"messages":[]}'
BUDGET = Limits(budgets=(Budget("b1", "monthly", 10**9, "month"),))


def code_of(reply) -> str:
    return json.loads(reply.answer)["error"]["code"]


async def send(body: bytes, *, path: str = CHAT, headers=(), rig: Rig | None = None, **token):
    """Send a body whose headers are exactly `headers`."""
    rig = rig or Rig(ScriptedAnswer(body=OK))
    exchange = rig.exchange(path, token=rig.token(**token), headers=headers, body_bytes=len(body))
    exchange.body = body
    from tollway.gateway.pipeline import handle

    await handle(exchange, rig.gateway)
    return exchange


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=utf-8", None])
async def test_json_is_taken_however_its_type_is_written(kind):
    headers = [] if kind is None else [("content-type", kind)]
    assert (await send(BODY, headers=headers)).status == 200


@pytest.mark.parametrize(
    "header",
    [("content-type", "text/plain"), ("content-type", "application/jsonx"), ("content-encoding", "gzip")],
)
async def test_other_media_types_and_codings_are_refused(header):
    reply = await send(BODY, headers=[header])
    assert (reply.status, code_of(reply)) == (415, "request.media_type")


async def test_a_head_that_is_sent_again_is_no_promise_about_its_body():
    """That a head announces plain JSON is found once; every body is read anew, and one that is none is refused."""
    from tollway.gateway.pipeline import handle

    rig = Rig(ScriptedAnswer(body=OK))
    first = rig.exchange(token=rig.token(), body=BODY)
    answers = []
    for body in (BODY, BODY, b"no json", BODY):
        again = rig.exchange(body=body)
        again.head = first.head
        await handle(again, rig.gateway)
        answers.append(again)
    assert [answer.status for answer in answers] == [200, 200, 400, 200]
    assert code_of(answers[2]) == "request.body_invalid"


async def test_an_identity_coding_is_none():
    assert (await send(BODY, headers=[("content-encoding", "Identity")])).status == 200


async def test_unknown_fields_order_and_spelling_of_numbers_reach_the_upstream():
    rig = Rig(ScriptedAnswer(body=OK))
    body = b'{"x_new": {"a": 1.50, "b": null},  "model":"gpt","max_tokens":100,"messages":[]}'
    await send(body, rig=rig)
    assert rig.upstreams.sent[0][4] == body


async def test_embeddings_are_priced_by_their_input_and_never_stream():
    rig = Rig(ScriptedAnswer(body=EMBEDDED))
    reply = await send(b'{"model":"gpt","input":"hello","stream":true}', path="/v1/embeddings", rig=rig)
    (record,) = rig.journal.closed
    assert (reply.status, record.operation, record.is_stream) == (200, "embeddings", False)
    assert (record.usage.input_tokens, record.usage.output_tokens, record.cost_nanos) == (4, 0, 4 * 150)


async def test_a_price_counts_from_the_day_it_starts():
    rig = Rig(ScriptedAnswer(body=OK))
    now, dear = DatedPrice(None, _price(1)), DatedPrice(rig.clock.now_ns() + 10**9, _price(1000))
    rig.publish(models=[ModelRecord("gpt", (Candidate("p1", "gpt", (now, dear)),))])
    await send(BODY, rig=rig)
    rig.clock.advance(1)
    await send(BODY, rig=rig)
    assert [record.cost_nanos for record in rig.journal.closed] == [2, 2000]


async def test_a_model_without_a_price_costs_unknown_and_is_refused_on_a_budget():
    free = BODY.replace(b'"gpt"', b'"free"')
    rig = Rig(ScriptedAnswer(body=OK))
    assert (await send(free, rig=rig)).status == 200 and rig.journal.closed[0].cost_nanos is None
    rig = Rig(ScriptedAnswer(body=OK))
    reply = await send(free, rig=rig, limits=BUDGET)
    assert reply.status != 200 and not rig.upstreams.sent and rig.meters.open == 0


async def test_the_longest_prefix_serves_and_only_whole_segments_match():
    rig = Rig(ScriptedAnswer(body=b"", headers=[(b"content-length", b"0")]))
    rig.publish(services=[service(), service(id="s2", name="now", path_prefix="/weather/now")])
    for path in ("/weather", "/weather/now/x", "/weather/nowhere"):
        await rig.call(path, method="GET", token=rig.token())
    assert [record.service_id for record in rig.journal.closed] == ["svc_1", "s2", "svc_1"]
    assert (await rig.call("/weathering", method="GET", token=rig.token())).status == 404


@pytest.mark.parametrize(("services", "status"), [(None, 200), (("svc_1",), 200), (("other",), 403), ((), 403)])
async def test_a_token_reaches_the_services_it_names(services, status):
    rig = Rig(ScriptedAnswer(body=b"", headers=[(b"content-length", b"0")]))
    rig.publish(services=[service()])
    reply = await rig.call("/weather", method="GET", token=rig.token(services=services))
    assert reply.status == status


def _price(nanos_a_token: int) -> Price:
    unit = UnitPrice(nanos_a_token * 10**9)
    return Price(source="test", input=unit, output=unit)


@pytest.mark.parametrize(
    ("token", "status"), [({}, 404), ({"models": ("gpt",)}, 403)], ids=["nowhere", "not permitted"]
)
async def test_what_was_asked_for_in_vain_is_in_the_record_and_cut(token, status):
    """Whoever tries one name after the other is noticed by the names; no caller makes a record long."""
    rig = Rig(ScriptedAnswer(body=OK))
    secret = rig.token(**token)
    for name in ("secret-model", "m" * 900):
        assert (await rig.call(token=secret, body=BODY.replace(b'"gpt"', f'"{name}"'.encode()))).status == status
    assert [record.model for record in rig.journal.closed] == ["secret-model", "m" * 200]
