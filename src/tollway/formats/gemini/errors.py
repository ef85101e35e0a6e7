"""Errors in Google's shape: `{"error": {code, message, status, details}}`.

https://cloud.google.com/apis/design/errors and https://ai.google.dev/gemini-api/docs/troubleshooting — `status` is a
name of google.rpc.Code, which Google's clients decide by; our own permanent code and the request's id travel in
`details` as a google.rpc.ErrorInfo.
"""

from math import ceil
from typing import Any

import msgspec

from tollway.formats.dialect import UpstreamFault
from tollway.formats.gemini.fields import Fields
from tollway.kernel.codes import BY_NAME
from tollway.kernel.errors import TollwayError

_encode = msgspec.json.Encoder().encode

_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    413: "INVALID_ARGUMENT",
    422: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
    529: "UNAVAILABLE",
}
_RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo"
_BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
_ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo"


def status_name(status: int) -> str:
    """Return the name of google.rpc.Code that stands for an HTTP status."""
    return _STATUSES.get(status, "INVALID_ARGUMENT" if status < 500 else "INTERNAL")


def read_error(status: int, raw: bytes) -> UpstreamFault:
    """Read Google's error, also in the array that a stream without `alt=sse` begins with; never raises."""
    error = _error_of(raw)
    if error is None:
        return UpstreamFault(status=status, kind=status_name(status), message=f"The provider answered {status}.")
    retry_after_seconds = param = code = None
    for detail in error.children("details"):
        kind = detail.text("@type")
        if kind == _RETRY_INFO:
            retry_after_seconds = _seconds(detail.text("retryDelay"))
        elif kind == _BAD_REQUEST:
            fields = [item.text("field") for item in detail.children("fieldViolations")]
            param = next((name for name in fields if name), None)
        elif kind == _ERROR_INFO:
            code = detail.text("reason") or None
    return UpstreamFault(
        status=status,
        kind=error.text("status") or status_name(status),
        message=error.text("message") or f"The provider answered {status}.",
        param=param,
        code=code,
        retry_after_seconds=retry_after_seconds,
    )


def write_fault(fault: UpstreamFault, request_id: str) -> bytes:
    """Write another vendor's error; its own word for it is the `reason`."""
    details = [_info(fault.code or fault.kind, request_id, param=fault.param)]
    if fault.retry_after_seconds is not None:
        details.append(_retry(fault.retry_after_seconds))
    return _error(fault.status, fault.message, details)


def write_error(error: TollwayError, request_id: str) -> bytes:
    """Write a refusal or failure of our own."""
    details: list[dict[str, Any]] = [_info(error.code.name, request_id, param=error.param)]
    if error.param is not None:
        violation = {"field": error.param, "description": error.public}
        details.append({"@type": _BAD_REQUEST, "fieldViolations": [violation]})
    if error.retry_after_seconds is not None:
        details.append(_retry(error.retry_after_seconds))
    return _error(error.status, error.public, details)


def write_failure(kind: str, message: str, request_id: str) -> bytes:
    """Return the event of an error that another vendor broke its stream off with."""
    return b"data: %b\r\n\r\n" % _error(502, message or "The provider broke the answer off.", [_info(kind, request_id)])


def write_error_event(code: str, message: str, request_id: str) -> bytes:
    """Return the event that ends a stream which could not be completed."""
    status = BY_NAME[code].status if code in BY_NAME else 500
    return b"data: %b\r\n\r\n" % _error(status, message, [_info(code, request_id)])


def _info(reason: str, request_id: str, *, param: str | None = None) -> dict[str, Any]:
    metadata = {"request_id": request_id} if param is None else {"request_id": request_id, "param": param}
    return {"@type": _ERROR_INFO, "reason": reason, "domain": "tollway", "metadata": metadata}


def _error(status: int, message: str, details: list[dict[str, Any]]) -> bytes:
    return _encode({"error": {"code": status, "message": message, "status": status_name(status), "details": details}})


def _error_of(raw: bytes) -> Fields | None:
    answer = Fields.parse(raw)
    if answer is None and raw.lstrip().startswith(b"["):
        wrapped = Fields.parse(b'{"items":%b}' % raw)
        answer = next(iter(wrapped.children("items")), None) if wrapped is not None else None
    return None if answer is None else answer.child("error")


def _retry(seconds: float) -> dict[str, Any]:
    """Return when to try again, in whole milliseconds and never too early."""
    return {"@type": _RETRY_INFO, "retryDelay": f"{ceil(seconds * 1_000) / 1_000:.3f}s"}


def _seconds(duration: str) -> float | None:
    """Read protobuf's duration, as `3.5s`."""
    try:
        seconds = float(duration.removesuffix("s"))
    except ValueError:
        return None
    return seconds if 0 <= seconds < 1e9 else None
