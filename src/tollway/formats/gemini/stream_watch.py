"""Watching a Gemini event stream while it is relayed.

The watch sees every byte once: it finds the usage stated so far, knows when the answer is complete (there is no
`[DONE]`: a candidate has a `finishReason`, or the prompt was blocked), renames the model when an alias is in play, and
ends a cut stream with an error event. Where nothing must change, the bytes pass unchanged, whatever their chunking.
https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent
"""

import re
from collections.abc import Callable
from typing import Final

import msgspec
from msgspec import structs

from tollway.contract.usage import BYTES_PER_TOKEN, Usage
from tollway.formats.gemini.errors import write_error_event
from tollway.formats.gemini.fields import Fields
from tollway.formats.gemini.piece import PlainPiece, find_plain
from tollway.formats.gemini.usage import merge_usage, plain_usage, text_bytes, usage_of
from tollway.formats.json_object import JSONObject
from tollway.kernel.codes import BY_NAME
from tollway.kernel.errors import TollwayError

EVENT_BYTES_MAX: Final = 16_777_216
"""A longer event is passed on unread: pictures come whole in one event."""

_DATA = b"data: "
_EVENT_END = re.compile(rb"(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r)")
_EVENT_END_BYTES_MAX = 4
_MODEL = re.compile(rb'"modelVersion"\s*:\s*"(?:[^"\\]|\\.)*"')
_DATA_LINE = re.compile(rb"(?:^|[\r\n])data:[ ]?([^\r\n]*)")


class StreamWatch:
    """The tap of a streamed answer. Single use; feed and finish never raise.

    `model_json` is the JSON string that replaces each event's `modelVersion`, or None.
    """

    __slots__ = (
        "_begun",
        "_clock",
        "_finished",
        "_has_failed",
        "_input_tokens_estimate",
        "_is_blocked",
        "_model_json",
        "_request_id",
        "_stated",
        "_tail",
        "_text_bytes",
        "_usage",
        "error_code",
        "first_ns",
    )

    def __init__(
        self, *, clock: Callable[[], int], request_id: str, input_tokens_estimate: int, model_json: bytes | None
    ) -> None:
        self._clock = clock
        self._request_id = request_id
        self._input_tokens_estimate = input_tokens_estimate
        self._model_json = model_json
        self._tail = b""
        self._text_bytes = 0
        self._usage: Usage | None = None
        self._stated = b""
        self._begun: set[int] = set()
        self._finished: set[int] = set()
        self._is_blocked = False
        self._has_failed = False
        self.first_ns = 0
        self.error_code: str | None = None

    def feed(self, chunk: bytes) -> bytes:
        """Read the events that `chunk` completes and return what the caller receives in its place: whole events."""
        if not self.first_ns:
            self.first_ns = self._clock()
        data = self._tail + chunk
        out: list[bytes] = []
        start = 0
        for match in _EVENT_END.finditer(data, max(0, len(self._tail) - _EVENT_END_BYTES_MAX)):
            if match.end() == len(data) and data.endswith(b"\r"):
                break  # An LF may follow, and belongs to the same event.
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
            has_end = _EVENT_END.search(rest[-_EVENT_END_BYTES_MAX:])
            rest = self._pass(rest) + (b"" if has_end else b"\r\n\r\n")  # Without an end, clients drop the event.
        if error_code is None and not self.is_done:
            error_code = "upstream.failed" if self._has_failed else "upstream.truncated"
        self.error_code = error_code
        if error_code is None or self._has_failed:  # The vendor has said itself what went wrong.
            return rest
        return write_error_event(error_code, BY_NAME[error_code].meaning, self._request_id)

    @property
    def is_done(self) -> bool:
        """Whether every candidate that was begun is finished, or the prompt was refused."""
        return not self._has_failed and (self._is_blocked or bool(self._finished)) and self._begun <= self._finished

    def usage(self) -> Usage:
        """Return the stated usage; of a stream that was cut an estimate, never below what was stated."""
        self._settle()
        stated = self._usage
        if stated is not None and self.is_done:
            return stated
        estimate = -(-self._text_bytes // BYTES_PER_TOKEN)
        if stated is None:
            return Usage(input_tokens=self._input_tokens_estimate, output_tokens=estimate, is_estimated=True)
        outputs = max(stated.output_tokens, estimate + stated.reasoning_tokens)
        return structs.replace(stated, output_tokens=outputs, is_estimated=True)

    def _pass(self, event: bytes) -> bytes:
        data, model_json = _data_of(event), self._model_json
        plain = find_plain(data)
        if plain is not None:
            self._read_plain(plain)
            if model_json is None or not plain.model_version:
                return event
            return _MODEL.sub(lambda _: b'"modelVersion":' + model_json, event, count=1)
        answer = Fields.parse(data) if data else None
        if answer is None:
            return event
        self._read(answer)
        if model_json is None or "modelVersion" not in answer:
            return event
        return _renamed(event, data, model_json)

    def _read_plain(self, piece: PlainPiece) -> None:
        self._text_bytes += piece.text_bytes
        self._stated = bytes(piece.usage_metadata) or self._stated
        for candidate in piece.candidates:
            self._begun.add(candidate.index)
            if candidate.finish_reason:
                self._finished.add(candidate.index)

    def _settle(self) -> None:
        """Read the last statement of usage; those before it are out of date and stay unread."""
        stated, self._stated = self._stated, b""
        self._usage = merge_usage(self._usage, plain_usage(stated))

    def _read(self, answer: Fields) -> None:
        self._settle()
        self._usage = merge_usage(self._usage, usage_of(answer))
        self._text_bytes += text_bytes(answer)
        for candidate in answer.children("candidates"):
            index = candidate.count("index")
            self._begun.add(index)
            if candidate.text("finishReason"):
                self._finished.add(index)
        feedback = answer.child("promptFeedback")
        self._is_blocked = self._is_blocked or (feedback is not None and bool(feedback.text("blockReason")))
        self._has_failed = self._has_failed or "error" in answer


def _data_of(event: bytes) -> bytes:
    if event.startswith(_DATA) and b"\n" not in event and b"\r" not in event:
        return event[len(_DATA) :]
    return b"\n".join(_DATA_LINE.findall(event))


def _renamed(event: bytes, data: bytes, model_json: bytes) -> bytes:
    """Return the event with another model: only its bytes change, unless what was generated names one too."""
    if len(_MODEL.findall(event)) == 1:
        return _MODEL.sub(lambda _: b'"modelVersion":' + model_json, event)
    return b"\n".join(b"data: " + line for line in rename(data, model_json).split(b"\n"))


def rename(raw: bytes, model_json: bytes) -> bytes:
    """Return an answer with `model_json` as its model; unchanged when it names none or is no object."""
    fields = Fields.parse(raw)
    if fields is None or "modelVersion" not in fields:
        return raw
    if len(_MODEL.findall(raw)) == 1:  # What was generated may name one too.
        return _MODEL.sub(lambda _: b'"modelVersion":' + model_json, raw)
    try:
        answer = JSONObject.parse(raw)
    except TollwayError:
        return raw
    if "modelVersion" not in answer:
        return raw
    answer.set("modelVersion", msgspec.Raw(model_json))
    return answer.encode()
