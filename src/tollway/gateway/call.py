"""What is known about one call so far; becomes its CloseRecord.

Stages fill in what they learn. Nothing here decides anything, and nothing reads it back to decide.
"""

import msgspec

from tollway.contract.records import Attempt, Charge, CloseRecord, Outcome
from tollway.contract.usage import NOTHING, Usage
from tollway.gateway.ports import Hold


class Call(msgspec.Struct, gc=False):
    """One call's facts. Instants ending in `_at` are monotonic nanoseconds, 0 while not reached."""

    request_id: str
    started_ns: int
    accepted_at: int
    method: str
    route: str = ""
    operation: str = "http"
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
    hold: Hold | None = None
    answer_headers: tuple[tuple[bytes, bytes], ...] = ()
    """Headers that every answer of this call carries (CORS)."""
    authenticated_at: int = 0
    body_at: int = 0
    body_wait_ns: int = 0
    resolved_at: int = 0
    admitted_at: int = 0
    answered_at: int = 0
    first_byte_at: int = 0
    upstream_wait_ns: int = 0
    relay_ns: int = 0

    def close(self, ended_at: int) -> CloseRecord:
        """Return the record of the call, which ended at the monotonic instant `ended_at`."""
        start = self.accepted_at
        duration = ended_at - start
        upstream = self.upstream_wait_ns + self.relay_ns
        return CloseRecord(
            request_id=self.request_id,
            started_ns=self.started_ns,
            duration_us=duration // 1000,
            method=self.method,
            route=self.route,
            operation=self.operation,
            status=self.status,
            outcome=self.outcome,
            code=self.code,
            token_id=self.token_id,
            application_id=self.application_id,
            team_id=self.team_id,
            environment=self.environment,
            service_id=self.service_id,
            model=self.model,
            provider_id=self.provider_id,
            upstream_model=self.upstream_model,
            is_stream=self.is_stream,
            was_opened=self.was_opened,
            first_byte_us=(self.first_byte_at - start) // 1000 if self.first_byte_at else 0,
            upstream_us=upstream // 1000,
            overhead_us=max(0, duration - upstream - self.body_wait_ns) // 1000,
            stages_us=self.stages_us(ended_at),
            request_bytes=self.request_bytes,
            response_bytes=self.response_bytes,
            usage=self.usage,
            cost_nanos=self.cost_nanos,
            price_source=self.price_source,
            charges=self.charges,
            attempts=self.attempts,
            client_address=self.client_address,
            client_agent=self.client_agent,
            trace_id=self.trace_id,
        )

    def stages_us(self, ended_at: int) -> tuple[int, int, int, int, int, int]:
        """Return the time spent in accept+authenticate, body, resolve, admit, dispatch and respond, in microseconds."""
        marks = (self.authenticated_at, self.body_at, self.resolved_at, self.admitted_at, self.answered_at, ended_at)
        last = self.accepted_at
        spans = []
        for mark in marks:
            spans.append((mark - last) // 1000 if mark else 0)
            last = mark or last
        return tuple(spans)  # type: ignore[return-value]  # six marks, six spans


STAGES: tuple[str, ...] = ("authenticate", "body", "resolve", "admit", "upstream", "respond")
"""Names of `stages_us`, in order."""
