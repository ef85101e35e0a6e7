"""OpenAI's Chat Completions, as far as the gateway must understand it to pass it on.

https://platform.openai.com/docs/api-reference/chat/create — requests and answers keep their bytes; read are
the model, the bounds of the output and whether to stream; written are only the model (when an alias is in play), the
stream option that makes the provider state usage, an output cap, and thinking that the vendor would refuse.
"""

import msgspec

from tollway.contract.usage import BYTES_PER_TOKEN
from tollway.formats.chat.foreign import UNREAD, without_foreign_thinking
from tollway.formats.dialect import Bounds, Target
from tollway.formats.json_object import LONG_BYTES, JSONObject, count_name
from tollway.kernel.errors import TollwayError

CHOICES_MAX = 128
IMAGE_TOKENS_MAX = 48_000
"""What one image given by address can cost at most in any vendor's published tables, rounded up."""
MEDIA_TOKENS_MAX = 1_050_000
"""What one file or film can cost, and all media together: the largest context of any model behind the dialect.
https://platform.openai.com/docs/models"""

_MEDIA = (b'"file_data"', b'"file_id"', b'"document_url"', b'"video_url"')


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
    """Return what the request can consume at most.

    A token is at least one byte of text, so the body's length bounds the input; images given by address are
    added at the dearest published rate. Raises request.field_invalid for impossible bounds.
    """
    bound = body.integer("max_completion_tokens")
    if bound is None:
        bound = body.integer("max_tokens")
    if bound is not None and not 0 < bound <= 2**31:
        raise TollwayError(
            "request.field_invalid", public="`max_tokens` must be a positive integer.", param="max_tokens"
        )
    choices = body.integer("n") or 1
    if not 1 <= choices <= CHOICES_MAX:
        raise TollwayError("request.field_invalid", public=f"`n` must be from 1 to {CHOICES_MAX}.", param="n")
    raw = body.encode()
    # `find` and not `in`, which looks for a number first, and fails, each time.
    may_have_media = body_bytes >= LONG_BYTES or raw.find(b'_url"') >= 0 or raw.find(b'"file_') >= 0
    return Bounds(
        body_bytes + _media_tokens_max(raw) if may_have_media else body_bytes,
        -(-body.size("messages") // BYTES_PER_TOKEN),
        None if bound is None else bound * choices,
        choices,
    )


def _media_tokens_max(raw: bytes) -> int:
    """Return the most that a body's media can add.

    Counted in the whole body, which needs no copy: a name in another place only raises the bound. A picture's part
    names its kind and its address alike, so that there are two for one.
    """
    if not count_name(raw, b'_url"') and not count_name(raw, b'"file_'):
        return 0
    media = sum(raw.count(name) for name in _MEDIA)
    images = count_name(raw, b'"image_url"')
    return min(media * MEDIA_TOKENS_MAX + images * IMAGE_TOKENS_MAX, MEDIA_TOKENS_MAX)


def adapt(body: JSONObject, target: Target, *, is_stream: bool) -> bool:
    """Set the model, the output cap and the stream's usage where they must change, drop thinking the vendor refuses.

    Returns whether our own option makes the vendor send a usage event that the caller did not ask for.
    """
    if not body.says("model", target.model):
        body.set("model", target.model)
    if target.output_cap is not None:
        _set_cap(body, target.output_cap, target.cap_field)
    if target.vendor in UNREAD and (kept := without_foreign_thinking(body.raw("messages"), target.vendor)) is not None:
        body.set("messages", msgspec.Raw(kept))
    return is_stream and target.asks_stream_usage and ask_for_stream_usage(body)


def _set_cap(body: JSONObject, output_cap: int, cap_field: str) -> None:
    """Bound the output in the field the caller used, else in the vendor's; a lower bound of the caller's is kept."""
    for name in ("max_completion_tokens", "max_tokens"):
        bound = body.integer(name)
        if bound is not None:
            if bound > output_cap:
                body.set(name, output_cap)
            return
    body.set(cap_field, output_cap)


def ask_for_stream_usage(body: JSONObject) -> bool:
    """Make the provider state usage at the end of the stream; True when the caller had not asked for it."""
    if wants_stream_usage(body):
        return False
    options = body.read("stream_options", dict[str, msgspec.Raw]) or {}
    options["include_usage"] = msgspec.Raw(b"true")
    body.set("stream_options", options)
    return True


def wants_stream_usage(body: JSONObject) -> bool:
    """Whether the caller asked for usage at the end of its stream; what cannot be read asks for nothing."""
    try:
        options = body.read("stream_options", dict[str, msgspec.Raw]) or {}
    except TollwayError:
        return False
    return bytes(options.get("include_usage", b"")) == b"true"
