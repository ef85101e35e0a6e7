"""Errors come in OpenAI's shape and are read out of whatever vendors send."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.json_values import VALUES
from kit.responses_values import official_events, shown
from tollway.formats.dialect import UpstreamFault
from tollway.formats.responses.errors import (
    failure_events,
    read_error,
    write_error,
    write_error_event,
    write_fault,
)
from tollway.formats.responses.response_writer import skeleton
from tollway.kernel.errors import TollwayError


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (
            b'{"error":{"message":"m","type":"t","param":"p","code":"c"}}',
            UpstreamFault(status=400, kind="t", message="m", param="p", code="c"),
        ),
        (b'{"error":"m"}', UpstreamFault(status=400, kind="invalid_request_error", message="m")),
        (b'{"detail":"m"}', UpstreamFault(status=400, kind="invalid_request_error", message="m")),
        (b'{"message":"m"}', UpstreamFault(status=400, kind="invalid_request_error", message="m")),
        (
            b"<html>",
            UpstreamFault(status=400, kind="invalid_request_error", message="The provider answered 400."),
        ),
    ],
)
def test_errors_of_vendors(raw: bytes, expected: UpstreamFault) -> None:
    assert read_error(400, raw) == expected


@given(st.binary() | VALUES.map(lambda value: json.dumps(value).encode()), st.integers(400, 599))
def test_no_bytes_raise(raw: bytes, status: int) -> None:
    assert read_error(status, raw).message


def test_another_vendors_error_keeps_its_word() -> None:
    fault = UpstreamFault(status=529, kind="overloaded_error", message="busy")
    assert json.loads(write_fault(fault, "req_1")) == {
        "error": {
            "message": "busy",
            "type": "server_error",
            "param": None,
            "code": "overloaded_error",
            "request_id": "req_1",
        }
    }


@pytest.mark.parametrize(
    ("code", "kind"), [("limit.requests", "rate_limit_error"), ("budget.exhausted", "insufficient_quota")]
)
def test_our_own_errors_carry_their_code(code: str, kind: str) -> None:
    error = json.loads(write_error(TollwayError(code, param="model"), "req_1"))["error"]
    assert (error["type"], error["code"], error["param"], error["request_id"]) == (kind, code, "model", "req_1")


def test_an_event_of_nothing_known_is_one_that_the_sdk_takes() -> None:
    (event,) = official_events(write_error_event("upstream.truncated", "cut", "req_1"))
    assert event.type == "error" and event.message == "cut" and event.code == "upstream.truncated"
    (other,) = official_events(write_error_event("made.up", "cut", "req_1"))
    assert other.type == "error"


def test_a_failure_ends_with_the_failed_response() -> None:
    response = skeleton(shown(), "in_progress")
    events = official_events(failure_events("rate_limit_error", "slow", number=0, response=response))
    assert [event.type for event in events] == ["error", "response.failed"]
    last = events[1]
    assert last.type == "response.failed" and last.response.error is not None
    assert (last.response.status, last.response.error.code) == ("failed", "rate_limit_exceeded")
    assert len(official_events(failure_events("x", "m", number=0, response=None))) == 1
