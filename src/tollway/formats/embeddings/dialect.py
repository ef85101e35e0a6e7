"""What a dialect of embeddings offers, and the two there are.

The same law as in `formats/dialect.py`: requests are read strictly, answers leniently. Errors are those of the chat
and the gemini dialect.
"""

from typing import Final, Literal, Protocol

import msgspec

from tollway.contract.usage import BYTES_PER_TOKEN, Usage
from tollway.formats.chat.bounds import read_model
from tollway.formats.dialect import Bounds, Target, Written
from tollway.formats.embeddings import gemini_reader, gemini_writer, openai_reader, openai_writer
from tollway.formats.embeddings.hub import EmbeddingReply, EmbeddingRequest
from tollway.formats.embeddings.usage import gemini_usage, openai_usage
from tollway.formats.gemini import fields as gemini
from tollway.formats.gemini.bounds import read_bounds as gemini_bounds
from tollway.formats.json_object import JSONObject
from tollway.formats.lenient import Fields
from tollway.kernel.errors import TollwayError


class EmbeddingDialect(Protocol):
    """One dialect of embeddings. All methods are pure."""

    name: Literal["openai", "gemini"]

    def read_model(self, body: JSONObject) -> str:
        """Return the model the body names. Raises request.field_invalid. (Gemini's is in the path: not called.)"""
        ...

    def read_bounds(self, body: JSONObject, body_bytes: int) -> Bounds:
        """Return what the request can consume: input only, since a token is at least one byte."""
        ...

    def adapt(self, body: JSONObject, target: Target) -> None:
        """Change in place what must change for a same-dialect target: the model, wherever the body names it."""
        ...

    def read_request(self, body: JSONObject, *, model: str) -> EmbeddingRequest:
        """Return what the body means. Raises request.field_invalid or request.untranslatable."""
        ...

    def write_request(self, request: EmbeddingRequest, target: Target) -> Written:
        """Write a request for a vendor (for Gemini: of `batchEmbedContents`). Raises Inexpressible."""
        ...

    def read_reply(self, raw: bytes) -> EmbeddingReply:
        """Read a vendor's answer. Raises ValueError when it is none."""
        ...

    def write_reply(self, reply: EmbeddingReply, request: EmbeddingRequest, usage: Usage) -> bytes:
        """Write an answer under the caller's name of the model, with the usage that is settled."""
        ...

    def rename(self, raw: bytes, model: str) -> bytes:
        """Return a same-dialect answer with the caller's name of the model; unchanged when it names none."""
        ...

    def read_usage(self, raw: bytes) -> Usage | None:
        """Return the usage stated in an answer; None when there is none or it cannot be read."""
        ...


class OpenAIEmbeddings:
    """`POST /v1/embeddings`."""

    name: Literal["openai", "gemini"] = "openai"

    def read_model(self, body: JSONObject) -> str:
        """Return the model asked for. Raises request.field_invalid."""
        return read_model(body)

    def read_bounds(self, body: JSONObject, body_bytes: int) -> Bounds:
        """Return what the request can consume."""
        estimate = -(-body_bytes // BYTES_PER_TOKEN)
        return Bounds(input_tokens_max=body_bytes, input_tokens_estimate=estimate, output_tokens_max=0, choices=1)

    def adapt(self, body: JSONObject, target: Target) -> None:
        """Set the model."""
        if body.text("model") != target.model:
            body.set("model", target.model)

    def read_request(self, body: JSONObject, *, model: str) -> EmbeddingRequest:
        """Return what the body means. Raises request.field_invalid or request.untranslatable."""
        return openai_reader.read_request(body.encode(), model=model)

    def write_request(self, request: EmbeddingRequest, target: Target) -> Written:
        """Write a request for a vendor. Raises Inexpressible."""
        return openai_writer.write_request(request, target)

    def read_reply(self, raw: bytes) -> EmbeddingReply:
        """Read a vendor's answer. Raises ValueError when it is none."""
        return openai_reader.read_reply(raw)

    def write_reply(self, reply: EmbeddingReply, request: EmbeddingRequest, usage: Usage) -> bytes:
        """Write an answer."""
        return openai_writer.write_reply(reply, request, usage)

    def rename(self, raw: bytes, model: str) -> bytes:
        """Return an answer with the caller's name of the model."""
        try:
            answer = JSONObject.parse(raw)
        except TollwayError:
            return raw
        if "model" not in answer:
            return raw
        answer.set("model", model)
        return answer.encode()

    def read_usage(self, raw: bytes) -> Usage | None:
        """Return the usage stated in an answer."""
        answer = Fields.parse(raw)
        return None if answer is None else openai_usage(answer)


class GeminiEmbeddings:
    """`embedContent` and `batchEmbedContents`."""

    name: Literal["openai", "gemini"] = "gemini"

    def read_model(self, body: JSONObject) -> str:
        """Not called: the model is in the path."""
        raise TollwayError("request.field_invalid", public="The model is in the path.", param="model")

    def read_bounds(self, body: JSONObject, body_bytes: int) -> Bounds:
        """Return what the request can consume, media at their published maxima."""
        return msgspec.structs.replace(gemini_bounds(body, body_bytes), output_tokens_max=0)

    def adapt(self, body: JSONObject, target: Target) -> None:
        """Set the model in the body, where it is named a second time, and in each request of a batch."""
        named = f"models/{target.model}"
        if "model" in body and body.text("model") != named:
            body.set("model", named)
        requests = body.read("requests", list[msgspec.Raw])
        if requests is not None:
            changed = [_with_model(bytes(item), named) for item in requests]
            if changed != [bytes(item) for item in requests]:
                body.set("requests", [msgspec.Raw(item) for item in changed])

    def read_request(self, body: JSONObject, *, model: str) -> EmbeddingRequest:
        """Return what the body means. Raises request.field_invalid or request.untranslatable."""
        return gemini_reader.read_request(body.encode(), model=model)

    def write_request(self, request: EmbeddingRequest, target: Target) -> Written:
        """Write a body of `batchEmbedContents`. Raises Inexpressible."""
        return gemini_writer.write_request(request, target)

    def read_reply(self, raw: bytes) -> EmbeddingReply:
        """Read the answer of either method. Raises ValueError when it is none."""
        return gemini_reader.read_reply(raw)

    def write_reply(self, reply: EmbeddingReply, request: EmbeddingRequest, usage: Usage) -> bytes:
        """Write an answer of the method that was called."""
        return gemini_writer.write_reply(reply, request, usage)

    def rename(self, raw: bytes, model: str) -> bytes:
        """Return the answer: it names no model."""
        return raw

    def read_usage(self, raw: bytes) -> Usage | None:
        """Return the usage stated in an answer."""
        answer = gemini.Fields.parse(raw)
        return None if answer is None else gemini_usage(answer)


OPENAI: Final[EmbeddingDialect] = OpenAIEmbeddings()
GEMINI: Final[EmbeddingDialect] = GeminiEmbeddings()


def _with_model(raw: bytes, named: str) -> bytes:
    request = JSONObject.parse(raw)
    if request.text("model") != named:
        request.set("model", named)
    return request.encode()
