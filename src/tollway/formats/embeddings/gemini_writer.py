"""Writing Google's embeddings: requests as a batch, answers in the form that was asked for.

https://ai.google.dev/api/embeddings#method:-models.batchembedcontents
"""

from typing import Any

import msgspec

from tollway.contract.usage import Usage
from tollway.formats.dialect import Inexpressible, Target, Written
from tollway.formats.embeddings.hub import EmbeddingInput, EmbeddingReply, EmbeddingRequest
from tollway.formats.embeddings.usage import write_gemini_usage

BATCH_MAX = 100
"""https://ai.google.dev/gemini-api/docs/embeddings: "at most 100 requests can be in one batch"."""


def write_request(request: EmbeddingRequest, target: Target) -> Written:
    """Write a body of `batchEmbedContents`, also for one text. Raises Inexpressible."""
    if len(request.inputs) > BATCH_MAX:
        raise Inexpressible("inputs", f"Gemini embeds at most {BATCH_MAX} texts at once: send fewer")
    requests = [_request(item, request.dimensions, target.model) for item in request.inputs]
    notes = () if request.user is None else ("user-ignored",)
    return Written(body=msgspec.json.encode({"requests": requests}), notes=notes)


def write_reply(reply: EmbeddingReply, request: EmbeddingRequest, usage: Usage) -> bytes:
    """Write an answer of the method that was called."""
    found = [{"values": vector} for vector in reply.vectors]
    answer: dict[str, Any] = {"embedding": found[0]} if request.is_single and found else {"embeddings": found}
    return msgspec.json.encode(answer | {"usageMetadata": write_gemini_usage(usage)})


def _request(item: EmbeddingInput, dimensions: int | None, model: str) -> dict[str, Any]:
    if item.text is None:
        raise Inexpressible("inputs", "Gemini embeds texts, no tokens: send the text", at=item.at)
    stated = {"taskType": item.task, "title": item.title, "outputDimensionality": dimensions}
    written: dict[str, Any] = {"model": f"models/{model}", "content": {"parts": [{"text": item.text}]}}
    return written | {name: value for name, value in stated.items() if value is not None}
