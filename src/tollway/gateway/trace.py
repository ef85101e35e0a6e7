"""W3C trace context (https://www.w3.org/TR/trace-context/): taken over when valid, begun when absent or broken."""

import re
import secrets

_TRACEPARENT = re.compile(rb"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_ZERO_TRACE = b"0" * 32
_ZERO_PARENT = b"0" * 16


class Traces:
    """Makes trace and parent ids: random for each process, counted within it, so that making one costs nothing."""

    __slots__ = ("_count", "_prefix")

    def __init__(self) -> None:
        self._prefix = secrets.token_hex(8)
        self._count = secrets.randbits(32) << 16 | 1

    def join(self, sent: tuple[str, str] | None) -> tuple[str, bytes]:
        """Return (trace id, header for upstreams): the caller's trace with this call as parent, else a new one."""
        count = self._count = (self._count + 1) & 0x7FFF_FFFF_FFFF_FFFF
        if sent is None:
            # Begun here and not sampled: whoever samples says so in the header it sends.
            return f"{self._prefix}{count:016x}", f"00-{self._prefix}{count:016x}-{count:016x}-00".encode()
        trace_id, flags = sent
        return trace_id, f"00-{trace_id}-{count:016x}-{flags}".encode()


def read_traceparent(value: bytes | None) -> tuple[str, str] | None:
    """Return (trace id, flags) of a valid header of version 00, None otherwise."""
    if value is None:
        return None
    match = _TRACEPARENT.fullmatch(value)
    if match is None or match[1] == _ZERO_TRACE or match[2] == _ZERO_PARENT:
        return None
    return match[1].decode(), match[3].decode()
