"""Counting tokens: the request, in both of its forms, and the answer.

https://ai.google.dev/api/tokens#method:-models.counttokens — a request has `contents`, or a whole request in
`generateContentRequest`; Vertex has the fields of one beside `contents`.
"""

from typing import Any

import msgspec

from tollway.formats import hub
from tollway.formats.dialect import Target, Written
from tollway.formats.gemini.asked import Asked, invalid
from tollway.formats.gemini.fields import Fields
from tollway.formats.gemini.request_reader import read_request
from tollway.formats.gemini.request_writer import VERTEX, write_request
from tollway.formats.json_object import JSONObject

WRAPPERS = ("generateContentRequest", "generate_content_request")

_COUNTED_BY_VERTEX = ("contents", "systemInstruction", "tools", "generationConfig")
"""https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/count-tokens"""

_encode = msgspec.json.Encoder().encode


class Counted(msgspec.Struct, frozen=True):
    """How many tokens a request has, >= 0; `cached` of them are cached content."""

    total: int
    cached: int = 0


def read_count_request(body: JSONObject, *, model: str) -> hub.Request:
    """Return the request whose tokens are to be counted. Raises request.field_invalid or request.untranslatable."""
    asked = Asked.parse(body.encode())
    wrapped = asked.raw(WRAPPERS[0])
    if wrapped is None:
        return read_request(body.encode(), model=model, is_stream=False)
    if "contents" in asked:
        invalid(asked.place("contents"), f"and `{asked.place(WRAPPERS[0])}` exclude each other")
    asked.nothing_else()
    return read_request(wrapped, model=model, is_stream=False, at=asked.place(WRAPPERS[0]))


def write_count_request(request: hub.Request, target: Target) -> Written:
    """Write a request to count for a vendor of this dialect. Raises Inexpressible."""
    written = write_request(request, target)
    whole = JSONObject.parse(written.body)
    if target.vendor == VERTEX:
        counted = {name: msgspec.Raw(whole.raw(name)) for name in _COUNTED_BY_VERTEX if name in whole}
        return Written(body=_encode(counted), notes=written.notes)
    whole.set("model", f"models/{target.model}")
    return Written(body=_encode({WRAPPERS[0]: msgspec.Raw(whole.encode())}), notes=written.notes)


def adapt_count_request(body: JSONObject, target: Target) -> None:
    """Change in place the model that a count for a same-dialect target repeats in its wrapped request.

    Raises request.body_invalid when what is wrapped is no object.
    """
    name = next((name for name in WRAPPERS if name in body), None)
    if name is None or body.raw(name) == b"null":
        return
    wrapped = JSONObject.parse(body.raw(name))
    if wrapped.text("model") is not None:
        wrapped.set("model", f"models/{target.model}")
        body.set(name, msgspec.Raw(wrapped.encode()))


def read_count(raw: bytes) -> Counted:
    """Read a vendor's answer. Raises ValueError when it is none."""
    answer = Fields.parse(raw)
    if answer is None or "totalTokens" not in answer:
        raise ValueError("the answer is none of countTokens")
    return Counted(answer.count("totalTokens"), answer.count("cachedContentTokenCount"))


def write_count(counted: Counted) -> bytes:
    """Write the answer; the tokens are those of text as long as nobody says what else they are."""
    written: dict[str, Any] = {"totalTokens": counted.total}
    if counted.cached:
        written["cachedContentTokenCount"] = counted.cached
    return _encode(written)
