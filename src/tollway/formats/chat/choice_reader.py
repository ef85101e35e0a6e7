"""Reading the deltas of one choice: parts one after the other, whatever their vendor interleaves.

https://platform.openai.com/docs/api-reference/chat/streaming#chat/streaming/choices — parts wait in the order in which
they began; the first one is passed on as it grows. A text is over as soon as another part begins, a call only when its
arguments are a whole object: deltas of parallel calls may alternate. Servers that give all calls the index 0 (Google's)
or none tell them apart by their ids, or by arguments that begin anew.
"""

from typing import Literal

import msgspec
from msgspec import structs

from tollway.formats import hub
from tollway.formats.chat.answer_reader import (
    call_id_maker,
    call_seal,
    id_of,
    read_arguments,
    read_chunk,
    read_citations,
    read_logprobs,
    read_stop,
)
from tollway.formats.chat.notes import note
from tollway.formats.chat.plain_chunk import PlainCall, PlainDelta
from tollway.formats.chat.seal import GEMINI
from tollway.formats.chat.thinking import Detail, as_thought, continues, plain_text, read_details
from tollway.formats.lenient import Fields

Kind = Literal["text", "thinking", "refusal", "call"]
Delta = str | hub.Signature | hub.Citation

_object: msgspec.json.Decoder[dict[str, msgspec.Raw]] = msgspec.json.Decoder(dict[str, msgspec.Raw])
_PLAIN = Detail(kind="reasoning.text", index=-1)
"""Thinking without an index of its own: all of it that is not interrupted is one thought."""


class _Part:
    """One part that has begun, with what is not yet passed on."""

    __slots__ = ("arguments", "call_index", "detail", "has_begun", "kind", "opened", "pending", "raw_id")

    def __init__(self, kind: Kind, opened: hub.Text | hub.Thinking | hub.Refusal | hub.ToolCall) -> None:
        self.kind = kind
        self.opened = opened
        self.pending: list[Delta] = []
        self.has_begun = False
        self.arguments: list[str] = []
        self.call_index = 0
        self.raw_id = ""
        self.detail = _PLAIN

    @property
    def can_begin(self) -> bool:
        return not isinstance(self.opened, hub.ToolCall) or bool(self.opened.name)

    @property
    def is_whole(self) -> bool:
        """Whether another part may follow: the arguments of a call are an object, text is over at any time."""
        if self.kind != "call":
            return True
        if not self.arguments or not self.arguments[-1].rstrip().endswith("}"):
            return False
        try:
            _object.decode("".join(self.arguments))
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return False
        return True


class ChoiceReader:
    """Reads one choice. Single use; never raises."""

    def __init__(self, index: int, answer_id: str, notes: list[str]) -> None:
        self._index = index
        self._make_id = call_id_maker(answer_id, index)
        self._notes = notes
        self._waiting: list[_Part] = []
        self._calls: list[_Part] = []
        self._part = 0
        self._end: Fields | None = None
        self._has_refusal = False

    @property
    def is_finished(self) -> bool:
        """Whether the vendor said why the choice ended."""
        return self._end is not None

    def read(self, choice: Fields) -> list[hub.Event]:
        """Return the events of one delta."""
        delta = choice.child("delta")
        if delta is not None:
            self._think(delta)
            self._speak(delta)
            for place, call in enumerate(delta.children("tool_calls")):
                self._call(call, place)
            if "images" in delta or "audio" in delta or "executed_tools" in delta:
                note(self._notes, "answer-part-skipped")
        events = self._advance()
        if logprobs := read_logprobs(choice):
            events.append(hub.LogprobsStated(choice=self._index, logprobs=logprobs))
        if choice.text("finish_reason"):
            self._end = choice
        return events

    def read_plain(self, delta: PlainDelta) -> list[hub.Event]:
        """Return the events of a delta that only adds to a text, a thought or a call, or adds nothing at all."""
        thought = delta.reasoning_content or delta.reasoning
        if thought:
            self._thinking().pending.append(thought)
        if text := delta.content:
            if len(self._waiting) == 1 and not thought and delta.tool_calls is None:
                part = self._waiting[0]
                if part.kind == "text" and part.has_begun:
                    return [hub.TextDelta(choice=self._index, part=self._part, text=text)]
            self._text().pending.append(text)
        if delta.tool_calls is not None:
            self._add_arguments(delta.tool_calls[0])
        return self._advance()

    def finish(self, sources: list[hub.Citation]) -> list[hub.Event]:
        """Return the ends of all parts and of the choice; for a stream that was not cut.

        `sources` are what the vendor names beside the choices: the open text rests on them.
        """
        events: list[hub.Event] = []
        if sources and (text := self._last_text()) is not None:
            text.pending += sources
        while self._waiting:
            events += self._pass_on(self._waiting[0])
            events += self._close()
        stop, sequence = None, None
        if self._end is not None:
            stop, sequence = read_stop(
                self._end, has_calls=bool(self._calls), has_refusal=self._has_refusal, notes=self._notes
            )
        return [*events, hub.ChoiceEnd(choice=self._index, stop=stop, stop_sequence=sequence)]

    # What a delta adds.

    def _think(self, delta: Fields) -> None:
        details = read_details(delta)
        for detail in details:
            self._think_detail(detail)
        if not details and (text := plain_text(delta)):
            self._thinking().pending.append(text)

    def _think_detail(self, detail: Detail) -> None:
        last = self._last("thinking")
        if last is None or not continues(last.detail, detail):
            if not detail.text and not detail.seal:
                return
            last = self._open("thinking", structs.replace(as_thought(detail), text="", signature=None))
            last.detail = detail
        if detail.text:
            last.pending.append(detail.text)
        if (signature := detail.signature) is not None:
            last.pending.append(signature)

    def _thinking(self) -> _Part:
        last = self._last("thinking")
        return last if last is not None and last.detail is _PLAIN else self._open("thinking", hub.Thinking())

    def _speak(self, delta: Fields) -> None:
        if text := delta.text("content"):
            self._text().pending.append(text)
        for chunk in delta.children("content"):
            for part in read_chunk(chunk, self._notes):
                self._add(part)
        if refusal := delta.text("refusal"):
            self._add(hub.Refusal(text=refusal))
        if (citations := read_citations(delta)) and (cited := self._last_text()) is not None:
            cited.pending += citations
        elif citations:
            note(self._notes, "answer-part-skipped")
        if (signature := call_seal(delta)) is not None and signature.origin == GEMINI:
            self._open("thinking", hub.Thinking(is_redacted=True)).pending.append(signature)

    def _add(self, part: hub.Part) -> None:
        match part:
            case hub.Text():
                self._text().pending.append(part.text)
            case hub.Thinking():
                thinking = self._thinking()
                if part.text:
                    thinking.pending.append(part.text)
                if part.signature is not None:
                    thinking.pending.append(part.signature)
            case hub.Refusal():
                self._has_refusal = True
                last = self._last("refusal")
                (last or self._open("refusal", hub.Refusal(text=""))).pending.append(part.text)
            case _:
                note(self._notes, "answer-part-skipped")

    def _text(self) -> _Part:
        last = self._last("text")
        return last if last is not None else self._open("text", hub.Text(text=""))

    def _last_text(self) -> _Part | None:
        return next((part for part in reversed(self._waiting) if part.kind == "text"), None)

    def _call(self, call: Fields, place: int) -> None:
        function = call.child("function") or Fields({})
        index = call.count("index") if "index" in call else place
        raw_id, name, arguments = id_of(call), function.text("name"), read_arguments(function)
        part = self._find_call(index, raw_id, name, arguments)
        if part is None:
            part = self._open_call(index, raw_id, name)
        elif not part.has_begun and isinstance(part.opened, hub.ToolCall) and name and not part.opened.name:
            part.opened = structs.replace(part.opened, name=name)
        if arguments:
            part.arguments.append(arguments)
            part.pending.append(arguments)
        if (signature := call_seal(call)) is not None:
            part.pending.append(signature)

    def _add_arguments(self, call: PlainCall) -> None:
        part = self._find_call(call.index, "", "", call.function.arguments)
        if part is None:  # Arguments of a call that never began: it has no name to be told by.
            part = self._open_call(call.index, "", "")
        if call.function.arguments:
            part.arguments.append(call.function.arguments)
            part.pending.append(call.function.arguments)

    def _open_call(self, index: int, raw_id: str, name: str) -> _Part:
        made_id = self._make_id(raw_id, len(self._calls))
        part = self._open("call", hub.ToolCall(id=made_id, name=name, arguments=""))
        part.call_index, part.raw_id = index, raw_id
        self._calls.append(part)
        return part

    def _find_call(self, index: int, raw_id: str, name: str, arguments: str) -> _Part | None:
        """Return the call that a delta goes on with; None for one that begins."""
        for part in reversed(self._calls):
            if part.call_index != index:
                continue
            is_other = bool(raw_id) and bool(part.raw_id) and raw_id != part.raw_id
            begins_anew = bool(name) and bool(arguments) and not raw_id and part.is_whole
            return None if is_other or begins_anew else part
        return None

    # What is passed on.

    def _last(self, kind: Kind) -> _Part | None:
        return self._waiting[-1] if self._waiting and self._waiting[-1].kind == kind else None

    def _open(self, kind: Kind, opened: hub.Text | hub.Thinking | hub.Refusal | hub.ToolCall) -> _Part:
        part = _Part(kind, opened)
        self._waiting.append(part)
        return part

    def _advance(self) -> list[hub.Event]:
        events: list[hub.Event] = []
        while self._waiting and self._waiting[0].can_begin:
            events += self._pass_on(self._waiting[0])
            if len(self._waiting) == 1 or not self._waiting[0].is_whole:
                break
            events += self._close()
        return events

    def _pass_on(self, part: _Part) -> list[hub.Event]:
        events: list[hub.Event] = []
        choice, number = self._index, self._part
        if not part.has_begun:
            part.has_begun = True
            events.append(hub.PartBegin(choice=choice, part=number, opened=part.opened))
        for delta in part.pending:
            match delta:
                case str():
                    events.append(hub.TextDelta(choice=choice, part=number, text=delta))
                case hub.Signature():
                    events.append(hub.SignatureStated(choice=choice, part=number, signature=delta))
                case hub.Citation():
                    events.append(hub.Cited(choice=choice, part=number, citation=delta))
        part.pending = []
        return events

    def _close(self) -> list[hub.Event]:
        self._waiting.pop(0)
        number, self._part = self._part, self._part + 1
        return [hub.PartEnd(choice=self._index, part=number)]
