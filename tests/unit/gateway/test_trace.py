"""W3C trace context is taken over when valid and begun anew otherwise."""

import re

import pytest

from tollway.gateway.trace import read_trace

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
FORM = re.compile(rb"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


def test_a_valid_trace_goes_on_with_this_call_as_parent():
    trace = read_trace(f"00-{TRACE}-00f067aa0ba902b7-01".encode(), "req_1")
    assert trace.trace_id == TRACE
    assert FORM.fullmatch(trace.header) and b"00f067aa0ba902b7" not in trace.header and trace.header.endswith(b"-01")


@pytest.mark.parametrize(
    "value",
    [None, b"", b"garbage", f"00-{'0' * 32}-00f067aa0ba902b7-01".encode(), f"00-{TRACE}-{'0' * 16}-01".encode(),
     f"00-{TRACE.upper()}-00f067aa0ba902b7-01".encode(), f"01-{TRACE}-00f067aa0ba902b7-01".encode()],
)  # fmt: skip
def test_an_invalid_trace_is_replaced(value):
    trace = read_trace(value, "req_1")
    assert FORM.fullmatch(trace.header) and trace.trace_id in trace.header.decode()
    assert trace.trace_id != read_trace(value, "req_2").trace_id
