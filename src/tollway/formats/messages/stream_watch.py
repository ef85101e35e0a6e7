"""Watching a same-dialect stream while it is relayed.

The watch sees every byte once. It finds the usage in `message_start` and `message_delta`, counts what was generated,
gives the first event the caller's name of the model, and ends a cut stream with Anthropic's `error` event. Where
nothing must change, the bytes pass unchanged, whatever their chunking.
https://platform.claude.com/docs/en/build-with-claude/streaming
"""

import re
from collections.abc import Callable
from typing import Final

import msgspec
from msgspec import structs

from tollway.contract.usage import BYTES_PER_TOKEN, Usage
from tollway.formats.json_object import JSONObject
from tollway.formats.lenient import Fields
from tollway.formats.messages.errors import write_error_event
from tollway.formats.messages.usage import Stated, read_stated
from tollway.kernel.codes import BY_NAME
from tollway.kernel.errors import TollwayError

EVENT_BYTES_MAX: Final = 16_777_216
"""A longer event is passed on unread: results of Anthropic's own tools come whole in one event."""

_EVENT_END = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_END_BYTES_MAX = 4
_MODEL = re.compile(rb'"model"\s*:\s*"(?:[^"\\]|\\.)*"')
_DATA_LINE = re.compile(rb"(?:^|[\r\n])data:[ ]?([^\r\n]*)")


class Delta(msgspec.Struct, gc=False):
    """What one event adds to one block."""

    text: str = ""
    thinking: str = ""
    partial_json: str = ""


class DeltaEvent(msgspec.Struct, gc=False):
    """`content_block_delta`."""

    delta: Delta | None = None


_delta = msgspec.json.Decoder(DeltaEvent)


class StreamWatch:
    """The tap of a streamed answer. Single use; feed and finish never raise.

    `model_json` is the JSON string that replaces the model in `message_start`, or None.
    """

    def __init__(
        self, *, clock: Callable[[], int], request_id: str, input_tokens_estimate: int, model_json: bytes | None
    ) -> None:
        self._clock = clock
        self._request_id = request_id
        self._input_tokens_estimate = input_tokens_estimate
        self._model_json = model_json
        self._tail = b""
        self._text_bytes = 0
        self._stated: Stated | None = None
        self._has_failed = False
        self.is_done = False
        self.first_ns = 0
        self.error_code: str | None = None

    def feed(self, chunk: bytes) -> bytes:
        """Read the events that `chunk` completes and return what the caller receives in its place: whole events."""
        if not self.first_ns:
            self.first_ns = self._clock()
        data = self._tail + chunk if self._tail else chunk
        # No event ends within what was held back, but an end may begin there.
        searched = max(0, len(self._tail) - _END_BYTES_MAX)
        out: list[bytes] = []
        start = 0
        for match in _EVENT_END.finditer(data, searched):
            if match.end() == len(data) and match.group() == b"\r\r":
                break  # An LF may follow: then this is no end.
            out.append(self._pass(data[start : match.start()]) + match.group())
            start = match.end()
        self._tail = data[start:]
        if len(self._tail) > EVENT_BYTES_MAX:
            out.append(self._tail)
            self._tail = b""
        return b"".join(out)

    def finish(self, error_code: str | None) -> bytes:
        """Return what is still held back, or an error event when the stream did not end properly."""
        rest, self._tail = self._tail, b""
        if rest:
            rest = self._pass(rest)
        if error_code is None and not self.is_done:
            error_code = "upstream.truncated"
        self.error_code = error_code
        if error_code is None or self._has_failed:  # The vendor has said itself what went wrong.
            return rest
        return write_error_event(error_code, BY_NAME[error_code].meaning, self._request_id)

    def usage(self) -> Usage:
        """Return the stated usage; of a stream that was cut an estimate, never below what was stated."""
        estimate = -(-self._text_bytes // BYTES_PER_TOKEN)
        if self._stated is None:
            return Usage(input_tokens=self._input_tokens_estimate, output_tokens=estimate, is_estimated=True)
        stated = self._stated.usage()
        if self.is_done:
            return stated
        return structs.replace(stated, output_tokens=max(stated.output_tokens, estimate), is_estimated=True)

    def _pass(self, event: bytes) -> bytes:
        if b'"content_block_delta"' in event:
            self._text_bytes += _delta_bytes(_data(event))
            return event
        data = _data(event)
        answer = Fields.parse(data) if data else None
        if answer is None:
            return event
        match answer.text("type"):
            case "message_start":
                return self._begin(event, data, answer)
            case "message_delta":
                self._state(answer)
            case "message_stop":
                self.is_done = not self._has_failed
            case "error":
                self._has_failed, self.is_done = True, False
        return event

    def _begin(self, event: bytes, data: bytes, answer: Fields) -> bytes:
        message = answer.child("message")
        if message is None:
            return event
        self._state(message)
        return event if self._model_json is None or "model" not in message else _renamed(event, data, self._model_json)

    def _state(self, holder: Fields) -> None:
        stated = read_stated(holder.raw("usage"))
        if stated is not None:
            self._stated = stated if self._stated is None else self._stated.merge(stated)


def rename(raw: bytes, model_json: bytes) -> bytes:
    """Return an answer with `model_json` as its model; unchanged when it names none or is no object."""
    try:
        answer = JSONObject.parse(raw)
    except TollwayError:
        return raw
    if "model" not in answer:
        return raw
    answer.set("model", msgspec.Raw(model_json))
    return answer.encode()


def _renamed(event: bytes, data: bytes, model_json: bytes) -> bytes:
    """Return the first event with another model: only its bytes change, unless something else is named so too."""
    if len(_MODEL.findall(event)) == 1:
        return _MODEL.sub(lambda _: b'"model":' + model_json, event)
    try:
        start = JSONObject.parse(data)
        start.set("message", msgspec.Raw(rename(start.raw("message"), model_json)))
    except TollwayError:
        return event
    return b"event: message_start\ndata: " + start.encode()


def _data(event: bytes) -> bytes:
    at = event.find(b"data:")
    data = event[at + 5 :] if at >= 0 else b""
    # All vendors write an event's data last and on one line; whatever else there is takes the longer way.
    return data if b"\n" not in data and b"\r" not in data else b"\n".join(_DATA_LINE.findall(event))


def _delta_bytes(data: bytes) -> int:
    try:
        delta = _delta.decode(data).delta
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return 0
    if delta is None:
        return 0
    return sum(len(text.encode()) for text in (delta.text, delta.thinking, delta.partial_json) if text)
