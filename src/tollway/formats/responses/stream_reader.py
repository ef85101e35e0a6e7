"""Reading streams of events.

https://platform.openai.com/docs/api-reference/responses-streaming — events are told apart by `type`; what a vendor
leaves out (deltas, `added` events, whole items that only the last event holds) is made up for by the events that
repeat it, so that a stream means what its last event says. What cannot be held is skipped and named in `notes`.
"""

from tollway.formats import hub
from tollway.formats.lenient import Fields
from tollway.formats.responses.answer_items import (
    call_of,
    notes_once,
    read_citation,
    read_logprobs,
    signature_of,
    stop_of,
    thinking_of,
)
from tollway.formats.responses.held_parts import HeldPart, HeldParts
from tollway.formats.responses.usage import usage_of
from tollway.wire.sse import SSEDecoder

_TERMINAL = ("response.completed", "response.incomplete")
_LIFECYCLE = ("response.created", "response.queued", "response.in_progress", *_TERMINAL)
_FAILED = ("error", "response.failed")
_PARAGRAPH = "\n\n"


class _Item:
    """One output item while it is streamed."""

    __slots__ = ("has_ended", "kind", "parts", "reasoning_key", "reasoning_kind")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.parts: dict[int, HeldPart] = {}
        self.reasoning_kind = ""
        self.reasoning_key = 0
        self.has_ended = False


class EventReader:
    """Reads one stream of events. Single use; never raises."""

    def __init__(self, vendor: str) -> None:
        self.notes: list[str] = []
        self._vendor = vendor
        self._decoder = SSEDecoder()
        self._parts = HeldParts()
        self._items: dict[int, _Item] = {}
        self._has_begun = False
        self._is_over = False

    def feed(self, chunk: bytes) -> list[hub.Event]:
        """Return the events that `chunk` completes; any chunking gives the same events."""
        if self._is_over:
            return []
        try:
            found = self._decoder.feed(chunk)
        except ValueError:  # An event beyond all bounds: nothing after it can be read, so the answer counts as cut.
            self._is_over = True
            return []
        return [event for one in found for event in self._read(Fields.parse(one.data))]

    def finish(self) -> list[hub.Event]:
        """Return what is left at the end of the stream; an answer that was cut gets no Done."""
        last = None if self._is_over else self._decoder.finish()
        return [] if last is None else self._read(Fields.parse(last.data))

    def _read(self, event: Fields | None) -> list[hub.Event]:
        if event is None or self._is_over:
            return []
        kind = event.text("type")
        if kind in _FAILED or (not kind and "error" in event):
            return self._fail(event)
        events: list[hub.Event] = []
        response = event.child("response") if kind in _LIFECYCLE else None
        if not self._has_begun and (response is not None or kind.startswith("response.")):
            self._has_begun = True
            events.append(_begin(response or Fields({})))
        if kind in _TERMINAL:
            return events + self._end(response or Fields({}))
        if "output_index" in event:
            self._read_item_event(kind, event, event.count("output_index"))
        return events + self._parts.take()

    def _read_item_event(self, kind: str, event: Fields, index: int) -> None:
        name = kind.removeprefix("response.")
        if name in ("output_item.added", "output_item.done"):
            item = event.child("item") or Fields({})
            self._open(index, item)
            if name == "output_item.done":
                self._close(index, item)
        elif name.startswith("reasoning"):
            self._read_reasoning(name, event, index)
        elif name.startswith("function_call_arguments"):
            self._read_arguments(name, event, index)
        elif name.startswith(("content_part", "output_text", "refusal")):
            self._read_content(name, event, index)

    def _open(self, index: int, item: Fields) -> None:
        if index in self._items:
            return
        kind = item.text("type")
        opened = self._items[index] = _Item(kind)
        if kind == "function_call":
            call = call_of(item)
            opened.parts[0] = self._parts.begin(hub.ToolCall(id=call.id, name=call.name, arguments=""))
            opened.parts[0].add(call.arguments)
        elif kind not in ("message", "reasoning"):
            notes_once(self.notes, "items-omitted")

    def _close(self, index: int, item: Fields) -> None:
        """End an item by its whole, which says again everything that was streamed."""
        known = self._items[index]
        if known.has_ended:
            return
        known.has_ended = True
        match known.kind:
            case "reasoning":
                self._close_reasoning(known, item)
            case "function_call":
                known.parts[0].complete(item.text("arguments"))
            case "message":
                for at, part in enumerate(item.children("content")):
                    self._complete(known, at, part)
        for held in known.parts.values():
            held.end()

    def _close_reasoning(self, known: _Item, item: Fields) -> None:
        whole = thinking_of(item, self._vendor)
        held = known.parts.get(0)
        if held is not None:
            held.complete("" if whole is None else whole.text)
            held.end(signature_of(item, self._vendor))
        elif whole is not None:
            opened = hub.Thinking(is_redacted=whole.is_redacted, id=whole.id)
            held = known.parts[0] = self._parts.begin(opened)
            held.add(whole.text)
            held.end(whole.signature)

    def _read_reasoning(self, name: str, event: Fields, index: int) -> None:
        """Add to a thought. Its text is what is said first: the thought itself, else its summary."""
        known = self._items.setdefault(index, _Item("reasoning"))
        delta = event.text("delta")
        if known.kind != "reasoning" or not delta or not name.endswith("text.delta"):
            return
        kind = "summary" if "summary" in name else "text"
        if known.reasoning_kind not in ("", kind):
            return
        key = event.count("summary_index" if kind == "summary" else "content_index")
        if 0 not in known.parts:
            known.parts[0] = self._parts.begin(hub.Thinking(id=event.text("item_id") or None))
        elif key != known.reasoning_key:
            known.parts[0].add(_PARAGRAPH)
        known.reasoning_kind, known.reasoning_key = kind, key
        known.parts[0].add(delta)

    def _read_arguments(self, name: str, event: Fields, index: int) -> None:
        known = self._items.get(index)
        if known is None or known.kind != "function_call":
            return
        if name.endswith(".delta"):
            known.parts[0].add(event.text("delta"))
        else:
            known.parts[0].complete(event.text("arguments"))

    def _read_content(self, name: str, event: Fields, index: int) -> None:
        part = event.child("part") or Fields({})
        kind = "reasoning" if part.text("type") == "reasoning_text" else "message"
        known = self._items.setdefault(index, _Item(kind))
        at = event.count("content_index")
        if known.kind != "message":
            return
        if name.startswith("content_part"):
            self._part(known, at, is_refusal=part.text("type") == "refusal")
            if name == "content_part.done":
                self._complete(known, at, part)
            return
        held = self._part(known, at, is_refusal=name.startswith("refusal"))
        match name:
            case "output_text.delta" | "refusal.delta":
                held.add(event.text("delta"))
                held.state(read_logprobs(event))
            case "output_text.done":
                held.complete(event.text("text"))
            case "refusal.done":
                held.complete(event.text("refusal"))
            case "output_text.annotation.added":
                annotation = event.child("annotation")
                citation = None if annotation is None else read_citation(annotation, self.notes)
                if citation is not None:
                    held.cite(citation)

    def _part(self, known: _Item, at: int, *, is_refusal: bool) -> HeldPart:
        if at not in known.parts:
            known.parts[at] = self._parts.begin(hub.Refusal(text="") if is_refusal else hub.Text(text=""))
        return known.parts[at]

    def _complete(self, known: _Item, at: int, part: Fields) -> None:
        """End a part by its whole; citations and log probabilities that were not sent before are told now."""
        is_refusal = part.text("type") == "refusal"
        held = self._part(known, at, is_refusal=is_refusal)
        held.complete(part.text("refusal" if is_refusal else "text"))
        if not held.has_logprobs:
            held.state(read_logprobs(part))
        if not held.is_cited:
            for annotation in part.children("annotations"):
                if (citation := read_citation(annotation, self.notes)) is not None:
                    held.cite(citation)
        held.end()

    def _end(self, response: Fields) -> list[hub.Event]:
        """End the answer by its last event; items that it alone holds are told in full."""
        self._is_over = True
        for index, item in enumerate(response.children("output")):
            self._open(index, item)
            self._close(index, item)
        self._parts.end_all()
        events = self._parts.take()
        events.append(hub.ChoiceEnd(choice=0, stop=stop_of(response, self._parts.kinds)))
        usage = usage_of(response)
        if usage is not None:
            events.append(hub.UsageStated(usage=usage))
        events.append(hub.Done())
        return events

    def _fail(self, event: Fields) -> list[hub.Event]:
        self._is_over = True
        response = event.child("response") or Fields({})
        error = event.child("error") or response.child("error") or event
        kind = error.text("code") or error.text("type")
        return [hub.Failed(kind="server_error" if kind in ("", "error") else kind, message=error.text("message"))]


def _begin(response: Fields) -> hub.Begin:
    return hub.Begin(
        id=response.text("id"), model=response.text("model"), created_seconds=response.count("created_at") or None
    )
