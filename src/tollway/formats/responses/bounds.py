"""What a request can consume, and the few things that are changed in it when it is passed on.

https://platform.openai.com/docs/api-reference/responses/create — changed are the model, the output cap, and thinking
that only another vendor can read, which OpenAI would refuse. Usage is in the last event of every stream.
"""

import msgspec

from tollway.contract.usage import BYTES_PER_TOKEN
from tollway.formats.dialect import Bounds, Target
from tollway.formats.json_object import JSONObject, count_name
from tollway.formats.lenient import Fields
from tollway.formats.responses.seal import ENVELOPE_PREFIX
from tollway.kernel.errors import TollwayError

IMAGE_TOKENS_MAX = 48_000
"""What one picture can cost at most in any vendor's published tables, rounded up."""
FILE_TOKENS_MAX = 1_050_000
"""What one file can cost, and all media together: the largest context of OpenAI's models.
https://platform.openai.com/docs/models"""
OUTPUT_TOKENS_BOUND = 2**31

_items: msgspec.json.Decoder[list[msgspec.Raw]] = msgspec.json.Decoder(list[msgspec.Raw])


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
    """Return what the request can consume at most; what an earlier response brings in is not in the body.

    A token is at least one byte of text, so the body's length bounds the text; media are added at the dearest
    published rate. Raises request.field_invalid for impossible bounds.
    """
    bound = body.integer("max_output_tokens")
    if bound is not None and not 0 < bound <= OUTPUT_TOKENS_BOUND:
        raise TollwayError(
            "request.field_invalid",
            public="`max_output_tokens` must be a positive integer.",
            param="max_output_tokens",
        )
    return Bounds(
        input_tokens_max=body_bytes + _media_tokens_max(body.encode()),
        input_tokens_estimate=-(
            -(body.size("input") + body.size("instructions") + body.size("tools")) // BYTES_PER_TOKEN
        ),
        output_tokens_max=bound,
        choices=1,
    )


def adapt(body: JSONObject, target: Target) -> bool:
    """Set the vendor's model and the output cap, drop what it cannot read; always False: usage is never ours."""
    has_foreign = ENVELOPE_PREFIX in body.encode()  # Before anything changes this costs no copy.
    if body.text("model") != target.model:
        body.set("model", target.model)
    if target.output_cap is not None:
        bound = body.integer("max_output_tokens")
        if bound is None or bound > target.output_cap:
            body.set("max_output_tokens", target.output_cap)
    if has_foreign and (raw := body.raw("input")).startswith(b"["):
        body.set("input", _readable(raw))
    return False


def _readable(raw: bytes) -> list[msgspec.Raw] | msgspec.Raw:
    """Return the items without thoughts that are sealed by another vendor, as an answer of ours carried them."""
    try:
        items = _items.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return msgspec.Raw(raw)
    return [item for item in items if not _is_foreign(item)]


def _is_foreign(raw: msgspec.Raw) -> bool:
    item = Fields.parse(raw) if ENVELOPE_PREFIX in bytes(raw) else None
    if item is None or item.text("type") != "reasoning":
        return False
    return item.text("encrypted_content").startswith(ENVELOPE_PREFIX.decode())


def _media_tokens_max(raw: bytes) -> int:
    """Return the most that a body's media can add. What merely looks like media only raises the bound."""
    if raw.find(b"\\u00") >= 0:
        # A name may be written with escapes; written out anew it is not.
        try:
            raw = msgspec.json.encode(msgspec.json.decode(raw))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return FILE_TOKENS_MAX
    images, files = count_name(raw, b'"input_image"'), count_name(raw, b'"input_file"')
    return min(images * IMAGE_TOKENS_MAX + files * FILE_TOKENS_MAX, FILE_TOKENS_MAX)
