"""What is known about one call so far; becomes its CloseRecord.

Stages fill in what they learn. Nothing here decides anything, and nothing reads it back to decide.
"""

import msgspec

from tollway.contract.records import Attempt, Charge, CloseRecord, Outcome
from tollway.contract.usage import NOTHING, Usage
from tollway.formats.dialect import Dialect
from tollway.formats.dialects import CHAT
from tollway.gateway.room import Hold


class Call(msgspec.Struct, gc=False):
    """One call's facts. Instants ending in `_at` are monotonic nanoseconds, 0 while not reached."""

    request_id: str
    started_ns: int
    accepted_at: int
    method: str
    route: str = ""
    operation: str = "http"
    dialect: Dialect = CHAT
    """In which errors are told."""
    token_id: str = ""
    application_id: str = ""
    team_id: str = ""
    environment: str = "live"
    service_id: str = ""
    model: str = ""
    provider_id: str = ""
    upstream_model: str = ""
    is_stream: bool = False
    was_opened: bool = False
    status: int = 0
    outcome: Outcome = "refused"
    code: str = ""
    usage: Usage = NOTHING
    cost_nanos: int | None = 0
    price_source: str = ""
    charges: tuple[Charge, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    request_bytes: int = 0
    response_bytes: int = 0
    client_address: str = ""
    client_agent: str = ""
    trace_id: str = ""
    traceparent: bytes = b""
    hold: Hold | None = None
    attempt_hold: Hold | None = None
    """Of the attempt under way, at a provider that has limits."""
    spends_hold: bool = False
    """Whether all that was reserved counts as used, since nobody will say what was."""
    limit_lines: bytes = b""
    """Header lines about limits, which every answer of this call carries."""
    rule: str = ""
    """Of its rights: which refused it, or would have."""
    notes: tuple[str, ...] = ()
    """What an answer, or its request, could not say as it was meant; for its header."""
    answer_headers: tuple[tuple[bytes, bytes], ...] = ()
    """Headers that every answer of this call carries (CORS, and when a token expires)."""
    old_secret: str = ""
    authenticated_at: int = 0
    body_at: int = 0
    body_wait_ns: int = 0
    resolved_at: int = 0
    admitted_at: int = 0
    answered_at: int = 0
    first_byte_at: int = 0
    timed: tuple[int, int, int, int, int] | None = None
    """What the caller was told of `stages_us`, if it was: all but the last."""
    upstream_wait_ns: int = 0
    relay_ns: int = 0

    def close(self, ended_at: int) -> CloseRecord:
        """Return the record of the call, which ended at the monotonic instant `ended_at`."""
        start = self.accepted_at
        duration = ended_at - start
        upstream = self.upstream_wait_ns + self.relay_ns
        # By position: half the time of names, for a record that every call makes. Checked by its test.
        return CloseRecord(
            self.request_id,
            self.started_ns,
            duration // 1000,
            self.status,
            self.outcome,
            self.operation,
            self.token_id,
            self.application_id,
            self.team_id,
            self.environment,
            self.service_id,
            self.model,
            self.provider_id,
            self.upstream_model,
            (self.first_byte_at - start) // 1000 if self.first_byte_at else 0,
            max(0, duration - upstream - self.body_wait_ns) // 1000,
            self.usage,
            self.cost_nanos,
            self.charges,
            self.client_address,
            self.client_agent,
            self.method,
            self.route,
            self.code,
            self.is_stream,
            self.was_opened,
            upstream // 1000,
            self.stages_us(ended_at) if self.timed is None else (*self.timed, (ended_at - self.answered_at) // 1000),
            self.request_bytes,
            self.response_bytes,
            self.price_source,
            self.attempts,
            self.trace_id,
            self.rule,
            self.old_secret,
        )

    def stages_us(self, ended_at: int) -> tuple[int, int, int, int, int, int]:
        """Return the time spent in accept+authenticate, body, resolve, admit, dispatch and respond, in microseconds.

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
            (ended_at - five) // 1000,
        )
