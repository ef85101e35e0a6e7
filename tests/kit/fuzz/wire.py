"""What comes off the wire: heads, chunks, events, paths, tokens and addresses, each held against another reader."""

import re
import zlib
from collections.abc import Callable
from functools import partial
from ipaddress import ip_address, ip_network
from urllib.parse import unquote_to_bytes

import httptools

from kit.fuzz.mutate import Bytes
from kit.fuzz.run import Source, Target
from tollway.edge.server.head_reader import HeadReader
from tollway.edge.upstream.plain_head import CHUNKED, read_plain_head
from tollway.gateway.address import client_address
from tollway.kernel.errors import TollwayError
from tollway.kernel.ids import BASE62
from tollway.policy.token import generate_token, parse_token
from tollway.settings.model import LimitSettings
from tollway.wire.canonical_path import canonical_path
from tollway.wire.chunked import ChunkedDecoder
from tollway.wire.sse import SSEDecoder

LIMITS = LimitSettings()
SCRAPS = (
    *(bytes((byte,)) for byte in b"\r\n \t\x00\x0b\x0c\x7f\xff:;,./\\%?#@\"'=-_+*~[]0"),
    b"\r\n",
    b"\r\n\r\n",
    b"\n\n",
    b"%2e",
    b"%2F",
    b"%25",
    b"%00",
    b"%c0%af",
    b"..",
    b"//",
    b"/./",
    b"chunked",
    b"identity",
    b"HTTP/1.0",
    b"HTTP/2.0",
    b"Transfer-Encoding: chunked\r\n",
    b"transfer_encoding: chunked\r\n",
    b"Content-Length: 3\r\n",
    b"Host: b\r\n",
    b"Connection: upgrade\r\nUpgrade: websocket\r\n",
    b"Expect: 100-continue\r\n",
    b" folded\r\n",
    b"ffffffff",
    b"\xef\xbb\xbf",
)

HEADS = (
    b"GET /a HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n",
    b"POST /v1/chat/completions?a=b HTTP/1.1\r\nHost: a:80\r\nContent-Length: 5\r\nAuthorization: Bearer x\r\n\r\n",
    b"POST /a HTTP/1.1\r\nHost: [::1]:8080\r\nTransfer-Encoding: chunked\r\nTE: trailers\r\n\r\n",
    b"GET /b%20c HTTP/1.0\r\nX: y\r\nConnection: keep-alive\r\n\r\n",
    b"GET http://a/b HTTP/1.1\r\nHost: a\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /c HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
)


def check_head(data: bytes) -> str:
    """A head that is taken has nothing in it that another program could read as two."""
    reader = HeadReader(LIMITS, peer="192.0.2.1", is_tls=False)
    try:
        data, size = reader.find_end(data, 0)
        if not size:
            return "unfinished"
        parsed = reader.read(data[:size])
    except TollwayError as error:
        return error.code.name
    finally:
        reader.close()
    head = parsed.request
    assert not set(head.path.encode()) & set(b" \r\n\t\\#;"), "what no path has"
    assert b"" not in (head.method, *(name for name, _ in head.headers)), "a name that is empty"
    for name, value in head.headers:
        assert not re.search(rb"[\x00\r\n]", name + value) and name == name.lower(), "what no header has"
    assert sum(name in (b"content-length", b"transfer-encoding") for name, _ in head.headers) <= 1, "framed twice"
    return "taken"


CHUNKS = (
    b"5\r\nhello\r\n0\r\n\r\n",
    b'5;x=y\r\nhello\r\n3;q="a b"\r\nabc\r\n0\r\nt: u\r\n\r\n',
    b"a\r\n0123456789\r\n00000001\r\nx\r\n0\r\n\r\nGET / HTTP/1.1\r\n",
)
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})(?:;[^\r\n]*)?\r\n")


def check_chunks(data: bytes) -> str:
    """Whole or cut in two, the same; and what is taken is what a reader of ten lines reads."""
    whole = _decode(data, len(data))
    assert whole == _decode(data, len(data) // 2) == _decode(data, min(3, len(data))), "it depends on the cut"
    outcome, content, used = whole
    if outcome == "taken":
        assert _plainly(data) == (content, used), "another reader reads something else"
    return outcome


def _decode(data: bytes, cut: int) -> tuple[str, bytes, int]:
    decoder, content, used = ChunkedDecoder(), b"", 0
    try:
        for part in (data[:cut], data[cut:]):
            if not decoder.is_complete:
                found, taken = decoder.feed(part)
                content, used = content + found, used + taken
    except TollwayError as error:
        return error.code.name, b"", 0
    return ("taken", content, used) if decoder.is_complete else ("unfinished", content, used)


def _plainly(data: bytes) -> tuple[bytes, int]:
    content, at = b"", 0
    while (line := _CHUNK.match(data, at)) and (size := int(line[1], 16)):
        content += data[line.end() : line.end() + size]
        at = line.end() + size + 2
    assert line is not None, "no chunk ends it"
    end = line.end()
    while not data.startswith(b"\r\n", end):
        end = data.index(b"\r\n", end) + 2
    return content, end + 2


ANSWERS = (
    b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\nContent-Type: application/json\r\nX-Request-Id: a",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nKeep-Alive: timeout=5\r\nDate: now",
    b"HTTP/1.1 429 Too Many\r\nRetry-After: 3\r\ncontent-length: 0\r\nSet-Cookie: a=b",
    b"HTTP/1.1 404 \r\nContent-Length: 7\r\nVary: Accept",
)


class _Listener:
    def __init__(self) -> None:
        self.headers: list[tuple[bytes, bytes]] = []

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value.strip(b" \t")))


def check_answer_head(data: bytes) -> str:
    """What is read as a plain head, llhttp reads as the same."""
    plain = read_plain_head(data)
    if plain is None:
        return "left to llhttp"
    listener = _Listener()
    parser = httptools.HttpResponseParser(listener)
    parser.feed_data(data + b"\r\n\r\n")
    theirs = dict(listener.headers)
    assert parser.get_status_code() == plain.status, "another status"
    assert set(plain.headers) <= set(listener.headers), "a header that llhttp does not see"
    framing = [(name, value) for name, value in listener.headers if name in (b"content-length", b"transfer-encoding")]
    assert len(framing) == 1, "framed twice, or not at all"
    said = int(theirs[b"content-length"]) if b"content-length" in theirs else CHUNKED
    assert said == plain.content_bytes, "another length"
    return "plain"


EVENTS = (
    b"event: a\ndata: {}\n\ndata: [DONE]\n\n",
    b"\xef\xbb\xbf: hello\r\n\r\nid: 1\r\ndata: x\r\ndata: y\r\n\r\nretry: 5\r\n\r\n",
    b"data:x\r\rdata\r\revent: b\rdata: \xc3\xa9\r\r",
)


def check_events(data: bytes) -> str:
    """In one piece, in two, and byte by byte the same; and what a plain splitter finds."""
    whole = _events([data])
    middle = len(data) // 2
    assert whole == _events([data[:middle], data[middle:]]), "it depends on the cut"
    assert whole == _events([data[at : at + 1] for at in range(len(data))]), "it depends on the cuts"
    lines = re.split(rb"\r\n|\r|\n", data.removeprefix(b"\xef\xbb\xbf"))[:-1]
    expected, held = 0, 0
    for line in lines:
        held += line.partition(b":")[0] == b"data"
        if not line:
            expected, held = expected + (held > 0), 0
    assert len(whole) == expected, "another number of events"
    return "events" if whole else "none"


def _events(parts: list[bytes]) -> list[object]:
    decoder = SSEDecoder()
    return [event for part in parts for event in decoder.feed(part)]


PATHS = (
    b"/",
    b"/v1/chat/completions",
    b"/v1/models/a%2Fb",
    b"/weather/v2/~user/%C3%A9t%C3%A9?q=a%20b&c=/..",
    b"/a/b:c@d/(e)/*?x",
    b"/v1beta/models/m:generateContent?key=x",
)


def check_path(data: bytes) -> str:
    """What is taken is a fixed point, has no way up or twice-escaped byte, and is what was sent, escapes aside."""
    try:
        path, query = canonical_path(data)
    except TollwayError as error:
        return error.code.name
    assert canonical_path(path.encode()) == (path, ""), "not a fixed point"
    plain = unquote_to_bytes(path)
    assert unquote_to_bytes(data.partition(b"?")[0]) == plain, "another path"
    assert not any(part in (b".", b"..") for part in plain.split(b"/")), "a dot segment"
    assert b"//" not in plain and not re.search(rb"[\x00-\x1f\x7f\\]", plain), "what no path has"
    assert plain.count(b"/") == path.count("/") and re.search(rb"%[0-9A-Fa-f]{2}", plain) is None, "escaped twice"
    assert query == data.partition(b"?")[2].decode() and not set(query) & set("# \r\n"), "another query"
    return "taken"


TOKENS = tuple(generate_token(kind, bytes(range(at, at + 48))).reveal().encode() for at, kind in enumerate("sparecwd"))
_KNOWN = frozenset(TOKENS)


def check_token(data: bytes) -> str:
    """Only a text of the form whose checksum, reckoned here by other means, is right."""
    parsed = parse_token(data)
    assert parsed == parse_token(data.decode("latin-1")), "bytes and text differ"
    if parsed is None:
        assert data not in _KNOWN, "a token is none"
        return "none"
    number, digits = zlib.crc32(data[:-6]), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits = BASE62[digit] + digits
    assert len(data) == 65 and data[-6:] == digits.encode(), "the checksum is wrong"
    return "token"


ADDRESSES = (
    b"192.0.2.7",
    b"192.0.2.7, 10.0.0.1",
    b"2001:db8::1, ::ffff:10.0.0.2, 10.1.2.3",
    b"unknown, 10.0.0.1",
    b"fe80::1%eth0, 10.0.0.1",
)
_TRUSTED = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


def check_address(data: bytes) -> str:
    """Of whatever a proxy forwards, one plain address comes; and nothing forwarded by others is believed."""
    headers = [(b"x-forwarded-for", data)]
    found = client_address("10.0.0.9", headers, _TRUSTED)
    assert str(ip_address(found)) == found and "%" not in found, "no plain address"
    assert client_address("198.51.100.1", headers, _TRUSTED) == "198.51.100.1", "believed from anybody"
    return "a hop" if found != "10.0.0.9" else "the peer"


def _bytes(corpus: tuple[bytes, ...]) -> Callable[[int], Source]:
    return partial(Bytes, corpus, SCRAPS)


TARGETS = {
    "request head": Target(_bytes(HEADS), check_head),
    "chunked body": Target(_bytes(CHUNKS), check_chunks),
    "answer head": Target(_bytes(ANSWERS), check_answer_head),
    "events": Target(_bytes(EVENTS), check_events),
    "path": Target(_bytes(PATHS), check_path),
    "token": Target(_bytes(TOKENS), check_token),
    "forwarded address": Target(_bytes(ADDRESSES), check_address),
}
