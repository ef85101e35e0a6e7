"""Reading Google's embeddings: requests strictly, answers leniently.

https://ai.google.dev/api/embeddings — `embedContent` is for one content, `batchEmbedContents` for a list; the model is
in the path, and each of a batch names it again.
"""

import msgspec

from tollway.formats.embeddings.hub import EmbeddingInput, EmbeddingReply, EmbeddingRequest
from tollway.formats.embeddings.usage import gemini_usage
from tollway.formats.gemini.asked import Asked, invalid, untranslatable
from tollway.formats.gemini.fields import Fields

NAMES = {"inputs": "content", "dimensions": "outputDimensionality"}
"""What callers of `embedContent` call the fields; those of a batch are each below `requests`."""

_UNSPECIFIED = "TASK_TYPE_UNSPECIFIED"
_vector: msgspec.json.Decoder[list[float]] = msgspec.json.Decoder(list[float])


def read_request(raw: bytes, *, model: str) -> EmbeddingRequest:
    """Return what the body means. Raises request.field_invalid or request.untranslatable."""
    body = Asked.parse(raw)
    if "requests" not in body:
        text, dimensions = _request(body, model)
        return EmbeddingRequest(model=model, inputs=(text,), dimensions=dimensions, is_single=True, names=NAMES)
    found = [_request(item, model) for item in body.children("requests")]
    body.nothing_else()
    if not found:
        invalid("requests", "must not be empty")
    sizes = {dimensions for _, dimensions in found}
    if len(sizes) > 1:
        untranslatable("requests", "must all ask for the same `outputDimensionality`")
    names = NAMES | {"inputs": "requests", "dimensions": "requests[0].outputDimensionality"}
    return EmbeddingRequest(model=model, inputs=tuple(text for text, _ in found), dimensions=sizes.pop(), names=names)


def read_reply(raw: bytes) -> EmbeddingReply:
    """Read the answer of either method. Raises ValueError when it is none."""
    answer = Fields.parse(raw)
    if answer is None or not ("embedding" in answer or "embeddings" in answer):
        raise ValueError("the answer is none of embedContent")
    single = answer.child("embedding")
    found = answer.children("embeddings") if single is None else [single]
    return EmbeddingReply(model="", vectors=tuple(map(_values, found)), usage=gemini_usage(answer))


def _request(item: Asked, model: str) -> tuple[EmbeddingInput, int | None]:
    named = item.text("model")
    if named is not None and named.removeprefix("models/") != model:
        invalid(item.place("model"), "is not the model of the path")
    dimensions = item.integer("outputDimensionality")
    if dimensions is not None and dimensions < 1:
        invalid(item.place("outputDimensionality"), "must be a positive integer")
    task = item.text("taskType")
    text = EmbeddingInput(
        text=_text(item),
        task=None if task in (None, "", _UNSPECIFIED) else task,
        title=item.text("title") or None,
        at=item.place("content"),
    )
    item.nothing_else()
    return text, dimensions


def _text(item: Asked) -> str:
    content = item.child("content") or invalid(item.place("content"), "is required")
    content.text("role")
    parts = content.children("parts")
    content.nothing_else()
    if len(parts) != 1:
        untranslatable(content.place("parts"), "must be one text: other vendors embed nothing else")
    text = parts[0].text("text")
    parts[0].nothing_else("cannot be embedded by other vendors: send a text")
    if text is None:
        untranslatable(parts[0].at, "must be a text: other vendors embed nothing else")
    return text


def _values(embedding: Fields) -> tuple[float, ...]:
    try:
        return tuple(_vector.decode(embedding.raw("values")))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError("an embedding is no vector") from error
