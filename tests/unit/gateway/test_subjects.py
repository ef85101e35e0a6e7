"""Who calls is read and judged at every call; only decoding and hashing are remembered."""

import json

import msgspec
import pytest

from kit.gateway_kit import Rig
from tollway.contract import policy
from tollway.contract.policy import Budget, ConcurrencyLimit, Limits, RequestLimit
from tollway.gateway import subjects
from tollway.gateway.pipeline import handle

LIMITS = Limits(requests=(RequestLimit("r", "per-minute", 5, 60),))
MODELS = "/v1/models"


async def ask(rig: Rig, secret: str):
    return await rig.call(MODELS, method="GET", token=secret)


def code_of(reply) -> str:
    return json.loads(reply.answer)["error"]["code"]


async def test_a_changed_record_is_seen_by_the_next_call():
    rig = Rig()
    secret = rig.token()
    assert (await ask(rig, secret)).status == 200
    ((token_id, raw),) = rig.policy.tokens.items()
    record = policy.decode_token(raw)
    rig.policy.tokens[token_id] = policy.encode(_with(record, state="revoked"))
    reply = await ask(rig, secret)
    assert (reply.status, code_of(reply)) == (401, "token.revoked")
    rig.policy.tokens[token_id] = raw
    assert (await ask(rig, secret)).status == 200


async def test_an_expiry_is_seen_without_any_change_of_the_record():
    rig = Rig()
    secret = rig.token(expires_ns=rig.clock.now_ns() + 1_000)
    assert (await ask(rig, secret)).status == 200
    rig.clock.advance(1)
    assert code_of(await ask(rig, secret)) == "token.expired"


async def test_an_unknown_id_and_a_wrong_secret_are_refused_alike():
    rig = Rig()
    secret = rig.token()
    other = Rig()
    other.policy.tokens["padding"] = b""
    stranger = other.token()
    unknown = await ask(rig, stranger)
    ((token_id, raw),) = rig.policy.tokens.items()
    record = policy.decode_token(raw)
    rig.policy.tokens[token_id] = policy.encode(_with(record, mac=bytes(32)))
    wrong = await ask(rig, secret)
    assert (unknown.status, code_of(unknown)) == (wrong.status, code_of(wrong)) == (401, "token.invalid")


async def test_an_unknown_pepper_version_is_a_wrong_secret():
    rig = Rig()
    secret = rig.token()
    ((token_id, raw),) = rig.policy.tokens.items()
    rig.policy.tokens[token_id] = policy.encode(_with(policy.decode_token(raw), pepper_version=9))
    assert code_of(await ask(rig, secret)) == "token.invalid"


@pytest.mark.parametrize("raw", [b"", b"\xc1", b"{}"])
async def test_a_damaged_record_refuses_its_own_token_only(raw):
    rig = Rig()
    broken, whole = rig.token(), rig.token()
    rig.policy.tokens[next(iter(rig.policy.tokens))] = raw
    reply = await ask(rig, broken)
    assert (reply.status, code_of(reply)) == (503, "gateway.record_damaged")
    assert (await ask(rig, whole)).status == 200


async def test_a_record_under_anothers_id_is_damage_not_access():
    rig = Rig()
    mine, other = rig.token(), rig.token()
    first, second = rig.policy.tokens
    rig.policy.tokens[first] = rig.policy.tokens[second]
    assert code_of(await ask(rig, mine)) == "gateway.record_damaged"
    assert (await ask(rig, other)).status == 200


async def test_an_application_must_be_there_active_and_readable():
    rig = Rig()
    secret = rig.token(owner=rig.application())
    assert (await ask(rig, secret)).status == 200
    rig.application(state="disabled")
    assert code_of(await ask(rig, secret)) == "token.owner_disabled"
    rig.policy.applications["app_1"] = b"\xc1"
    assert code_of(await ask(rig, secret)) == "gateway.record_damaged"
    rig.policy.applications.clear()
    assert code_of(await ask(rig, secret)) == "token.owner_disabled"
    rig.application()
    assert (await ask(rig, secret)).status == 200


async def test_limits_of_the_token_and_of_its_application_both_hold():
    rig = Rig()
    owner = rig.application(limits=Limits(concurrency=(ConcurrencyLimit("c", "at-once", 2),)))
    secret = rig.token(owner=owner, limits=LIMITS)
    asked = []
    admit = rig.meters.admit
    rig.meters.admit = lambda claims, *rest: asked.append(claims) or admit(claims, *rest)
    await rig.call(token=secret, body=b'{"model":"gpt","max_tokens":9,"messages":[]}')
    await rig.call(token=secret, body=b'{"model":"gpt","max_tokens":9,"messages":[]}')
    assert asked[1] is asked[0], "worked out once for these two records"
    assert [(claim.kind, claim.limit_id) for claim in asked[0].every] == [("rate", "r"), ("slots", "c")]


@pytest.mark.parametrize("place", ["token", "application"])
async def test_a_budget_counts_wherever_it_is(place):
    rig = Rig()
    budget = Limits(budgets=(Budget("b", "monthly", 10**9, "month"),))
    owner = rig.application(limits=budget if place == "application" else None)
    secret = rig.token(owner=owner, limits=budget if place == "token" else Limits())
    await rig.call(token=secret, body=b'{"model":"gpt","max_tokens":9,"messages":[]}')
    assert [charge.budget_id for charge in rig.journal.opened[0].charges] == ["b"]


async def test_memory_stays_bounded_and_forgetting_harms_nobody(monkeypatch):
    monkeypatch.setattr(subjects, "REMEMBERED_MAX", 3)
    rig = Rig()
    secrets = [rig.token(owner=rig.application(f"app_{at}")) for at in range(8)]
    for secret in [*secrets, *secrets]:
        assert (await ask(rig, secret)).status == 200
    assert len(rig.gateway.subjects._subjects) <= 3 and len(rig.gateway.subjects._owners) <= 3


async def test_a_head_that_is_repeated_is_proven_once_and_read_at_every_call():
    """Hashing the secret again for the same head and the same record would decide nothing new."""
    rig = Rig()
    head = rig.exchange(MODELS, method="GET", token=rig.token(owner=rig.application())).head
    hashed = []
    mac = rig.gateway.subjects._mac
    rig.gateway.subjects._mac = lambda *parts: hashed.append(parts) or mac(*parts)

    async def again():
        exchange = rig.exchange(MODELS, method="GET")
        exchange.head = head
        await handle(exchange, rig.gateway)
        return exchange

    assert [(await again()).status for _ in range(3)] == [200, 200, 200]
    assert len(hashed) == 1
    rig.application(state="disabled")
    assert code_of(await again()) == "token.owner_disabled"
    ((token_id, raw),) = rig.policy.tokens.items()
    rig.policy.tokens[token_id] = policy.encode(_with(policy.decode_token(raw), mac=bytes(32)))
    assert code_of(await again()) == "token.invalid"


def _with(record, **changes):
    return msgspec.structs.replace(record, **changes)
