"""Errors are read from Anthropic's shape and written in it, as its client takes them."""

import json

import pytest
from anthropic.types import ErrorResponse
from hypothesis import given
from hypothesis import strategies as st

from kit.json_values import VALUES
from tollway.formats import hub
from tollway.formats.dialect import UpstreamFault
from tollway.formats.messages.errors import (
    error_type,
    read_error,
    write_error,
    write_error_event,
    write_failure,
    write_fault,
)
from tollway.kernel.errors import TollwayError

ID = "req_000000000000000000000001"


def error_of(raw: bytes) -> dict[str, object]:
    return json.loads(raw)["error"]


def test_an_error_is_read_with_its_own_word_and_its_place():
    raw = b'{"type":"error","error":{"type":"invalid_request_error","message":"messages.0.content: Field required"}}'
    assert read_error(400, raw) == UpstreamFault(
        status=400,
        kind="invalid_request_error",
        message="messages.0.content: Field required",
        param="messages.0.content",
    )


def test_an_overloaded_vendor_says_so():
    raw = b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_1"}'
    assert read_error(529, raw) == UpstreamFault(status=529, kind="overloaded_error", message="Overloaded")


def test_the_finer_code_of_an_error_is_read():
    raw = b'{"type":"error","error":{"type":"billing_error","message":"no","details":{"error_code":"spend_limit"}}}'
    assert read_error(402, raw).code == "spend_limit"


@given(st.integers(400, 599), st.binary() | VALUES.map(lambda value: json.dumps({"error": value}).encode()))
def test_any_body_of_an_error_is_read(status, raw):
    fault = read_error(status, raw)
    assert fault.status == status and fault.message and fault.kind


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (404, "not_found_error"),
        (418, "invalid_request_error"),
        (429, "rate_limit_error"),
        (502, "api_error"),
        (503, "overloaded_error"),
        (529, "overloaded_error"),
    ],
)
def test_each_status_has_a_type_of_anthropics(status, kind):
    assert error_type(status) == kind


def test_our_own_error_is_taken_by_the_official_client():
    error = TollwayError("request.field_invalid", public="`max_tokens` is required.", param="max_tokens")
    raw = write_error(error, ID)
    parsed = ErrorResponse.model_validate_json(raw)
    assert (parsed.request_id, parsed.error.type) == (ID, "invalid_request_error")
    assert error_of(raw)["code"] == "request.field_invalid" and error_of(raw)["param"] == "max_tokens"


def test_an_exhausted_budget_is_a_matter_of_billing():
    assert error_of(write_error(TollwayError("budget.exhausted"), ID))["type"] == "billing_error"


def test_another_vendors_error_keeps_its_own_word_as_code():
    fault = UpstreamFault(status=429, kind="RESOURCE_EXHAUSTED", message="slow down")
    assert error_of(write_fault(fault, ID)) == {
        "type": "rate_limit_error",
        "message": "slow down",
        "code": "RESOURCE_EXHAUSTED",
    }


def test_a_word_of_anthropics_own_stays_the_type():
    fault = UpstreamFault(status=400, kind="billing_error", message="pay", code="credit", param="x")
    assert error_of(write_fault(fault, ID)) == {
        "type": "billing_error",
        "message": "pay",
        "code": "credit",
        "param": "x",
    }


def test_a_stream_ends_with_an_error_event():
    event = write_error_event("upstream.truncated", "It ended.", ID)
    name, data = event.decode().removesuffix("\n\n").split("\n")
    assert name == "event: error"
    body = json.loads(data.removeprefix("data: "))
    assert body["type"] == "error" and body["request_id"] == ID
    assert (body["error"]["type"], body["error"]["code"]) == ("api_error", "upstream.truncated")


def test_a_vendors_failure_in_mid_stream_is_told():
    event = write_failure(hub.Failed(kind="server_error", message="broke"), ID)
    assert b'"message":"broke","code":"server_error"' in event and b'"type":"api_error"' in event
    assert b'"type":"overloaded_error"' in write_failure(hub.Failed(kind="overloaded_error", message=""), ID)
