"""What is known about one call so far; becomes its CloseRecord.

Stages fill in what they learn. Nothing here decides anything, and nothing reads it back to decide.
"""

import msgspec
from msgspec.structs import astuple

from tollway.contract.records import Attempt, Charge, CloseRecord, OpenRecord, Outcome
from tollway.contract.usage import NOTHING, Usage
from tollway.formats.dialect import Dialect
from tollway.formats.dialects import CHAT
from tollway.gateway.room import Hold
from tollway.kernel.structs import filled_in

NO_WAY = ("", "", "")
RECORD_FIELDS = len(CloseRecord.__struct_fields__)


@filled_in
class Call(msgspec.Struct, gc=False):
    """One call's facts. Instants ending in `_at` are monotonic nanoseconds, 0 while not reached.

    The first fields are those of CloseRecord, in its order, so that the record is made of them at once; its test
    compares them. Durations among them are known when the call is closed.
    """

    request_id: str
    started_ns: int
    duration_us: int = 0
    status: int = 0
    outcome: Outcome = "refused"
    operation: str = "http"
    token_id: str = ""
    application_id: str = ""
    team_id: str = ""
    environment: str = "live"
    service_id: str = ""
    model: str = ""
    provider_id: str = ""
    upstream_model: str = ""
    first_byte_us: int = 0
    overhead_us: int = 0
    usage: Usage = NOTHING
    cost_nanos: int | None = 0
    charges: tuple[Charge, ...] = ()
    client_address: str = ""
    client_agent: str = ""
    method: str = ""
    route: str = ""
    code: str = ""
    is_stream: bool = False
    was_opened: bool = False
    upstream_us: int = 0
    told_us: tuple[int, ...] = ()
    """In the place of `stages_us`: what the caller was told of them, which is all but the last; () before it was told,
    and all of them once the call is closed.
    """
    request_bytes: int = 0
    response_bytes: int = 0
    price_source: str = ""
    attempts: tuple[Attempt, ...] = ()
    trace_id: str = ""
    rule: str = ""
    """Of its rights: which refused it, or would have."""
    old_secret: str = ""
    accepted_at: int = 0
    dialect: Dialect = CHAT
    """In which errors are told."""
    traceparent: bytes = b""
    hold: Hold | None = None
    attempt_hold: Hold | None = None
    """Of the attempt under way, at a provider that has limits."""
    spends_hold: bool = False
    """Whether all that was reserved counts as used, since nobody will say what was."""
    limit_lines: bytes = b""
    """Header lines about limits, which every answer of this call carries."""
    notes: tuple[str, ...] = ()
    """What an answer, or its request, could not say as it was meant; for its header."""
    answer_headers: tuple[tuple[bytes, bytes], ...] = ()
    """Headers that every answer of this call carries (CORS, and when a token expires)."""
    authenticated_at: int = 0
    body_at: int = 0
    body_wait_ns: int = 0
    resolved_at: int = 0
    admitted_at: int = 0
    answered_at: int = 0
    first_byte_at: int = 0
    upstream_wait_ns: int = 0
    relay_ns: int = 0

    def open(
        self,
        estimate_nanos: int | None,
        *,
        provider_id: str = "",
        upstream_model: str = "",
        estimate: Usage = NOTHING,
    ) -> OpenRecord:
        """Return the record of what is about to be sent; `estimate_nanos` None: nobody knows what it costs."""
        return OpenRecord(
            self.request_id,
            self.started_ns,
            self.method,
            self.route,
            self.operation,
            self.token_id,
            self.application_id,
            self.team_id,
            self.environment,
            self.service_id,
            self.model,
            provider_id,
            upstream_model,
            () if self.hold is None else self.hold.charges,
            estimate,
            estimate_nanos,
            self.trace_id,
        )

    def note_attempt(
        self, started_at: int, status: int, code: str, upstream_id: str = "", *, way: tuple[str, str, str] = NO_WAY
    ) -> None:
        """Note one try, which lasted from `started_at` to `answered_at`; `way` is its provider, model and key."""
        took = self.answered_at - started_at
        self.upstream_wait_ns += took
        began_us = (started_at - self.accepted_at) // 1000
        provider, model, key = way
        self.attempts += (Attempt(provider, model, key, began_us, took // 1000, status, code, upstream_id),)

    def close(self, ended_at: int) -> CloseRecord:
        """Return the record of the call, which ended at the monotonic instant `ended_at`. To be asked for once."""
        start = self.accepted_at
        duration = ended_at - start
        upstream = self.upstream_wait_ns + self.relay_ns
        self.duration_us = duration // 1000
        self.upstream_us = upstream // 1000
        own = duration - upstream - self.body_wait_ns
        self.overhead_us = own // 1000 if own > 0 else 0
        first = self.first_byte_at
        if first:
            self.first_byte_us = (first - start) // 1000
        told = self.told_us or self.stages_told_us()
        answered = self.answered_at or self.admitted_at or self.resolved_at or self.body_at or self.authenticated_at
        self.told_us = (*told, (ended_at - (answered or start)) // 1000)
        return CloseRecord(*astuple(self)[:RECORD_FIELDS])

    def stages_told_us(self) -> tuple[int, int, int, int, int]:
        """Return the time spent in accept+authenticate, body, resolve, admit and dispatch, in microseconds: all of
        contract.records.STAGES but the last.

        A stage that was not reached took no time; the time of the one that ended the call is in the last.
        """
        one = self.authenticated_at or self.accepted_at
        two = self.body_at or one
        three = self.resolved_at or two
        four = self.admitted_at or three
        five = self.answered_at or four
        return (
            (one - self.accepted_at) // 1000,
            (two - one) // 1000,
            (three - two) // 1000,
            (four - three) // 1000,
            (five - four) // 1000,
        )
