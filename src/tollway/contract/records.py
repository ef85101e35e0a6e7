"""Call records: what workers append to their journals and the ledger ingests exactly once.

A call that reaches an upstream has one OpenRecord, written before the first dispatch, and one
CloseRecord. A call refused before dispatch by a known token has a CloseRecord alone. Refusals
without a known token are not worth a record each: they are counted in a TallyRecord per second.
"""

from typing import Literal

import msgspec

from tollway.contract.usage import NOTHING, Usage

VERSION = 1

STAGES: tuple[str, ...] = ("authenticate", "body", "resolve", "admit", "upstream", "respond")
"""Names of `CloseRecord.stages_us`, in order."""

Outcome = Literal["ok", "refused", "failed", "truncated", "disconnected", "crashed"]
"""ok: the upstream's answer was relayed whole, whatever its status. refused: by us, before dispatch.
failed: no answer could be given. truncated: the upstream cut its answer. disconnected: the caller left.
crashed: the process died in between (written by the ledger, never by a worker)."""


class Charge(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """`nanos` held (open) or settled (close) against one budget in the period that starts at `period_start_ns`."""

    owner_id: str
    budget_id: str
    period_start_ns: int
    nanos: int


class Attempt(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One try at one candidate. `status` 0 means that no answer came; `code` says why it did not end the call."""

    provider_id: str
    upstream_model: str
    key_id: str
    started_us: int
    """Microseconds after the call was accepted."""
    duration_us: int
    status: int
    code: str
    upstream_request_id: str = ""


class OpenRecord(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="o"):
    """A call is about to be sent. All a crashed call can be closed with."""

    request_id: str
    started_ns: int
    method: str
    route: str
    operation: str
    token_id: str = ""
    application_id: str = ""
    team_id: str = ""
    environment: str = "live"
    service_id: str = ""
    model: str = ""
    provider_id: str = ""
    upstream_model: str = ""
    charges: tuple[Charge, ...] = ()
    estimate: Usage = NOTHING
    estimate_nanos: int | None = None
    """None: unpriced."""
    trace_id: str = ""


class CloseRecord(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="c"):
    """A call has ended; complete in itself.

    Instants are Unix nanoseconds, durations microseconds. `cost_nanos` None means unpriced, which is not zero.
    `overhead_us` is the total less the time spent waiting for upstream and caller. The fields that the ledger sums
    come first, so that it can leave the rest undecoded.
    """

    request_id: str
    started_ns: int
    duration_us: int
    status: int
    outcome: Outcome
    operation: str
    """`chat`, `embeddings`, `models`, `http`, `websocket`."""
    token_id: str = ""
    application_id: str = ""
    team_id: str = ""
    environment: str = "live"
    service_id: str = ""
    model: str = ""
    provider_id: str = ""
    upstream_model: str = ""
    first_byte_us: int = 0
    """From acceptance to the first byte of the answer; 0 when there was none."""
    overhead_us: int = 0
    usage: Usage = NOTHING
    cost_nanos: int | None = 0
    charges: tuple[Charge, ...] = ()
    client_address: str = ""
    client_agent: str = ""
    method: str = ""
    route: str = ""
    """The service's name or the dialect's path template; never the caller's raw path."""
    code: str = ""
    is_stream: bool = False
    was_opened: bool = False
    upstream_us: int = 0
    stages_us: tuple[int, ...] = ()
    """Microseconds spent in each of STAGES."""
    request_bytes: int = 0
    response_bytes: int = 0
    price_source: str = ""
    attempts: tuple[Attempt, ...] = ()
    trace_id: str = ""
    rule: str = ""
    """The rule of its rights that refused the call or, after `watched: `, that would have."""
    old_secret: str = ""
    """The generation of the secret that was presented, in decimal, if its token had a newer one; the ledger tells
    from the record's last byte that there is none."""


RefusedKind = Literal["malformed", "unknown", "wrong_secret"]
"""malformed: not the form of a token, or its checksum is wrong. unknown: no token has the id. wrong_secret: one has,
and this is not its secret."""


class Refused(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What one address presented without holding a token that is known. `token_id` "" when it has none.

    `marks` tell different credentials apart, at most 16 of them, and tell nothing of one.
    """

    address: str
    kind: RefusedKind
    token_id: str
    calls: int
    marks: tuple[int, ...] = ()
    agent: str = ""


class TallyRecord(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="t"):
    """How many calls were refused without a known token in one second, by code.

    `refused` says where those came from that presented something, as far as there is room: it is no complete count.
    """

    second: int
    counts: dict[str, int]
    refused: tuple[Refused, ...] = ()


Record = OpenRecord | CloseRecord | TallyRecord

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Record] = msgspec.msgpack.Decoder(Record)
encode = _encoder.encode


def decode(raw: bytes | memoryview) -> Record:
    """Read one record. Raises ValueError when the bytes are damaged."""
    return _decoder.decode(raw)
