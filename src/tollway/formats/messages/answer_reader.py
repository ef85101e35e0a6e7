"""Reading answers: whole ones, and streams of events, block by block by one and the same path.

https://platform.claude.com/docs/en/api/messages/create and …/build-with-claude/streaming — what cannot be held is
skipped and named in `notes`.
"""

from typing import Any, cast

from msgspec import structs

from tollway.formats import hub
from tollway.formats.lenient import Fields
from tollway.formats.messages.block_reader import BlockReader
from tollway.formats.messages.plain_answer import STOPS, read_plain_answer, written_tier
from tollway.formats.messages.usage import Stated, read_stated
from tollway.wire.sse import SSEDecoder, SSEEvent

_NOTHING_STATED = Stated()


class AnswerReader:
    """Turns the events of one answer into hub events. Single use; never raises."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self._blocks = BlockReader(self._note)
        self._index = -1
        self._stated = _NOTHING_STATED
        self._has_begun = False
        self._has_choice_ended = False
        self._is_over = False

    def read(self, event: Fields) -> list[hub.Event]:
        """Return the hub events of one event."""
        kind = event.text("type")
        if self._is_over:
            return []
        if kind == "error":
            return self._fail(event)
        if kind == "message_start":
            return self._begin(event.child("message") or Fields({}))
        if not self._has_begun or self._has_choice_ended:
            return self._stop() if kind == "message_stop" and self._has_begun else self._use(event)
        match kind:
            case "content_block_start":
                self._index = event.count("index")
                return self._blocks.begin(event.child("content_block") or Fields({}))
            case "content_block_delta":
                delta = event.child("delta")
                return self._blocks.add(delta) if delta is not None and event.count("index") == self._index else []
            case "content_block_stop":
                return self._blocks.end()
            case "message_delta":
                return self._end(event)
            case "message_stop":
                return self._stop()
        return []

    def read_whole(self, answer: Fields) -> list[hub.Event]:
        """Return the hub events of a whole answer."""
        events = self._begin(answer)
        for block in answer.children("content"):
            events += self._blocks.begin(block)
        return [*events, *self._end_choice(answer), *self._stop()]

    def _begin(self, message: Fields) -> list[hub.Event]:
        if self._has_begun:
            return []
        self._has_begun = True
        begin = hub.Begin(id=message.text("id"), model=message.text("model"))
        return [begin, *self._use(message)]

    def _use(self, holder: Fields) -> list[hub.Event]:
        stated = read_stated(holder.raw("usage"))
        if stated is None or not self._has_begun:
            return []
        self._stated = stated if self._stated is _NOTHING_STATED else self._stated.merge(stated)
        return [hub.UsageStated(usage=self._stated.usage())]

    def _end(self, event: Fields) -> list[hub.Event]:
        used = self._use(event)
        delta = event.child("delta")
        return used if delta is None or not delta.text("stop_reason") else [*self._end_choice(delta), *used]

    def _end_choice(self, stated: Fields) -> list[hub.Event]:
        self._has_choice_ended = True
        events = self._blocks.end()
        details = stated.child("stop_details")
        words = "" if details is None else details.text("explanation")
        reason = self._stop_reason(stated.text("stop_reason"))
        if words and reason == "refusal":
            events += self._blocks.refuse(words)
        return [*events, hub.ChoiceEnd(choice=0, stop=reason, stop_sequence=stated.text("stop_sequence") or None)]

    def _stop_reason(self, reason: str) -> hub.StopReason | None:
        if not reason:
            return None
        if reason not in STOPS:
            self._note("finish-reason-unknown")
        found = STOPS.get(reason, "end")
        # The call of the tool that stands for a JSON answer is the answer.
        return "end" if found == "tool_calls" and not self._blocks.has_calls else found

    def _stop(self) -> list[hub.Event]:
        events = [] if self._has_choice_ended else self._end_choice(Fields({}))
        self._is_over = True
        return [*events, hub.Done()]

    def _fail(self, event: Fields) -> list[hub.Event]:
        self._is_over = True
        error = event.child("error") or Fields({})
        return [hub.Failed(kind=error.text("type") or "api_error", message=error.text("message"))]

    def _note(self, name: str) -> None:
        if name not in self.notes:
            self.notes.append(name)


class EventReader:
    """Reads one stream. Single use; never raises. A stream is complete with its `message_stop`."""

    def __init__(self) -> None:
        self._answer = AnswerReader()
        self._decoder = SSEDecoder()
        self._is_broken = False
        self.notes = self._answer.notes

    def feed(self, chunk: bytes) -> list[hub.Event]:
        """Return the events that `chunk` completes; any chunking gives the same events."""
        if self._is_broken:
            return []
        try:
            found = self._decoder.feed(chunk)
        except ValueError:  # An event beyond all bounds: nothing after it can be read, so the answer counts as cut.
            self._is_broken = True
            return []
        return [event for item in found for event in self._read(item)]

    def finish(self) -> list[hub.Event]:
        """Return what the last event holds, if no empty line ended it."""
        last = None if self._is_broken else self._decoder.finish()
        return [] if last is None else self._read(last)

    def _read(self, item: SSEEvent) -> list[hub.Event]:
        event = Fields.parse(item.data)
        return [] if event is None else self._answer.read(event)


def read_reply(raw: bytes) -> hub.Reply:
    """Read a whole answer. Raises ValueError when it is none."""
    return read_plain_answer(raw) or read_any_answer(raw)


def read_any_answer(raw: bytes) -> hub.Reply:
    """Read a whole answer block by block. Raises ValueError when it is none."""
    answer = Fields.parse(raw)
    if answer is None or not answer.raw("content").startswith(b"[") or answer.text("type") == "error":
        raise ValueError("the answer is no message")
    reader = AnswerReader()
    events = reader.read_whole(answer)
    usage = next((event.usage for event in events if isinstance(event, hub.UsageStated)), None)
    return hub.Reply(
        id=answer.text("id"),
        model=answer.text("model"),
        choices=(_choice(events),),
        usage=usage,
        service_tier=written_tier(usage.tier) if usage is not None else None,
        notes=tuple(reader.notes),
    )


def _choice(events: list[hub.Event]) -> hub.Choice:
    parts: list[hub.Part] = []
    ended = hub.ChoiceEnd(choice=0, stop=None)
    for event in events:
        match event:
            case hub.PartBegin():
                parts.append(event.opened)
            case hub.TextDelta() | hub.SignatureStated() | hub.Cited():
                parts[-1] = _grown(parts[-1], event)
            case hub.ChoiceEnd():
                ended = event
    return hub.Choice(parts=tuple(parts), stop=ended.stop, stop_sequence=ended.stop_sequence)


def _grown(part: hub.Part, event: hub.TextDelta | hub.SignatureStated | hub.Cited) -> hub.Part:
    """Return the part with more of it; which fields it has follows from the event."""
    grown = cast("Any", part)
    match event:
        case hub.TextDelta() if isinstance(part, hub.ToolCall):
            return structs.replace(part, arguments=part.arguments + event.text)
        case hub.TextDelta():
            return cast("hub.Part", structs.replace(grown, text=grown.text + event.text))
        case hub.SignatureStated():
            return cast("hub.Part", structs.replace(grown, signature=event.signature))
        case hub.Cited():
            return cast("hub.Part", structs.replace(grown, citations=(*grown.citations, event.citation)))
