"""What a request can consume, and what is changed in it when it is passed on: the output cap, and a repeated model.

https://ai.google.dev/api/generate-content — the model that counts and whether to stream are in the path, usage is
stated in every event; so nothing else changes. Both spellings of every field are understood, and the caller's is kept.
"""

import re

import msgspec

from tollway.contract.usage import BYTES_PER_TOKEN
from tollway.formats.dialect import Bounds, Target
from tollway.formats.json_object import JSONObject
from tollway.kernel.errors import TollwayError

CANDIDATES_MAX = 128
IMAGE_TOKENS_MAX = 8_192
"""What one image can cost: it is scaled to 3072 px and cut into at most 24 tiles of 258 tokens, or 2,240 at the
highest `mediaResolution`; rounded up. https://ai.google.dev/gemini-api/docs/tokens#multimodal-tokens
https://ai.google.dev/gemini-api/docs/media-resolution"""
MEDIA_TOKENS_MAX = 1_048_576
"""What one document, sound, film or cached content can cost: the input limit of the models.
https://ai.google.dev/gemini-api/docs/models"""
INPUT_TOKENS_MAX = 2_097_152
"""The largest input limit of any model there was: what media add to the text in all."""

_CONFIGS = ("generationConfig", "generation_config")
_MEDIA = re.compile(rb'"(?:inline_?[dD]ata|file_?[dD]ata|cached_?[cC]ontent)"\s*:\s*[{"]')
_WHOLE = re.compile(rb"-?[0-9]{1,18}(?:\.0+)?")
_INLINE_TEXT = re.compile(rb'"inline_?[dD]ata"\s*:\s*\{[^{}]*?"mime_?[tT]ype"\s*:\s*"text/')
_IMAGE = re.compile(rb'"(?:inline_?[dD]ata|file_?[dD]ata)"\s*:\s*\{[^{}]*?"mime_?[tT]ype"\s*:\s*"image/')


def read_bounds(body: JSONObject, body_bytes: int) -> Bounds:
    """Return what the request can consume at most.

    A token is at least one byte of text, so the body's length bounds the text; media are added at the vendor's
    published maxima. Raises request.field_invalid for impossible bounds.
    """
    config = _config(body)
    choices = _integer(config, "candidateCount", "candidate_count") or 1
    if not 1 <= choices <= CANDIDATES_MAX:
        raise _invalid("candidateCount", f"must be from 1 to {CANDIDATES_MAX}")
    bound = _integer(config, "maxOutputTokens", "max_output_tokens")
    if bound is not None and not 0 < bound <= 2**31:
        raise _invalid("maxOutputTokens", "must be a positive integer")
    return Bounds(
        input_tokens_max=body_bytes + _media_tokens_max(body.encode()),
        input_tokens_estimate=-(-body_bytes // BYTES_PER_TOKEN),
        output_tokens_max=None if bound is None else bound * choices,
        choices=choices,
    )


def adapt(body: JSONObject, target: Target) -> bool:
    """Set the output cap, if there is one and the caller's own is not lower, and the model where the body repeats it.

    Always False: usage is never ours.
    """
    if body.text("model") is not None:
        body.set("model", f"models/{target.model}")
    if target.output_cap is None:
        return False
    config = _config(body)
    bound = _integer(config, "maxOutputTokens", "max_output_tokens")
    if bound is None or bound > target.output_cap:
        config.set(_spelling(config, "maxOutputTokens", "max_output_tokens"), target.output_cap)
        body.set(_spelling(body, *_CONFIGS), msgspec.Raw(config.encode()))
    return False


def _config(body: JSONObject) -> JSONObject:
    name = _spelling(body, *_CONFIGS)
    raw = body.raw(name)
    try:
        return JSONObject.parse(b"{}" if raw in (b"", b"null") else raw)
    except TollwayError as error:
        raise _invalid(name, "must be an object that names no key twice") from error


def _spelling(fields: JSONObject, camel: str, snake: str) -> str:
    """Return how the caller writes a field. Raises request.field_invalid for both ways at once: readers may differ."""
    if snake in fields and camel in fields:
        raise _invalid(camel, f"is given twice, also as `{snake}`")
    return snake if snake in fields else camel


def _integer(config: JSONObject, camel: str, snake: str) -> int | None:
    """Return a whole number, which protobuf's JSON also takes as a string."""
    raw = config.raw(_spelling(config, camel, snake)).strip(b'"')
    if raw in (b"", b"null"):
        return None
    if not _WHOLE.fullmatch(raw):
        raise _invalid(camel, "must be an integer")
    return int(raw.partition(b".")[0])


def _invalid(name: str, rule: str) -> TollwayError:
    place = f"generationConfig.{name}" if name not in _CONFIGS else name
    return TollwayError("request.field_invalid", public=f"`{place}` {rule}.", param=place)


def _media_tokens_max(raw: bytes) -> int:
    """Return the most that a body's media can add. What merely looks like media only raises the bound."""
    if raw.find(b"\\u00") >= 0:
        # A name may be written with escapes; written out anew it is not.
        try:
            raw = msgspec.json.encode(msgspec.json.decode(raw))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return INPUT_TOKENS_MAX
    media = len(_MEDIA.findall(raw))
    images = len(_IMAGE.findall(raw)) if media else 0
    media -= len(_INLINE_TEXT.findall(raw)) if media else 0  # Its bytes are in the body, and bound it.
    return min(images * IMAGE_TOKENS_MAX + (media - images) * MEDIA_TOKENS_MAX, INPUT_TOKENS_MAX)
