"""Who calls is read and judged at every call; only decoding and hashing are remembered."""

import hmac
import json
import statistics
import sys
import time
import zlib

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kit.gateway_kit import PEPPER, Rig
from tollway.contract import policy
from tollway.contract.policy import VERSION, Budget, ConcurrencyLimit, Limits, RequestLimit, TokenRecord
from tollway.contract.rights import NameRights, NetworkRights, Rights
from tollway.gateway import subjects
from tollway.gateway.pipeline import handle
from tollway.kernel.errors import TollwayError
from tollway.kernel.ids import encode_base62
from tollway.policy.token import parse_token, renew_token

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


class Presented:
    """A credential as the stage before finds it."""

    def __init__(self, secret: str) -> None:
        self.credential, self.token, self.proof = secret.encode(), parse_token(secret), None


def refuse(rig: Rig, secret: str) -> None:
    with pytest.raises(TollwayError, match=r"^token\.invalid"):
        rig.gateway.subjects.identify(Presented(secret), rig.policy, rig.clock.now_ns())


def test_r12_an_unknown_id_is_hashed_and_compared_exactly_like_a_wrong_secret(monkeypatch):
    """Both are one hash and one comparison of equally many bytes, which takes as long whatever differs."""
    rig = Rig()
    known = rig.token()
    work = []
    mac, compare = rig.gateway.subjects._mac, hmac.compare_digest
    rig.gateway.subjects._mac = lambda token, version: work.append(("hash", len(token), version)) or mac(token, version)
    monkeypatch.setattr(hmac, "compare_digest", lambda a, b: work.append(("compare", len(a), len(b))) or compare(a, b))
    refuse(rig, renew_token("s", known[4:16], bytes(32)).reveal())
    wrong, work[:] = tuple(work), ()
    refuse(rig, renew_token("s", "0" * 12, bytes(32)).reveal())
    assert tuple(work) == wrong == (("hash", 65, 1), ("compare", 32, 32))


@pytest.mark.skipif(sys.gettrace() is not None, reason="each line is counted: the time is not the code's")
def test_r12_an_unknown_id_takes_as_long_as_a_wrong_secret():
    """Medians of turns taken one after the other, at the best of five tries: a busy machine delays both alike."""
    rig = Rig()
    known = rig.token()
    each = [renew_token("s", token_id, bytes(32)).reveal() for token_id in (known[4:16], "0" * 12)]
    ratios = []
    for _ in range(5):
        times: tuple[list[int], list[int]] = ([], [])
        for turn in range(400):
            for at in (0, 1) if turn % 2 else (1, 0):
                presented = Presented(each[at])
                started = time.perf_counter_ns()
                with_error = False
                try:
                    rig.gateway.subjects.identify(presented, rig.policy, 0)
                except TollwayError:
                    with_error = True
                times[at].append(time.perf_counter_ns() - started)
                assert with_error
        ratios.append(statistics.median(times[0]) / statistics.median(times[1]))
    assert min(abs(ratio - 1) for ratio in ratios) < 0.25, ratios


async def test_r13_tokens_that_begin_alike_are_told_apart_by_all_of_themselves():
    """What is remembered is found by the id and proven by the hash of the whole token, never by a part of it."""
    rig = Rig()
    secret = rig.token()
    for proven in range(2):
        for at in range(len(secret) - 6 - 43, len(secret) - 6):
            other = secret[:at] + ("0" if secret[at] != "0" else "1") + secret[at + 1 :]
            twin = next(text for text in (_checked(other),) if parse_token(text) is not None)
            assert twin[:at] == secret[:at]
            assert code_of(await ask(rig, twin)) == "token.invalid", (at, proven)
        assert (await ask(rig, secret)).status == 200  # from here on its record is remembered


def _checked(body: str) -> str:
    """Return the text with the checksum that belongs to it."""
    return body[:59] + encode_base62(zlib.crc32(body[:59].encode()), 6)


async def test_r13_what_is_remembered_are_facts_and_what_is_asked_is_judged_each_time():
    """Model A then model B, one address then another, one installation then another: by the same token each time."""
    rig = Rig()
    rights = Rights(models=NameRights(("gpt",)), networks=NetworkRights(allow=("192.0.2.0/24",)))
    secret = rig.token(rights=rights)

    async def chat(model: str, peer: str = "192.0.2.1") -> int:
        body = json.dumps({"model": model, "max_tokens": 1, "messages": []}).encode()
        return (await rig.call(token=secret, body=body, peer=peer)).status

    for _ in range(2):
        assert await chat("gpt") == 200
        assert await chat("free") == 403
        assert await chat("gpt", "198.51.100.1") == 403
    assert (await ask(Rig(), secret)).status == 401


STEPS = st.lists(st.sampled_from(["call", "revoke", "issue", "rotate", "disable", "enable"]), max_size=14)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS, st.lists(st.booleans(), min_size=14, max_size=14))
def test_r14_no_order_of_acts_and_calls_revives_what_was_ended(steps, holds):
    """Against a model: what the newest record says is what the next call meets, whatever was remembered before it.

    A call may hold the record that it read while the next act is done; it may then end as that record says, and what
    it remembers is never found under the record that came after.
    """
    rig = Rig()
    secret = rig.token()
    parsed = parse_token(secret)
    assert parsed is not None
    state, held = "active", []
    for step, is_held in zip(steps, holds, strict=False):
        if step == "call":
            for view in [*held, rig.policy.view()]:  # late fills first, then the call that counts
                outcome = _judge(rig, secret, view)
                if view is rig.policy:
                    assert outcome == {"active": "ok", "disabled": "token.disabled", "revoked": "token.revoked",
                                       "other": "token.invalid", "gone": "token.invalid"}[state]  # fmt: skip
            held.clear()
            continue
        if is_held:
            held.append(_Held(dict(rig.policy.tokens), rig.policy.view().commit))
        state = _act(rig, secret, parsed.id, step, state)
    assert (_judge(rig, secret, rig.policy.view()) == "ok") == (state == "active")


class _Held:
    """A look at the policy store as it was when a call began."""

    def __init__(self, tokens: dict[str, bytes], commit: int) -> None:
        self.tokens = tokens
        self.commit = commit

    def find_token(self, token_id: str) -> bytes | None:
        return self.tokens.get(token_id)


def _judge(rig: Rig, secret: str, view) -> str:
    try:
        rig.gateway.subjects.identify(Presented(secret), view, rig.clock.now_ns())
    except TollwayError as error:
        return error.code.name
    return "ok"


def _act(rig: Rig, secret: str, token_id: str, step: str, state: str) -> str:
    """Do one act to the stored record and return what the presented secret is from now on."""
    now = {"disable": "disabled", "enable": "active", "revoke": "revoked", "issue": "active"}.get(step, "other")
    if step == "revoke" and state == "revoked":  # purged after its time
        rig.policy.tokens.pop(token_id, None)
        return "gone"
    credential = secret.encode() if step != "rotate" else b"the next secret"
    stored = TokenRecord(VERSION, token_id, hmac.digest(PEPPER, credential, "sha256"), 1, "s", "t", "active")
    rig.policy.tokens[token_id] = policy.encode(_with(stored, state="active" if now == "other" else now))
    return now


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


def test_a_change_of_somebody_else_makes_no_caller_anew():
    """A busy store commits many times a second; what a token and its application make together outlives that."""
    rig = Rig()
    secret = rig.token(owner=rig.application())

    def identify():
        view = rig.policy.view()
        return view.commit, rig.gateway.subjects.identify(Presented(secret), view, rig.clock.now_ns())

    commit, caller = identify()
    rig.token()
    later, again = identify()
    assert (later > commit, again) == (True, caller) and again is caller
    rig.application(limits=Limits(concurrency=(ConcurrencyLimit("c", "at-once", 2),)))
    _, changed = identify()
    assert changed is not caller and len(changed.claims.every) == 1


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
