"""W3C trace context (https://www.w3.org/TR/trace-context/): taken over when valid, begun when absent or broken."""

import hashlib
import re

import msgspec

_TRACEPARENT = re.compile(rb"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_ZERO_TRACE = "0" * 32


class TraceContext(msgspec.Struct, frozen=True, gc=False):
    """The trace this call belongs to, and the header that upstreams get."""

    trace_id: str
    header: bytes


def read_trace(value: bytes | None, request_id: str) -> TraceContext:
    """Return the caller's trace with this call as parent, or a new, unsampled trace named after the request."""
    digest = hashlib.blake2b(request_id.encode(), digest_size=24).hexdigest()
    if value is not None and (match := _TRACEPARENT.fullmatch(value)) is not None:
        trace_id = match[1].decode()
        if trace_id != _ZERO_TRACE and match[2] != b"0" * 16:
            return TraceContext(trace_id, b"00-%b-%b-%b" % (match[1], digest[32:48].encode(), match[3]))
    return TraceContext(digest[:32], f"00-{digest[:32]}-{digest[32:48]}-00".encode())
