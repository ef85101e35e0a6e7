"""Writing streams of events.

https://platform.openai.com/docs/api-reference/responses-streaming — the whole grammar, numbered: an item is added and
done, a part likewise, every delta has its place, and the last event holds the whole response. Texts that follow each
other are parts of one message, which is done when something else begins.
"""

from typing import Any

import msgspec
from msgspec import structs

from tollway.contract.usage import Usage
from tollway.formats import hub
from tollway.formats.dialect import Shown
from tollway.formats.responses.errors import failure_events
from tollway.formats.responses.held_parts import Streamed
from tollway.formats.responses.output_writer import (
    item_id,
    message_item,
    response_id,
    seal_item,
    write_call,
    write_citation,
    write_logprob,
    write_part,
    write_thinking,
)
from tollway.formats.responses.response_writer import ending, item_status, skeleton, status_of, tier_shown
from tollway.wire.sse import event_bytes

Object = dict[str, Any]
_encode = msgspec.json.Encoder().encode


class EventWriter:
    """Writes one stream. Never raises. `response` is the whole response once the last event was written."""

    def __init__(self, shown: Shown) -> None:
        self.response: bytes | None = None
        self._shown = shown
        self._id = response_id(shown.request_id)
        self._wants_logprobs = shown.request.logprobs is True
        self._created_seconds: int | None = None
        self._number = 0
        self._items: list[Object] = []
        self._parts: list[hub.Part] = []
        self._open: Streamed | None = None
        self._pieces: list[str] = []
        self._message: list[Object] | None = None
        self._logprobs: list[hub.TokenLogprob] = []
        self._delta = ""
        self._stop: hub.StopReason | None = None
        self._usage: Usage | None = None
        self._is_over = False

    def write(self, event: hub.Event) -> bytes:
        """Return the bytes for one event; b"" when it has none in this dialect."""
        if self._is_over or getattr(event, "choice", 0) != 0:
            return b""
        match event:
            case hub.LogprobsStated():
                self._logprobs += event.logprobs
                return self._flush(event.logprobs)
            case hub.TextDelta():
                return self._flush() + self._write_delta(event.text)
        return self._flush() + self._write(event)

    def _write(self, event: hub.Event) -> bytes:
        match event:
            case hub.Begin():
                return self._begin(event)
            case hub.PartBegin():
                return self._begin_part(event.opened)
            case hub.SignatureStated():
                self._seal(event.signature)
            case hub.Cited():
                return self._cite(event.citation)
            case hub.PartEnd():
                return self._end_part()
            case hub.ChoiceEnd():
                self._stop = event.stop
            case hub.UsageStated():
                self._usage = event.usage
            case hub.Failed():
                return self._fail(event)
            case hub.Done():
                return self._end()
        return b""

    def _begin(self, event: hub.Begin) -> bytes:
        self._created_seconds = event.created_seconds
        response = self._skeleton("in_progress")
        return self._event("response.created", response=response) + self._event(
            "response.in_progress", response=response
        )

    def _begin_part(self, opened: Streamed) -> bytes:
        self._open = opened
        self._pieces = []
        match opened:
            case hub.Text() | hub.Refusal():
                return self._begin_message_part(opened)
            case hub.Thinking():
                return self._end_message() + self._add("reasoning", {"status": "in_progress", "summary": []})
        written = write_call(structs.replace(opened, arguments=""), "in_progress")
        return self._end_message() + self._add("function_call", written)

    def _begin_message_part(self, opened: hub.Text | hub.Refusal) -> bytes:
        out = b""
        if self._message is None:
            self._message = []
            out = self._add("message", {"status": "in_progress", "role": "assistant", "content": []})
        self._logprobs = []
        return out + self._part_event("response.content_part.added", part=write_part(opened))

    def _write_delta(self, text: str) -> bytes:
        opened = self._open
        if opened is None or not text:
            return b""
        is_first = not self._pieces
        self._pieces.append(text)
        match opened:
            case hub.Text():
                self._delta = text
                return b"" if self._wants_logprobs else self._flush()
            case hub.Refusal():
                return self._part_event("response.refusal.delta", delta=text)
            case hub.Thinking():
                begun = self._summary_event("part.added", part=_summary("")) if is_first else b""
                return begun + self._summary_event("text.delta", delta=text)
        return self._item_event("response.function_call_arguments.delta", delta=text)

    def _flush(self, logprobs: tuple[hub.TokenLogprob, ...] = ()) -> bytes:
        """Return the delta that was held back until its log probabilities, if it has any, were known."""
        delta, self._delta = self._delta, ""
        if (not delta and not logprobs) or not isinstance(self._open, hub.Text):
            return b""
        shown = [write_logprob(item) for item in logprobs]
        return self._part_event("response.output_text.delta", delta=delta, logprobs=shown)

    def _seal(self, signature: hub.Signature) -> None:
        if isinstance(self._open, hub.Thinking | hub.ToolCall):
            self._open = structs.replace(self._open, signature=signature)

    def _cite(self, citation: hub.Citation) -> bytes:
        opened = self._open
        if not isinstance(opened, hub.Text):
            return b""
        self._open = structs.replace(opened, citations=(*opened.citations, citation))
        written = write_citation(citation, "".join(self._pieces))
        if written is None:
            return b""
        place = sum(item.url is not None for item in opened.citations)
        return self._part_event("response.output_text.annotation.added", annotation_index=place, annotation=written)

    def _end_part(self) -> bytes:
        opened, self._open = self._open, None
        if opened is None:
            return b""
        made = "".join(self._pieces)
        if isinstance(opened, hub.ToolCall):
            call = structs.replace(opened, arguments=opened.arguments + made)
            self._parts.append(call)
            return self._end_call(call)
        part = structs.replace(opened, text=opened.text + made)
        self._parts.append(part)
        return self._end_thinking(part) if isinstance(part, hub.Thinking) else self._end_message_part(part)

    def _end_message_part(self, opened: hub.Text | hub.Refusal) -> bytes:
        part = write_part(opened, tuple(self._logprobs))
        if isinstance(opened, hub.Text):
            out = self._part_event("response.output_text.done", text=opened.text, logprobs=part["logprobs"])
        else:
            out = self._part_event("response.refusal.done", refusal=opened.text)
        out += self._part_event("response.content_part.done", part=part)
        if self._message is not None:
            self._message.append(part)
        return out

    def _end_thinking(self, opened: hub.Thinking) -> bytes:
        out = b""
        if opened.text:
            out = self._summary_event("text.done", text=opened.text)
            out += self._summary_event("part.done", part=_summary(opened.text))
        return out + self._finish_item({"status": "completed"} | write_thinking(opened))

    def _end_call(self, opened: hub.ToolCall) -> bytes:
        written = write_call(opened, "completed")
        out = self._item_event(
            "response.function_call_arguments.done", name=opened.name, arguments=written["arguments"]
        )
        out += self._finish_item(written)
        for kind, item in seal_item(opened.signature):
            whole = {"status": "completed"} | item
            out += self._add(kind, whole) + self._finish_item(whole)
        return out

    def _end_message(self, *, is_whole: bool = True) -> bytes:
        content, self._message = self._message, None
        if content is None:
            return b""
        last = self._items[-1]
        item = message_item(last["id"], content, "completed" if is_whole else "incomplete")
        return self._finish_item(item)

    def _end(self) -> bytes:
        self._is_over = True
        status = status_of(self._stop, tuple(self._parts))
        out = self._end_message(is_whole=item_status(status) == "completed")
        if self._items and "status" in self._items[-1]:
            self._items[-1]["status"] = item_status(status)
        response = self._skeleton(status) | {"output": self._items} | ending(self._stop, status, self._usage)
        if self._usage is not None and self._usage.tier:
            response["service_tier"] = tier_shown(self._usage.tier)
        self.response = _encode(response)
        return out + self._event(f"response.{status}", response=msgspec.Raw(self.response))

    def _fail(self, event: hub.Failed) -> bytes:
        self._is_over = True
        number = self._number
        response = self._skeleton("failed") | {"output": self._items}
        return failure_events(event.kind, event.message, number=number, response=response)

    def _skeleton(self, status: str) -> Object:
        return skeleton(self._shown, status, created_seconds=self._created_seconds)

    def _add(self, kind: str, item: Object) -> bytes:
        """Begin the next item."""
        whole = {"id": item_id(kind, self._id, len(self._items)), "type": kind} | item
        self._items.append(whole)
        return self._event("response.output_item.added", output_index=len(self._items) - 1, item=whole)

    def _finish_item(self, item: Object) -> bytes:
        """End the last item: it becomes `item`, with the id and type it began with."""
        last = self._items[-1]
        whole = {"id": last["id"], "type": last["type"]} | item
        self._items[-1] = whole
        return self._event("response.output_item.done", output_index=len(self._items) - 1, item=whole)

    def _item_event(self, kind: str, **fields: Any) -> bytes:
        return self._event(kind, item_id=self._items[-1]["id"], output_index=len(self._items) - 1, **fields)

    def _part_event(self, kind: str, **fields: Any) -> bytes:
        if self._message is None:
            return b""
        return self._item_event(kind, content_index=len(self._message), **fields)

    def _summary_event(self, kind: str, **fields: Any) -> bytes:
        return self._item_event(f"response.reasoning_summary_{kind}", summary_index=0, **fields)

    def _event(self, kind: str, **fields: Any) -> bytes:
        number = self._number
        self._number += 1
        return event_bytes(_encode({"type": kind, "sequence_number": number} | fields), kind)


def _summary(text: str) -> Object:
    return {"type": "summary_text", "text": text}
