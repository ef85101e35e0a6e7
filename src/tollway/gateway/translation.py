"""The tap of a stream that is translated while it passes: the upstream's events in, the caller's events out.

One reader and one writer, joined by hub events; what accounting must know is learnt on the way. Nothing is invented:
a stream that was cut ends in an error event of the caller's dialect, never in a finish reason.
"""

from collections.abc import Callable

from msgspec import structs

from tollway.contract.usage import BYTES_PER_TOKEN, Usage
from tollway.formats import hub
from tollway.formats.dialect import Dialect, EventWriter, Shown, Watch
from tollway.formats.gemini.array import open_array
from tollway.kernel.codes import BY_NAME


class TranslatingWatch:
    """Keeps the contract of `formats.dialect.Watch`. Single use; feed and finish never raise."""

    __slots__ = (
        "_clock",
        "_input_tokens_estimate",
        "_is_over",
        "_reader",
        "_states_usage",
        "_text_bytes",
        "_usage",
        "_writer",
        "error_code",
        "first_ns",
    )

    def __init__(
        self, source: Dialect, vendor: str, target: Dialect, shown: Shown, *, clock: Callable[[], int], estimate: int
    ) -> None:
        self._clock = clock
        self._reader = source.open_reader(vendor)
        self._writer = target.open_writer(shown)
        self._input_tokens_estimate = estimate
        self._states_usage = shown.states_usage
        self._text_bytes = 0
        self._usage: Usage | None = None
        self._is_over = False
        self.first_ns = 0
        self.error_code: str | None = None

    @property
    def writer(self) -> EventWriter:
        """Who writes the caller's events."""
        return self._writer

    @property
    def notes(self) -> list[str]:
        """What of the upstream's stream could not be said."""
        return self._reader.notes

    def feed(self, chunk: bytes) -> bytes:
        """Return the caller's events for those that `chunk` completes."""
        if not self.first_ns:
            self.first_ns = self._clock()
        return self._write(self._reader.feed(chunk))

    def finish(self, error_code: str | None) -> bytes:
        """Return the last events: what was held back, or an error event when the stream did not end properly."""
        rest = self._write(self._reader.finish())
        if error_code is None and not self._is_over:
            error_code = "upstream.truncated"
        if self._is_over or error_code is None:
            return rest
        self.error_code = error_code
        # By the writer, not by the dialect: it knows what was begun, and how far its events are numbered.
        return rest + self._writer.write(hub.Failed(kind=error_code, message=BY_NAME[error_code].meaning))

    def usage(self) -> Usage:
        """Return the stated usage of a whole stream, else an estimate that is never below what was stated."""
        stated = self._usage
        if stated is None:
            return self._estimate()
        if self._is_over and self.error_code is None:
            return stated
        outputs = -(-self._text_bytes // BYTES_PER_TOKEN)
        return structs.replace(stated, output_tokens=max(stated.output_tokens, outputs), is_estimated=True)

    def _estimate(self) -> Usage:
        outputs = -(-self._text_bytes // BYTES_PER_TOKEN)
        return Usage(input_tokens=self._input_tokens_estimate, output_tokens=outputs, is_estimated=True)

    def _write(self, events: list[hub.Event]) -> bytes:
        out: list[bytes] = []
        for event in events:
            if self._is_over:
                break
            match event:
                case hub.TextDelta():
                    self._text_bytes += len(event.text.encode("utf-8", "surrogatepass"))
                case hub.UsageStated():
                    self._usage = event.usage
                case hub.Failed():
                    self._is_over, self.error_code = True, "upstream.failed"
                case hub.Done():
                    self._is_over = True
                    if self._usage is None and self._states_usage:
                        # Some clients insist on usage; the record of the call marks it as the estimate it is.
                        out.append(self._writer.write(hub.UsageStated(usage=self._estimate())))
            out.append(self._writer.write(event))
        return b"".join(out)


class ArrayWatch:
    """Writes the events of another watch as one growing JSON array. Keeps its contract."""

    __slots__ = ("_array", "_watch")

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._array = open_array()

    @property
    def first_ns(self) -> int:
        """See Watch."""
        return self._watch.first_ns

    @property
    def error_code(self) -> str | None:
        """See Watch."""
        return self._watch.error_code

    def feed(self, chunk: bytes) -> bytes:
        """Return the elements that `chunk` completes."""
        return self._array.feed(self._watch.feed(chunk))

    def finish(self, error_code: str | None) -> bytes:
        """Return the last elements and the end of the array."""
        return self._array.feed(self._watch.finish(error_code)) + self._array.finish()

    def usage(self) -> Usage:
        """See Watch."""
        return self._watch.usage()
