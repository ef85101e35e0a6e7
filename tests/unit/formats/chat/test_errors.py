"""Errors in OpenAI's shape."""

import json

import httpx
import openai
import pytest

from tollway.formats.chat.errors import (
    error_body,
    error_event,
    find_error,
    read_error,
    write_error_event,
    write_fault,
)
from tollway.formats.dialect import UpstreamFault
from tollway.formats.lenient import Fields
from tollway.kernel.codes import TABLE
from tollway.kernel.errors import TollwayError


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_every_code_has_a_body_with_its_name_and_request_id(row):
    error = json.loads(error_body(TollwayError(row.name, internal="secret detail"), "req_1"))["error"]
    assert (error["code"], error["request_id"], error["message"]) == (row.name, "req_1", row.meaning)
    assert "secret detail" not in json.dumps(error)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("token.invalid", "authentication_error"),
        ("token.model_denied", "permission_error"),
        ("limit.requests", "rate_limit_error"),
        ("budget.exhausted", "insufficient_quota"),
        ("request.field_invalid", "invalid_request_error"),
        ("upstream.timeout", "server_error"),
    ],
)
def test_types_are_those_the_sdks_know(code, kind):
    assert json.loads(error_body(TollwayError(code), "r"))["error"]["type"] == kind


def test_an_error_event_is_one_whole_event():
    event = error_event("upstream.truncated", "req_1")
    assert event.startswith(b"data: {") and event.endswith(b"}\n\n")


@pytest.mark.parametrize(
    ("raw", "kind", "message", "param", "code"),
    [
        (
            {"error": {"message": "No.", "type": "invalid_request_error", "param": "n", "code": "bad_n"}},
            "invalid_request_error",
            "No.",
            "n",
            "bad_n",
        ),
        # Mistral and Cerebras leave the envelope out.
        (
            {"object": "error", "message": "No.", "type": "invalid_model", "code": "1500"},
            "invalid_model",
            "No.",
            None,
            "1500",
        ),
        # FastAPI, which Mistral and vLLM are made with.
        ({"detail": [{"loc": ["body", "n"], "msg": "Too many."}]}, "invalid_request_error", "Too many.", None, None),
        ({"detail": "Not found"}, "invalid_request_error", "Not found", None, None),
        ({"detail": {"message": "Nested.", "type": "odd"}}, "odd", "Nested.", None, None),
        # Hugging Face.
        ({"error": "Overloaded", "error_type": "overloaded"}, "overloaded", "Overloaded", None, None),
        # OpenRouter.
        (
            {"error": {"code": 502, "message": "Provider returned error", "metadata": {"raw": "boom"}}},
            "invalid_request_error",
            "Provider returned error: boom",
            None,
            "502",
        ),
        # Google's OpenAI-compatible endpoint.
        (
            [{"error": {"code": 400, "message": "No.", "status": "INVALID_ARGUMENT"}}],
            "INVALID_ARGUMENT",
            "No.",
            None,
            "400",
        ),
        ({}, "invalid_request_error", "The provider answered 400.", None, None),
        ("odd", "invalid_request_error", "The provider answered 400.", None, None),
    ],
)
def test_each_vendors_error_is_read(raw, kind, message, param, code):
    fault = read_error(400, json.dumps(raw).encode())
    assert fault == UpstreamFault(status=400, kind=kind, message=message, param=param, code=code)


@pytest.mark.parametrize(
    ("status", "raised"),
    [
        (400, openai.BadRequestError),
        (401, openai.AuthenticationError),
        (404, openai.NotFoundError),
        (429, openai.RateLimitError),
        (529, openai.InternalServerError),
    ],
)
def test_openais_client_raises_another_vendors_error_as_its_own(status, raised):
    fault = UpstreamFault(status=status, kind="overloaded_error", message="Busy.", param="messages")
    raw = write_fault(fault, "req_1")
    transport = httpx.MockTransport(
        lambda _: httpx.Response(status, content=raw, headers={"content-type": "text/json"})
    )
    with (
        httpx.Client(transport=transport) as http_client,
        openai.OpenAI(api_key="k", base_url="http://g/v1", http_client=http_client, max_retries=0) as client,
        pytest.raises(raised) as caught,
    ):
        client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hi"}])
    error = json.loads(raw)["error"]
    assert (error["code"], error["message"], error["param"]) == ("overloaded_error", "Busy.", "messages")
    assert "Busy." in str(caught.value)


def test_errors_in_streams_are_found_only_where_there_are_some():
    chunk = Fields.parse(b'{"choices":[],"message":"x"}')
    assert chunk is not None and find_error(chunk) is None


def test_an_error_event_has_our_words():
    event = write_error_event("upstream.truncated", "It was cut.", "req_1")
    assert event.startswith(b"data: ") and event.endswith(b"\n\n")
    error = json.loads(event[6:])["error"]
    assert error == {
        "message": "It was cut.",
        "type": "server_error",
        "param": None,
        "code": "upstream.truncated",
        "request_id": "req_1",
    }


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("Please try again in 7.66s. Visit", 7.66),
        ("Please try again in 120ms.", 0.12),
        ("Please try again in 1m12.5s.", 72.5),
        ("Please try again in 1h2m3s", 3723.0),
        ("Please try again in a while.", None),
        ("Rate limit reached.", None),
    ],
)
def test_when_to_try_again_is_read_from_the_words(words, seconds):
    raw = json.dumps({"error": {"message": words, "type": "tokens", "code": "rate_limit_exceeded"}}).encode()
    assert read_error(429, raw).retry_after_seconds == pytest.approx(seconds)
    assert read_error(400, raw).retry_after_seconds is None
