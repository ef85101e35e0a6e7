"""Errors in OpenAI's shape: `{"error": {message, type, param, code}}`, and the shapes other vendors give them.

https://platform.openai.com/docs/guides/error-codes — `code` carries our permanent code, `type` the nearest of
OpenAI's own, so that its SDKs raise the exception their users expect. Mistral and Cerebras leave the envelope out
(https://docs.mistral.ai/api/), OpenAI and Groq say in words when to try again
(https://console.groq.com/docs/rate-limits), FastAPI servers such as vLLM say `detail`, Hugging Face a bare text, Google
a list (https://ai.google.dev/gemini-api/docs/openai), OpenRouter a number as code and the upstream's words in
`metadata` (https://openrouter.ai/docs/api-reference/errors).
"""

import re

import msgspec

from tollway.formats.dialect import UpstreamFault
from tollway.formats.lenient import Fields
from tollway.kernel.codes import BY_NAME
from tollway.kernel.errors import TollwayError

_encode = msgspec.json.Encoder().encode
_NUMBER = r"(\d{1,6}(?:\.\d{1,9})?)"
_RETRY = re.compile(rf"try again in (?:{_NUMBER}h)?(?:{_NUMBER}m(?!s))?(?:{_NUMBER}s)?(?:{_NUMBER}ms)?")

_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "invalid_request_error",
    413: "invalid_request_error",
    429: "rate_limit_error",
}


def read_error(status: int, raw: bytes) -> UpstreamFault:
    """Read a vendor's error; never raises. An unreadable one has a plain message of ours."""
    plain = UpstreamFault(status=status, kind=kind_of(status), message=f"The provider answered {status}.")
    answer = Fields.parse(raw)
    if answer is None and raw.lstrip().startswith(b"["):
        items = Fields.parse(b'{"items":%b}' % raw)
        answer = next(iter(items.children("items")), None) if items is not None else None
    return plain if answer is None else find_error(answer, status) or plain


def find_error(answer: Fields, status: int = 500) -> UpstreamFault | None:
    """Return the error that an answer or an event states; None when it states none."""
    error = answer.child("error")
    if error is None and (text := answer.text("error")):
        return UpstreamFault(status=status, kind=answer.text("error_type") or kind_of(status), message=text)
    if error is None and "choices" not in answer:
        error = answer if answer.text("message") else _detail(answer)
    if error is None:
        return None
    message = _message(error) or f"The provider answered {status}."
    return UpstreamFault(
        status=status,
        kind=error.text("type") or error.text("status") or kind_of(status),
        message=message,
        retry_after_seconds=_retry_after(message) if status == 429 else None,
        param=error.text("param") or None,
        code=error.text("code") or (str(error.count("code")) if error.count("code") else None),
    )


def kind_of(status: int) -> str:
    """Return OpenAI's type for an error of that status."""
    return _TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")


def write_fault(fault: UpstreamFault, request_id: str) -> bytes:
    """Write another vendor's error: its type is OpenAI's for the status, its own word for it the code."""
    return _error(
        fault.message,
        kind=kind_of(fault.status),
        param=fault.param,
        code=fault.code or fault.kind,
        request_id=request_id,
    )


def error_body(error: TollwayError, request_id: str) -> bytes:
    """Return the body of a refusal or failure."""
    kind = "insufficient_quota" if error.code.name == "budget.exhausted" else kind_of(error.status)
    return _error(error.public, kind=kind, param=error.param, code=error.code.name, request_id=request_id)


def error_event(code: str, request_id: str) -> bytes:
    """Return the event that ends a stream which could not be completed, with the meaning of our own code."""
    return write_error_event(code, BY_NAME[code].meaning, request_id)


def write_error_event(code: str, message: str, request_id: str) -> bytes:
    """Return the event that ends a stream which could not be completed."""
    return b"data: %b\n\n" % _error(message, kind="server_error", param=None, code=code, request_id=request_id)


def _error(message: str, *, kind: str, param: str | None, code: str, request_id: str) -> bytes:
    return _encode(
        {"error": {"message": message, "type": kind, "param": param, "code": code, "request_id": request_id}}
    )


def _message(error: Fields) -> str:
    """Return the message, with the words of the vendor behind OpenRouter where it passes them on."""
    message = error.text("message")
    metadata = error.child("metadata")
    raw = metadata.text("raw") if metadata is not None else ""
    return f"{message}: {raw}" if raw and message else message or raw


def _retry_after(message: str) -> float | None:
    """Return the seconds in `Please try again in 1m2.5s`, None when the message says nothing of it."""
    found = _RETRY.search(message)
    if found is None:
        return None
    hours, minutes, seconds, milliseconds = (float(part or 0) for part in found.groups())
    total = hours * 3_600 + minutes * 60 + seconds + milliseconds / 1_000
    return total or None


def _detail(answer: Fields) -> Fields | None:
    """Return `detail` as an error: a text, or the first of a list of faults in fields."""
    text = answer.text("detail")
    faults = answer.children("detail")
    if faults:
        text = faults[0].text("msg")
    nested = answer.child("detail")
    if nested is not None:
        return nested
    return Fields({"message": msgspec.Raw(_encode(text))}) if text else None
