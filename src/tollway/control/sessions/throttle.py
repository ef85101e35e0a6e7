"""How often a sign-in may be tried: five failures per account and source, twenty per source, a thousand in all; and
twenty codes an hour for one person from anywhere, since six digits could be guessed from many places at once.

Attempts are counted before the password is looked at and given back after a success, so that any
number of parallel wrong sign-ins evaluates at most the limit (reliability.md A5).
"""

import hashlib
import ipaddress
from dataclasses import dataclass

from tollway.kernel.clock import NANOS_PER_SECOND


@dataclass(frozen=True, slots=True)
class Bucket:
    """A counter: at most `limit` attempts in a window that starts with the first. `key` says nothing about whom."""

    key: bytes
    limit: int
    window_ns: int


def account_bucket(name_key: str, source: str) -> Bucket:
    """Attempts on one account from one source."""
    return _bucket("account", name_key, _network(source), limit=5, seconds=900)


def source_bucket(source: str) -> Bucket:
    """Attempts from one source on any account."""
    return _bucket("source", _network(source), limit=20, seconds=300)


def global_bucket() -> Bucket:
    """Attempts in all."""
    return _bucket("global", limit=1_000, seconds=300)


def code_bucket(user_id: str) -> Bucket:
    """Attempts on one person's codes from anywhere: a chance of 1 in 700 a day for who has the password."""
    return _bucket("code", user_id, limit=20, seconds=3_600)


def challenge_bucket(source: str) -> Bucket:
    """Challenges for passkeys that one source asked for without being known: each is a row for some minutes."""
    return _bucket("challenge", _network(source), limit=60, seconds=300)


def _bucket(*parts: str, limit: int, seconds: int) -> Bucket:
    """Name the counter by a hash: what people type as a name is sometimes their password."""
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        digest.update(len(raw).to_bytes(4, "big") + raw)
    return Bucket(key=digest.digest(), limit=limit, window_ns=seconds * NANOS_PER_SECOND)


def _network(source: str) -> str:
    """Return what one party commonly controls: an IPv4 address, or the /64 around an IPv6 address."""
    try:
        address = ipaddress.ip_address(source)
    except ValueError:
        return source
    if address.version == 6:
        mapped = address.ipv4_mapped
        if mapped is not None:
            return str(mapped)
        return str(ipaddress.ip_network((address.packed, 64), strict=False))
    return str(address)
