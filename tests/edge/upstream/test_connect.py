"""Where connections go: the policy at connect time, several addresses, TLS and proxies."""

import asyncio
import base64
import socket
import ssl
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from kit.private_ca import PrivateCA
from kit.scripted_upstream import HOLD, ScriptedUpstream, read_request, script, serve_each
from tollway.contract.policy import Timeouts
from tollway.edge.upstream.client import EdgeUpstreams
from tollway.edge.upstream.dns import SystemResolver
from tollway.gateway.ports import Destination
from tollway.kernel.errors import TollwayError

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"
PATIENT = Timeouts(connect_seconds=3)


@pytest.fixture(scope="module")
def authority() -> PrivateCA:
    return PrivateCA()


def answers(*rounds: tuple[str, ...]) -> Callable[[str, int], Awaitable[tuple[str, ...]]]:
    """Return a resolver that gives the rounds in turn, the last one for ever."""
    left = list(rounds)

    async def resolve(host: str, port: int) -> tuple[str, ...]:
        return left.pop(0) if len(left) > 1 else left[0]

    return resolve


async def get(upstreams: EdgeUpstreams, to: Destination) -> bytes:
    answer = await upstreams.send(to, method="GET", target=b"/x?y", headers=[], body=b"")
    return await answer.read(99)


async def code_of(upstreams: EdgeUpstreams, to: Destination) -> str:
    with pytest.raises(TollwayError) as caught:
        await get(upstreams, to)
    assert upstreams.idle == 0
    return caught.value.code.name


# The policy.


@pytest.mark.parametrize(
    "addresses",
    [
        ("127.0.0.1",),
        ("::1",),
        ("::ffff:127.0.0.1",),
        ("10.0.0.1", "169.254.169.254"),
        ("0.0.0.0",),
        ("64:ff9b::7f00:1",),
    ],
)
async def test_r22_a_name_that_leads_inside_is_never_connected_to(addresses: tuple[str, ...]) -> None:
    upstreams = EdgeUpstreams(resolve=answers(addresses))
    async with ScriptedUpstream(serve_each(OK)) as server:
        to = server.destination(host="inside.example", allow_private=())
        assert await code_of(upstreams, to) == "upstream.forbidden_address"
        assert server.connections == 0
    upstreams.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "0.0.0.0"])
async def test_an_address_inside_is_never_connected_to(upstreams: EdgeUpstreams, host: str) -> None:
    async with ScriptedUpstream(serve_each(OK)) as server:
        to = server.destination(host=host, allow_private=())
        assert await code_of(upstreams, to) == "upstream.forbidden_address"
        assert server.connections == 0


async def test_r22_the_policy_holds_on_every_connect_so_rebinding_gains_nothing() -> None:
    """The first look-up is allowed, the second leads to loopback at a port that was not asked for."""
    upstreams = EdgeUpstreams(resolve=answers(("127.0.0.1",), ("127.0.0.2",), ("::1",)))
    closing = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 5\r\n\r\nhello"
    async with ScriptedUpstream(serve_each(closing)) as server:
        to = server.destination(host="rebind.example", allow_private=("127.0.0.1/32",))
        assert await get(upstreams, to) == b"hello"
        assert await code_of(upstreams, to) == "upstream.forbidden_address"
        assert await code_of(upstreams, to) == "upstream.forbidden_address"
        assert server.connections == 1
    upstreams.close()


async def test_of_several_addresses_only_allowed_ones_are_tried() -> None:
    upstreams = EdgeUpstreams(resolve=answers(("127.0.0.2", "::1", "127.0.0.1")))
    async with ScriptedUpstream(serve_each(OK)) as server:
        to = server.destination(host="mixed.example", allow_private=("127.0.0.1/32",))
        assert await get(upstreams, to) == b"hello"
    upstreams.close()


async def test_the_answer_of_a_resolver_is_an_address_or_nothing() -> None:
    upstreams = EdgeUpstreams(resolve=answers(("localhost",)))
    async with ScriptedUpstream(serve_each(OK)) as server:
        to = server.destination(host="odd.example", allow_private=("127.0.0.0/8",))
        assert await code_of(upstreams, to) == "upstream.forbidden_address"
    upstreams.close()


async def test_no_address_is_unreachable() -> None:
    upstreams = EdgeUpstreams(resolve=answers(()))
    async with ScriptedUpstream(serve_each(OK)) as server:
        assert await code_of(upstreams, server.destination(host="none.example")) == "upstream.unreachable"
    upstreams.close()


# Several addresses.


async def test_the_next_address_is_tried_at_once_when_one_refuses() -> None:
    upstreams = EdgeUpstreams(resolve=answers(("127.0.0.9", "127.0.0.8", "127.0.0.1")))
    async with ScriptedUpstream(serve_each(OK)) as server:
        started = time.monotonic()
        assert await get(upstreams, server.destination(host="many.example")) == b"hello"
        assert time.monotonic() - started < 0.2
    upstreams.close()


async def test_the_next_address_joins_after_a_quarter_second_when_one_is_silent() -> None:
    upstreams = EdgeUpstreams(resolve=answers(("127.0.0.7", "127.0.0.1")))
    async with ScriptedUpstream(serve_each(OK)) as server:
        with socket.socket() as deaf:
            deaf.bind(("127.0.0.7", server.port))
            deaf.listen(0)
            fillers = [socket.socket() for _ in range(4)]
            for filler in fillers:
                filler.setblocking(False)
                filler.connect_ex(("127.0.0.7", server.port))
            started = time.monotonic()
            to = server.destination(host="slow.example", timeouts=PATIENT)
            assert await get(upstreams, to) == b"hello"
            assert 0.2 < time.monotonic() - started < 0.6
            for filler in fillers:
                filler.close()
    upstreams.close()


async def test_all_addresses_failing_is_unreachable() -> None:
    upstreams = EdgeUpstreams(resolve=answers(("127.0.0.9", "127.0.0.8")))
    async with ScriptedUpstream(serve_each(OK)) as server:
        assert await code_of(upstreams, server.destination(host="dead.example")) == "upstream.unreachable"
    upstreams.close()


# Names.


async def test_equal_questions_are_asked_once_and_remembered_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def ask(host: str, port: int) -> tuple[str, ...]:
        asked.append(host)
        time.sleep(0.02)
        if host == "bad":
            raise socket.gaierror(socket.EAI_NONAME, "no")
        return ("192.0.2.1",)

    monkeypatch.setattr("tollway.edge.upstream.dns._ask", ask)
    resolver = SystemResolver(asyncio.get_running_loop(), ttl_seconds=0.1)
    assert await asyncio.gather(*(resolver.resolve("a", 1) for _ in range(5))) == [("192.0.2.1",)] * 5
    await resolver.resolve("a", 1)
    assert asked == ["a"]
    await asyncio.sleep(0.12)
    await resolver.resolve("a", 1)
    assert asked == ["a", "a"]
    for _ in range(2):
        with pytest.raises(socket.gaierror):
            await resolver.resolve("bad", 1)
    assert asked[2:] == ["bad", "bad"]


async def test_a_question_outlives_the_caller_who_asked_first(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(host: str, port: int) -> tuple[str, ...]:
        time.sleep(0.05)
        return ("192.0.2.1",)

    monkeypatch.setattr("tollway.edge.upstream.dns._ask", ask)
    resolver = SystemResolver(asyncio.get_running_loop())
    first = asyncio.ensure_future(resolver.resolve("a", 1))
    second = asyncio.ensure_future(resolver.resolve("a", 1))
    await asyncio.sleep(0.01)
    first.cancel()
    assert await second == ("192.0.2.1",)


async def test_the_systems_resolver_knows_localhost() -> None:
    assert "127.0.0.1" in await SystemResolver(asyncio.get_running_loop()).resolve("localhost", 80)


# TLS.


async def test_a_private_ca_is_trusted_when_given_and_only_then(
    upstreams: EdgeUpstreams, authority: PrivateCA, tmp_path: Path
) -> None:
    async with ScriptedUpstream(serve_each(OK), authority.server_context(tmp_path, "127.0.0.1")) as server:
        assert await get(upstreams, server.destination(scheme="https", ca_pem=authority.pem)) == b"hello"
        for key, pem in (("system", None), ("other", PrivateCA().pem)):
            to = server.destination(scheme="https", ca_pem=pem, key=key)
            with pytest.raises(TollwayError, match=r"upstream\.tls"):
                await get(upstreams, to)


async def test_the_name_is_sent_and_checked_although_the_connection_goes_to_an_address(
    authority: PrivateCA, tmp_path: Path
) -> None:
    upstreams = EdgeUpstreams(resolve=answers(("127.0.0.1",)))
    asked: list[str | None] = []
    context = authority.server_context(tmp_path, "api.example")
    context.sni_callback = lambda _, name, __: asked.append(name)
    seen: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append((await read_request(reader))[0])
        writer.write(OK)

    async with ScriptedUpstream(handle, context) as server:
        right = server.destination(scheme="https", host="api.example", ca_pem=authority.pem)
        assert await get(upstreams, right) == b"hello"
        assert asked == ["api.example"]
        assert b"\r\nhost: api.example:%d\r\n" % server.port in seen[0]
        wrong = server.destination(scheme="https", host="evil.example", ca_pem=authority.pem, key="w")
        assert await code_of(upstreams, wrong) == "upstream.tls"
    upstreams.close()


async def test_an_expired_certificate_is_refused(
    upstreams: EdgeUpstreams, authority: PrivateCA, tmp_path: Path
) -> None:
    async with ScriptedUpstream(serve_each(OK), authority.server_context(tmp_path, "127.0.0.1", days=-1)) as server:
        assert await code_of(upstreams, server.destination(scheme="https", ca_pem=authority.pem)) == "upstream.tls"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_tls_1_1_is_refused(upstreams: EdgeUpstreams, authority: PrivateCA, tmp_path: Path) -> None:
    context = authority.server_context(tmp_path, "127.0.0.1")
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    async with ScriptedUpstream(serve_each(OK), context) as server:
        assert await code_of(upstreams, server.destination(scheme="https", ca_pem=authority.pem)) == "upstream.tls"


@pytest.mark.parametrize("plain", [OK, b"\x15\x03\x01\x00\x02\x02\x28", b"garbage" * 100])
async def test_plaintext_before_the_handshake_is_never_an_answer(
    upstreams: EdgeUpstreams, authority: PrivateCA, plain: bytes
) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(plain)
        await reader.read(9_999)

    async with ScriptedUpstream(handle) as server:
        assert await code_of(upstreams, server.destination(scheme="https", ca_pem=authority.pem)) == "upstream.tls"


async def test_a_handshake_that_hangs_meets_the_connect_deadline(
    upstreams: EdgeUpstreams, authority: PrivateCA
) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with ScriptedUpstream(handle) as server:
        timeouts = Timeouts(connect_seconds=0.2)
        to = server.destination(scheme="https", ca_pem=authority.pem, timeouts=timeouts)
        with pytest.raises(TollwayError, match="connect deadline"):
            await get(upstreams, to)
        await asyncio.wait_for(server.left.wait(), 0.5)


async def test_big_bodies_go_both_ways_over_tls_and_the_connection_is_reused(
    upstreams: EdgeUpstreams, authority: PrivateCA, tmp_path: Path
) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            _, body = await read_request(reader)
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body)

    body = bytes(range(256)) * 4_000
    async with ScriptedUpstream(handle, authority.server_context(tmp_path, "127.0.0.1")) as server:
        to = server.destination(scheme="https", ca_pem=authority.pem)
        for _ in range(2):
            answer = await upstreams.send(to, method="POST", target=b"/", headers=[], body=body)
            assert await answer.read(2_000_000) == body
        assert server.connections == 1


# Proxies.


class Proxy:
    """A forward proxy: answers absolute-form requests itself and tunnels CONNECT to one port."""

    def __init__(self, port: int = 0, *, reply: bytes = b"HTTP/1.1 200 Connected\r\n\r\n", extra: bytes = b"") -> None:
        self.heads: list[bytes] = []
        self._port = port
        self._reply = reply + extra

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head, _ = await read_request(reader)
        self.heads.append(head)
        if not head.startswith(b"CONNECT "):
            writer.write(OK)
            return
        writer.write(self._reply)
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        pumps = [asyncio.ensure_future(_pump(reader, far_writer)), asyncio.ensure_future(_pump(far_reader, writer))]
        try:
            await asyncio.wait(pumps)
        finally:
            for pump in pumps:
                pump.cancel()
            far_writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)


async def test_http_goes_through_a_private_proxy_in_absolute_form_with_its_credential() -> None:
    upstreams = EdgeUpstreams(resolve=answers(("203.0.113.1",)))
    proxy = Proxy()
    async with ScriptedUpstream(proxy) as front:
        url = f"http://us%40er:p%3Aw@127.0.0.1:{front.port}"
        to = front.destination(host="api.example", proxy_url=url, allow_private=())
        assert await get(upstreams, to) == b"hello"
        [head] = proxy.heads
        assert head.startswith(b"GET http://api.example:%d/x?y HTTP/1.1\r\nhost: api.example:" % front.port)
        assert b"proxy-authorization: Basic " + base64.b64encode(b"us@er:p:w") + b"\r\n" in head
    upstreams.close()


async def test_https_goes_through_connect_and_is_verified_end_to_end(authority: PrivateCA, tmp_path: Path) -> None:
    upstreams = EdgeUpstreams(resolve=answers(("203.0.113.1",)))
    seen: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            seen.append((await read_request(reader))[0])
            writer.write(OK)

    async with ScriptedUpstream(handle, authority.server_context(tmp_path, "api.example")) as server:
        proxy = Proxy(server.port)
        async with ScriptedUpstream(proxy) as front:
            to = server.destination(
                scheme="https",
                host="api.example",
                ca_pem=authority.pem,
                proxy_url=f"http://u:p@127.0.0.1:{front.port}",
                allow_private=(),
            )
            assert await get(upstreams, to) == b"hello"
            assert await get(upstreams, to) == b"hello"
            [head] = proxy.heads
            assert head.startswith(b"CONNECT api.example:%d HTTP/1.1\r\n" % server.port)
            assert b"proxy-authorization: Basic dTpw\r\n" in head
            assert len(seen) == 2
            assert seen[0].startswith(b"GET /x?y HTTP/1.1\r\n")
            assert b"proxy-" not in seen[0]
    upstreams.close()


@pytest.mark.parametrize(
    ("reply", "extra", "code"),
    [
        (b"HTTP/1.1 407 Auth\r\n\r\n", b"", "upstream.unreachable"),
        (b"HTTP/1.1 502 No\r\ncontent-length: 2\r\n\r\nno", b"", "upstream.unreachable"),
        (b"garbage\r\n\r\n", b"", "upstream.protocol"),
        (b"x" * 20_000, b"", "upstream.unreachable"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"\x16\x03\x01early", "upstream.protocol"),
    ],
)
async def test_a_proxy_that_misbehaves(
    upstreams: EdgeUpstreams, authority: PrivateCA, reply: bytes, extra: bytes, code: str
) -> None:
    async with (
        ScriptedUpstream(script(HOLD)) as server,
        ScriptedUpstream(Proxy(server.port, reply=reply, extra=extra)) as front,
    ):
        to = server.destination(
            scheme="https", host="api.example", ca_pem=authority.pem, proxy_url=f"http://127.0.0.1:{front.port}"
        )
        assert await code_of(upstreams, to) == code


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "169.254.169.254", "[::1]", "localhost", "a.localhost", "metadata.google.internal"]
)
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_what_is_plainly_inside_is_not_asked_of_a_proxy_either(
    upstreams: EdgeUpstreams, host: str, scheme: str
) -> None:
    async with ScriptedUpstream(Proxy()) as front:
        to = front.destination(host=host, scheme=scheme, proxy_url=f"http://127.0.0.1:{front.port}", allow_private=())
        assert await code_of(upstreams, to) == "upstream.forbidden_address"
        assert front.connections == 0


async def test_proxies_of_the_environment_are_not_used(
    upstreams: EdgeUpstreams, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with ScriptedUpstream(serve_each(OK)) as server:
        assert await get(upstreams, server.destination()) == b"hello"
