"""Counting tokens before a call: POST /v1/messages/count_tokens.

https://platform.claude.com/docs/en/api/messages-count-tokens — a count is a request without what bounds or steers the
output; it is free and has its own rate limits.
"""

import msgspec

from tollway.contract.usage import BYTES_PER_TOKEN
from tollway.formats import hub
from tollway.formats.asked import Asked
from tollway.formats.dialect import Bounds, Target, Written
from tollway.formats.json_object import JSONObject
from tollway.formats.lenient import Fields
from tollway.formats.messages.bounds import input_tokens_max
from tollway.formats.messages.request_reader import read_body
from tollway.formats.messages.request_writer import write_request

COUNTED = frozenset({"model", "messages", "system", "tools", "tool_choice", "thinking", "output_config"})
"""The fields of a request that a count takes; all others change no input."""

_encode = msgspec.json.Encoder().encode
_fields: msgspec.json.Decoder[dict[str, msgspec.Raw]] = msgspec.json.Decoder(dict[str, msgspec.Raw])


def read_count_request(body: JSONObject, *, model: str) -> hub.Request:
    """Return what is to be counted. Raises request.field_invalid or request.untranslatable."""
    return read_body(Asked.parse(body.encode()), model=model, is_stream=False, output_tokens_max=None)


def write_count_request(request: hub.Request, target: Target) -> Written:
    """Write the count of a request for a vendor of this dialect. Raises Inexpressible as for the request itself."""
    written = write_request(request, target)
    fields = _fields.decode(written.body)
    body = _encode({name: value for name, value in fields.items() if name in COUNTED})
    return msgspec.structs.replace(written, body=body)


def read_count_reply(raw: bytes) -> int:
    """Read a vendor's count. Raises ValueError when it is none."""
    answer = Fields.parse(raw)
    if answer is None or answer.number("input_tokens") is None:
        raise ValueError("the answer is no count of tokens")
    return answer.count("input_tokens")


def write_count_reply(input_tokens: int) -> bytes:
    """Write a count."""
    return _encode({"input_tokens": input_tokens})


def estimate_count(body: JSONObject, body_bytes: int) -> int:
    """Estimate a count from the length of the body, for a vendor that counts for nobody."""
    bounds = count_bounds(body, body_bytes)
    return min(bounds.input_tokens_estimate, bounds.input_tokens_max)


def count_bounds(body: JSONObject, body_bytes: int) -> Bounds:
    """Return what a count can consume of the vendor's limits: its input, and no output."""
    return Bounds(
        input_tokens_max=input_tokens_max(body, body_bytes),
        input_tokens_estimate=-(-body_bytes // BYTES_PER_TOKEN),
        output_tokens_max=0,
        choices=1,
    )
