"""The Messages API as a dialect: what each of its modules does, behind the one contract of `formats.dialect`."""

from collections.abc import Callable

from msgspec.json import encode

from tollway.contract.usage import Usage
from tollway.formats import hub
from tollway.formats.dialect import (
    Bounds,
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
from tollway.formats.messages import (
    answer_reader,
    answer_writer,
    bounds,
    errors,
    request_reader,
    request_writer,
    stream_watch,
    usage,
)
from tollway.formats.messages.stream_writer import StreamWriter
from tollway.kernel.errors import TollwayError


class MessagesDialect:
    """Anthropic's Messages API. Without state."""

    name: DialectName = "messages"

    def read_model(self, body: JSONObject) -> str:
        """Return the model the body names. Raises request.field_invalid."""
        return bounds.read_model(body)

    def is_stream(self, body: JSONObject) -> bool:
        """Whether the body asks for an event stream."""
        return bounds.is_stream(body)

    def read_bounds(self, body: JSONObject, body_bytes: int) -> Bounds:
        """Return what the request can consume. Raises request.field_invalid."""
        return bounds.read_bounds(body, body_bytes)

    def adapt(self, body: JSONObject, target: Target, *, is_stream: bool) -> bool:
        """Set the model and the output cap; always False, since usage is always stated."""
        return bounds.adapt(body, target)

    def read_request(self, body: JSONObject, *, model: str, is_stream: bool) -> hub.Request:
        """Return what the body means. Raises request.field_invalid or request.untranslatable."""
        return request_reader.read_request(body.encode(), model=model, is_stream=is_stream)

    def write_request(self, request: hub.Request, target: Target) -> Written:
        """Write a request. Raises Inexpressible."""
        return request_writer.write_request(request, target)

    def read_reply(self, raw: bytes, vendor: str) -> hub.Reply:
        """Read a whole answer. Raises ValueError when it is none."""
        return answer_reader.read_reply(raw)

    def write_reply(self, reply: hub.Reply, shown: Shown) -> bytes:
        """Write a whole answer."""
        return answer_writer.write_reply(reply, shown)

    def open_reader(self, vendor: str) -> EventReader:
        """Return the reader of one stream."""
        return answer_reader.EventReader()

    def open_writer(self, shown: Shown) -> EventWriter:
        """Return the writer of one stream."""
        return StreamWriter(shown)

    def open_watch(
        self,
        *,
        clock: Callable[[], int],
        request_id: str,
        input_tokens_estimate: int,
        hide_usage: bool,
        model_json: bytes | None,
    ) -> Watch:
        """Return the tap for a same-dialect stream; its usage is never hidden, since it is never our doing."""
        return stream_watch.StreamWatch(
            clock=clock,
            request_id=request_id,
            input_tokens_estimate=input_tokens_estimate,
            model_json=model_json,
        )

    def rename(self, raw: bytes, model: str) -> bytes:
        """Return a same-dialect answer with the caller's name of the model."""
        return stream_watch.rename(raw, encode(model))

    def read_usage(self, raw: bytes) -> Usage | None:
        """Return the usage stated in a whole answer; None when there is none or it cannot be read."""
        return usage.read_usage(raw)

    def estimate_usage(self, raw: bytes, input_tokens_estimate: int) -> Usage:
        """Estimate what an answer without stated usage consumed."""
        return usage.estimate_usage(raw, input_tokens_estimate)

    def read_error(self, status: int, raw: bytes) -> UpstreamFault:
        """Read Anthropic's error; never raises."""
        return errors.read_error(status, raw)

    def write_fault(self, fault: UpstreamFault, request_id: str) -> bytes:
        """Write another vendor's error."""
        return errors.write_fault(fault, request_id)

    def write_error(self, error: TollwayError, request_id: str) -> bytes:
        """Write an error of our own."""
        return errors.write_error(error, request_id)

    def write_error_event(self, code: str, message: str, request_id: str) -> bytes:
        """Return the event that ends a stream which could not be completed."""
        return errors.write_error_event(code, message, request_id)


DIALECT: Dialect = MessagesDialect()
