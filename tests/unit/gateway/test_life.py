"""What a token's life does to its calls: several secrets, an end that is announced, quarantine, epochs."""

import hashlib
import hmac
import json

import msgspec
import pytest

from kit.gateway_kit import PEPPER, MemoryExchange, Rig
from tollway.contract import policy
from tollway.contract.life import ALWAYS_NS, Epoch, OldSecret, Quarantine
from tollway.contract.policy import RequestLimit, ServiceRecord, Upstream
from tollway.gateway.life import WARNING_NS, find_old_secret
from tollway.gateway.pipeline import handle
from tollway.policy.token import renew_token

DAY = 86_400 * 10**9
MODELS = "/v1/models"


def code_of(reply) -> str:
    return json.loads(reply.answer)["error"]["code"]


def only(rig: Rig) -> policy.TokenRecord:
    ((_, raw),) = rig.policy.tokens.items()
    return policy.decode_token(raw)


def change(rig: Rig, **fields) -> None:
    record = msgspec.structs.replace(only(rig), **fields)
    rig.policy.tokens[record.id] = policy.encode(record)


def rotate(rig: Rig, *, overlap_ns: int) -> str:
    """Give the only token of the rig another secret, and return it."""
    before = only(rig)
    secret = renew_token("s", before.id, hashlib.sha256(str(before.generation).encode()).digest()).reveal()
    old = OldSecret(before.generation, before.mac, before.pepper_version, rig.clock.now_ns() + overlap_ns)
    change(
        rig,
        mac=hmac.digest(PEPPER, secret.encode(), "sha256"),
        generation=before.generation + 1,
        old_secrets=(old, *before.old_secrets),
    )
    return secret


async def ask(rig: Rig, secret: str, **options):
    return await rig.call(MODELS, method="GET", token=secret, **options)


async def test_in_the_overlap_both_secrets_are_the_same_token_and_the_record_says_which_was_used():
    rig = Rig()
    old = rig.token(limits=policy.Limits(requests=(RequestLimit("r", "r", 5, 60),)))
    new = rotate(rig, overlap_ns=DAY)
    asked = []
    admit = rig.meters.admit
    rig.meters.admit = lambda claims, *rest: asked.append(claims) or admit(claims, *rest)
    body = b'{"model":"gpt","max_tokens":9,"messages":[]}'
    assert [(await rig.call(token=secret, body=body)).status for secret in (old, new)] == [200, 200]
    first, second = rig.journal.closed
    assert (first.token_id, first.old_secret) == (second.token_id, "1")
    assert second.old_secret == ""
    # R44: limits and budgets are of the identity, so both secrets take from the very same meters.
    assert asked[0] == asked[1]


async def test_the_old_secret_ends_with_its_overlap_to_the_nanosecond_and_says_so():
    rig = Rig()
    old = rig.token()
    new = rotate(rig, overlap_ns=1_000)
    assert (await ask(rig, old)).status == 200
    rig.clock.advance(1)
    reply = await ask(rig, old)
    assert (reply.status, code_of(reply)) == (401, "token.replaced")
    assert (await ask(rig, new)).status == 200
    assert rig.journal.closed[-2].token_id == only(rig).id  # who uses it after the rotation can be noticed


async def test_an_overlap_never_outlives_the_token():
    rig = Rig()
    old = rig.token(expires_ns=rig.clock.now_ns() + 1_000)
    rotate(rig, overlap_ns=DAY)
    rig.clock.advance(1)
    assert code_of(await ask(rig, old)) == "token.expired"


async def test_r12_a_wrong_secret_of_a_rotated_token_is_refused_like_an_unknown_one_after_the_same_work():
    rig = Rig()
    rig.token()
    rotate(rig, overlap_ns=DAY)
    hashed = []
    mac = rig.gateway.subjects._mac
    rig.gateway.subjects._mac = lambda token, version: hashed.append(version) or mac(token, version)
    wrong = renew_token("s", only(rig).id, bytes(32)).reveal()
    unknown = renew_token("s", "0" * 12, bytes(32)).reveal()
    first = await ask(rig, wrong)
    assert len(hashed) == 1
    second = await ask(rig, unknown)
    assert len(hashed) == 2
    assert code_of(first) == code_of(second) == "token.invalid"
    assert not rig.journal.closed


def test_each_secret_is_judged_under_its_own_pepper():
    record = policy.TokenRecord(
        1, "t", b"new", 2, "s", "n", "active", old_secrets=(OldSecret(1, b"under-1", 1, ALWAYS_NS),)
    )
    found = find_old_secret(b"credential", record, b"under-2", lambda token, version: b"under-%d" % version)
    assert found is not None
    assert found.generation == 1
    retired = find_old_secret(b"credential", record, b"under-2", lambda token, version: None)
    assert retired is None


async def test_a_kept_connection_does_not_keep_an_old_secret_alive():
    """The proof is kept with the head; the overlap is judged at each call."""
    rig = Rig()
    old = rig.token()
    rotate(rig, overlap_ns=1_000)
    head = rig.exchange(MODELS, method="GET", token=old).head

    async def again():
        exchange = MemoryExchange(head)
        await handle(exchange, rig.gateway)
        return exchange

    assert [(await again()).status for _ in range(2)] == [200, 200]
    rig.clock.advance(1)
    assert code_of(await again()) == "token.replaced"


async def test_a_token_before_its_time_is_told_how_long_to_wait():
    rig = Rig()
    secret = rig.token(not_before_ns=rig.clock.now_ns() + 1_500_000_000)
    reply = await ask(rig, secret)
    assert (reply.status, code_of(reply)) == (401, "token.not_yet_valid")
    assert reply.header("retry-after") == "2"
    assert reply.header("www-authenticate").startswith('Bearer realm="tollway", error="invalid_token"')
    rig.clock.advance(2)
    assert (await ask(rig, secret)).status == 200


@pytest.mark.parametrize(("left_ns", "is_told"), [(WARNING_NS, True), (WARNING_NS + 1, False), (1_000, True)])
async def test_the_last_thirty_days_are_announced_in_every_answer(left_ns, is_told):
    rig = Rig()
    secret = rig.token(expires_ns=rig.clock.now_ns() + left_ns)
    reply = await ask(rig, secret)
    assert reply.status == 200
    assert bool(reply.header("x-tollway-token-expires")) is is_told
    if is_told:
        assert reply.header("x-tollway-token-expires").endswith("Z")


async def test_a_token_that_never_expires_announces_nothing():
    rig = Rig()
    assert (await ask(rig, rig.token())).header("x-tollway-token-expires") == ""


SERVICE = ServiceRecord("svc_1", "crm", "/crm", "active", Upstream("https://crm.example"))


@pytest.mark.parametrize(
    ("act", "path", "method"),
    [
        ("service_write", "/crm/x", "POST"),
        ("service_write", "/crm/x", "DELETE"),
        ("service_read", "/crm/x", "GET"),
        ("models", MODELS, "GET"),
        ("stored", "/v1/responses/resp_1", "GET"),
        ("generate", "/v1/chat/completions", "POST"),
        ("embed", "/v1/embeddings", "POST"),
        ("count", "/v1/messages/count_tokens", "POST"),
    ],
)
async def test_a_quarantined_token_is_refused_what_is_denied_and_nothing_else(act, path, method):
    rig = Rig()
    rig.publish(services=(SERVICE,))
    secret = rig.token(state="quarantined", quarantine=Quarantine((act,)))
    reply = await rig.call(path, method=method, token=secret)
    assert reply.status == 403
    assert b"token.quarantined" in reply.answer or b"quarantined" in reply.answer
    assert rig.journal.closed[-1].code == "token.quarantined"
    change(rig, quarantine=Quarantine(("websocket",)))
    reply = await rig.call(path, method=method, token=secret)
    assert rig.journal.closed[-1].code != "token.quarantined"


async def test_a_quarantine_that_says_nothing_is_no_permission():
    rig = Rig()
    assert code_of(await ask(rig, rig.token(state="quarantined"))) == "token.disabled"


async def test_an_epoch_revokes_at_the_next_call_and_spares_what_was_issued_later():
    rig = Rig()
    owner = rig.application()
    early, late = rig.token(owner=owner, issued_ns=10), rig.token(owner=owner, issued_ns=20)
    assert [(await ask(rig, secret)).status for secret in (early, late)] == [200, 200]
    rig.publish(epochs=(Epoch("application", owner, 20),))
    assert code_of(await ask(rig, early)) == "token.revoked"
    assert (await ask(rig, late)).status == 200
    rig.publish(epochs=(Epoch("installation", "", 21),))
    assert code_of(await ask(rig, late)) == "token.revoked"


async def test_a_refused_token_is_known_only_to_who_holds_its_secret():
    rig = Rig()
    secret = rig.token(state="revoked")
    await ask(rig, secret)
    (closed,) = rig.journal.closed
    assert (closed.token_id, closed.code, closed.outcome) == (only(rig).id, "token.revoked", "refused")
