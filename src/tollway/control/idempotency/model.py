"""Remembered answers to requests that carried an idempotency key."""

from dataclasses import dataclass

LIFETIME_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Remembered:
    """A request seen before under this key. `status` None: it has not been answered (it runs, or the program died).

    `is_secret`: the answer showed something once and is not kept; a repetition is refused.
    """

    body_hash: bytes
    status: int | None
    headers: tuple[tuple[str, str], ...]
    body: bytes
    is_secret: bool
    created_ns: int
