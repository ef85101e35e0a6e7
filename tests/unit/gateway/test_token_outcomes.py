"""The one table of what may become of a token: each outcome, over each transport, in each dialect, is told alike.

Generated: every outcome × every way to present a token × every route of every dialect where the outcome can occur. In
each cell code, status and challenge are the same, and nothing is told that the caller may not know.
"""

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import pytest

from kit.gateway_kit import PEPPER, Rig, service
from tollway.contract import policy, rights
from tollway.contract.life import Epoch, OldSecret, Quarantine
from tollway.contract.policy import Limits, RequestLimit
from tollway.gateway.explained import explain_codes
from tollway.kernel.codes import BY_NAME
from tollway.policy.token import generate_token, renew_token

APPLICATION = "app_secretly"
DOCS = "https://console.example/docs/errors"
QUERY_PARAMETER = "key"
STREAM = {"model": "gpt", "max_tokens": 9, "messages": [], "input": "x", "contents": [], "content": "x"}
DENIED = ("generate", "embed", "count", "stored", "models", "service_read", "service_write", "websocket")


def mutate(secret: str) -> str:
    """A typing error in the secret: the checksum tells it."""
    return secret[:20] + ("a" if secret[20] != "a" else "b") + secret[21:]


def replaced(rig: Rig) -> str:
    """The secret before the last rotation, after its overlap."""
    old = rig.token()
    ((token_id, raw),) = rig.policy.tokens.items()
    record = policy.decode_token(raw)
    new = renew_token("s", token_id, hashlib.sha256(b"new").digest()).reveal()
    changed = msgspec.structs.replace(
        record,
        mac=hmac.digest(PEPPER, new.encode(), "sha256"),
        generation=2,
        old_secrets=(OldSecret(1, record.mac, 1, rig.clock.now_ns()),),
    )
    rig.policy.tokens[token_id] = policy.encode(changed)
    return old


def before_epoch(rig: Rig) -> str:
    secret = rig.token(issued_ns=5)
    rig.publish(services=SERVICES, epochs=(Epoch("installation", "", 6),))
    return secret


def limited(rig: Rig) -> str:
    rig.meters.refuses = True
    return rig.token(limits=Limits(requests=(RequestLimit("lim_x", "rpm", 1, 60),)))


@dataclass(frozen=True)
class Outcome:
    """`make` sets a rig up and returns the credential; `only`: the kinds of route where it can occur, all if empty."""

    code: str
    make: Callable[[Rig], str]
    only: tuple[str, ...] = ()


SERVICES = (service(query_token_parameter=QUERY_PARAMETER, allow_websocket=True),)
HOURS = rights.HourRights(windows=(rights.Window(0, 0, 1),))
OUTCOMES = {
    "malformed": Outcome("token.malformed", lambda rig: mutate(rig.token())),
    "unknown": Outcome("token.invalid", lambda rig: generate_token("s", bytes(48)).reveal()),
    "wrong-secret": Outcome("token.invalid", lambda rig: renew_token("s", rig.token()[4:16], bytes(32)).reveal()),
    "other-kind": Outcome("token.invalid", lambda rig: renew_token("r", rig.token()[4:16], bytes(32)).reveal()),
    "expired": Outcome("token.expired", lambda rig: rig.token(expires_ns=1)),
    "not-yet-valid": Outcome("token.not_yet_valid", lambda rig: rig.token(not_before_ns=rig.clock.now_ns() + 10**10)),
    "revoked": Outcome("token.revoked", lambda rig: rig.token(state="revoked")),
    "before-epoch": Outcome("token.revoked", before_epoch),
    "replaced": Outcome("token.replaced", replaced),
    "disabled": Outcome("token.disabled", lambda rig: rig.token(state="disabled")),
    "owner-disabled": Outcome(
        "token.owner_disabled", lambda rig: rig.token(owner=rig.application(APPLICATION, "disabled"))
    ),
    "quarantined": Outcome(
        "token.quarantined", lambda rig: rig.token(state="quarantined", quarantine=Quarantine(DENIED))
    ),
    "environment": Outcome("token.environment", lambda rig: rig.token(environment="test"), ("generate", "service")),
    "address": Outcome(
        "token.address_denied",
        lambda rig: rig.token(rights=rights.Rights(networks=rights.NetworkRights(("10.9.0.0/16",)))),
    ),
    "time-window": Outcome("token.outside_window", lambda rig: rig.token(rights=rights.Rights(hours=HOURS))),
    "scope": Outcome("token.scope_denied", lambda rig: rig.token(rights=rights.Rights(scopes=()))),
    "route": Outcome(
        "token.route_denied",
        lambda rig: rig.token(rights=rights.Rights(routes=rights.RouteRights(()))),
    ),
    "model": Outcome(
        "token.model_denied",
        lambda rig: rig.token(rights=rights.Rights(models=rights.NameRights(()))),
        ("generate",),
    ),
    "limit": Outcome("limit.requests", limited, ("generate", "service")),
}
TRANSPORTS = ("authorization", "AUTHORIZATION", "x-api-key", "api-key", "x-goog-api-key", "query", "websocket")
ROUTES = {
    "chat": ("generate", "POST", "/v1/chat/completions"),
    "responses": ("generate", "POST", "/v1/responses"),
    "messages": ("generate", "POST", "/v1/messages"),
    "gemini": ("generate", "POST", "/v1beta/models/gpt:generateContent"),
    "models": ("models", "GET", "/v1/models"),
    "gemini-models": ("models", "GET", "/v1beta/models"),
    "service": ("service", "GET", "/weather/today"),
}
REFUSED_UNKNOWN = ("token.malformed", "token.invalid")


def cells() -> list[object]:
    found = []
    for name, outcome in OUTCOMES.items():
        for transport in TRANSPORTS:
            for route, (kind, _, _) in ROUTES.items():
                if transport in ("query", "websocket") and kind != "service":
                    continue  # the query is read, and a WebSocket opened, for services alone
                if not outcome.only or kind in outcome.only:
                    found.append(pytest.param(name, transport, route, id=f"{name}-{transport}-{route}"))
    return found


async def ask(rig: Rig, credential: str, transport: str, route: str):
    _, method, path = ROUTES[route]
    body = b"" if method == "GET" else json.dumps(STREAM).encode()
    options: dict[str, object] = {}
    headers: list[tuple[str, str]] = []
    match transport:
        case "authorization":
            headers.append(("authorization", f"Bearer {credential}"))
        case "AUTHORIZATION":
            headers.append(("authorization", f"bEARER {credential}"))
        case "query":
            options["query"] = f"{QUERY_PARAMETER}={credential}"
        case "websocket":
            headers.append(("authorization", f"Bearer {credential}"))
            options["websocket_key"] = "dGhlIHNhbXBsZSBub25jZQ=="
        case _:
            headers.append((transport, credential))
    return await rig.call(path, method=method, body=body, headers=headers, **options)


def code_in(answer: bytes) -> str:
    """Return the code that the caller is told, wherever its dialect has it."""
    error = json.loads(answer)["error"]
    if "details" in error:
        return str(error["details"][0]["reason"])
    return str(error["code"])


def message_in(answer: bytes) -> str:
    return str(json.loads(answer)["error"]["message"])


@pytest.mark.parametrize(("name", "transport", "route"), cells())
async def test_r3_every_outcome_is_the_same_over_every_transport_in_every_dialect(
    name: str, transport: str, route: str
) -> None:
    rig = Rig()
    rig.publish(services=SERVICES)
    rig.gateway.explained = explain_codes(DOCS)
    outcome = OUTCOMES[name]
    credential = outcome.make(rig)
    reply = await ask(rig, credential, transport, route)
    code = BY_NAME[outcome.code]
    assert (reply.status, code_in(reply.answer)) == (code.status, code.name)
    assert rig.upstreams.sent == []  # never a request upstream
    assert reply.header("cache-control") == "no-store"
    assert reply.header("link") == f'<{DOCS}#{code.name}>; rel="help"'
    challenge = reply.header("www-authenticate")
    if code.name.startswith("token."):
        kind = {400: "invalid_request", 401: "invalid_token", 403: "insufficient_scope"}[code.status]
        assert challenge == f'Bearer realm="tollway", error="{kind}", error_description="{code.meaning}"'
    else:
        assert challenge == ""
    if code.name in ("token.not_yet_valid", "limit.requests"):
        assert int(reply.header("retry-after")) >= 1
    assert_leaks_nothing(rig, reply, credential, outcome)


def assert_leaks_nothing(rig: Rig, reply, credential: str, outcome: Outcome) -> None:
    told = reply.answer.decode() + repr(reply.headers)
    assert credential[16:] not in told
    for secret in (APPLICATION, "lim_x", *rig.policy.tokens, *rig.policy.applications):
        assert secret not in told
    if outcome.code in REFUSED_UNKNOWN:
        assert not rig.journal.closed  # nothing is written down under an id that was not proven
        assert sum(rig.gateway.tallies.values()) == 1
    else:
        (closed,) = rig.journal.closed
        assert (closed.code, closed.token_id) == (outcome.code, credential[4:16])


@pytest.mark.parametrize("route", sorted(ROUTES))
async def test_r12_an_unknown_token_and_a_wrong_secret_get_the_same_bytes(route: str) -> None:
    told = []
    for name in ("unknown", "wrong-secret", "other-kind"):
        rig = Rig()
        rig.publish(services=SERVICES)
        reply = await ask(rig, OUTCOMES[name].make(rig), "authorization", route)
        headers = [item for item in reply.headers if not item[0].endswith(b"request-id")]
        told.append((reply.status, headers, message_in(reply.answer), code_in(reply.answer)))
    assert told[0] == told[1] == told[2]


@pytest.mark.parametrize("route", sorted(ROUTES))
async def test_without_a_credential_the_challenge_says_no_error(route: str) -> None:
    """RFC 6750 section 3.1."""
    rig = Rig()
    rig.publish(services=SERVICES)
    _, method, path = ROUTES[route]
    reply = await rig.call(path, method=method, body=b"" if method == "GET" else b"{}")
    assert (reply.status, reply.header("www-authenticate")) == (401, 'Bearer realm="tollway"')


def test_every_code_of_a_token_is_in_the_table_or_is_about_one_thing_it_asked_for() -> None:
    elsewhere = {
        "token.missing",
        "token.ambiguous",
        "token.service_denied",
        "token.parameter_denied",
    }
    codes = {name for name in BY_NAME if name.startswith("token.")}
    assert codes - elsewhere == {outcome.code for outcome in OUTCOMES.values() if outcome.code.startswith("token.")}
