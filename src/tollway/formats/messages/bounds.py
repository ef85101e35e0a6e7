"""What a request can consume, and what is changed in it when it is passed on: model, output cap, foreign thoughts.

https://platform.claude.com/docs/en/api/messages/create — `max_tokens` is required; usage is always stated, also in
streams, so nothing must be asked for.
"""

import msgspec

from tollway.contract.usage import BYTES_PER_TOKEN
from tollway.formats.dialect import Bounds, Target
from tollway.formats.json_object import JSONObject
from tollway.formats.messages.foreign import without_foreign_thoughts
from tollway.formats.messages.thinking import BUDGET_MIN
from tollway.kernel.errors import TollwayError

IMAGE_TOKENS_MAX = 4_784
"""What one picture costs at most. https://platform.claude.com/docs/en/build-with-claude/vision#calculate-image-costs"""
INPUT_TOKENS_MAX = 1_000_000
"""The largest context window of any model, and so what a document of any length can cost: its pages are pictures too.
https://platform.claude.com/docs/en/about-claude/models/overview"""
TOOL_USE_TOKENS_MAX = 1_000
"""What Anthropic's own instructions for tools cost, rounded up, and those of one of its tools.
https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview#pricing"""

_IMAGE = b'"image"'
_DOCUMENTS = (b'"document"', b'"container_upload"')
_SOURCES = (b'"application/pdf"', b'"url"', b'"file_id"')
"""Of documents that are more than the text in the body."""
_PROVIDED = b"_20"
"""In the type of each tool that Anthropic provides, as `web_search_20250305`."""


def read_model(body: JSONObject) -> str:
    """Return the model asked for. Raises request.field_invalid when it is missing, empty or not a string."""
    model = body.text("model")
    if not model:
        raise TollwayError("request.field_invalid", public="`model` is required.", param="model")
    return model


def is_stream(body: JSONObject) -> bool:
    """Whether the answer is asked for as an event stream."""
    return body.raw("stream") == b"true"


def read_bounds(body: JSONObject, body_bytes: int) -> Bounds:
    """Return what the request can consume at most. Raises request.field_invalid.

    A token is at least one byte of text, so the body's length bounds the text; media are added at the vendor's
    published maxima. A `max_tokens` of 0 is allowed: it fills the cache.
    """
    bound = body.integer("max_tokens")
    if bound is None:
        raise TollwayError("request.field_invalid", public="`max_tokens` is required.", param="max_tokens")
    if not 0 <= bound <= 2**31:
        public = "`max_tokens` must be a positive integer."
        raise TollwayError("request.field_invalid", public=public, param="max_tokens")
    return Bounds(
        input_tokens_max=input_tokens_max(body, body_bytes),
        input_tokens_estimate=-(-body_bytes // BYTES_PER_TOKEN),
        output_tokens_max=bound,
        choices=1,
    )


def input_tokens_max(body: JSONObject, body_bytes: int) -> int:
    """Return the most that the input in a body can cost. What merely looks like media only raises the bound."""
    raw = body.encode()
    if raw.find(b"\\u00") >= 0:
        raw = _plainly(raw)  # A kind may be written with escapes; written out anew it is not.
    extra = raw.count(_IMAGE) * IMAGE_TOKENS_MAX
    if any(kind in raw for kind in _DOCUMENTS) and any(source in raw for source in _SOURCES):
        extra += INPUT_TOKENS_MAX
    tools = body.raw("tools")
    if tools:
        extra += TOOL_USE_TOKENS_MAX * (1 + tools.count(_PROVIDED))
    return body_bytes + min(extra, INPUT_TOKENS_MAX)


def adapt(body: JSONObject, target: Target) -> bool:
    """Set the model, and the output cap if the caller's bound is not lower; always False: usage is never ours.

    A budget for thinking that the cap leaves no room for is lowered below it, where that leaves the least one.
    Thoughts of other vendors are taken out of the conversation.
    """
    if body.text("model") != target.model:
        body.set("model", target.model)
    messages = without_foreign_thoughts(body.raw("messages"))
    if messages is not None:
        body.set("messages", msgspec.Raw(messages))
    _cap(body, target.output_cap)
    return False


def _cap(body: JSONObject, cap: int | None) -> None:
    bound = body.integer("max_tokens")
    if cap is None or (bound is not None and bound <= cap):
        return
    body.set("max_tokens", cap)
    thinking = _thinking(body)
    if thinking is not None and cap > BUDGET_MIN and (thinking.integer("budget_tokens") or 0) >= cap:
        thinking.set("budget_tokens", cap - 1)
        body.set("thinking", msgspec.Raw(thinking.encode()))


def _thinking(body: JSONObject) -> JSONObject | None:
    raw = body.raw("thinking")
    return JSONObject.parse(raw) if raw.startswith(b"{") else None


def _plainly(raw: bytes) -> bytes:
    try:
        return msgspec.json.encode(msgspec.json.decode(raw))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return b"".join((raw, *_DOCUMENTS, *_SOURCES))
