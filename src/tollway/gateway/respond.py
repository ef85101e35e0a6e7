"""Stage 6, when there is no answer to pass on: tell the caller what went wrong, in its own dialect; and how long
each stage took.
"""

from collections.abc import Mapping

from tollway.formats.dialects import MESSAGES
from tollway.gateway.call import Call
from tollway.gateway.ports import Exchange, Headers
from tollway.kernel.codes import Retry
from tollway.kernel.errors import TollwayError

REMEMBERED_US = 16_384
_JSON = b"application/json"
_NOSNIFF = (b"x-content-type-options", b"nosniff")


def respond_error(exchange: Exchange, error: TollwayError, call: Call, explained: Mapping[str, bytes]) -> None:
    """Answer a refusal or failure; a started answer is broken off instead, so that it cannot pass for whole.

    `explained` are the Link headers by code; see `gateway/explained.py`.
    """
    call.status = call.status if exchange.has_started else error.status
    call.code = error.code.name
    if exchange.has_started:
        exchange.abort()
        return
    headers: Headers = [
        (b"content-type", _JSON),
        (b"x-request-id", call.request_id.encode()),
        _NOSNIFF,
        (b"cache-control", b"no-store"),
    ]
    if (link := explained.get(error.code.name)) is not None:
        headers.append((b"link", link))
    if error.code.name.startswith("token.") and error.status in (400, 401, 403):
        headers.append((b"www-authenticate", challenge(error)))
    if _is_pointless_again(error) or (error.status >= 500 and error.code.retry is Retry.NEVER):
        # OpenAI's SDKs would try 429 and 5xx again at once; this header of theirs tells them not to.
        headers.append((b"x-should-retry", b"false"))
    if error.retry_after_seconds is not None:
        headers.append((b"retry-after", b"%d" % max(1, -int(-error.retry_after_seconds // 1))))
    if error.upstream_request_id:
        headers.append((b"x-tollway-upstream-request-id", error.upstream_request_id.encode("latin-1", "ignore")))
    if call.dialect is MESSAGES:
        headers.append((b"request-id", call.request_id.encode()))
    headers += [(name.encode(), value.encode("latin-1")) for name, value in error.headers.items()]
    headers += call.answer_headers
    lines = b"" if b"ratelimit" in dict(headers) else call.limit_lines
    exchange.respond(error.status, headers, call.dialect.write_error(error, call.request_id), lines)


def _is_pointless_again(error: TollwayError) -> bool:
    """Whether a limit will not have room for the same call soon, or ever."""
    return error.status == 429 and (error.retry_after_seconds is None or error.code.name == "budget.exhausted")


def challenge(error: TollwayError) -> bytes:
    """Return the RFC 6750 section 3 challenge; without credentials it carries no error code (section 3.1)."""
    if error.code.name == "token.missing":
        return b'Bearer realm="tollway"'
    kind = {400: "invalid_request", 403: "insufficient_scope"}.get(error.status, "invalid_token")
    return f'Bearer realm="tollway", error="{kind}", error_description="{error.code.meaning}"'.encode()


def server_timing(call: Call) -> str:
    """Return the stages so far (contract.records.STAGES) in milliseconds (https://www.w3.org/TR/server-timing/)."""
    call.told_us = one, two, three, four, five = call.stages_told_us()
    text = _milliseconds
    return (
        f"authenticate;dur={text[one]}, body;dur={text[two]}, resolve;dur={text[three]}, "
        f"admit;dur={text[four]}, upstream;dur={text[five]}"
    )


class Milliseconds(dict[int, str]):
    """Durations in milliseconds by microseconds. Those below 16 ms are written once: nearly all are among them."""

    def __missing__(self, microseconds: int) -> str:
        """Write a duration."""
        text = f"{microseconds // 1000}.{microseconds % 1000:03d}"
        if 0 <= microseconds < REMEMBERED_US:
            self[microseconds] = text
        return text


_milliseconds = Milliseconds()
