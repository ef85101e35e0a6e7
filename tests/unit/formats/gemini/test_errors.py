"""Errors are Google's: its clients decide by `status` and wait as RetryInfo says."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.formats.dialect import UpstreamFault
from tollway.formats.gemini.errors import read_error, status_name, write_error, write_error_event, write_fault
from tollway.kernel.errors import TollwayError

QUOTA = {
    "error": {
        "code": 429,
        "message": "You exceeded your current quota.",
        "status": "RESOURCE_EXHAUSTED",
        "details": [
            {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": []},
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "47.5s"},
            {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "RATE_LIMIT_EXCEEDED"},
        ],
    }
}


def test_a_vendors_error_is_read_whole():
    expected = UpstreamFault(
        429,
        "RESOURCE_EXHAUSTED",
        "You exceeded your current quota.",
        code="RATE_LIMIT_EXCEEDED",
        retry_after_seconds=47.5,
    )
    assert read_error(429, json.dumps(QUOTA).encode()) == expected
    assert read_error(429, json.dumps([QUOTA]).encode()) == expected


def test_the_field_at_fault_is_named():
    violations = [{"description": "no field"}, {"field": "contents[0].parts", "description": "bad"}]
    detail = {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations}
    raw = json.dumps({"error": {"code": 400, "message": "bad", "details": [detail]}}).encode()
    assert read_error(400, raw) == UpstreamFault(400, "INVALID_ARGUMENT", "bad", param="contents[0].parts")


@pytest.mark.parametrize("raw", [b"", b"<html>", b"[]", b"{}", b'{"error":"x"}', b'{"error":null}', b"[1]"])
def test_an_unreadable_error_has_a_message_of_ours(raw):
    assert read_error(503, raw) == UpstreamFault(503, "UNAVAILABLE", "The provider answered 503.")


@pytest.mark.parametrize("delay", ["soon", "", "-3s", "1e99s", "nans"])
def test_a_delay_that_is_none_is_left_out(delay):
    detail = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}
    raw = json.dumps({"error": {"message": "m", "status": "S", "details": [detail]}}).encode()
    assert read_error(429, raw) == UpstreamFault(429, "S", "m")


@given(st.binary(max_size=60), st.integers(400, 599))
def test_any_bytes_are_read(raw, status):
    assert read_error(status, raw).status == status


@pytest.mark.parametrize(
    ("status", "name"),
    [(400, "INVALID_ARGUMENT"), (401, "UNAUTHENTICATED"), (418, "INVALID_ARGUMENT"), (599, "INTERNAL")],
)
def test_each_status_has_a_name(status, name):
    assert status_name(status) == name


def test_our_errors_keep_code_field_and_wait():
    error = TollwayError("request.field_invalid", public="`topK` must be an integer.", param="generationConfig.topK")
    written = json.loads(write_error(error, "req-1"))["error"]
    assert (written["code"], written["status"], written["message"]) == (400, "INVALID_ARGUMENT", error.public)
    info, bad = written["details"]
    assert info["reason"] == "request.field_invalid"
    assert info["metadata"] == {"request_id": "req-1", "param": "generationConfig.topK"}
    assert bad["fieldViolations"] == [{"field": "generationConfig.topK", "description": error.public}]
    assert read_error(400, write_error(error, "req-1")).param == "generationConfig.topK"


@pytest.mark.parametrize(("seconds", "delay"), [(1.0, "1.000s"), (0.0001, "0.001s"), (2_000_000, "2000000.000s")])
def test_the_wait_is_a_duration_of_protobuf(seconds, delay):
    written = json.loads(write_error(TollwayError("limit.requests", retry_after_seconds=seconds), "req-1"))
    assert written["error"]["status"] == "RESOURCE_EXHAUSTED"
    assert written["error"]["details"][-1] == {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}


def test_another_vendors_error_keeps_what_it_said():
    fault = UpstreamFault(529, "overloaded_error", "Overloaded", param="messages", code=None, retry_after_seconds=3)
    raw = write_fault(fault, "req-1")
    assert read_error(529, raw) == UpstreamFault(
        529, "UNAVAILABLE", "Overloaded", code="overloaded_error", retry_after_seconds=3.0, param=None
    )
    assert json.loads(raw)["error"]["details"][0]["metadata"] == {"request_id": "req-1", "param": "messages"}


def test_the_event_that_ends_a_broken_stream():
    event = write_error_event("upstream.truncated", "It was cut.", "req-1")
    assert event.startswith(b"data: ") and event.endswith(b"\r\n\r\n")
    error = json.loads(event.removeprefix(b"data: "))["error"]
    assert (error["message"], error["details"][0]["reason"]) == ("It was cut.", "upstream.truncated")
    assert json.loads(write_error_event("no.such", "x", "r").removeprefix(b"data: "))["error"]["code"] == 500
