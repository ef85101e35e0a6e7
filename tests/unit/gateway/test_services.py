"""A published REST service is passed as it is, less what belongs to the caller's identity."""

import json
from posixpath import normpath
from urllib.parse import unquote

import pytest

from kit.gateway_kit import Rig, ScriptedAnswer, service
from tollway.contract.policy import Upstream
from tollway.contract.rights import Rights, RouteRights
from tollway.kernel.errors import TollwayError
from tollway.wire.canonical_path import canonical_path

ROOT = Upstream("https://rest.example")


def plain(body: bytes = b"ok", status: int = 200, **options) -> ScriptedAnswer:
    return ScriptedAnswer(status, body, [(b"content-length", b"%d" % len(body))], **options)


async def call(answer, path="/weather/a", *, method="GET", record=None, token=None, **request):
    rig = Rig(answer)
    rig.publish(services=[record or service()])
    reply = await rig.call(path, method=method, token=rig.token(**(token or {})), **request)
    return rig, reply


@pytest.mark.parametrize(
    ("options", "path", "query", "target"),
    [
        ({}, "/weather/a/b", "", b"/api/a/b"),
        ({}, "/weather", "", b"/api"),
        ({}, "/weather/", "", b"/api"),
        ({"strip_prefix": False}, "/weather/a", "q=1", b"/api/weather/a?q=1"),
        ({"upstream": ROOT}, "/weather", "", b"/"),
        ({"upstream": ROOT}, "/weather/a", "a=1&a=2", b"/a?a=1&a=2"),
    ],
)
async def test_the_prefix_is_exchanged_for_the_upstreams_path(options, path, query, target):
    rig, _ = await call(plain(), path, query=query, record=service(**options))
    assert rig.upstreams.sent[0][2] == target


async def test_only_the_parameter_that_carried_the_token_is_taken_from_the_query():
    rig = Rig(plain())
    rig.publish(services=[service(query_token_parameter="key")])
    await rig.call("/weather", method="GET", query=f"a=1&key={rig.token()}&keys=2&b")
    assert rig.upstreams.sent[0][2] == b"/api?a=1&keys=2&b"


@pytest.mark.parametrize("name", ["%6bey", "k%65y", "%6B%65%79"])
async def test_r5_a_token_under_an_escaped_name_does_not_travel_on_either(name):
    rig = Rig(plain())
    rig.publish(services=[service(query_token_parameter="key")])
    secret = rig.token()
    reply = await rig.call("/weather", method="GET", query=f"a=1&{name}={secret}&b=%6bey")
    assert reply.status == 200
    assert rig.upstreams.sent[0][2] == b"/api?a=1&b=%6bey"


SPELLINGS = [
    "..", ".", "%2e%2e", "%2E%2e", ".%2e", "..;", ".;x", "%2e%2e%2f", "%2f", "%5c", "\\", "..\\", "%00", "%0a", "#", "",
    "//", "#x", "secret.", "secret/", "SECRET", "%73ecret", "secre%74", "s%65cret", "secret%20", "secret%09",
    "secret;x", "secret%3b", "%252e%252e", "%c0%ae%c0%ae", "%uff0e", "\u00b7", "secret%2fa", "./secret",
    "public/../secret", "x%2f..%2fsecret", "public/..%2fsecret", "secret?", "secret%3f", "secret%23", "%2573ecret",
    "open", "open%20space", "%6fpen",
]  # fmt: skip


def careless(path: str) -> str:
    """Read a path as an upstream may that decodes twice, knows parameters and backslashes, and then walks the dots."""
    text = unquote(unquote(path)).lower().replace("\\", "/").partition("\0")[0]
    return normpath("/".join(segment.partition(";")[0].rstrip() for segment in text.split("/")))


@pytest.mark.parametrize("place", ["/weather/{}", "/weather/{}/a", "/weather/public/{}", "/{}/weather/secret"])
@pytest.mark.parametrize("options", [{}, {"strip_prefix": False}, {"upstream": ROOT}])
async def test_r9_the_path_that_is_judged_is_the_path_that_is_sent(place, options):
    """Each spelling is refused, or the upstream gets exactly the path that rights were asked about."""
    denied = Rights(routes=RouteRights(deny=("* /weather/secret", "* /weather/secret/**")))
    record, passed = service(**options), []
    for spelling in SPELLINGS:
        try:
            path, query = canonical_path(place.format(spelling).encode("latin-1"))
        except TollwayError as error:
            assert error.code.name == "request.path"
            continue
        rig, reply = await call(plain(), path, query=query, record=record, token={"rights": denied})
        if not rig.upstreams.sent:
            assert reply.status in (403, 404), spelling
            continue
        passed.append(spelling)
        assert path.split("/")[1] == "weather" and path.split("/")[2] != "secret", spelling
        rest = path.removeprefix("/weather") if record.strip_prefix else path
        sent = rig.upstreams.sent[0][2].decode().partition("?")[0]
        # The bare prefix leads to the bare base, with or without a slash at its end.
        assert sent.rstrip("/") == (("" if "upstream" in options else "/api") + rest).rstrip("/"), spelling
        assert canonical_path(sent.encode()) == (sent, ""), spelling
        assert not careless(sent).removeprefix("/api").removeprefix("/weather").startswith("/secret"), spelling
    assert ("open" in passed) == place.startswith("/weather"), "what nothing denies is reached"


@pytest.mark.parametrize("spelt", ["X-Service-Key", "x_service_key", "X.Service.Key", "x-service_key", "X_SERVICE-KEY"])
async def test_r10_no_spelling_of_a_services_own_header_comes_from_a_caller(spelt):
    """An upstream that reads `_` as `-` would otherwise find two, and take the caller's for the gateway's."""
    rig = Rig(plain())
    rig.publish(services=[service(headers=(("x-service-key", "ours"),))])
    await rig.call("/weather", method="GET", token=rig.token(), headers=[(spelt.lower(), "theirs"), ("x-other", "1")])
    sent = rig.upstreams.sent[0][3]
    assert {name: value for name, value in sent.items() if b"service" in name} == {b"x-service-key": b"ours"}
    assert sent[b"x-other"] == b"1"


async def test_the_upstream_learns_who_calls_and_from_where_but_no_secret():
    rig, reply = await call(plain(), token={"owner": None}, headers=[("cookie", "a=b"), ("x-keep", "1")], is_tls=True)
    headers = rig.upstreams.sent[0][3]
    assert (headers[b"x-forwarded-proto"], headers[b"x-forwarded-host"]) == (b"https", b"gw")
    assert headers[b"x-request-id"].decode() == reply.header("x-request-id")
    assert headers[b"x-tollway-token-id"].decode() in rig.policy.tokens
    assert b"x-tollway-application-id" not in headers and b"cookie" not in headers
    assert headers[b"x-keep"] == b"1" and b"traceparent" in headers


async def test_an_application_is_named_to_the_upstream():
    rig = Rig(plain())
    rig.publish(services=[service()])
    await rig.call("/weather", method="GET", token=rig.token(owner=rig.application()))
    assert rig.upstreams.sent[0][3][b"x-tollway-application-id"] == b"app_1"


async def test_an_open_record_is_written_before_anything_is_sent():
    rig = Rig("upstream.unreachable")
    rig.publish(services=[service()])
    rig.journal.is_full = True
    reply = await rig.call("/weather", method="GET", token=rig.token())
    assert reply.status == 503 and not rig.upstreams.sent


async def test_a_failed_upstream_is_answered_and_its_attempt_recorded():
    rig, reply = await call("upstream.timeout")
    assert (reply.status, json.loads(reply.answer)["error"]["code"]) == (504, "upstream.timeout")
    (record,) = rig.journal.closed
    assert [attempt.code for attempt in record.attempts] == ["upstream.timeout"]


@pytest.mark.parametrize(("keeps", "cookie"), [(False, ""), (True, "a=b")])
async def test_cookies_come_back_only_where_the_service_allows_it(keeps, cookie):
    answer = plain()
    answer.headers.append((b"set-cookie", b"a=b"))
    _, reply = await call(answer, record=service(allow_set_cookie=keeps))
    assert reply.header("set-cookie") == cookie


@pytest.mark.parametrize(("sandboxed", "policy"), [(True, "sandbox"), (False, "")])
async def test_answers_are_sandboxed_in_browsers_unless_the_service_says_otherwise(sandboxed, policy):
    _, reply = await call(plain(), record=service(sandbox_answers=sandboxed))
    assert reply.header("content-security-policy") == policy


@pytest.mark.parametrize(
    ("method", "status", "length"), [("GET", 200, 70_000), ("GET", 200, None), ("HEAD", 200, 2), ("GET", 304, 2)]
)
async def test_long_and_unbounded_answers_stream_and_bodiless_ones_wait_for_nothing(method, status, length):
    headers = [] if length is None else [(b"content-length", b"%d" % length)]
    rig, reply = await call(ScriptedAnswer(status, b"x" * (length or 9), headers), method=method)
    assert reply.status == status and reply.is_finished
    assert rig.journal.closed[0].outcome == "ok"


async def test_a_body_over_the_services_bound_is_refused_by_its_length_alone():
    rig, reply = await call(plain(), method="POST", body=b"x" * 11, record=service(body_bytes_max=10))
    assert (reply.status, rig.upstreams.sent) == (413, [])


@pytest.mark.parametrize(("body", "is_streamed"), [(b"", False), (b"x", True)])
async def test_bodies_are_streamed_and_absent_ones_are_not_waited_for(body, is_streamed):
    rig, _ = await call(plain(), method="POST", body=body)
    assert (rig.upstreams.sent[0][4] == b"") is not is_streamed


async def test_a_websocket_is_tunnelled_where_the_service_takes_it():
    upgrade = {"websocket_key": "k", "headers": [("sec-websocket-key", "k"), ("sec-websocket-version", "13")]}
    rig, reply = await call(ScriptedAnswer(101), record=service(allow_websocket=True), **upgrade)
    headers = rig.upstreams.sent[0][3]
    assert (headers[b"upgrade"], headers[b"sec-websocket-key"]) == (b"websocket", b"k")
    (record,) = rig.journal.closed
    assert (record.operation, record.status, record.outcome) == ("websocket", 101, "ok")
    assert record.request_bytes == 3
    rig, reply = await call(ScriptedAnswer(101), **upgrade)
    assert json.loads(reply.answer)["error"]["code"] == "request.upgrade" and not rig.upstreams.sent


async def test_a_switch_of_protocols_that_nobody_asked_for_is_not_believed():
    answer = ScriptedAnswer(101)
    _, reply = await call(answer)
    assert (reply.status, json.loads(reply.answer)["error"]["code"]) == (502, "upstream.protocol")
    assert answer.is_closed


async def test_the_services_own_headers_win_over_the_callers():
    rig = Rig(plain())
    rig.publish(services=[service(headers=(("x-team", "ours"),))])
    await rig.call("/weather", method="GET", token=rig.token(), headers=[("x-team", "theirs")])
    assert rig.upstreams.sent[0][3][b"x-team"] == b"ours"


async def test_an_open_service_takes_calls_without_a_token_and_names_nobody():
    rig = Rig(plain())
    rig.publish(services=[service(allow_anonymous=True)])
    reply = await rig.call("/weather", method="GET")
    assert reply.status == 200
    assert b"x-tollway-token-id" not in rig.upstreams.sent[0][3]
    (record,) = rig.journal.closed
    assert (record.token_id, record.service_id, record.outcome) == ("", "svc_1", "ok")


async def test_two_tokens_in_one_query_are_ambiguous():
    rig = Rig(plain())
    rig.publish(services=[service(query_token_parameter="key")])
    secret = rig.token()
    reply = await rig.call("/weather", method="GET", query=f"key={secret}&key={secret}")
    assert (reply.status, json.loads(reply.answer)["error"]["code"]) == (400, "token.ambiguous")
