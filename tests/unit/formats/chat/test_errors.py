"""Errors in OpenAI's shape."""

import json

import pytest

from tollway.formats.chat.errors import error_body, error_event
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
