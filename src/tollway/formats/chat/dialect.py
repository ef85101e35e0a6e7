"""Chat Completions as one of the dialects: the object through which the gateway uses this package."""

from collections.abc import Callable
from typing import Final

import msgspec

from tollway.contract.usage import Usage
from tollway.formats import hub
from tollway.formats.chat import (
    answer_reader,
    bounds,
    errors,
    generated,
    reply_writer,
    request_reader,
    request_writer,
    stream_reader,
    stream_writer,
    usage,
)
from tollway.formats.chat.stream_watch import StreamWatch
from tollway.formats.dialect import (
    Dialect,
    DialectName,
    EventReader,
    EventWriter,
    Shown,
    Target,
    UpstreamFault,
    Watch,
    Written,
)
from tollway.formats.json_object import JSONObject
from tollway.kernel.errors import TollwayError


class ChatDialect:
    """OpenAI's Chat Completions, as all its speakers write it."""

    name: DialectName = "chat"

    read_model = staticmethod(bounds.read_model)
    is_stream = staticmethod(bounds.is_stream)
    read_bounds = staticmethod(bounds.read_bounds)
    adapt = staticmethod(bounds.adapt)
    read_usage = staticmethod(usage.read_usage)

    def read_request(self, body: JSONObject, *, model: str, is_stream: bool) -> hub.Request:
        """Return what the body means. Raises request.field_invalid or request.untranslatable."""
        return request_reader.read_request(body.encode(), model=model, is_stream=is_stream)

    def write_request(self, request: hub.Request, target: Target) -> Written:
        """Write a request for a vendor of this dialect. Raises Inexpressible."""
        return request_writer.write_request(request, target)

    def read_reply(self, raw: bytes, vendor: str) -> hub.Reply:
        """Read a whole answer. Raises ValueError when it is none."""
        return answer_reader.read_reply(raw)

    def write_reply(self, reply: hub.Reply, shown: Shown) -> bytes:
        """Write a whole answer."""
        return reply_writer.write_reply(reply, shown)

    def open_reader(self, vendor: str) -> EventReader:
        """Return the reader of one stream: what vendors do differently is told apart by what they send."""
        return stream_reader.EventReader()

    def open_writer(self, shown: Shown) -> EventWriter:
        """Return the writer of one stream."""
        return stream_writer.EventWriter(shown)

    def open_watch(
        self,
        *,
        clock: Callable[[], int],
        request_id: str,
        input_tokens_estimate: int,
        hide_usage: bool,
        model_json: bytes | None,
    ) -> Watch:
        """Return the tap for a same-dialect stream."""
        return StreamWatch(
            clock=clock,
            request_id=request_id,
            input_tokens_estimate=input_tokens_estimate,
            hide_usage=hide_usage,
            model_json=model_json,
        )

    def rename(self, raw: bytes, model: str) -> bytes:
        """Return an answer with the caller's name of the model; unchanged when it names none or is no object."""
        try:
            answer = JSONObject.parse(raw)
        except TollwayError:
            return raw
        if "model" not in answer:
            return raw
        answer.set("model", msgspec.Raw(msgspec.json.encode(model)))
        return answer.encode()

    def estimate_usage(self, raw: bytes, input_tokens_estimate: int) -> Usage:
        """Estimate what an answer without stated usage consumed, from the length of its text."""
        return generated.estimate_usage(raw, input_tokens_estimate)

    def read_error(self, status: int, raw: bytes) -> UpstreamFault:
        """Read a vendor's error; never raises."""
        return errors.read_error(status, raw)

    def write_fault(self, fault: UpstreamFault, request_id: str) -> bytes:
        """Write another vendor's error in this dialect."""
        return errors.write_fault(fault, request_id)

    def write_error(self, error: TollwayError, request_id: str) -> bytes:
        """Write an error of our own."""
        return errors.error_body(error, request_id)

    def write_error_event(self, code: str, message: str, request_id: str) -> bytes:
        """Return the event that ends a stream which could not be completed."""
        return errors.write_error_event(code, message, request_id)


DIALECT: Final[Dialect] = ChatDialect()
