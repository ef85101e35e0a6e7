"""Checks of settings that go together, or that look at the files they name.

Each check yields (key, message); the loader adds the place where the key was set. Reads file metadata
only: certificates are loaded where they are used.
"""

import ipaddress
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from tollway.settings.address import parse_address
from tollway.settings.model import Settings

Finding = tuple[str, str]

_ORIGIN = re.compile(r"https?://(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?", re.ASCII)
_PUBLIC_URL = re.compile(_ORIGIN.pattern + r"(?:/[!-~]*)?", re.ASCII)
_ROLE = re.compile(r"\*|[a-z_]{1,32}|role_[0-9A-Za-z]{1,32}", re.ASCII)
_REPORT_KEY = re.compile(r"[A-Za-z0-9._-]+:[^=\s]+=.+", re.ASCII)
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?", re.ASCII)


def find_faults(settings: Settings) -> Iterator[Finding]:
    """Yield every contradiction."""
    yield from _addresses(settings)
    yield from _tls("gateway", settings.gateway.tls_certificate, settings.gateway.tls_key)
    yield from _tls("console", settings.console.tls_certificate, settings.console.tls_key)
    yield from _lists(settings)
    yield from _urls(settings)
    yield from _pairs(settings)
    if settings.data.exists() and not settings.data.is_dir():
        yield "data", f"is not a directory: {settings.data}"


def _addresses(settings: Settings) -> Iterator[Finding]:
    parsed = {}
    for key, text in (("gateway.listen", settings.gateway.listen), ("console.listen", settings.console.listen)):
        try:
            parsed[key] = parse_address(text)
        except ValueError as error:
            yield key, str(error)
    if len(parsed) == 2 and parsed["gateway.listen"] == parsed["console.listen"] and parsed["gateway.listen"].port:
        yield "console.listen", "is the same as gateway.listen; the two ports are two origins on purpose"


def _tls(section: str, certificate: Path | None, key: Path | None) -> Iterator[Finding]:
    if (certificate is None) != (key is None):
        given, missing = ("tls_key", "tls_certificate") if certificate is None else ("tls_certificate", "tls_key")
        yield f"{section}.{given}", f"needs {section}.{missing} too"
    if certificate is not None:
        yield from _readable(f"{section}.tls_certificate", certificate)
    if key is not None:
        yield from _readable(f"{section}.tls_key", key)
        yield from _private(f"{section}.tls_key", key)


def _readable(key: str, path: Path) -> Iterator[Finding]:
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        yield key, f"cannot be read: {path} ({error.strerror})"


def _private(key: str, path: Path) -> Iterator[Finding]:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return  # Reported by _readable.
    if mode & 0o077:
        yield key, f"can be read or written by others (mode {mode:04o}): chmod 600 {path}"


def _lists(settings: Settings) -> Iterator[Finding]:
    for port, blocks in (
        ("gateway", settings.gateway.trusted_proxies),
        ("console", settings.console.trusted_proxies),
    ):
        for block in blocks:
            try:
                ipaddress.ip_network(block)
            except ValueError as error:
                yield f"{port}.trusted_proxies", f"not a CIDR block: {error}"
    for origin in settings.gateway.cors_origins:
        if origin != "*" and not _ORIGIN.fullmatch(origin):
            yield "gateway.cors_origins", f"not an origin: {origin!r} (write https://app.example.com or *)"
    for role in settings.console.second_factor_roles:
        if not _ROLE.fullmatch(role):
            yield "console.second_factor_roles", f"not a role's id: {role!r} (`tollway role list` shows them; * is all)"
    for host in settings.console.hosts:
        if not _HOST.fullmatch(host):
            yield "console.hosts", f"not a host name: {host!r}"


def _urls(settings: Settings) -> Iterator[Finding]:
    public = (
        ("gateway.public_url", settings.gateway.public_url),
        ("gateway.docs_url", settings.gateway.docs_url),
        ("console.public_url", settings.console.public_url),
    )
    for key, url in public:
        if url and not _PUBLIC_URL.fullmatch(url):
            yield key, f"not an http or https URL: {url!r}"
    keys_url = settings.console.leak_report_keys_url
    if keys_url and not keys_url.startswith("https://"):
        yield "console.leak_report_keys_url", f"not an https URL: {keys_url!r}"
    for entry in settings.console.leak_report_keys:
        if not _REPORT_KEY.fullmatch(entry):
            yield "console.leak_report_keys", f"not `name:key identifier=PEM file`: {entry!r}"
    url = settings.database.url
    if url and not url.startswith(("postgresql://", "postgres://")):
        # The value may hold a password, so it is not repeated.
        yield "database.url", "must start with postgresql://, or be empty for SQLite"


def _pairs(settings: Settings) -> Iterator[Finding]:
    limits, console, timeouts = settings.limits, settings.console, settings.timeouts
    ordered: tuple[tuple[str, float, str, float], ...] = (
        (
            "limits.request_line_bytes_max",
            limits.request_line_bytes_max,
            "limits.head_bytes_max",
            limits.head_bytes_max,
        ),
        ("limits.body_bytes_max", limits.body_bytes_max, "limits.buffers_bytes_max", limits.buffers_bytes_max),
        ("limits.answer_bytes_max", limits.answer_bytes_max, "limits.buffers_bytes_max", limits.buffers_bytes_max),
        (
            "console.session_idle_seconds",
            console.session_idle_seconds,
            "console.session_absolute_seconds",
            console.session_absolute_seconds,
        ),
        (
            "timeouts.upstream_connect_seconds",
            timeouts.upstream_connect_seconds,
            "timeouts.upstream_total_seconds",
            timeouts.upstream_total_seconds,
        ),
    )
    for key, value, bound_key, bound in ordered:
        if value > bound:
            yield key, f"is {value:g}, more than {bound_key}, which is {bound:g}"
