"""Rights on calls: one decision on every transport, candidates left out, caps set, refusals that say whose rule."""

import json
from datetime import UTC, datetime

import pytest

from kit.dialect_answers import ANSWERS
from kit.gateway_kit import CHAT, PRICE, Rig, ScriptedAnswer, service
from tollway.contract import policy
from tollway.contract.policy import (
    VERSION,
    ApplicationRecord,
    Candidate,
    DatedPrice,
    ModelRecord,
    OwnerRecord,
    PlanRecord,
    ProviderRecord,
    SealedKey,
    Upstream,
)
from tollway.contract.response_states import VERSION as STATE_VERSION
from tollway.contract.response_states import KeptHere
from tollway.contract.rights import (
    HourRights,
    ModelGroup,
    NameRights,
    NetworkRights,
    ParameterRights,
    Rights,
    RouteRights,
    Window,
)
from tollway.gateway.context import Bounds

OK = json.dumps({"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1}}).encode()
SERVICE = {"allow_websocket": True, "query_token_parameter": "key"}
ASK = {"model": "gpt", "max_tokens": 100, "messages": [{"role": "user", "content": "hi"}]}

DENIALS = {
    "token.scope_denied": Rights(scopes=("embed",)),
    "token.address_denied": Rights(networks=NetworkRights(deny=("192.0.2.0/24",))),
    "token.outside_window": Rights(hours=HourRights("Europe/Berlin", (Window(0, 0, 1),))),
    "token.route_denied": Rights(routes=RouteRights(deny=("* /**",))),
}
"""Those that a call's head decides, and so every route and transport alike."""
TRANSPORTS = (
    "authorization",
    "x-api-key",
    "api-key",
    "x-goog-api-key",
    "query",
    "websocket",
    "head",
    "options",
    "stream",
)


def code_of(exchange) -> str:
    """Return the code of a refusal, in whatever dialect."""
    error = json.loads(exchange.answer)["error"]
    return error.get("code") if isinstance(error.get("code"), str) else error["details"][0]["reason"]


async def present(rig: Rig, transport: str, secret: str):
    """Call in a way that the transport names."""
    if transport in ("authorization", "stream"):
        body = json.dumps(ASK | {"stream": transport == "stream"}).encode()
        return await rig.call(token=secret, body=body)
    if transport == "query":
        return await rig.call("/weather/today", method="GET", query=f"key={secret}")
    if transport == "websocket":
        return await rig.call("/weather/today", method="GET", token=secret, websocket_key="dGhlIHNhbXBsZSBub25jZQ==")
    if transport in ("head", "options"):
        return await rig.call("/weather/today", method=transport.upper(), token=secret)
    return await rig.call(body=json.dumps(ASK).encode(), headers=[(transport, secret)])


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("code", sorted(DENIALS))
async def test_every_refusal_is_the_same_on_every_transport(code: str, transport: str) -> None:
    rig = Rig(ScriptedAnswer(body=OK))
    rig.publish(services=[service(**SERVICE)])
    exchange = await present(rig, transport, rig.token(rights=DENIALS[code]))
    assert exchange.status == 403
    assert not rig.upstreams.sent
    (record,) = rig.journal.closed
    assert (record.code, record.outcome) == (code, "refused")
    assert record.rule.endswith("in the rights of the token `t`")
    if exchange.answer:
        assert code_of(exchange) == code


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_what_is_permitted_passes_on_every_transport(transport: str) -> None:
    rights = Rights(
        scopes=("generate", "services"),
        networks=NetworkRights(allow=("192.0.2.0/24",), deny=("192.0.2.9",)),
        hours=HourRights("UTC", tuple(Window(day, 0, 1_440) for day in range(7))),
        routes=RouteRights(allow=("POST /v1/chat/completions", "* /weather/{what}")),
    )
    rig = Rig(ScriptedAnswer(body=OK))
    rig.publish(services=[service(**SERVICE)])
    exchange = await present(rig, transport, rig.token(rights=rights))
    assert exchange.status == 200
    assert rig.journal.closed[0].rule == ""


@pytest.mark.parametrize("level", ["installation", "team", "user", "application", "its plan", "plan"])
async def test_every_level_refuses_and_is_named(level: str) -> None:
    """The words are part of the promise: who reads them must find the rule."""
    denied = Rights(models=NameRights(deny=("g*",)))
    rig = Rig(ScriptedAnswer(body=OK))
    options: dict[str, object] = {}
    fields: dict[str, object] = {}
    if level == "installation":
        options["rights"] = denied
    elif level in ("team", "user"):
        options["owners"] = (OwnerRecord(level, "own_1", "Ada", denied),)
        fields[f"{level}_id"] = "own_1"
    else:
        options["plans"] = (PlanRecord("pln_1", "interns", denied),)
        of_application = level == "its plan"
        record = ApplicationRecord(
            VERSION,
            "app_1",
            "shop",
            "team_1",
            "active",
            rights=denied if level == "application" else Rights(),
            plan_id="pln_1" if of_application else None,
        )
        rig.policy.applications["app_1"] = policy.encode(record)
        fields["owner"] = "app_1"
        fields["plan_id"] = "pln_1" if level == "plan" else None
    rig.publish(**options)
    exchange = await rig.call(token=rig.token(**fields), body=json.dumps(ASK).encode())
    named = {
        "installation": "the installation",
        "team": "the team `Ada`",
        "user": "the user `Ada`",
        "application": "the application `shop`",
    }.get(level, "its plan `interns`")
    error = json.loads(exchange.answer)["error"]
    assert (exchange.status, error["code"], error["param"]) == (403, "token.model_denied", "model")
    assert error["message"].startswith(
        f"The token may not use the model `gpt`: `models.deny: g*` in the rights of {named}."
    )


def two_providers(rig: Rig, *upstream_models: str, name: str = "gpt", **options: object) -> None:
    """Publish a model that is served in several ways."""
    prices = (DatedPrice(None, PRICE),)
    providers = [
        ProviderRecord(
            f"p{at}", f"vendor{at}", "openai", "active", Upstream("https://up.example/v1"), (SealedKey("k", b"s", b""),)
        )
        for at in range(len(upstream_models))
    ]
    candidates = tuple(Candidate(f"p{at}", model, prices) for at, model in enumerate(upstream_models))
    rig.publish(models=[ModelRecord(name, candidates)], providers=providers, **options)


@pytest.mark.parametrize(
    "rights",
    [
        Rights(models=NameRights(deny=("claude-*",))),
        Rights(models=NameRights(deny=("vendor1/*",))),
        Rights(models=NameRights(allow=("gpt",))),
        Rights(models=NameRights(allow=("group:ours",))),
    ],
    ids=["by-name", "by-provider", "not-on-the-list", "not-in-the-group"],
)
async def test_a_fallback_that_may_not_be_used_is_left_out(rights: Rights) -> None:
    rig = Rig("upstream.timeout")
    two_providers(rig, "gpt", "claude-opus", model_groups=(ModelGroup("ours", ("gpt",)),))
    exchange = await rig.call(token=rig.token(rights=rights), body=json.dumps(ASK).encode())
    assert exchange.status >= 500
    assert {json.loads(sent[4])["model"] for sent in rig.upstreams.sent} == {"gpt"}


async def test_a_model_of_which_no_way_is_left_is_refused_without_saying_where_it_led() -> None:
    rig = Rig(ScriptedAnswer(body=OK))
    two_providers(rig, "claude-opus", name="fast")
    body = json.dumps(ASK | {"model": "fast"}).encode()
    exchange = await rig.call(token=rig.token(rights=Rights(models=NameRights(deny=("*opus",)))), body=body)
    assert (exchange.status, code_of(exchange)) == (403, "token.model_denied")
    assert b"vendor0" not in exchange.answer
    assert b"claude" not in exchange.answer


async def test_an_alias_on_the_list_means_whatever_it_leads_to() -> None:
    rig = Rig(ScriptedAnswer(body=OK))
    two_providers(rig, "claude-opus", name="fast")
    body = json.dumps(ASK | {"model": "fast"}).encode()
    assert (await rig.call(token=rig.token(models=("fast",)), body=body)).status == 200


async def test_an_unknown_model_is_told_as_one_that_is_not_permitted() -> None:
    """Else a token could find out which models there are."""
    rig = Rig(ScriptedAnswer(body=OK))
    secret = rig.token(rights=Rights(models=NameRights(allow=("gpt",))))
    answers = [
        await rig.call(token=secret, body=json.dumps(ASK | {"model": name}).encode()) for name in ("alias", "unheard")
    ]
    texts = {answer.answer.replace(b"alias", b"X").replace(b"unheard", b"X")[:120] for answer in answers}
    assert len(texts) == 1


async def test_lists_of_models_show_what_may_be_used_alone() -> None:
    rig = Rig(ScriptedAnswer(body=OK))
    secret = rig.token(rights=Rights(models=NameRights(deny=("free",))))
    exchange = await rig.call("/v1/models", method="GET", token=secret)
    assert [model["id"] for model in json.loads(exchange.answer)["data"]] == ["alias", "gpt"]
    assert (await rig.call("/v1/models/free", method="GET", token=secret)).status == 404
    denied = await rig.call("/v1/models", method="GET", token=rig.token(rights=Rights(scopes=("generate",))))
    assert (denied.status, code_of(denied)) == (403, "token.scope_denied")


async def test_services_are_permitted_by_id() -> None:
    rig = Rig(ScriptedAnswer())
    rig.publish(services=[service()])
    for rights in (Rights(services=NameRights(deny=("svc_1",))), Rights(services=NameRights(allow=("svc_2",)))):
        exchange = await rig.call("/weather/today", method="GET", token=rig.token(rights=rights))
        assert (exchange.status, code_of(exchange)) == (403, "token.service_denied")
    allowed = Rights(services=NameRights(allow=("svc_1",)))
    assert (await rig.call("/weather/today", method="GET", token=rig.token(rights=allowed))).status == 200


@pytest.mark.parametrize("header", ["x-http-method-override", "x-method-override", "x-http-method"])
async def test_a_method_cannot_be_smuggled_in_a_header(header: str) -> None:
    rig = Rig(ScriptedAnswer())
    rig.publish(services=[service()])
    secret = rig.token(rights=Rights(routes=RouteRights(deny=("DELETE /weather/**",))))
    exchange = await rig.call("/weather/today", token=secret, headers=[(header, "delete")])
    assert (exchange.status, code_of(exchange)) == (403, "token.route_denied")
    assert (await rig.call("/weather/today", token=secret)).status == 200


async def test_what_only_watches_lets_the_call_pass_and_notes_it() -> None:
    rig = Rig(ScriptedAnswer(body=OK))
    watched = Rights(networks=NetworkRights(allow=("10.0.0.0/8",), mode="watch"))
    assert (await rig.call(token=rig.token(rights=watched), body=json.dumps(ASK).encode())).status == 200
    (record,) = rig.journal.closed
    assert record.rule == "watched: `networks.allow` in the rights of the token `t`"
    assert record.client_address == "192.0.2.1"


async def test_addresses_are_judged_also_where_they_are_not_recorded() -> None:
    rig = Rig(ScriptedAnswer(), bounds=Bounds(record_addresses=False))
    rig.publish(services=[service()])
    denied = rig.token(rights=Rights(networks=NetworkRights(deny=("192.0.2.0/24",))))
    assert (await rig.call("/weather/today", method="GET", token=denied)).status == 403
    assert (await rig.call("/weather/today", method="GET", token=rig.token())).status == 200
    assert {record.client_address for record in rig.journal.closed} == {""}
    assert rig.upstreams.sent[0][3][b"x-forwarded-for"] == b"192.0.2.1"


async def test_a_stand_in_is_recorded_of_addresses_that_may_not_be() -> None:
    rig = Rig(ScriptedAnswer(), bounds=Bounds(record_addresses=False, stand_in=lambda address: f"~{len(address)}"))
    rig.publish(services=[service()])
    assert (await rig.call("/weather/today", method="GET", token=rig.token())).status == 200
    assert {record.client_address for record in rig.journal.closed} == {"~9"}
    assert rig.upstreams.sent[0][3][b"x-forwarded-for"] == b"192.0.2.1"


async def test_outside_its_hours_a_token_is_told_when_they_open() -> None:
    rig = Rig(ScriptedAnswer(body=OK))
    now = datetime.fromtimestamp(rig.clock.now_ns() // 10**9, UTC)
    tomorrow = Window((now.weekday() + 1) % 7, 540, 1_020)
    rights = Rights(hours=HourRights("UTC", (tomorrow,)))
    exchange = await rig.call(token=rig.token(rights=rights), body=json.dumps(ASK).encode())
    seconds = 86_400 - (now.hour * 3_600 + now.minute * 60 + now.second) + 540 * 60
    assert exchange.status == 403
    assert exchange.header("retry-after") == str(seconds)
    assert "T09:00:00+00:00 (UTC)" in json.loads(exchange.answer)["error"]["message"]
    rig.clock.advance(seconds)
    secret = rig.token(rights=rights)
    assert (await rig.call(token=secret, body=json.dumps(ASK).encode())).status == 200


DIALECTS = {
    "chat": (CHAT, {"model": "gpt", "messages": [], "max_tokens": 500}, "max_tokens"),
    "responses": ("/v1/responses", {"model": "gpt", "input": "hi", "max_output_tokens": 500}, "max_output_tokens"),
    "messages": ("/v1/messages", {"model": "gpt", "messages": [], "max_tokens": 500}, "max_tokens"),
    "gemini": (
        "/v1beta/models/gpt:generateContent",
        {"contents": [], "generationConfig": {"maxOutputTokens": 500}},
        "generationConfig",
    ),
}


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
async def test_more_output_than_permitted_is_refused_in_every_dialect(dialect: str) -> None:
    path, body, _ = DIALECTS[dialect]
    rig = Rig(ScriptedAnswer(body=OK))
    secret = rig.token(rights=Rights(parameters=ParameterRights(output_tokens_max=400)))
    exchange = await rig.call(path, token=secret, body=json.dumps(body).encode())
    assert exchange.status == 403
    assert rig.journal.closed[0].code == "token.parameter_denied"
    assert b"parameters.output_tokens_max: 400" in exchange.answer


async def test_the_second_name_of_the_bound_cannot_hide_a_higher_one() -> None:
    rig = Rig(ScriptedAnswer(body=OK))
    secret = rig.token(rights=Rights(parameters=ParameterRights(output_tokens_max=400)))
    body = json.dumps(ASK | {"max_completion_tokens": 10, "max_tokens": 5_000}).encode()
    assert (await rig.call(token=secret, body=body)).status == 403


@pytest.mark.parametrize(("choices", "cap"), [(1, 400), (3, 133)])
async def test_a_bound_that_is_missing_is_set(choices: int, cap: int) -> None:
    rig = Rig(ScriptedAnswer(body=OK))
    secret = rig.token(rights=Rights(parameters=ParameterRights(output_tokens_max=400)))
    body = json.dumps({"model": "gpt", "messages": [], "n": choices}).encode()
    exchange = await rig.call(token=secret, body=body)
    assert (exchange.status, exchange.header("x-tollway-output-cap")) == (200, str(cap))
    assert json.loads(rig.upstreams.sent[0][4])["max_completion_tokens"] == cap


@pytest.mark.parametrize("previous", [None, "resp_1"], ids=["alone", "continued"])
async def test_a_bound_that_is_missing_is_set_on_responses(previous: str | None) -> None:
    """Also on one whose earlier turns are added here, which is another body than the one that came."""
    rig = Rig(ScriptedAnswer(body=ANSWERS["responses"]))
    rig.states.find = lambda owner, response_id: kept("resp_1", "hello")  # type: ignore[method-assign]
    secret = rig.token(rights=Rights(parameters=ParameterRights(output_tokens_max=400)))
    body = {"model": "gpt", "input": "hi", "previous_response_id": previous}
    exchange = await rig.call("/v1/responses", token=secret, body=json.dumps(body).encode())
    assert (exchange.status, exchange.header("x-tollway-output-cap")) == (200, "400"), exchange.answer
    sent = json.loads(rig.upstreams.sent[0][4])
    assert sent.get("max_output_tokens", sent.get("max_completion_tokens")) == 400
    assert ("hello" in str(sent)) == (previous is not None)


async def test_what_a_call_continues_is_asked_for_with_it() -> None:
    """A picture of an earlier turn goes to the model again, so that it needs the same right as a new one."""
    picture = [{"type": "input_image", "image_url": "https://a/b.png"}]
    for rights, status in ((ParameterRights(no_images=True), 403), (ParameterRights(no_tools=True), 200)):
        rig = Rig(ScriptedAnswer(body=ANSWERS["responses"]))
        rig.states.find = lambda owner, response_id: kept("resp_1", picture)  # type: ignore[method-assign]
        body = {"model": "gpt", "input": "what was on it?", "previous_response_id": "resp_1"}
        secret = rig.token(rights=Rights(parameters=rights))
        exchange = await rig.call("/v1/responses", token=secret, body=json.dumps(body).encode())
        assert exchange.status == status, exchange.answer
        assert bool(rig.upstreams.sent) == (status == 200)


def kept(response_id: str, content: object) -> KeptHere:
    """Return what is kept of a response to one message of this content."""
    asked = json.dumps([{"type": "message", "role": "user", "content": content}]).encode()
    return KeptHere(STATE_VERSION, response_id, "gpt", 0, ANSWERS["responses"], asked)


async def test_the_bound_that_is_set_is_what_a_budget_reserves() -> None:
    rig = Rig(ScriptedAnswer(body=OK))
    limits = policy.Limits(budgets=(policy.Budget("b1", "monthly", 10**9, "month"),))
    secret = rig.token(rights=Rights(parameters=ParameterRights(output_tokens_max=400)), limits=limits)
    body = json.dumps({"model": "gpt", "messages": []}).encode()
    await rig.call(token=secret, body=body)
    (opened,) = rig.journal.opened
    assert opened.estimate.output_tokens == 400
    assert json.loads(rig.upstreams.sent[0][4])["max_completion_tokens"] == 400


@pytest.mark.parametrize(
    ("rights", "more", "parameter"),
    [
        (ParameterRights(no_tools=True), {"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools"),
        (
            ParameterRights(no_images=True),
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://a/b"}}]}]},
            "images",
        ),
        (ParameterRights(streaming_only=True), {}, "stream"),
    ],
    ids=["tools", "images", "stream"],
)
async def test_what_a_request_may_not_ask_for(rights: ParameterRights, more: dict[str, object], parameter: str) -> None:
    rig = Rig(ScriptedAnswer(body=OK))
    exchange = await rig.call(token=rig.token(rights=Rights(parameters=rights)), body=json.dumps(ASK | more).encode())
    error = json.loads(exchange.answer)["error"]
    assert (exchange.status, error["code"], error["param"]) == (403, "token.parameter_denied", parameter)


async def test_embeddings_and_counts_have_no_parameters_to_forbid() -> None:
    rig = Rig(ScriptedAnswer(body=json.dumps({"data": [], "usage": {"prompt_tokens": 4}}).encode()))
    secret = rig.token(rights=Rights(parameters=ParameterRights(output_tokens_max=4, streaming_only=True)))
    exchange = await rig.call("/v1/embeddings", token=secret, body=b'{"model":"gpt","input":"hello"}')
    assert exchange.status == 200


async def test_a_path_that_is_not_there_is_not_told_apart_by_who_may_call_nothing() -> None:
    rig = Rig(ScriptedAnswer())
    rig.publish(services=[service()])
    secret = rig.token(rights=Rights(scopes=("generate",)))
    answers = [await rig.call(path, method="GET", token=secret) for path in ("/weather/x", "/nowhere/x")]
    assert [code_of(answer) for answer in answers] == ["token.scope_denied"] * 2


async def test_the_installations_rights_hold_for_calls_without_a_token() -> None:
    rig = Rig(ScriptedAnswer())
    rig.publish(services=[service(allow_anonymous=True)], rights=Rights(networks=NetworkRights(deny=("192.0.2.0/24",))))
    exchange = await rig.call("/weather/today", method="GET")
    assert (exchange.status, code_of(exchange)) == (403, "token.address_denied")


@pytest.mark.parametrize(("allowed", "status"), [(("svc_1",), 200), (("svc_2",), 403)])
async def test_the_installation_says_which_open_services_are_open(allowed: tuple[str, ...], status: int) -> None:
    rig = Rig(ScriptedAnswer())
    rig.publish(services=[service(allow_anonymous=True)], rights=Rights(services=NameRights(allowed)))
    exchange = await rig.call("/weather/today", method="GET")
    assert exchange.status == status
    assert len(rig.upstreams.sent) == (status == 200)


@pytest.mark.parametrize(("tokens", "status"), [(100, 200), (101, 403)])
async def test_a_bound_within_the_rights_is_left_as_it_was_asked(tokens: int, status: int) -> None:
    rig = Rig(ScriptedAnswer(body=OK))
    secret = rig.token(rights=Rights(parameters=ParameterRights(output_tokens_max=100)))
    body = json.dumps(ASK | {"max_tokens": tokens}).encode()
    exchange = await rig.call(token=secret, body=body)
    assert exchange.status == status
    assert [sent[4] for sent in rig.upstreams.sent] == ([body] if status == 200 else [])


async def test_rights_that_cannot_be_read_refuse_their_own_token_alone() -> None:
    rig = Rig(ScriptedAnswer(body=OK))
    broken = Rights(hours=HourRights("Mars/Olympus", (Window(0, 0, 1_440),)))
    assert (await rig.call(token=rig.token(rights=broken), body=json.dumps(ASK).encode())).status == 403
    assert (await rig.call(token=rig.token(), body=json.dumps(ASK).encode())).status == 200


async def test_a_change_of_rights_holds_for_the_next_call() -> None:
    rig = Rig(ScriptedAnswer(body=OK))
    secret = rig.token(rights=Rights(scopes=("embed",)))
    body = json.dumps(ASK).encode()
    assert (await rig.call(token=secret, body=body)).status == 403
    (token_id,) = rig.policy.tokens
    record = policy.decode_token(rig.policy.tokens[token_id])
    rig.policy.tokens[token_id] = policy.encode(
        policy.TokenRecord(VERSION, record.id, record.mac, 1, "s", "t", "active", rights=Rights(scopes=("generate",)))
    )
    assert (await rig.call(token=secret, body=body)).status == 200
    rig.publish(rights=Rights(models=NameRights(deny=("gpt",))))
    assert (await rig.call(token=secret, body=body)).status == 403
