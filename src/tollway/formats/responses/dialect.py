"""OpenAI's Responses, behind the contract that every spoke of the hub keeps."""

from collections.abc import Callable

import msgspec

from tollway.contract.usage import Usage
from tollway.formats import hub
from tollway.formats.dialect import Bounds, Dialect, DialectName, Shown, Target, UpstreamFault, Written
from tollway.formats.json_object import JSONObject
from tollway.formats.responses import bounds, errors, usage
from tollway.formats.responses.reply_reader import read_reply
from tollway.formats.responses.request_reader import read_request
from tollway.formats.responses.request_writer import write_request
from tollway.formats.responses.response_writer import write_reply
from tollway.formats.responses.stream_reader import EventReader
from tollway.formats.responses.stream_watch import StreamWatch, rename
from tollway.formats.responses.stream_writer import EventWriter
from tollway.kernel.errors import TollwayError


class Responses:
    """Implements Dialect. The readers, writers and watches it opens are of this package's own classes."""

    name: DialectName = "responses"

    def read_model(self, body: JSONObject) -> str:
        """Return the model the body names. Raises request.field_invalid."""
        return bounds.read_model(body)

    def is_stream(self, body: JSONObject) -> bool:
        """Whether the body asks for an event stream."""
        return bounds.is_stream(body)

    def read_bounds(self, body: JSONObject, body_bytes: int) -> Bounds:
        """Return what the request can consume. Raises request.field_invalid for impossible bounds."""
        return bounds.read_bounds(body, body_bytes)

    def adapt(self, body: JSONObject, target: Target, *, is_stream: bool) -> bool:
        """Change in place the model, the output cap and what the vendor could not read; always False."""
        return bounds.adapt(body, target)

    def read_request(self, body: JSONObject, *, model: str, is_stream: bool) -> hub.Request:
        """Return what the body means. Raises request.field_invalid or request.untranslatable."""
        return read_request(body.encode(), model=model, is_stream=is_stream)

    def write_request(self, request: hub.Request, target: Target) -> Written:
        """Write a request for a vendor of this dialect. Raises Inexpressible."""
        return write_request(request, target)

    def read_reply(self, raw: bytes, vendor: str) -> hub.Reply:
        """Read a vendor's whole answer. Raises ValueError when it is none."""
        return read_reply(raw, vendor)

    def write_reply(self, reply: hub.Reply, shown: Shown) -> bytes:
        """Write a whole answer."""
        return write_reply(reply, shown)

    def open_reader(self, vendor: str) -> EventReader:
        """Return the reader of one vendor's stream."""
        return EventReader(vendor)

    def open_writer(self, shown: Shown) -> EventWriter:
        """Return the writer of one stream."""
        return EventWriter(shown)

    def open_watch(
        self,
        *,
        clock: Callable[[], int],
        request_id: str,
        input_tokens_estimate: int,
        hide_usage: bool,
        model_json: bytes | None,
    ) -> StreamWatch:
        """Return the tap for a same-dialect stream. Usage is never hidden: no option of ours adds any."""
        return StreamWatch(
            clock=clock, request_id=request_id, input_tokens_estimate=input_tokens_estimate, model_json=model_json
        )

    def rename(self, raw: bytes, model: str) -> bytes:
        """Return a same-dialect answer with the caller's name of the model; unchanged when it names none."""
        return rename(raw, msgspec.json.encode(model))

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


DIALECT: Dialect = Responses()
