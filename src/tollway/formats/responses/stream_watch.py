"""Watching a same-dialect stream while it is relayed.

The watch sees every byte once. It finds the stated usage, counts what was generated, renames the model, keeps the last
response for the store of states, and ends a cut stream with an error. Of the events only the few that hold the
response object are decoded; where nothing must change, the bytes pass unchanged, whatever their chunking.
https://platform.openai.com/docs/api-reference/responses-streaming
"""

import re
from collections.abc import Callable
from typing import Final

import msgspec

from tollway.contract.usage import BYTES_PER_TOKEN, Usage
from tollway.formats.json_object import JSONObject
from tollway.formats.lenient import Fields
from tollway.formats.responses.errors import failure_events
from tollway.formats.responses.usage import usage_of
from tollway.kernel.codes import BY_NAME
from tollway.kernel.errors import TollwayError

EVENT_BYTES_MAX: Final = 16_777_216
"""A longer event is passed on unread: pictures come whole in one event."""
BYTES_PER_EVENT_MAX: Final = 10
"""Events whose text is shorter than this on average carry one token each."""

_EVENT_END = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_DATA_LINE = re.compile(rb"(?:^|[\r\n])data:[ ]?([^\r\n]*)")
_DELTA = re.compile(rb'"delta"\s*:\s*"')
_NUMBER = re.compile(rb'"sequence_number"\s*:\s*([0-9]{1,9})')
_fields: msgspec.json.Decoder[dict[str, msgspec.Raw]] = msgspec.json.Decoder(dict[str, msgspec.Raw])
_WHOLE = ("response.completed", "response.incomplete")


class StreamWatch:
    """The tap of a streamed answer. Single use; feed and finish never raise.

    `model_json` is the JSON string that replaces each event's model, or None. `response` is the last response object
    that passed by, as the caller saw it, and `is_done` whether it is whole.
    """

    def __init__(
        self, *, clock: Callable[[], int], request_id: str, input_tokens_estimate: int, model_json: bytes | None
    ) -> None:
        self._clock = clock
        self._request_id = request_id
        self._input_tokens_estimate = input_tokens_estimate
        self._model_json = model_json
        self._tail = b""
        self._deltas = 0
        self._text_bytes = 0
        self._numbered = b""
        self._usage: Usage | None = None
        self._has_failed = False
        self.response: bytes | None = None
        self.is_done = False
        self.first_ns = 0
        self.error_code: str | None = None

    def feed(self, chunk: bytes) -> bytes:
        """Read the events that `chunk` completes and return what the caller receives in its place: whole events."""
        if not self.first_ns:
            self.first_ns = self._clock()
        data = self._tail + chunk if self._tail else chunk
        if b"\r" in data:
            return self._feed_any_line_end(data)
        end = data.rfind(b"\n\n") + 2
        if end < 2:
            return self._hold(b"", data)
        events = data[: end - 2].split(b"\n\n")
        passed = [self._pass(event) for event in events]
        self._remember(events)
        whole = data[:end] if passed == events else b"".join([event + b"\n\n" for event in passed])
        return self._hold(whole, data[end:])

    def _feed_any_line_end(self, data: bytes) -> bytes:
        out: list[bytes] = []
        events: list[bytes] = []
        start = 0
        for match in _EVENT_END.finditer(data):
            if match.end() == len(data) and match.group() == b"\r\r":
                break  # An LF may follow: then this is no end.
            events.append(data[start : match.start()])
            out.append(self._pass(events[-1]) + match.group())
            start = match.end()
        self._remember(events)
        return self._hold(b"".join(out), data[start:])

    def _hold(self, whole: bytes, tail: bytes) -> bytes:
        if len(tail) > EVENT_BYTES_MAX:
            self._tail = b""
            return whole + tail
        self._tail = tail
        return whole

    def _remember(self, events: list[bytes]) -> None:
        """Keep the last event that has a number: it is read only if an event of ours has to follow."""
        for event in reversed(events):
            if b'"sequence_number"' in event:
                self._numbered = event
                return

    def finish(self, error_code: str | None) -> bytes:
        """Return what is still held back, or the events of a failure when the stream did not end properly."""
        rest, self._tail = self._tail, b""
        before = (self._deltas, self._text_bytes)
        if rest:
            rest = self._pass(rest)
        if error_code is None and not self.is_done:
            error_code = "upstream.truncated"
        self.error_code = error_code
        if error_code is None or self._has_failed:  # The vendor has said itself what went wrong.
            return rest
        self._deltas, self._text_bytes = before  # What was held back is not passed on.
        response = None if self.response is None or self.is_done else _fields.decode(self.response)
        message = f"{BY_NAME[error_code].meaning} (request {self._request_id})"
        return failure_events(error_code, message, number=self._next_number(), response=response)

    def usage(self) -> Usage:
        """Return the stated usage, else an estimate from what passed by."""
        if self._usage is not None:
            return self._usage
        tokens = self._deltas
        if self._text_bytes > tokens * BYTES_PER_EVENT_MAX:
            tokens = -(-self._text_bytes // BYTES_PER_TOKEN)
        return Usage(input_tokens=self._input_tokens_estimate, output_tokens=tokens, is_estimated=True)

    def _next_number(self) -> int:
        found = _NUMBER.search(self._numbered)
        return 0 if found is None else int(found.group(1)) + 1

    def _pass(self, event: bytes) -> bytes:
        if b'"response"' in event or b'"error"' in event:
            return self._pass_lifecycle(event)
        if (found := _DELTA.search(event)) is not None and (size := _text_bytes(event, found.end())):
            self._deltas += 1
            self._text_bytes += size
        return event

    def _pass_lifecycle(self, event: bytes) -> bytes:
        """Read an event that holds the response object; text that merely quotes one is told apart here."""
        data = b"\n".join(_DATA_LINE.findall(event))
        fields = Fields.parse(data)
        kind = "" if fields is None else fields.text("type")
        if fields is None or not (kind.startswith("response.") or kind == "error"):
            return event
        self._has_failed = self._has_failed or kind in ("response.failed", "error")
        response = fields.raw("response")
        whole = Fields.parse(response)
        if whole is None:
            return event
        self.is_done = kind in _WHOLE
        self._usage = usage_of(whole) or self._usage
        self.response = response
        if self._model_json is not None:
            self.response = rename(response, self._model_json)
            return _with_response(event, data, self.response) if self.response is not response else event
        return event


def _text_bytes(event: bytes, start: int) -> int:
    """Return how long the JSON string is whose text begins at `start`."""
    end = event.find(b'"', start)
    while end > start and event[end - 1] == 0x5C:  # An escaped quote, or a backslash: then it counts a little more.
        end = event.find(b'"', end + 1)
    return max(0, end - start)


def _with_response(event: bytes, data: bytes, response: bytes) -> bytes:
    """Return the event with another response object: only its data changes."""
    try:
        fields = JSONObject.parse(data)
    except TollwayError:  # A key twice: which of them the caller reads is not known.
        return event
    fields.set("response", msgspec.Raw(response))
    before, found, after = event.partition(data)
    return before + fields.encode() + after if found else b"data: " + fields.encode()


def rename(raw: bytes, model_json: bytes) -> bytes:
    """Return an answer with `model_json` as its model; the very same bytes when it names none or is no object."""
    try:
        answer = JSONObject.parse(raw)
    except TollwayError:
        return raw
    if "model" not in answer or answer.raw("model") == model_json:
        return raw
    answer.set("model", msgspec.Raw(model_json))
    return answer.encode()
