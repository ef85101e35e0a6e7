"""Refusals have OpenAI's shape and say nothing but the code table's and the grammar's words."""

import json

from tollway.edge.server.refusal import refusal
from tollway.gateway.explained import NOWHERE, explain_codes
from tollway.kernel.errors import TollwayError


def test_refusal_of_the_caller() -> None:
    status, headers, body = refusal(TollwayError("request.malformed", public="why", internal="secret"), NOWHERE)
    assert status == 400
    assert headers == [(b"content-type", b"application/json")]
    assert json.loads(body) == {
        "error": {"message": "why", "type": "invalid_request_error", "code": "request.malformed", "param": None}
    }


def test_own_fault_is_a_server_error_and_headers_are_kept() -> None:
    status, headers, body = refusal(TollwayError("gateway.internal", headers={"retry-after": "1"}), NOWHERE)
    assert (status, json.loads(body)["error"]["type"]) == (500, "server_error")
    assert (b"retry-after", b"1") in headers


def test_a_refusal_leads_to_the_page_that_explains_its_code() -> None:
    explained = explain_codes("https://docs.example/errors")
    _, headers, _ = refusal(TollwayError("request.malformed", public="why"), explained)
    assert (b"link", b'<https://docs.example/errors#request.malformed>; rel="help"') in headers
