"""Watching an OpenAI event stream while it is relayed.

The watcher sees every byte once. It finds the stated usage, counts what was generated, hides the one
event that only our own stream option caused, renames the model when an alias is in play, and ends a cut
stream with an error event. Where nothing must change, the bytes pass unchanged, whatever their chunking.
Event stream format: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

import re
from collections.abc import Callable

import msgspec

from tollway.contract.usage import BYTES_PER_TOKEN, Usage
from tollway.formats.chat.errors import error_event
from tollway.formats.chat.generated import EVENT_BYTES_PER_TOKEN_MAX, Chunk, chunk_decoder, delta_bytes
from tollway.formats.chat.usage import to_usage

EVENT_BYTES_MAX = 1_048_576
"""A longer event is passed on unread."""

_MODEL = re.compile(rb'"model"\s*:\s*"(?:[^"\\]|\\.)*"')
_TEXT = b'"delta":{"content":"'
_QUOTE, _BACKSLASH, _NEWLINE, _RETURN = b'"\\\n\r'
_EVENT_END = re.compile(rb"\r\n\r\n|\n\n|\r\r")


class StreamWatch:
    """The tap of a streamed chat answer. Single use; feed and finish never raise.

    `hide_usage` holds back a usage-only event. `model_json` is the JSON string that replaces each event's model,
    or None.
    """

    __slots__ = (
        "_clock",
        "_end",
        "_event_bytes",
        "_frame_bytes",
        "_hide_usage",
        "_input_tokens_estimate",
        "_is_usual",
        "_model_json",
        "_passes",
        "_rewrites",
        "_start",
        "_start_bytes",
        "_tail",
        "_text_events",
        "_usage",
        "error_code",
        "first_ns",
        "is_done",
        "request_id",
    )

    def __init__(
        self,
        *,
        clock: Callable[[], int],
        request_id: str,
        input_tokens_estimate: int,
        hide_usage: bool,
        model_json: bytes | None,
    ) -> None:
        self._clock = clock
        self._hide_usage = hide_usage
        self._model_json = model_json
        self._rewrites = hide_usage or model_json is not None
        self._passes = not self._rewrites
        """Whether a whole event passes as it came: nothing is to be changed, and nothing is held back."""
        self._is_usual = False
        """Whether events pass as they came and it is known how much of one is no text."""
        self._input_tokens_estimate = input_tokens_estimate
        self._start = self._end = b""
        self._start_bytes = 0
        """Of the first event with text: what comes before its text and after it, as in nearly all that follow."""
        self._tail = b""
        self._event_bytes = 0
        self._frame_bytes = 0
        self._text_events = 0
        self._usage: Usage | None = None
        self.request_id = request_id
        self.first_ns = 0
        self.is_done = False
        self.error_code: str | None = None

    def feed(self, chunk: bytes) -> bytes:
        """Read the events that `chunk` completes and return what the caller receives in its place.

        Only whole events are passed on, so that an error event can follow whatever was cut.
        """
        if self._is_usual and ((chunk.startswith(self._start) and self._differs_in_text(chunk)) or _adds_text(chunk)):
            # One whole event of more text and nothing else, as nearly all are.
            self._text_events += 1
            self._event_bytes += len(chunk) - 2
            return chunk
        if not self.first_ns:
            self.first_ns = self._clock()
        elif self._passes and _RETURN not in chunk and chunk.find(b"\n\n") == len(chunk) - 2 >= 0:
            self._read(chunk[:-2])
            return chunk
        data = self._tail + chunk if self._tail else chunk
        if _RETURN in data:
            return self._feed_any_line_end(data)
        end = len(data) if data.endswith(b"\n\n") else data.rfind(b"\n\n") + 2
        if end < 2:
            return self._hold(b"", data)
        whole = data if end == len(data) else data[:end]
        events = whole.split(b"\n\n")
        events.pop()
        if self._rewrites:
            whole = b"".join([event + b"\n\n" for event in map(self._pass, events) if event is not None])
        else:
            for event in events:
                self._read(event)
        return self._hold(whole, data[end:])

    def _differs_in_text(self, chunk: bytes) -> bool:
        """Whether a chunk that begins as the first event with text does is that event with another text."""
        end = self._end
        if not chunk.endswith(end):
            return False
        text = chunk[self._start_bytes : -len(end)]
        return bool(text) and _QUOTE not in text and _NEWLINE not in text and _RETURN not in text

    def finish(self, error_code: str | None) -> bytes:
        """Return what is still held back, or an error event when the stream did not end properly."""
        rest, self._tail = self._tail, b""
        if rest:
            self._read(rest)
        if error_code is None and not self.is_done:
            error_code = "upstream.truncated"
        self.error_code = error_code
        return rest if error_code is None else error_event(error_code, self.request_id)

    def usage(self) -> Usage:
        """Return the stated usage, else an estimate from what passed by."""
        if self._usage is not None:
            return self._usage
        tokens = self._text_events
        text_bytes = self._event_bytes - tokens * self._frame_bytes
        if text_bytes > tokens * EVENT_BYTES_PER_TOKEN_MAX:
            tokens = -(-text_bytes // BYTES_PER_TOKEN)
        return Usage(input_tokens=self._input_tokens_estimate, output_tokens=tokens, is_estimated=True)

    def _feed_any_line_end(self, data: bytes) -> bytes:
        out: list[bytes] = []
        start = 0
        for match in _EVENT_END.finditer(data):
            event = self._pass(data[start : match.start()])
            if event is not None:
                out.append(event + match.group())
            start = match.end()
        return self._hold(b"".join(out), data[start:])

    def _hold(self, whole: bytes, tail: bytes) -> bytes:
        if len(tail) > EVENT_BYTES_MAX:
            tail, whole = b"", whole + tail
        self._tail = tail
        self._passes = not (tail or self._rewrites)
        self._is_usual = self._passes and self._frame_bytes > 0
        return whole

    def _pass(self, event: bytes) -> bytes | None:
        """Read an event and return it as the caller may see it; None hides it."""
        chunk = self._read(event)
        if self._hide_usage and chunk is not None and chunk.usage is not None and not chunk.choices:
            return None
        if self._model_json is not None and b"data:" in event:
            model_json = self._model_json
            return _MODEL.sub(lambda _: b'"model":' + model_json, event, count=1)
        return event

    def _read(self, event: bytes) -> Chunk | None:
        """Look at one event. Only those that state usage are decoded (and returned): decoding all costs too much."""
        if b'"usage"' in event and _has_usage(event):
            return self._read_usage(event)
        if event.endswith(b"[DONE]"):
            self.is_done = self.is_done or event.replace(b" ", b"") == b"data:[DONE]"
        elif b'"delta"' in event and ((b'"content":"' in event and b'"content":""' not in event) or _has_text(event)):
            self._text_events += 1
            self._event_bytes += len(event)
            if not self._frame_bytes:
                self._frame_bytes = len(event) - _text_bytes(event)
                self._is_usual = self._passes
                self._note_frame(event + b"\n\n")
        return None

    def _note_frame(self, chunk: bytes) -> None:
        """Note what surrounds the text of a usual event, unless where it ends is not plain to see."""
        start, mark, rest = chunk.partition(_TEXT)
        at = rest.find(b'"')
        if at > 0 and rest[at - 1] != _BACKSLASH and rest[at + 1] in b",}" and _adds_text(chunk):
            self._start, self._end = start + mark, rest[at:]
            self._start_bytes = len(self._start)

    def _read_usage(self, event: bytes) -> Chunk | None:
        chunk = _decode(event)
        if chunk is None:
            return None
        if chunk.choices and delta_bytes(chunk.choices):
            self._text_events += 1
            self._event_bytes += len(event)
        stated = chunk.usage or (chunk.x_groq.usage if chunk.x_groq is not None else None)
        if stated is not None:
            self._usage = to_usage(stated, chunk.service_tier) or self._usage
        return chunk


def _adds_text(chunk: bytes) -> bool:
    """Whether a chunk is one whole event that plainly adds text and states no usage."""
    return (
        _RETURN not in chunk
        and chunk.find(b"\n\n") == len(chunk) - 2
        # Not `in`, which for bytes is twice as slow.
        and chunk.find(_TEXT) >= 0
        and chunk.find(b'"delta":{"content":""') < 0
        and not (chunk.find(b'"usage"') >= 0 and _has_usage(chunk))
    )


def _has_usage(event: bytes) -> bool:
    return b'"usage":{' in event or b'"usage": {' in event


def _has_text(event: bytes) -> bool:
    """Whether an event that does not plainly show text adds some all the same: by its look, then by decoding it."""
    looks = (b'"tool_calls"', b'"reasoning', b'"refusal":"', b'"content": ')
    return any(look in event for look in looks) and _text_bytes(event) > 0


def _text_bytes(event: bytes) -> int:
    chunk = _decode(event)
    return 0 if chunk is None or not chunk.choices else delta_bytes(chunk.choices)


def _decode(event: bytes) -> Chunk | None:
    at = event.find(b"data:")
    if at < 0:
        return None
    try:
        return chunk_decoder.decode(event[at + 5 :])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
