"""Errors in OpenAI's shape, as answers and as the events that end a stream.

https://platform.openai.com/docs/guides/error-codes and
https://platform.openai.com/docs/api-reference/responses-streaming/error — a stream that fails has an `error` event,
whose fields OpenAI shows both at the top and in an `error` object (its SDKs raise for the latter), and then
`response.failed`, for which strict clients wait.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from tollway.formats.dialect import UpstreamFault
from tollway.formats.lenient import Fields
from tollway.kernel.codes import BY_NAME
from tollway.kernel.errors import TollwayError
from tollway.wire.sse import event_bytes

Object = dict[str, Any]
_encode = msgspec.json.Encoder().encode

_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "invalid_request_error",
    413: "invalid_request_error",
    429: "rate_limit_error",
}
_RATE_LIMITS = ("rate_limit_error", "rate_limit_exceeded", "RESOURCE_EXHAUSTED", "limit.requests", "overloaded_error")


def read_error(status: int, raw: bytes) -> UpstreamFault:
    """Read a vendor's error: OpenAI's shape, or the nearest to it; never raises."""
    answer = Fields.parse(raw) or Fields({})
    error = answer.child("error") or answer
    message = error.text("message") or answer.text("error") or answer.text("detail") or answer.text("message")
    return UpstreamFault(
        status=status,
        kind=error.text("type") or _kind(status),
        message=message or f"The provider answered {status}.",
        param=error.text("param") or None,
        code=error.text("code") or None,
    )


def write_fault(fault: UpstreamFault, request_id: str) -> bytes:
    """Write another vendor's error; its own word for it is the `code`."""
    error = _error(fault.message, _kind(fault.status), fault.code or fault.kind, fault.param)
    return _encode({"error": error | {"request_id": request_id}})


def write_error(error: TollwayError, request_id: str) -> bytes:
    """Write a refusal or failure of our own; `code` carries our permanent code."""
    kind = "insufficient_quota" if error.code.name == "budget.exhausted" else _kind(error.status)
    written = _error(error.public, kind, error.code.name, error.param)
    return _encode({"error": written | {"request_id": request_id}})


def write_error_event(code: str, message: str, request_id: str) -> bytes:
    """Return the event that ends a stream of which nothing is known: who counts uses `failure_events`."""
    status = BY_NAME[code].status if code in BY_NAME else 500
    error = _error(message, _kind(status), code, None) | {"request_id": request_id}
    return _error_event(error, 0)


def failure_events(code: str, message: str, *, number: int, response: Mapping[str, Any] | None) -> bytes:
    """Return the events that end a stream: an `error` numbered `number`, then the response as failed, if it began."""
    out = _error_event(_error(message, "server_error", code, None), number)
    if response is None:
        return out
    known = "rate_limit_exceeded" if code in _RATE_LIMITS else "server_error"
    failed = {**response, "status": "failed", "error": {"code": known, "message": message}}
    event = {"type": "response.failed", "sequence_number": number + 1, "response": failed}
    return out + event_bytes(_encode(event), "response.failed")


def _error_event(error: Object, number: int) -> bytes:
    shown = {name: error[name] for name in ("code", "message", "param")}
    return event_bytes(_encode({"type": "error", "sequence_number": number} | shown | {"error": error}), "error")


def _error(message: str, kind: str, code: str, param: str | None) -> Object:
    return {"message": message, "type": kind, "param": param, "code": code}


def _kind(status: int) -> str:
    return _TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")
