"""Errors in Anthropic's shape: `{"type": "error", "error": {type, message}, "request_id"}`.

https://platform.claude.com/docs/en/api/errors — its clients decide by the status and show the type; our own permanent
code, and the field it is about, stand beside them in `error`.
"""

import re
from typing import Any

import msgspec

from tollway.formats import hub
from tollway.formats.dialect import UpstreamFault
from tollway.formats.lenient import Fields
from tollway.kernel.codes import BY_NAME
from tollway.kernel.errors import TollwayError
from tollway.wire.sse import event_bytes

_encode = msgspec.json.Encoder().encode

_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}
OWN_TYPES = frozenset(_TYPES.values())
_PLACE = re.compile(r"([a-z_]+(?:\.[a-z0-9_]+)*): ")


def error_type(status: int) -> str:
    """Return the type that stands for a status."""
    return _TYPES.get(status, "invalid_request_error" if status < 500 else "api_error")


def read_error(status: int, raw: bytes) -> UpstreamFault:
    """Read Anthropic's error; never raises. Messages about a field begin with its place."""
    answer = Fields.parse(raw)
    error = None if answer is None else answer.child("error")
    if error is None:
        return UpstreamFault(status=status, kind=error_type(status), message=f"The provider answered {status}.")
    message = error.text("message")
    place = _PLACE.match(message)
    details = error.child("details")
    code = error.text("code") or (details.text("error_code") or details.text("type") if details is not None else "")
    return UpstreamFault(
        status=status,
        kind=error.text("type") or error_type(status),
        message=message or f"The provider answered {status}.",
        param=error.text("param") or (None if place is None else place.group(1)),
        code=code or None,
    )


def write_fault(fault: UpstreamFault, request_id: str) -> bytes:
    """Write another vendor's error; its own word for it is the `code`."""
    kind = fault.kind if fault.kind in OWN_TYPES else error_type(fault.status)
    return _body(kind, fault.message, request_id, code=fault.code or fault.kind, param=fault.param)


def write_error(error: TollwayError, request_id: str) -> bytes:
    """Write a refusal or failure of our own."""
    kind = "billing_error" if error.code.name == "budget.exhausted" else error_type(error.status)
    return _body(kind, error.public, request_id, code=error.code.name, param=error.param)


def write_error_event(code: str, message: str, request_id: str) -> bytes:
    """Return the event that ends a stream which could not be completed."""
    status = BY_NAME[code].status if code in BY_NAME else 500
    return event_bytes(_body(error_type(status), message, request_id, code=code), "error")


def write_failure(failed: hub.Failed, request_id: str) -> bytes:
    """Return the event for a vendor's own error in mid-stream."""
    kind = failed.kind if failed.kind in OWN_TYPES else "api_error"
    return event_bytes(_body(kind, failed.message, request_id, code=failed.kind), "error")


def _body(kind: str, message: str, request_id: str, *, code: str, param: str | None = None) -> bytes:
    error: dict[str, Any] = {"type": kind, "message": message, "code": code}
    if param is not None:
        error["param"] = param
    return _encode({"type": "error", "error": error, "request_id": request_id})
