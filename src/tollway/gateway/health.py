"""Which upstream keys are resting, as this worker has seen it.

A key that failed is tried last until its rest is over; it is never left out, so that a wrong guess costs order,
not availability.
"""

REST_NS = 5_000_000_000
REST_NS_MAX = 60_000_000_000


class Health:
    """Rest times by provider and key. Bounded by the number of configured keys."""

    __slots__ = ("_until",)

    @property
    def has_resting(self) -> bool:
        """Whether any key failed and has not worked since."""
        return bool(self._until)

    def __init__(self) -> None:
        self._until: dict[tuple[str, str], int] = {}

    def failed(self, provider_id: str, key_id: str, now: int, rest_ns: int = REST_NS) -> None:
        """Let the key rest from monotonic instant `now`, for at most a minute."""
        self._until[(provider_id, key_id)] = now + min(rest_ns, REST_NS_MAX)

    def worked(self, provider_id: str, key_id: str) -> None:
        """End the key's rest."""
        if self._until:
            self._until.pop((provider_id, key_id), None)

    def resting(self, now: int) -> list[tuple[str, str, int]]:
        """Return each resting provider and key with the monotonic instant at which its rest ends."""
        return [(*key, until) for key, until in self._until.items() if until > now]

    def is_resting(self, provider_id: str, key_id: str, now: int) -> bool:
        """Whether others should be tried before this key."""
        return bool(self._until) and self._until.get((provider_id, key_id), 0) > now
