"""The dialect of Google's generateContent as one object: `DIALECT`.

https://ai.google.dev/api/generate-content — the model and the method are in the path (`path.py`), so the body names
neither; counting tokens and listing models, which other dialects do in their own ways, are in `count.py` and
`models.py`, and streams as an array instead of events in `array.py`.
"""

from collections.abc import Callable

import msgspec

from tollway.contract.usage import Usage
from tollway.formats import hub
from tollway.formats.dialect import (
    Bounds,
    Dialect,
    DialectName,
    EventReader,
    Shown,
    Target,
    UpstreamFault,
    Watch,
    Written,
)
from tollway.formats.gemini import answer_reader, bounds, errors, event_writer, reply_writer, stream_watch, usage
from tollway.formats.gemini.request_reader import read_request
from tollway.formats.gemini.request_writer import write_request
from tollway.formats.json_object import JSONObject
from tollway.kernel.errors import TollwayError


class GeminiDialect:
    """generateContent and streamGenerateContent, of the Gemini API and of Vertex AI. Without state."""

    name: DialectName = "gemini"

    def read_model(self, body: JSONObject) -> str:
        """Return the model that some clients repeat in the body, "" for none; the path's is the one that counts."""
        return (body.text("model") or "").removeprefix("models/")

    def is_stream(self, body: JSONObject) -> bool:
        """Return False: whether to stream is in the path."""
        return False

    def read_bounds(self, body: JSONObject, body_bytes: int) -> Bounds:
        """Return what the request can consume. Raises request.field_invalid."""
        return bounds.read_bounds(body, body_bytes)

    def adapt(self, body: JSONObject, target: Target, *, is_stream: bool) -> bool:
        """Set the output cap; always False, since usage is in every answer and never hidden."""
        return bounds.adapt(body, target)

    def read_request(self, body: JSONObject, *, model: str, is_stream: bool) -> hub.Request:
        """Return what the body means. Raises request.field_invalid or request.untranslatable."""
        return read_request(body.encode(), model=model, is_stream=is_stream)

    def write_request(self, request: hub.Request, target: Target) -> Written:
        """Write a request for a vendor of this dialect. Raises Inexpressible."""
        return write_request(request, target)

    def read_reply(self, raw: bytes, vendor: str) -> hub.Reply:
        """Read a whole answer. Raises ValueError when it is none."""
        return answer_reader.read_reply(raw)

    def write_reply(self, reply: hub.Reply, shown: Shown) -> bytes:
        """Write a whole answer."""
        return reply_writer.write_reply(reply, shown)

    def open_reader(self, vendor: str) -> EventReader:
        """Return the reader of one stream."""
        return answer_reader.EventReader()

    def open_writer(self, shown: Shown) -> event_writer.EventWriter:
        """Return the writer of one stream of events."""
        return event_writer.EventWriter(shown)

    def open_watch(
        self,
        *,
        clock: Callable[[], int],
        request_id: str,
        input_tokens_estimate: int,
        hide_usage: bool,
        model_json: bytes | None,
    ) -> Watch:
        """Return the tap for a same-dialect stream; `hide_usage` never is, since usage is never ours."""
        return stream_watch.StreamWatch(
            clock=clock, request_id=request_id, input_tokens_estimate=input_tokens_estimate, model_json=model_json
        )

    def rename(self, raw: bytes, model: str) -> bytes:
        """Return an answer with the caller's name of the model; unchanged when it names none."""
        return stream_watch.rename(raw, msgspec.json.encode(model))

    def read_usage(self, raw: bytes) -> Usage | None:
        """Return the usage stated in a whole answer; None when there is none or it cannot be read."""
        return usage.read_usage(raw)

    def estimate_usage(self, raw: bytes, input_tokens_estimate: int) -> Usage:
        """Estimate what an answer without stated usage consumed, marked as an estimate."""
        return usage.estimate_usage(raw, input_tokens_estimate)

    def read_error(self, status: int, raw: bytes) -> UpstreamFault:
        """Read a vendor's error; never raises."""
        return errors.read_error(status, raw)

    def write_fault(self, fault: UpstreamFault, request_id: str) -> bytes:
        """Write another vendor's error in this dialect."""
        return errors.write_fault(fault, request_id)

    def write_error(self, error: TollwayError, request_id: str) -> bytes:
        """Write an error of our own."""
        return errors.write_error(error, request_id)

    def write_error_event(self, code: str, message: str, request_id: str) -> bytes:
        """Return the event that ends a stream which could not be completed."""
        return errors.write_error_event(code, message, request_id)


DIALECT: Dialect = GeminiDialect()
