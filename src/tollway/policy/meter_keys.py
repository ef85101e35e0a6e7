"""Names of meters: 16 bytes that everyone who counts the same thing computes alike.

A key contains what the count depends on and nothing that may be edited without starting to count anew: a
request limit's window is part of it (another window has other buckets), its height is not. A budget's period
is not either: its records bear the start of their period.
"""

from hashlib import blake2b

STRIPES = 65_536
"""Locks that owners are spread over: with 1,000 owners at work, 1.5 % of calls share theirs with another owner."""


def requests_key(owner_id: str, limit_id: str, window_seconds: int) -> bytes:
    """Name the counter of a request limit."""
    return _key("requests", owner_id, limit_id, str(window_seconds))


def concurrency_key(owner_id: str, limit_id: str) -> bytes:
    """Name the slots of a concurrency limit."""
    return _key("concurrency", owner_id, limit_id)


def budget_key(owner_id: str, budget_id: str) -> bytes:
    """Name the spending of a budget."""
    return _key("budget", owner_id, budget_id)


def stripe_of(owner_id: str) -> int:
    """Return the lock that all meters of an owner share."""
    return int.from_bytes(blake2b(owner_id.encode(), digest_size=4).digest(), "little") % STRIPES


def _key(*parts: str) -> bytes:
    return blake2b("\0".join(parts).encode(), digest_size=16).digest()
