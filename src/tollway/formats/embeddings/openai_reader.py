"""Reading OpenAI's embeddings: requests strictly, answers leniently.

https://platform.openai.com/docs/api-reference/embeddings — Mistral's clients call `dimensions` `output_dimension`
(https://docs.mistral.ai/api/#tag/embeddings).
"""

from typing import cast

import msgspec

from tollway.formats.asked import Asked, invalid, untranslatable
from tollway.formats.embeddings.hub import EmbeddingInput, EmbeddingReply, EmbeddingRequest, Encoding
from tollway.formats.embeddings.usage import openai_usage
from tollway.formats.embeddings.vectors import unpack
from tollway.formats.lenient import Fields

NAMES = {"inputs": "input", "dimensions": "dimensions", "encoding": "encoding_format", "user": "user"}
"""What callers of this dialect call the fields."""

_FAULTS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_input: msgspec.json.Decoder[str | list[str | int | list[int]]] = msgspec.json.Decoder(
    str | list[str | int | list[int]]
)
_vector: msgspec.json.Decoder[list[float]] = msgspec.json.Decoder(list[float])


def read_request(raw: bytes, *, model: str) -> EmbeddingRequest:
    """Return what the body means. Raises request.field_invalid or request.untranslatable."""
    body = Asked.parse(raw)
    body.text("model")
    encoding = body.text("encoding_format")
    if encoding not in (None, "float", "base64"):
        invalid("encoding_format", "must be `float` or `base64`")
    names = dict(NAMES)
    request = EmbeddingRequest(
        model=model,
        inputs=_inputs(body.raw("input")),
        dimensions=_dimensions(body, names),
        encoding=cast("Encoding | None", encoding),
        user=body.text("user") or None,
        names=names,
    )
    if body.text("output_dtype") not in (None, "float"):
        untranslatable("output_dtype", "can only be `float`")
    body.nothing_else()
    return request


def read_reply(raw: bytes) -> EmbeddingReply:
    """Read an answer. Raises ValueError when it is none."""
    answer = Fields.parse(raw)
    if answer is None or not answer.raw("data").startswith(b"["):
        raise ValueError("the answer is none of embeddings")
    found = [
        (item.count("index") if "index" in item else place, _vector_of(item))
        for place, item in enumerate(answer.children("data"))
    ]
    found.sort(key=lambda item: item[0])
    return EmbeddingReply(
        model=answer.text("model"),
        vectors=tuple(vector for _, vector in found),
        usage=openai_usage(answer),
    )


def _dimensions(body: Asked, names: dict[str, str]) -> int | None:
    dimensions = body.integer("dimensions")
    mistral = body.integer("output_dimension")
    if dimensions is None and mistral is not None:
        names["dimensions"] = "output_dimension"
        dimensions = mistral
    if dimensions is not None and dimensions < 1:
        invalid(names["dimensions"], "must be a positive integer")
    return dimensions


def _inputs(raw: bytes | None) -> tuple[EmbeddingInput, ...]:
    """Read `input`: a text, texts, tokens, or lists of tokens; the four do not mix."""
    if raw is None:
        invalid("input", "is required")
    try:
        given = _input.decode(raw)
    except _FAULTS:
        invalid("input", "must be a string, a list of strings, or tokens")
    if isinstance(given, str):
        return (EmbeddingInput(text=given, at="input"),)
    if not given:
        invalid("input", "must not be empty")
    if all(isinstance(item, int) for item in given):
        return (EmbeddingInput(tokens=_tokens(cast("list[int]", given), "input"), at="input"),)
    if len({type(item) for item in given}) > 1:
        invalid("input", "must not mix texts and tokens")
    inputs: list[EmbeddingInput] = []
    for place, item in enumerate(given):
        at = f"input[{place}]"
        if isinstance(item, str):
            inputs.append(EmbeddingInput(text=item, at=at))
        else:
            inputs.append(EmbeddingInput(tokens=_tokens(cast("list[int]", item), at), at=at))
    return tuple(inputs)


def _tokens(tokens: list[int], at: str) -> tuple[int, ...]:
    if not tokens or min(tokens) < 0:
        invalid(at, "must be tokens, each an integer of 0 or more")
    return tuple(tokens)


def _vector_of(item: Fields) -> tuple[float, ...]:
    raw = item.raw("embedding")
    if raw.startswith(b'"'):
        return unpack(item.text("embedding"))
    try:
        return tuple(_vector.decode(raw))
    except _FAULTS as error:
        raise ValueError("an embedding is no vector") from error
