"""Outgoing HTTP proxies: CONNECT for https upstreams, the absolute form for http ones. Never from the environment."""

import asyncio
import re
import socket
from base64 import b64encode
from functools import lru_cache
from urllib.parse import unquote_to_bytes

import msgspec

from tollway.edge.upstream import faults
from tollway.edge.upstream.authority import parse_authority
from tollway.gateway.ports import Destination

_PROXY = re.compile(r"http://(?:([^/?#@\s]*)@)?([^/?#@\s\\]+)/?")
_STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3})(?: [^\r\n]*)?\r\n")
_REPLY_BYTES_MAX = 16_384


class Proxy(msgspec.Struct, frozen=True, gc=False):
    """A proxy's address, and the value of proxy-authorization, if any."""

    host: str
    port: int
    authorization: bytes | None


@lru_cache(maxsize=1_024)
def parse_proxy_url(url: str) -> Proxy:
    """Read `http://[user:password@]host[:port]`. Raises ValueError; the text never holds the credential."""
    match = _PROXY.fullmatch(url)
    if match is None:
        raise ValueError("proxy_url must be http://[user:password@]host:port, without path, query or fragment")
    host, port = parse_authority(match[2], default_port=80, what="proxy_url")
    authorization = None
    if match[1] is not None:
        authorization = b"Basic " + b64encode(unquote_to_bytes(match[1]))
    return Proxy(host, port, authorization)


def host_lines(destination: Destination) -> bytes:
    """Return the end of the request line and the head lines that are the same for every request."""
    lines = b" HTTP/1.1\r\nhost: " + destination.host_header + b"\r\n"
    if destination.proxy_url is not None and destination.scheme == "http":
        authorization = parse_proxy_url(destination.proxy_url).authorization
        if authorization is not None:
            lines += b"proxy-authorization: " + authorization + b"\r\n"
    return lines


def target_prefix(destination: Destination) -> bytes:
    """Return what stands before the target: the absolute form's start through a proxy, else nothing."""
    if destination.proxy_url is not None and destination.scheme == "http":
        return b"http://" + destination.host_header
    return b""


async def open_tunnel(loop: asyncio.AbstractEventLoop, sock: socket.socket, destination: Destination) -> None:
    """Ask the connected proxy for a tunnel to the destination.

    Raises upstream.unreachable when it refuses, and upstream.protocol when it sends anything after its
    reply: bytes that come before the TLS handshake are nobody's.
    """
    proxy = parse_proxy_url(destination.proxy_url or "")
    host = f"[{destination.host}]" if ":" in destination.host else destination.host
    authority = f"{host}:{destination.port}".encode()
    request = b"CONNECT " + authority + b" HTTP/1.1\r\nhost: " + authority + b"\r\n"
    if proxy.authorization is not None:
        request += b"proxy-authorization: " + proxy.authorization + b"\r\n"
    await loop.sock_sendall(sock, request + b"\r\n")
    reply = b""
    while b"\r\n\r\n" not in reply:
        data = await loop.sock_recv(sock, 4_096)
        reply += data
        if not data or len(reply) > _REPLY_BYTES_MAX:
            raise faults.unreachable("the proxy did not answer CONNECT")
    head, _, rest = reply.partition(b"\r\n\r\n")
    status = _STATUS.match(head + b"\r\n")
    if status is None:
        raise faults.protocol("the proxy's reply to CONNECT is not HTTP/1")
    if not 200 <= int(status[1]) < 300:
        raise faults.unreachable(f"the proxy refused CONNECT with {int(status[1])}")
    if rest:
        raise faults.protocol("the proxy sent bytes after its reply to CONNECT")
