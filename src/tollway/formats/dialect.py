"""What a dialect offers: the contract that every spoke of the hub keeps.

One object a dialect, without state; a stream's state lives in the reader, writer or watch that it opens. Reading a
request is strict, because what is not understood would be dropped in silence. Reading an answer is lenient: vendors
add fields every month, and an answer that was paid for must reach its caller.
"""

from collections.abc import Callable
from typing import Literal, Protocol

import msgspec

from tollway.contract.usage import Usage
from tollway.formats import hub
from tollway.formats.json_object import JSONObject
from tollway.kernel.errors import TollwayError

DialectName = Literal["chat", "responses", "messages", "gemini"]


class Bounds(msgspec.Struct, frozen=True, gc=False):
    """How much a request can consume. `output_tokens_max` is for all choices together; None: no bound was given.

    `input_tokens_max` is never below the truth for input that is in the body; `choices` >= 1.
    """

    input_tokens_max: int
    input_tokens_estimate: int
    output_tokens_max: int | None
    choices: int

    @property
    def output_tokens_expected(self) -> int:
        """What is expected when nothing better is known: the bound, at most 1,024 a choice."""
        expected = 1_024 * self.choices
        return expected if self.output_tokens_max is None else min(expected, self.output_tokens_max)


class Target(msgspec.Struct, frozen=True, gc=False):
    """Whom a request is written for. `vendor` is the kind's name (`openai`, `anthropic`, `gemini`, `mistral`, …).

    `model` is the vendor's name for the model. `output_cap` is a bound the gateway sets on each choice, None for
    none. `output_tokens_default` is what a vendor that insists on a bound (Anthropic) gets when the caller gave none.
    `cap_field` is the field an OpenAI-compatible vendor reads the bound from; `asks_stream_usage` whether its streams
    state usage only when asked.
    """

    vendor: str
    model: str
    output_cap: int | None = None
    output_tokens_default: int = 4_096
    cap_field: str = "max_tokens"
    asks_stream_usage: bool = True


class Written(msgspec.Struct, frozen=True, gc=False):
    """A request body for a vendor. `notes` name harmless differences (`docs/translation.md` explains each)."""

    body: bytes
    notes: tuple[str, ...] = ()
    headers: tuple[tuple[bytes, bytes], ...] = ()


class Shown(msgspec.Struct, frozen=True, gc=False):
    """What a translated answer says about itself. `model` is the name the caller asked for."""

    request_id: str
    model: str
    created_seconds: int
    request: hub.Request
    states_usage: bool = True
    """Whether the caller wants usage in the stream; chat alone makes this a choice."""
    previous_response_id: str | None = None
    """Which earlier answer was continued; Responses alone has it."""


class UpstreamFault(msgspec.Struct, frozen=True, gc=False):
    """An error a vendor answered with. `kind` is the vendor's own word for it; `retry_after_seconds` if it said so."""

    status: int
    kind: str
    message: str
    param: str | None = None
    code: str | None = None
    retry_after_seconds: float | None = None


class Inexpressible(Exception):
    """The dialect of a target cannot say what the request says.

    `field` is a field of hub.Request (the gateway shows the caller's own name for it) or, when `at` is given, the
    place in the caller's body. `advice` is one sentence: what would work.
    """

    def __init__(self, field: str, advice: str, *, at: str = "") -> None:
        self.field = field
        self.at = at
        self.advice = advice
        super().__init__(f"{at or field}: {advice}")


class EventReader(Protocol):
    """Turns a vendor's stream into hub events. Never raises; what it cannot read it skips and names in `notes`."""

    notes: list[str]

    def feed(self, chunk: bytes) -> list[hub.Event]:
        """Return the events that `chunk` completes; any chunking gives the same events."""
        ...

    def finish(self) -> list[hub.Event]:
        """Return what is left at the end of the stream. No hub.Done was or is returned for a stream that was cut."""
        ...


class EventWriter(Protocol):
    """Turns hub events into a caller's stream, valid for the strictest client of the dialect. Never raises."""

    def write(self, event: hub.Event) -> bytes:
        """Return the bytes for one event; b"" when it has none in this dialect."""
        ...


class Watch(Protocol):
    """The tap of a same-dialect stream: bytes pass unchanged but for what must change. Single use; never raises."""

    @property
    def first_ns(self) -> int:
        """The instant at which the first bytes passed; 0 while none have."""
        ...

    @property
    def error_code(self) -> str | None:
        """Why the stream did not end well; None while it runs and after a good end."""
        ...

    def feed(self, chunk: bytes) -> bytes:
        """Return what the caller receives in place of `chunk`: whole events only, so that an error event can follow."""
        ...

    def finish(self, error_code: str | None) -> bytes:
        """Return the last bytes: what was held back, or an error event when the stream did not end properly."""
        ...

    def usage(self) -> Usage:
        """Return the stated usage, else an estimate from what passed by, marked as one."""
        ...


class Dialect(Protocol):
    """One dialect. All methods are pure."""

    name: DialectName

    # The request, as far as it must be understood to be passed on.
    def read_model(self, body: JSONObject) -> str:
        """Return the model the body names. Raises request.field_invalid. (Gemini's is in the path: not called.)"""
        ...

    def is_stream(self, body: JSONObject) -> bool:
        """Whether the body asks for an event stream. (Gemini's is in the path: not called.)"""
        ...

    def read_bounds(self, body: JSONObject, body_bytes: int) -> Bounds:
        """Return what the request can consume. Raises request.field_invalid for impossible bounds."""
        ...

    def adapt(self, body: JSONObject, target: Target, *, is_stream: bool) -> bool:
        """Change in place what must change for a same-dialect target: model, output cap, stream usage.

        Returns whether our own option makes the vendor send a usage event that the caller did not ask for.
        """
        ...

    # The request, understood whole.
    def read_request(self, body: JSONObject, *, model: str, is_stream: bool) -> hub.Request:
        """Return what the body means.

        Raises request.field_invalid (its grammar is wrong) or request.untranslatable (understood or not, no other
        dialect can be asked for it); both name the field in `param`.
        """
        ...

    def write_request(self, request: hub.Request, target: Target) -> Written:
        """Write a request for a vendor of this dialect. Raises Inexpressible."""
        ...

    # The answer.
    def read_reply(self, raw: bytes, vendor: str) -> hub.Reply:
        """Read a vendor's whole answer. Raises ValueError when it is none."""
        ...

    def write_reply(self, reply: hub.Reply, shown: Shown) -> bytes:
        """Write a whole answer."""
        ...

    def open_reader(self, vendor: str) -> EventReader:
        """Return the reader of one vendor's stream."""
        ...

    def open_writer(self, shown: Shown) -> EventWriter:
        """Return the writer of one stream."""
        ...

    def open_watch(
        self,
        *,
        clock: Callable[[], int],
        request_id: str,
        input_tokens_estimate: int,
        hide_usage: bool,
        model_json: bytes | None,
    ) -> Watch:
        """Return the tap for a same-dialect stream. `model_json` replaces each event's model; None leaves it."""
        ...

    def rename(self, raw: bytes, model: str) -> bytes:
        """Return a same-dialect answer with the caller's name of the model; unchanged when it names none."""
        ...

    def read_usage(self, raw: bytes) -> Usage | None:
        """Return the usage stated in a whole answer; None when there is none or it cannot be read."""
        ...

    def estimate_usage(self, raw: bytes, input_tokens_estimate: int) -> Usage:
        """Estimate what an answer without stated usage consumed, marked as an estimate."""
        ...

    # Errors.
    def read_error(self, status: int, raw: bytes) -> UpstreamFault:
        """Read a vendor's error; never raises. An unreadable one has a plain message of ours."""
        ...

    def write_fault(self, fault: UpstreamFault, request_id: str) -> bytes:
        """Write another vendor's error in this dialect; its status is kept by the caller of this."""
        ...

    def write_error(self, error: TollwayError, request_id: str) -> bytes:
        """Write an error of our own."""
        ...

    def write_error_event(self, code: str, message: str, request_id: str) -> bytes:
        """Return the event that ends a stream which could not be completed."""
        ...
