"""W3C trace context is taken over when valid and begun anew otherwise."""

import re

import pytest

from tollway.gateway.trace import Traces, read_traceparent

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
FORM = re.compile(rb"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


def test_a_valid_trace_goes_on_with_this_call_as_parent():
    sent = read_traceparent(f"00-{TRACE}-00f067aa0ba902b7-01".encode())
    trace_id, header = Traces().join(sent)
    assert trace_id == TRACE and TRACE.encode() in header
    assert FORM.fullmatch(header) and b"00f067aa0ba902b7" not in header and header.endswith(b"-01")


@pytest.mark.parametrize(
    "value",
    [None, b"", b"garbage", f"00-{'0' * 32}-00f067aa0ba902b7-01".encode(), f"00-{TRACE}-{'0' * 16}-01".encode(),
     f"00-{TRACE.upper()}-00f067aa0ba902b7-01".encode(), f"01-{TRACE}-00f067aa0ba902b7-01".encode()],
)  # fmt: skip
def test_an_invalid_trace_is_replaced_by_one_of_its_own(value):
    assert read_traceparent(value) is None
    traces = Traces()
    (one, header), (two, _) = traces.join(None), traces.join(None)
    assert FORM.fullmatch(header) and one in header.decode() and one != two
    assert Traces().join(None)[0][:16] != one[:16]


def test_ids_of_a_process_count_up_and_stand_in_their_headers():
    """More of them than share their first digits."""
    traces = Traces()
    sent = read_traceparent(f"00-{TRACE}-00f067aa0ba902b7-01".encode())
    counts = []
    for number in range(600):
        trace_id, header = traces.join(sent if number % 3 else None)
        _, of_header, parent, _ = header.decode().split("-")
        assert of_header == trace_id and FORM.fullmatch(header)
        assert number % 3 or trace_id.endswith(parent)
        counts.append(int(parent, 16))
    assert counts == list(range(counts[0], counts[0] + 600))
