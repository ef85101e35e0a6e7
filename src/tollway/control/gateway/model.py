"""Facts about the running gateway, and what its home page shows."""

from dataclasses import dataclass
from typing import Literal

from tollway.contract.policy import UnboundedOutput
from tollway.contract.resting import RestingKey

AttentionKind = Literal[
    "token_expiring",
    "rotation_failed",
    "budget_near_end",
    "unpriced_model",
    "insecure_setting",
    "ownerless_account",
    "provider_failing",
    "ledger_lag",
    "security_event",
]
Severity = Literal["info", "warning", "critical"]
StepId = Literal["provider", "token", "first_call"]


@dataclass(frozen=True, slots=True)
class Facts:
    """What does not change while the console runs. `sqlite_version` "" with PostgreSQL."""

    gateway_url: str
    console_url: str
    version: str
    sandbox: bool
    workers: int
    started_ns: int
    unbounded_output: UnboundedOutput
    database: Literal["sqlite", "postgresql"]
    sqlite_version: str = ""
    insecure: tuple[tuple[str, str], ...] = ()
    """Settings that weaken the installation: (setting, why), found at start."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of getting started."""

    id: StepId
    is_done: bool
    title: str
    detail: str


@dataclass(frozen=True, slots=True)
class Attention:
    """One thing a person should look at. `href` is a page of the dashboard."""

    kind: AttentionKind
    severity: Severity
    title: str
    detail: str
    href: str
    subject_id: str


@dataclass(frozen=True, slots=True)
class UpstreamNow:
    """What one upstream is doing: a provider (of calls in flight: the first they were sent to) or a service.

    The other id is "". `resting` are keys of the provider that failed and are tried last for a while.
    """

    provider_id: str
    service_id: str
    in_flight: int
    resting: tuple[RestingKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of the home page. Days and months are UTC; latencies are of the last hour."""

    status: Literal["ok", "degraded"]
    uptime_seconds: int
    requests_today: int
    requests_per_second: float
    errors_today: int
    spend_today_nanos: int
    spend_month_nanos: int
    tokens_in_today: int
    tokens_out_today: int
    p50_us: int
    p95_us: int
    overhead_p95_us: int
    active_tokens: int
    top_model: str | None
    last_request_ns: int | None
