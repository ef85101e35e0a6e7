"""The settings, typed and frozen, with units in their names.

Static settings need a restart; `hot` ones are taken up by SIGHUP, which starts every process but the supervisor anew
with them. Sources in rising order: defaults,
`tollway.toml`, `TOLLWAY_<SECTION>_<NAME>`, command-line flags. `load.py` reports all faults together.
`docs/configuration.md` lists each of these fields, checked by a test.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar

T = TypeVar("T")


def _setting(default: T, help: str, *, hot: bool = False) -> T:
    return field(default=default, metadata={"help": help, "hot": hot})


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """The gateway port and its workers."""

    listen: str = _setting("127.0.0.1:8080", "address and port of the gateway")
    workers: int = _setting(os.cpu_count() or 1, "worker processes; defaults to the number of cores")
    tls_certificate: Path | None = _setting(None, "PEM file; with tls_key, the gateway speaks TLS", hot=True)
    tls_key: Path | None = _setting(None, "PEM file, readable by its owner only", hot=True)
    trusted_proxies: tuple[str, ...] = _setting((), "CIDR blocks whose Forwarded headers are believed", hot=True)
    record_addresses: bool = _setting(
        True, "keep callers' addresses in call records and last uses; rights are judged by them either way", hot=True
    )
    hash_addresses: bool = _setting(
        False,
        "without record_addresses, keep keyed hashes of addresses in their place, by which misuse is noticed",
        hot=True,
    )
    cors_origins: tuple[str, ...] = _setting((), "origins browsers may call from; `*` for any", hot=True)
    public_url: str = _setting("", "URL callers use; printed and shown in snippets; default from listen")
    docs_url: str = _setting(
        "",
        "page that explains codes of errors, in the Link header of each; default is the console's own",
        hot=True,
    )
    sandbox: bool = _setting(True, "offer the built-in sandbox provider", hot=True)


@dataclass(frozen=True, slots=True)
class ConsoleSettings:
    """The console port."""

    listen: str = _setting("127.0.0.1:8081", "address and port of the console")
    tls_certificate: Path | None = _setting(None, "PEM file; with tls_key, the console speaks TLS")
    tls_key: Path | None = _setting(None, "PEM file, readable by its owner only")
    hosts: tuple[str, ...] = _setting(
        (), "further names the console answers to, beside its address and localhost", hot=True
    )
    trusted_proxies: tuple[str, ...] = _setting(
        (), "CIDR blocks whose X-Forwarded-For is believed: sign-ins are slowed and acts recorded by that address"
    )
    public_url: str = _setting("", "URL people use; default from listen")
    leak_report_keys: tuple[str, ...] = _setting(
        (), "who signs reports of leaked tokens, each `name:key identifier=PEM file` of a P-256 public key", hot=True
    )
    leak_report_keys_url: str = _setting(
        "", "https address of a list of such keys, fetched when a report names one that is not known", hot=True
    )
    session_idle_seconds: int = _setting(1_800, "a session ends after this long without use", hot=True)
    session_absolute_seconds: int = _setting(43_200, "a session ends after this long in any case", hot=True)
    setup_link_seconds: int = _setting(900, "how long the one-time set-up link works")
    step_up_seconds: int = _setting(600, "how long a proof of who one is opens sensitive acts", hot=True)
    second_factor_roles: tuple[str, ...] = _setting(
        (), "ids of roles whose people need a second factor, `*` for all; without one they may only add one", hot=True
    )


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """Bounds that protect the gateway itself."""

    head_bytes_max: int = _setting(65_536, "request line and headers together")
    request_line_bytes_max: int = _setting(8_192, "the request line")
    headers_max: int = _setting(100, "header lines of a request")
    body_bytes_max: int = _setting(16_777_216, "a request body on AI routes, which are buffered", hot=True)
    answer_bytes_max: int = _setting(67_108_864, "a buffered (not streamed) answer of an AI upstream", hot=True)
    buffers_bytes_max: int = _setting(536_870_912, "all buffered bodies of one worker together")
    connections_max: int = _setting(20_000, "open connections of one worker")
    pipelined_max: int = _setting(16, "requests read ahead on one connection")


@dataclass(frozen=True, slots=True)
class TimeoutSettings:
    """Deadlines, absolute from the event named."""

    head_seconds: float = _setting(10.0, "for a request head, from its first byte (or the connection's start)")
    body_seconds: float = _setting(60.0, "for a request body on AI routes, from its head")
    idle_seconds: float = _setting(75.0, "between requests on a kept connection; and for any stalled read or write")
    drain_seconds: float = _setting(30.0, "for calls in flight when the gateway stops")
    meters_seconds: float = _setting(5.0, "for the counters of a call's limits while another process holds them")
    upstream_connect_seconds: float = _setting(5.0, "to connect to an upstream, TLS included", hot=True)
    upstream_first_byte_seconds: float = _setting(120.0, "to an upstream's response head", hot=True)
    upstream_idle_seconds: float = _setting(60.0, "between bytes of an upstream's answer", hot=True)
    upstream_total_seconds: float = _setting(3_600.0, "for a whole call to an upstream", hot=True)


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """Where management data and usage are kept."""

    url: str = _setting("", "postgresql://… for both databases; empty for SQLite files in the data directory")


@dataclass(frozen=True, slots=True)
class BudgetSettings:
    """What budgets do with calls that do not bound their output."""

    unbounded_output: Literal["cap", "refuse", "estimate"] = _setting(
        "cap", "set the output cap that the remainder buys, refuse the call, or reserve an estimate", hot=True
    )
    unbounded_output_tokens_max: int = _setting(16_384, "the most that is reserved or set as cap by default", hot=True)


@dataclass(frozen=True, slots=True)
class RetentionSettings:
    """How long usage is kept. Budgets and daily sums are never shortened by it."""

    calls_days: int = _setting(30, "single calls", hot=True)
    minutes_days: int = _setting(14, "sums by minute", hot=True)
    hours_days: int = _setting(400, "sums by hour, and what budgets spent by period (that at least 62)", hot=True)
    audit_days: int = _setting(0, "entries of the audit log; 0 keeps all", hot=True)


@dataclass(frozen=True, slots=True)
class LogSettings:
    """Logging to standard error, one JSON object a line."""

    level: Literal["debug", "info", "warning", "error"] = _setting("info", "the least that is written", hot=True)


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one installation."""

    data: Path = field(default=Path("data"), metadata={"help": "the data directory", "hot": False})
    gateway: GatewaySettings = field(default_factory=GatewaySettings)
    console: ConsoleSettings = field(default_factory=ConsoleSettings)
    limits: LimitSettings = field(default_factory=LimitSettings)
    timeouts: TimeoutSettings = field(default_factory=TimeoutSettings)
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    budgets: BudgetSettings = field(default_factory=BudgetSettings)
    retention: RetentionSettings = field(default_factory=RetentionSettings)
    log: LogSettings = field(default_factory=LogSettings)
