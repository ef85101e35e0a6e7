"""A REST service published behind a path prefix, called as ordinary clients call it."""

import hashlib
import http.client
import json
import socket
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from kit.instance import Tollway
from kit.rest_upstream import MEGABYTE, RESTUpstream

pytestmark = pytest.mark.timeout(120)

ORIGIN = "https://app.example.com"
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
STALLED_BYTES_MAX = 40 * MEGABYTE
"""What two hops of kernel buffers can take; a gateway that buffers without bound would take everything."""
DOCUMENT = """
version: 1
services:
  - {{name: api, path_prefix: /api, base_url: {url}/base, allow_private: true, credential: own-key,
     allow_websocket: true, timeouts: {{first_byte_seconds: 20}}}}
  - {{name: quick, path_prefix: /quick, base_url: {url}/base, allow_private: true,
     timeouts: {{first_byte_seconds: 0.3, idle_seconds: 0.3}}}}
  - {{name: key-header, path_prefix: /api/keyed, base_url: {url}/base, allow_private: true, credential: k,
     credential_header: x-key, credential_scheme: null, headers: {{x-fixed: "1"}}}}
  - {{name: by-query, path_prefix: /by-query, base_url: {url}/base, allow_private: true, query_token_parameter: key}}
  - {{name: open, path_prefix: /open, base_url: {url}/base, allow_private: true, allow_anonymous: true,
     allow_set_cookie: true, sandbox_answers: false, methods: [GET], strip_prefix: false, body_bytes_max: 1000}}
  - {{name: dead, path_prefix: /dead, base_url: "http://127.0.0.1:{dead}", allow_private: true}}
  - {{name: inside, path_prefix: /inside, base_url: "http://127.0.0.1:{dead}"}}
"""


@dataclass
class Reply:
    """One answer, read whole."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> dict[str, object]:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        return self.json["error"]["code"]

    def seen(self, name: str) -> list[str]:
        """The values of a header as the upstream saw them."""
        return [value for key, value in self.json["headers"] if key == name]


@pytest.fixture(scope="module")
def service() -> Iterator[RESTUpstream]:
    with RESTUpstream() as upstream:
        yield upstream


@pytest.fixture(scope="module")
def tollway(tmp_path_factory: pytest.TempPathFactory, service: RESTUpstream) -> Iterator[Tollway]:
    instance = Tollway(tmp_path_factory.mktemp("rest"))
    instance.environment = {
        "TOLLWAY_GATEWAY_CORS_ORIGINS": ORIGIN,
        "TOLLWAY_GATEWAY_TRUSTED_PROXIES": "127.0.0.2/32,127.0.0.3/32",
        "TOLLWAY_TIMEOUTS_DRAIN_SECONDS": "2",
    }
    instance.start()
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        dead = probe.getsockname()[1]
    instance.apply(DOCUMENT.format(url=service.url, dead=dead))
    yield instance
    assert instance.stop() == 0


@pytest.fixture(scope="module")
def token(tollway: Tollway) -> str:
    return tollway.token()


@pytest.fixture
def call(tollway: Tollway, token: str):
    """Send one request and read its answer."""

    def send(method: str, path: str, body: object = None, /, source: str = "127.0.0.1", **headers: str) -> Reply:
        host, port = address(tollway)
        connection = http.client.HTTPConnection(host, port, timeout=20, source_address=(source, 0))
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named.setdefault("authorization", f"Bearer {token}")
        with closing(connection):
            connection.request(method, path, body, {name: value for name, value in named.items() if value})
            answer = connection.getresponse()
            return Reply(answer.status, answer.headers, answer.read())

    return send


def address(tollway: Tollway) -> tuple[str, int]:
    host, _, port = tollway.gateway_url.removeprefix("http://").partition(":")
    return host, int(port)


def open_raw(tollway: Tollway, method: str, path: str, token: str, *fields: str) -> socket.socket:
    """Send a request head over a plain socket."""
    raw = socket.create_connection(address(tollway), timeout=10)
    lines = (f"{method} {path} HTTP/1.1", "Host: gateway", f"Authorization: Bearer {token}", *fields)
    raw.sendall("\r\n".join((*lines, "", "")).encode())
    return raw


# What reaches the upstream.


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_methods_paths_queries_and_bodies_pass(call, method: str) -> None:
    body = b"" if method in ("GET", "OPTIONS") else "räksmörgås".encode()
    reply = call(method, "/api/a/b%20c?x=1&y=%2F&x=2", body, content_type="text/plain; charset=utf-8")
    assert reply.status == 200
    assert (reply.json["method"], reply.json["target"]) == (method, "/base/a/b%20c?x=1&y=%2F&x=2")
    assert reply.json["body"].encode() == body
    assert reply.seen("content-type") == ["text/plain; charset=utf-8"]


def test_prefix_alone_and_longest_prefix(call) -> None:
    assert call("GET", "/api").json["target"] == "/base"
    assert call("GET", "/api/keyedx").json["target"] == "/base/keyedx"
    keyed = call("GET", "/api/keyed/x")
    assert keyed.json["target"] == "/base/x"
    assert (keyed.seen("x-key"), keyed.seen("x-fixed"), keyed.seen("authorization")) == (["k"], ["1"], [])
    assert call("GET", "/open/x").json["target"] == "/base/open/x"


def test_credentials_cookies_and_identity_never_travel(call, token: str) -> None:
    reply = call(
        "GET",
        "/api/echo",
        x_api_key=token,
        cookie="a=b",
        x_forwarded_for="1.2.3.4",
        x_forwarded_proto="https",
        forwarded="for=1.2.3.4",
        x_real_ip="1.2.3.4",
        x_tollway_token_id="forged",
        x_user="root",
        connection="x-drop",
        x_drop="1",
        te="gzip",
        X_Real_IP="1.2.3.4",
    )
    assert reply.seen("authorization") == ["Bearer own-key"]
    assert token not in reply.body.decode()
    assert reply.seen("x-forwarded-for") == ["127.0.0.1"]
    assert reply.seen("x-forwarded-proto") == ["http"]
    assert reply.seen("x-tollway-token-id") == [token[4:16]]
    gone = ("cookie", "forwarded", "x-real-ip", "x_real_ip", "x-user", "x-drop", "te", "x-api-key")
    assert [reply.seen(name) for name in gone] == [[]] * len(gone)


def test_forwarded_headers_count_from_trusted_proxies_only(call) -> None:
    trusted = call(
        "GET", "/api/echo", source="127.0.0.2", x_forwarded_for="9.9.9.9, 203.0.113.7", x_forwarded_proto="https"
    )
    assert trusted.seen("x-forwarded-for") == ["203.0.113.7"]
    assert trusted.seen("x-forwarded-proto") == ["https"]
    chain = call("GET", "/api/echo", source="127.0.0.2", x_forwarded_for="203.0.113.7, 127.0.0.3")
    assert chain.seen("x-forwarded-for") == ["203.0.113.7"]
    assert call("GET", "/api/echo", x_forwarded_for="203.0.113.7").seen("x-forwarded-for") == ["127.0.0.1"]


def test_trace_goes_on_and_the_request_has_one_id(call) -> None:
    reply = call("GET", "/api/echo", traceparent=TRACE, tracestate="a=1", x_request_id="mine")
    assert reply.seen("x-request-id") == [reply.headers["x-request-id"]]
    assert reply.headers["x-request-id"].startswith("req_")
    (sent,) = reply.seen("traceparent")
    assert sent.split("-")[1] == TRACE.split("-")[1]
    assert sent.split("-")[2] != TRACE.split("-")[2]
    assert reply.seen("tracestate") == ["a=1"]
    begun = call("GET", "/api/echo", traceparent="broken").seen("traceparent")
    assert len(begun) == 1
    assert begun[0].startswith("00-")


# Who may call.


def test_token_is_needed_and_an_unknown_path_is_no_different_without_one(call) -> None:
    for path in ("/api/echo", "/nothing-here"):
        refused = call("GET", path, authorization="")
        assert (refused.status, refused.code) == (401, "token.missing")
        assert refused.headers["www-authenticate"] == 'Bearer realm="tollway"'
    assert (call("GET", "/nothing-here").status, call("GET", "/nothing-here").code) == (404, "route.not_found")


def test_token_of_other_services_is_refused(call, tollway: Tollway) -> None:
    narrow = f"Bearer {tollway.token('--service', 'quick')}"
    assert call("GET", "/quick/echo", authorization=narrow).status == 200
    refused = call("GET", "/api/echo", authorization=narrow)
    assert (refused.status, refused.code) == (403, "token.service_denied")


def test_token_in_the_query_only_where_it_is_allowed(call, token: str) -> None:
    allowed = call("GET", f"/by-query/echo?a=1&key={token}&b=2", authorization="")
    assert allowed.json["target"] == "/base/echo?a=1&b=2"
    assert call("GET", f"/api/echo?key={token}", authorization="").code == "token.missing"
    assert call("GET", f"/by-query/echo?token={token}", authorization="").code == "token.missing"


def test_open_service_with_its_own_rules(call) -> None:
    answer = call("GET", "/open/x", authorization="")
    assert answer.status == 200
    assert "content-security-policy" not in answer.headers
    refused = call("POST", "/open/x", b"a", authorization="")
    assert (refused.status, refused.headers["allow"]) == (405, "GET")
    assert call("GET", "/open/x", b"a" * 1_001, authorization="").code == "request.body_too_large"


# What reaches the caller.


def test_what_acts_on_the_whole_origin_is_dropped(call) -> None:
    reply = call("GET", "/api/cookies")
    assert reply.body == b"x"
    for name in ("set-cookie", "strict-transport-security", "clear-site-data"):
        assert name not in reply.headers
    assert reply.headers["content-security-policy"] == "sandbox"
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert "upstream;dur=" in reply.headers["server-timing"]
    assert call("GET", "/api/echo").headers["x-own"] == "1"


def test_head_304_range_and_redirects_pass_as_they_are(call) -> None:
    head = call("HEAD", "/api/cached")
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", "10")
    fresh = call("GET", "/api/cached", if_none_match='"v1"')
    assert (fresh.status, fresh.body, fresh.headers["etag"]) == (304, b"", '"v1"')
    part = call("GET", "/api/cached", range="bytes=2-5")
    assert (part.status, part.body, part.headers["content-range"]) == (206, b"2345", "bytes 2-5/10")
    moved = call("GET", "/api/redirect")
    assert (moved.status, moved.headers["location"]) == (302, "/elsewhere")


@pytest.mark.parametrize("query", ["", "&chunked"])
def test_20_megabytes_down(call, query: str) -> None:
    reply = call("GET", f"/api/down?bytes={20 * MEGABYTE}{query}")
    assert len(reply.body) == 20 * MEGABYTE
    assert reply.headers.get("content-length") == (None if query else str(20 * MEGABYTE))


def test_20_megabytes_up_by_length_and_chunked(call, service: RESTUpstream) -> None:
    service.may_read.set()
    data = bytes(range(256)) * (20 * MEGABYTE // 256)
    wanted = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    assert call("PUT", "/api/upload", data).json == wanted
    pieces = (data[at : at + 99_991] for at in range(0, len(data), 99_991))
    assert call("PUT", "/api/upload", pieces).json == wanted


def test_upload_is_held_back_while_the_upstream_does_not_read(tollway, token, service: RESTUpstream) -> None:
    service.may_read.clear()
    with closing(open_raw(tollway, "PUT", "/api/upload", token, f"Content-Length: {200 * MEGABYTE}")) as raw:
        raw.settimeout(0.5)
        sent, piece = 0, b"\0" * MEGABYTE
        with pytest.raises(TimeoutError):
            while sent < 200 * MEGABYTE:
                sent += raw.send(piece)
    service.may_read.set()
    assert sent < STALLED_BYTES_MAX


def test_download_is_held_back_while_the_caller_does_not_read(tollway, token, service: RESTUpstream) -> None:
    service.gone.clear()
    with closing(open_raw(tollway, "GET", "/api/endless", token)):
        before = -1
        while before != service.sent_bytes or not before:
            before = service.sent_bytes
            time.sleep(0.3)
        assert 0 < service.sent_bytes < STALLED_BYTES_MAX
    assert service.gone.wait(20), "the upstream is not told that the caller has left"


def test_caller_who_leaves_ends_the_upstreams_work(tollway, token, service: RESTUpstream) -> None:
    service.gone.clear()
    service.hangs.clear()
    with closing(open_raw(tollway, "GET", "/api/hang", token)):
        assert service.hangs.wait(20)
    assert service.gone.wait(20)


def test_expect_100_continue(tollway: Tollway, token: str) -> None:
    fields = ("Content-Length: 5", "Expect: 100-continue", "Connection: close")
    with closing(open_raw(tollway, "POST", "/api/echo", token, *fields)) as raw:
        assert raw.recv(1_000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        raw.sendall(b"hello")
        answer = b"".join(iter(lambda: raw.recv(65_536), b""))
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b'"body": "hello"' in answer
    with closing(open_raw(tollway, "POST", "/api/echo", "tws_wrong", *fields)) as raw:
        assert raw.recv(65_536).startswith(b"HTTP/1.1 401 "), "refused before the body was sent"


def test_chunked_answers_and_http_1_0(tollway: Tollway, token: str) -> None:
    with closing(open_raw(tollway, "GET", "/api/down?bytes=10&chunked", token, "Connection: close")) as raw:
        answer = b"".join(iter(lambda: raw.recv(65_536), b""))
    assert b"\r\ntransfer-encoding: chunked\r\n" in answer.lower()
    assert answer.endswith(b"a\r\n" + b"\0" * 10 + b"\r\n0\r\n\r\n")
    with closing(socket.create_connection(address(tollway), timeout=10)) as raw:
        raw.sendall(f"GET /api/down?bytes=10&chunked HTTP/1.0\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
        answer = b"".join(iter(lambda: raw.recv(65_536), b""))
    assert b"transfer-encoding" not in answer.lower()
    assert answer.endswith(b"\r\n\r\n" + b"\0" * 10)


def test_server_sent_events_arrive_as_they_are_sent(tollway: Tollway, token: str) -> None:
    with closing(http.client.HTTPConnection(*address(tollway), timeout=10)) as connection:
        connection.request("GET", "/api/sse", headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        assert answer.headers["content-type"] == "text/event-stream"
        instants = [time.monotonic() for line in iter(answer.readline, b"") if line.startswith(b"data:")]
    assert len(instants) == 3
    assert instants[2] - instants[0] > 0.25


# WebSocket.


def test_websocket(tollway: Tollway, token: str) -> None:
    url = f"{tollway.gateway_url.replace('http', 'ws')}/api/ws"
    with connect(
        url, additional_headers={"Authorization": f"Bearer {token}"}, subprotocols=["chat"], compression=None
    ) as ws:
        assert ws.subprotocol == "chat"
        assert ws.recv(10) == "Bearer own-key"
        ws.send("hello")
        assert ws.recv(10) == "HELLO"
        data = bytes(range(256)) * 4_000
        ws.send(data)
        assert ws.recv(10) == data
        ws.ping().wait(10)


def test_websockets_of_a_compromised_token_end_within_two_seconds_and_those_of_a_revoked_one_go_on(
    tollway: Tollway,
) -> None:
    ids: dict[str, str] = {}

    def open_with(name: str) -> AbstractContextManager[ClientConnection]:
        secret = json.loads(tollway.run("token", "issue", "--name", name, "--json"))["token"]
        ids[name] = secret[4:16]
        url = f"{tollway.gateway_url.replace('http', 'ws')}/api/ws"
        return connect(url, additional_headers={"Authorization": f"Bearer {secret}"}, compression=None)

    with open_with("leaked") as leaked, open_with("left") as left:
        assert leaked.recv(10) == left.recv(10) == "Bearer own-key"
        tollway.run("token", "revoke", "left")
        tollway.run("token", "revoke", "leaked", "--compromised")
        began = time.monotonic()
        with pytest.raises(ConnectionClosed):
            leaked.recv(10)
        assert time.monotonic() - began < 2.5
        left.send("hello")
        assert left.recv(10) == "HELLO"
    deadline = time.monotonic() + 30
    while "failed" not in tollway.run("usage", "--by", "outcome", "--where", f"token={ids['leaked']}", "--json"):
        assert time.monotonic() < deadline


@pytest.mark.parametrize(("path", "key", "status"), [("/api/ws", "tws_wrong", 401), ("/quick/ws", None, 400)])
def test_websocket_refused(tollway: Tollway, token: str, path: str, key: str | None, status: int) -> None:
    headers = {"Authorization": f"Bearer {key or token}"}
    with pytest.raises(InvalidStatus) as caught:
        connect(f"{tollway.gateway_url.replace('http', 'ws')}{path}", additional_headers=headers)
    assert caught.value.response.status_code == status


# Browsers.


def test_browsers_of_an_allowed_origin_may_call(call) -> None:
    preflight = call(
        "OPTIONS",
        "/api/echo",
        authorization="",
        origin=ORIGIN,
        access_control_request_method="PUT",
        access_control_request_headers="authorization, x-thing",
    )
    assert preflight.status == 204
    assert preflight.headers["access-control-allow-origin"] == ORIGIN
    assert "PUT" in preflight.headers["access-control-allow-methods"]
    assert preflight.headers["access-control-allow-headers"] == "authorization, x-thing"
    assert "access-control-allow-credentials" not in preflight.headers
    for reply in (call("GET", "/api/echo", origin=ORIGIN), call("GET", "/api/echo", origin=ORIGIN, authorization="")):
        assert reply.headers["access-control-allow-origin"] == ORIGIN
        assert "x-request-id" in reply.headers["access-control-expose-headers"]
    assert "access-control-allow-origin" not in call("GET", "/api/echo", origin="https://other.example").headers
    refused = call("OPTIONS", "/api/echo", origin="https://other.example", access_control_request_method="PUT")
    assert refused.status == 404


# Upstreams that fail.


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/dead/x", 502, "upstream.unreachable"),
        ("/inside/x", 502, "upstream.forbidden_address"),
        ("/quick/hang", 504, "upstream.timeout"),
        ("/api/cut?head", 502, "upstream.truncated"),
    ],
)
def test_upstream_that_fails_is_told_in_the_usual_shape(call, path: str, status: int, code: str) -> None:
    reply = call("GET", path)
    assert (reply.status, reply.code) == (status, code)
    assert set(reply.json["error"]) == {"message", "type", "param", "code", "request_id"}
    assert reply.json["error"]["type"] == "server_error"
    assert reply.json["error"]["request_id"] == reply.headers["x-request-id"]


def test_answer_that_is_cut_or_stalls_never_passes_for_whole(call) -> None:
    with pytest.raises(http.client.IncompleteRead):
        call("GET", "/api/cut")
    with pytest.raises(http.client.IncompleteRead):
        call("GET", "/quick/slow")


def test_every_call_is_in_the_books(tollway: Tollway) -> None:
    until = time.monotonic() + 30
    while True:
        rows = json.loads(tollway.run("usage", "--by", "service,outcome", "--since", "1h", "--json"))["items"]
        outcomes = {(row["labels"]["service"], row["keys"]["outcome"]) for row in rows}
        wanted = {("api", "ok"), ("api", "truncated"), ("api", "disconnected"), ("quick", "failed"), ("dead", "failed")}
        if wanted <= outcomes:
            return
        assert time.monotonic() < until, outcomes
        time.sleep(0.3)


def test_no_file_descriptor_is_left(tollway: Tollway) -> None:
    worker = tollway.pids()["worker"]
    until = time.monotonic() + 30
    while len(list(Path(f"/proc/{worker}/fd").iterdir())) > 60:
        assert time.monotonic() < until
        time.sleep(0.2)
