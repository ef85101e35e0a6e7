"""Checks of how an upstream is reached. Pure: names are resolved, and addresses judged, when workers connect."""

import ipaddress
import re
from dataclasses import replace
from urllib.parse import SplitResult, urlsplit

from msgspec import UNSET

from tollway.contract.policy import Timeouts
from tollway.control.faults import Faults
from tollway.control.upstreams.model import Connection, ConnectionChange

URL_CHARACTERS_MAX = 2_000
ENTRIES_MAX = 50
SECONDS_MAX = 86_400.0
_DEFAULT_PORTS = {"http": 80, "https": 443}
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}", re.ASCII)
_VALUE = re.compile(r"[\x20-\x7e\x80-\xff]{0,4000}")
_FRAMING = frozenset(
    {"connection", "content-length", "expect", "host", "keep-alive", "proxy-connection", "te", "trailer"}
    | {"transfer-encoding", "upgrade"}
)
_CREDENTIALS = re.compile(r"authorization|cookie|(^|[-_])(api[-_]?key|key|token|secret|password)$")


def change_connection(connection: Connection, change: ConnectionChange, faults: Faults) -> Connection:
    """Return the connection with what is given; faults are added below "" for each field that cannot be."""
    fields = {
        name: value
        for name in ("base_url", "allow_private", "ca_file", "proxy_url", "timeouts", "headers")
        if (value := getattr(change, name)) is not UNSET
    }
    changed = replace(connection, **fields)
    found = Faults()
    check_connection(changed, found)
    faults.extend("", found.found)
    if found.found:
        return changed
    return replace(
        changed,
        base_url=changed.base_url.rstrip("/"),
        headers=tuple((name.lower(), value) for name, value in changed.headers),
    )


def check_connection(connection: Connection, faults: Faults) -> None:
    """Add every fault of a connection."""
    _check_url("/base_url", connection.base_url, faults)
    if connection.proxy_url is not None:
        _check_url("/proxy_url", connection.proxy_url, faults)
    if connection.ca_file is not None and not 1 <= len(connection.ca_file) <= URL_CHARACTERS_MAX:
        faults.add("/ca_file", "name a PEM file")
    for index, block in enumerate(connection.allow_private):
        if not _is_block(block):
            faults.add(f"/allow_private/{index}", "use CIDR blocks such as 10.0.0.0/8 or fd00::/8, or `*`")
    if len(connection.allow_private) > ENTRIES_MAX:
        faults.add("/allow_private", f"at most {ENTRIES_MAX} entries")
    _check_timeouts(connection.timeouts, faults)
    _check_headers(connection.headers, faults)


def origin(base_url: str) -> tuple[str, str, int]:
    """Return scheme, host and port: what a stored credential is bound to. The URL must have been checked."""
    parts = urlsplit(base_url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or _DEFAULT_PORTS[parts.scheme]


def _check_url(path: str, url: str, faults: Faults) -> None:
    if (
        len(url) > URL_CHARACTERS_MAX
        or not url.isascii()
        or any(character <= " " or character in '\\"<>' for character in url)
    ):
        faults.add(path, "use an http or https URL of ASCII characters without blanks")
        return
    try:
        parts = urlsplit(url)
        is_whole = bool(parts.hostname) and parts.scheme in _DEFAULT_PORTS and parts.port != 0
    except ValueError:
        is_whole = False
        parts = SplitResult("", "", "", "", "")
    if not is_whole:
        faults.add(path, "use an http or https URL with a host")
    elif parts.username is not None or parts.password is not None:
        faults.add(path, "put no user name or password into the URL")
    elif "?" in url or "#" in url:
        faults.add(path, "use a URL without query and fragment")


def _is_block(block: str) -> bool:
    if block == "*":
        return True
    try:
        ipaddress.ip_network(block)
    except ValueError:
        return False
    return True


def _check_timeouts(timeouts: Timeouts, faults: Faults) -> None:
    for name in Timeouts.__struct_fields__:
        value = getattr(timeouts, name)
        if not 0 < value <= SECONDS_MAX:
            faults.add(f"/timeouts/{name}", f"use seconds above 0, at most {SECONDS_MAX:.0f}")


def _check_headers(headers: tuple[tuple[str, str], ...], faults: Faults) -> None:
    if len(headers) > ENTRIES_MAX:
        faults.add("/headers", f"at most {ENTRIES_MAX} entries")
    for name, value in headers:
        path = f"/headers/{name}"
        if not _TOKEN.fullmatch(name):
            faults.add("/headers", f"{name!r} is not a header name")
        elif name.lower() in _FRAMING:
            faults.add(path, "this header is the gateway's own")
        elif _CREDENTIALS.search(name.lower()):
            # Headers are kept in clear; a credential has its own, sealed place.
            faults.add(path, "enter credentials as `credential`, where they are sealed")
        elif not _VALUE.fullmatch(value) or value != value.strip():
            faults.add(path, "a value has at most 4000 printable characters")
