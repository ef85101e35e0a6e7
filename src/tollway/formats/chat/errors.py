"""Errors in OpenAI's shape: `{"error": {message, type, param, code}}`.

https://platform.openai.com/docs/guides/error-codes — `code` carries our permanent code, `type` the nearest of
OpenAI's own, so that its SDKs raise the exception their users expect.
"""

import msgspec

from tollway.kernel.codes import BY_NAME
from tollway.kernel.errors import TollwayError

_encode = msgspec.json.Encoder().encode

_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "invalid_request_error",
    413: "invalid_request_error",
    429: "rate_limit_error",
}


def error_body(error: TollwayError, request_id: str) -> bytes:
    """Return the body of a refusal or failure."""
    kind = _TYPES.get(error.status, "invalid_request_error" if error.status < 500 else "server_error")
    if error.code.name == "budget.exhausted":
        kind = "insufficient_quota"
    return _encode(
        {
            "error": {
                "message": error.public,
                "type": kind,
                "param": error.param,
                "code": error.code.name,
                "request_id": request_id,
            }
        }
    )


def error_event(code: str, request_id: str) -> bytes:
    """Return the event that ends a stream which could not be completed."""
    row = BY_NAME[code]
    error = {"message": row.meaning, "type": "server_error", "param": None, "code": code, "request_id": request_id}
    return b"data: " + _encode({"error": error}) + b"\n\n"
