"""Everything the pipeline asks of the outside world.

The consumer declares the ports. `edge` implements Exchange and Upstreams, `adapters` the others.
Calls through these ports are per request, never per chunk: a relayed body moves inside `edge`, which
calls a synchronous Tap for what accounting must see.
"""

from asyncio import Future
from collections.abc import Sequence
from typing import Protocol

import msgspec

from tollway.contract.policy import Timeouts
from tollway.contract.records import Charge, CloseRecord, OpenRecord, TallyRecord
from tollway.gateway.room import Amounts, Claims, Hold, NoRoom
from tollway.kernel.errors import TollwayError

Headers = list[tuple[bytes, bytes]]
"""Lower-cased names, values without surrounding blanks, in the order received."""


class RequestHead(msgspec.Struct, gc=False, frozen=True):
    """A request's head after every check of grammar and framing has passed.

    `path` is the one canonical path, percent-decoded where that changes nothing and never twice;
    `query` is the raw query without `?`. `body_bytes` is the declared length, None when chunked, 0 when
    there is no body. `peer` is the address of the TCP peer; forwarded headers are not considered here.
    """

    method: str
    path: str
    query: str
    headers: Headers
    is_http_1_0: bool
    body_bytes: int | None
    peer: str
    is_tls: bool
    host: str
    websocket_key: str | None
    """Set when the head is a complete WebSocket handshake (RFC 6455 section 4.1)."""
    facts: list[object] = []
    """Room for what a stage derives from the head alone. A connection that sends the same head again, byte for
    byte, gets the same object, so that it is derived once."""


class Tap(Protocol):
    """Watches a relayed body, synchronously, and may change what is passed on. Must be fast and never raise."""

    def feed(self, chunk: bytes) -> bytes:
        """Return what the caller receives in place of `chunk`; b"" holds it back."""
        ...

    def finish(self, error_code: str | None) -> bytes:
        """Return the last bytes for the caller. Called once; `error_code` None means that the upstream ended well."""
        ...


class Exchange(Protocol):
    """The caller's side of one request and its answer.

    When the caller leaves, the task that runs the pipeline is cancelled. After `start`, an error can
    only be shown inside the body or by `abort`.
    """

    head: RequestHead
    accepted_ns: int
    """Monotonic instant at which the head was complete."""
    bytes_sent: int
    """Body bytes handed to the socket so far."""
    has_started: bool
    """Whether any byte of the final answer was handed to the socket."""

    @property
    def bytes_received(self) -> int:
        """Body bytes of the request that came so far, while it is streamed."""
        ...

    def take_body(self, bytes_max: int) -> bytes | None:
        """Return the whole body if it has come; None: `read_body` waits for it. Raises as that."""
        ...

    async def read_body(self, bytes_max: int) -> bytes:
        """Read the whole body, sending `100 Continue` first when asked for.

        Raises request.body_too_large (before reading when the length is declared), request.timeout, or
        gateway.overloaded when the worker's buffer memory is used up.
        """
        ...

    def respond(self, status: int, headers: Headers, body: bytes, lines: bytes = b"") -> None:
        """Send a whole answer. Adds content-length and date; HEAD sends no body. Closes if the request was not read.

        `lines` are further header lines, each ended by CRLF, whose grammar the caller vouches for.
        """
        ...

    def start(self, status: int, headers: Headers, body_bytes: int | None, lines: bytes = b"") -> None:
        """Begin an answer of `body_bytes`, or chunked (close-delimited for HTTP/1.0) when None."""
        ...

    def write(self, chunk: bytes) -> None:
        """Append to the body of a started answer."""
        ...

    def finish(self) -> None:
        """End a started answer properly."""
        ...

    def abort(self) -> None:
        """Close the connection so that the caller sees the answer as incomplete. Does nothing after `finish`."""
        ...


class Destination(msgspec.Struct, gc=False, frozen=True):
    """An upstream, parsed and checked once when the snapshot is compiled. Connections are pooled by `pool_key`."""

    pool_key: str
    scheme: str
    host: str
    port: int
    base_path: str
    host_header: bytes
    allow_private: tuple[str, ...]
    ca_pem: str | None
    proxy_url: str | None
    timeouts: Timeouts


class Answer(Protocol):
    """An upstream's final response head, its body still to come. One of read, relay, tunnel or close ends it."""

    status: int
    headers: Headers
    """Hop-by-hop headers and those named by Connection are gone; content-length is kept."""
    facts: list[object]
    """Room for what is derived from the head alone. A head that comes again, byte for byte, may have the same list."""

    def take_whole(self, bytes_max: int) -> bytes | None:
        """Return the whole body if it is there already and not too large; None: it has to be read."""
        ...

    async def read(self, bytes_max: int) -> bytes:
        """Read the whole body. Raises upstream.truncated, upstream.timeout, upstream.protocol (also when too large)."""
        ...

    async def relay(self, exchange: Exchange, tap: Tap | None) -> str | None:
        """Pass the body to a started exchange as it arrives, with back-pressure.

        Returns None after a clean end, else the error code (upstream.truncated, upstream.timeout,
        upstream.protocol); either way `tap.finish` was called and its bytes were written. The caller of
        relay ends the exchange with finish() or abort().
        """
        ...

    async def tunnel(self, exchange: Exchange) -> tuple[int, int]:
        """After 101: answer the caller's handshake and copy bytes both ways until either side closes.

        Returns (bytes from caller, bytes from upstream).
        """
        ...

    def close(self) -> None:
        """Abandon the answer and its connection. Idempotent."""
        ...


class Begun(Answer, Protocol):
    """An answer whose head may still be on its way."""

    coming: Future[None]
    """Done when the head is there, or when there will be none: then `status` is 0, and `failure` says why.

    Whoever stops waiting for it closes the answer.
    """

    def failure(self) -> TollwayError:
        """Return why no head came: upstream.timeout, upstream.protocol or upstream.truncated."""
        ...


class Upstreams(Protocol):
    """Sends requests to upstreams over pooled HTTP/1.1 connections."""

    def begin(
        self, destination: Destination, target: bytes, lines: bytes, own_lines: bytes, body: bytes
    ) -> Begun | None:
        """POST a body at once over a connection that lies idle. None, and nothing was sent, when none does.

        The arguments are as of `send`, but `lines` are those that other calls to this destination have too, and
        `own_lines` those of this call alone. It is never repeated.
        """
        ...

    async def send(
        self,
        destination: Destination,
        *,
        method: str,
        target: bytes,
        headers: Headers,
        body: "bytes | Exchange",
        lines: bytes = b"",
    ) -> Answer:
        """Send one request and return when the final response head has arrived (1xx are skipped; 101 is final).

        `target` is the origin-form path and query, `headers` everything but Host and framing, which are
        written here; `lines` are further header lines, each ended by CRLF, whose grammar the caller vouches for. A
        body of bytes is sent with content-length; an Exchange streams its request body as it arrives, with
        back-pressure. Raises upstream.unreachable, upstream.forbidden_address, upstream.tls,
        upstream.timeout, upstream.protocol or upstream.truncated. Retries by itself only when a pooled
        connection turned out to be closed before any byte of an answer and the request is safe to repeat:
        nothing was written, or the method is idempotent and the body is bytes. Cancelling closes the connection.
        """
        ...

    def keep(self, destinations: Sequence[Destination]) -> None:
        """Forget pools of upstreams that are not in `destinations` any more."""
        ...


class PolicyView(Protocol):
    """One consistent look at the policy store. Valid until the next await; never kept."""

    revision: int
    """Of the snapshot at this instant; 0 when nothing was published yet."""
    commit: int
    """Grows with everything that is written to the store: two looks with the same see the same."""

    def find_token(self, token_id: str) -> bytes | None:
        """Return the stored bytes of a token record."""
        ...

    def find_application(self, application_id: str) -> bytes | None:
        """Return the stored bytes of an application record."""
        ...

    def snapshot(self) -> bytes | None:
        """Return the stored bytes of the snapshot."""
        ...


class PolicyStore(Protocol):
    """Read access to the policy store; no method blocks on another process."""

    def view(self) -> PolicyView:
        """Begin a look. Raises gateway.policy_unavailable."""
        ...


class Meters(Protocol):
    """Exact counters shared by all workers of a node. All or nothing over the claims of a call."""

    def admit(self, claims: Claims, want: Amounts, floor: Amounts) -> Hold | NoRoom:
        """Count one request, take one slot and a reservation from every claim, or nothing at all.

        What is limited must have at least `floor` of its unit left; what is reserved (the same in all of a unit) is
        `want` or the least that is left, whichever is less. Soft claims take part but never refuse, and leave what is
        granted as it is. Raises MetersBusy or gateway.meters_unavailable; nothing is taken then.
        """
        ...

    def settle(self, hold: Hold, used: Amounts) -> tuple[Charge, ...]:
        """Release the slots and turn reservations into what was used; returns what was charged.

        Idempotent by `hold.is_open`. What goes beyond the grant is charged whole. Never raises: what cannot be written
        is left to reclamation, which charges the reservation.
        """
        ...


class Journal(Protocol):
    """This process's append-only record of calls."""

    def append(self, record: OpenRecord | CloseRecord | TallyRecord) -> None:
        """Write the record so that it survives the death of this process. Raises gateway.journal_unavailable."""
        ...


class SecretBox(Protocol):
    """Opens sealed provider keys in memory."""

    def open(self, sealed: bytes, aad: bytes) -> bytes:
        """Return the clear bytes. Raises upstream.no_credential when they were not sealed with this key and `aad`."""
        ...


class TokenHasher(Protocol):
    """Computes the keyed hash of a presented token."""

    def mac(self, token: bytes, pepper_version: int) -> bytes | None:
        """Return HMAC-SHA-256 of the whole token under the pepper, or None when there is no such pepper."""
        ...
