"""W3C trace context (https://www.w3.org/TR/trace-context/): taken over when valid, begun when absent or broken."""

import re
import secrets

_TRACEPARENT = re.compile(rb"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_ZERO_TRACE = b"0" * 32
_ZERO_PARENT = b"0" * 16
_PAIRS = [f"{number:02x}" for number in range(256)]


class Traces:
    """Makes trace and parent ids: random for each process, counted within it, so that making one costs nothing."""

    __slots__ = ("_count", "_high", "_prefix", "_start")

    def __init__(self) -> None:
        self._prefix = secrets.token_hex(8)
        self._count = secrets.randbits(32) << 16 | 1
        self._high = self._start = ""
        """The count's digits but the last two; and what traces that begin here have in common as long as these hold."""
        self._renew(self._count)

    def join(self, sent: tuple[str, str] | None) -> tuple[str, bytes]:
        """Return (trace id, header for upstreams): the caller's trace with this call as parent, else a new one."""
        count = self._count = (self._count + 1) & 0x7FFF_FFFF_FFFF_FFFF
        last = count & 0xFF
        if last == 0:
            self._renew(count)
        pair = _PAIRS[last]
        if sent is None:
            # Begun here and not sampled: whoever samples says so in the header it sends.
            trace_id = self._start + pair
            return trace_id, f"00-{trace_id}-{self._high}{pair}-00".encode()
        trace_id, flags = sent
        return trace_id, f"00-{trace_id}-{self._high}{pair}-{flags}".encode()

    def _renew(self, count: int) -> None:
        self._high = f"{count >> 8:014x}"
        self._start = self._prefix + self._high


def read_traceparent(value: bytes | None) -> tuple[str, str] | None:
    """Return (trace id, flags) of a valid header of version 00, None otherwise."""
    if value is None:
        return None
    match = _TRACEPARENT.fullmatch(value)
    if match is None or match[1] == _ZERO_TRACE or match[2] == _ZERO_PARENT:
        return None
    return match[1].decode(), match[3].decode()
