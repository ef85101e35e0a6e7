"""Writing OpenAI's embeddings: requests for a vendor, answers for a caller.

https://platform.openai.com/docs/api-reference/embeddings — only OpenAI is asked for base64, which makes an answer a
fifth as long; who else understands it is not known. Mistral has other names (https://docs.mistral.ai/api/).
"""

from typing import Any

import msgspec

from tollway.contract.usage import Usage
from tollway.formats.dialect import Inexpressible, Target, Written
from tollway.formats.embeddings.hub import EmbeddingReply, EmbeddingRequest
from tollway.formats.embeddings.usage import write_openai_usage
from tollway.formats.embeddings.vectors import pack

_TAKE_USERS = frozenset({"openai", "openai-compatible", "openrouter", "sandbox"})
_TAKE_BASE64 = frozenset({"openai", "sandbox"})


def write_request(request: EmbeddingRequest, target: Target) -> Written:
    """Write a request for a vendor of this dialect. Raises Inexpressible."""
    notes: list[str] = []
    body: dict[str, Any] = {"model": target.model, "input": _input(request, target)}
    if request.dimensions is not None:
        body["output_dimension" if target.vendor == "mistral" else "dimensions"] = request.dimensions
    if request.encoding is not None and target.vendor in _TAKE_BASE64:
        body["encoding_format"] = request.encoding
    if request.user is not None:
        if target.vendor in _TAKE_USERS:
            body["user"] = request.user
        else:
            notes.append("user-ignored")
    if any(item.task is not None for item in request.inputs):
        notes.append("task-ignored")
    return Written(body=msgspec.json.encode(body), notes=tuple(notes))


def write_reply(reply: EmbeddingReply, request: EmbeddingRequest, usage: Usage) -> bytes:
    """Write an answer in the encoding that was asked for."""
    is_packed = request.encoding == "base64"
    data = [
        {"object": "embedding", "index": index, "embedding": pack(vector) if is_packed else vector}
        for index, vector in enumerate(reply.vectors)
    ]
    answer = {"object": "list", "data": data, "model": request.model, "usage": write_openai_usage(usage)}
    return msgspec.json.encode(answer)


def _input(request: EmbeddingRequest, target: Target) -> list[str] | list[tuple[int, ...]]:
    for item in request.inputs:
        if item.title is not None:
            raise Inexpressible("inputs", "a title has no place of its own: put it into the text", at=item.at)
    texts = [item.text for item in request.inputs if item.text is not None]
    tokens = [item.tokens for item in request.inputs if item.text is None]
    if tokens and target.vendor == "mistral":
        raise Inexpressible("inputs", "Mistral embeds texts, no tokens: send the text")
    if texts and tokens:
        raise Inexpressible("inputs", "texts and tokens do not mix: send one of them")
    return tokens or texts
