"""Settings that let others read or reach more than they should."""

from collections.abc import Iterator
from pathlib import Path

from tollway.runtime.checkup.finding import Finding, Severity
from tollway.settings.address import parse_address
from tollway.settings.model import Settings


def check_exposure(settings: Settings) -> Iterator[Finding]:
    """Look at what the two ports offer to whom."""
    yield _port("gateway", settings.gateway.listen, settings.gateway.tls_certificate, settings.gateway.public_url)
    yield _port("console", settings.console.listen, settings.console.tls_certificate, settings.console.public_url)
    if "*" in settings.gateway.cors_origins:
        yield Finding(
            "browsers",
            "warning",
            "any web page may call the gateway with a token it has",
            "name the origins in `gateway.cors_origins`",
        )
    if not settings.gateway.record_addresses and not settings.gateway.hash_addresses:
        yield Finding(
            "detectors",
            "warning",
            "callers' addresses are not recorded: misuse from other networks, and who guesses tokens, is not noticed",
            "set `gateway.hash_addresses`, which keeps keyed hashes in their place",
        )
    for port, blocks in (
        ("gateway", settings.gateway.trusted_proxies),
        ("console", settings.console.trusted_proxies),
    ):
        if any(block.endswith("/0") for block in blocks):
            yield Finding(
                "trusted proxies",
                "high",
                f"everybody may claim any address before the {port} with a header",
                f"name your proxies' addresses in `{port}.trusted_proxies`",
            )


def _port(name: str, listen: str, certificate: Path | None, public_url: str) -> Finding:
    check = f"{name} port"
    if certificate is not None:
        return Finding(check, "ok", f"{listen} speaks TLS")
    if parse_address(listen).is_loopback:
        return Finding(check, "ok", f"{listen} is reached from this machine only")
    fix = f"set `{name}.tls_certificate` and `{name}.tls_key`, or listen on 127.0.0.1 behind a proxy with TLS"
    if public_url.startswith("https://"):
        return Finding(
            check, "info", f"{listen} is reached from the network without TLS; {public_url} suggests a proxy", fix
        )
    # Whoever reads the console's traffic takes over the installation; on the gateway port it is single tokens.
    severity: Severity = "high" if name == "console" else "warning"
    return Finding(check, severity, f"{listen} is reached from the network without TLS", fix)
