"""Writing streams for callers of Chat Completions.

https://platform.openai.com/docs/api-reference/chat/streaming — each choice begins with its role; calls are counted
from 0 in each choice; the finish reason has a chunk of its own; usage comes last, with no choices, where it was asked
for; `[DONE]` ends what is complete, and nothing else. Thinking is written as in whole answers. OpenAI's own client adds
up what comes in lists by `index` and joins strings, so that each item has its index and says each thing once.
Mistral's client wants a name with every piece of a call: an empty one adds nothing to the first.
"""

from typing import Any

import msgspec

from tollway.contract.usage import Usage
from tollway.formats import hub
from tollway.formats.chat.errors import write_error_event
from tollway.formats.chat.reply_writer import (
    envelope,
    write_call,
    write_citation,
    write_logprobs,
    write_stop,
    write_tier,
)
from tollway.formats.chat.seal import write_call_seal
from tollway.formats.chat.thinking import seal_of, sealed
from tollway.formats.chat.usage import write_usage
from tollway.formats.dialect import Shown
from tollway.wire.sse import event_bytes

Object = dict[str, Any]

_encode = msgspec.json.Encoder().encode


class _Choice:
    """Where one choice stands."""

    __slots__ = (
        "calls",
        "characters",
        "citations",
        "has_begun",
        "has_content",
        "has_refusal",
        "opened",
        "text_start",
        "thoughts",
    )

    def __init__(self) -> None:
        self.has_begun = False
        self.opened: hub.Part | None = None
        self.calls = 0
        self.thoughts = 0
        self.characters = 0
        self.citations = 0
        self.text_start = 0
        self.has_content = False
        self.has_refusal = False


class EventWriter:
    """Turns hub events into a caller's stream. Single use; never raises."""

    def __init__(self, shown: Shown) -> None:
        self._shown = shown
        self._envelope = envelope("", None, shown)
        self._choices: dict[int, _Choice] = {}
        self._usage: Usage | None = None

    def write(self, event: hub.Event) -> bytes:
        """Return the bytes for one event; b"" when it has none in this dialect."""
        match event:
            case hub.Begin():
                self._envelope = envelope(event.id, event.created_seconds, self._shown)
                return self._delta(0, {})
            case hub.LogprobsStated():
                is_refusal = isinstance(self._choice(event.choice).opened, hub.Refusal)
                return self._delta(event.choice, {}, logprobs=write_logprobs(event.logprobs, is_refusal=is_refusal))
            case hub.ChoiceEnd():
                choice = self._choice(event.choice)
                stop = write_stop(event.stop, has_calls=bool(choice.calls), has_refusal=choice.has_refusal)
                return self._delta(event.choice, {}, finish_reason=stop)
            case hub.UsageStated():
                self._usage = event.usage
                return b""
            case hub.Failed():
                return write_error_event(event.kind, event.message, self._shown.request_id)
            case hub.Done():
                return self._done()
        return self._part(event)

    def _part(self, event: hub.PartBegin | hub.TextDelta | hub.SignatureStated | hub.Cited | hub.PartEnd) -> bytes:
        match event:
            case hub.TextDelta():
                return self._text(event)
            case hub.PartBegin():
                return self._begin(event)
            case hub.SignatureStated():
                return self._seal(event)
            case hub.Cited():
                return self._cite(event)
            case hub.PartEnd():
                return self._end(event)

    def _text(self, event: hub.TextDelta) -> bytes:
        choice = self._choice(event.choice)
        match choice.opened:
            case hub.Thinking():
                detail: Object = {"type": "reasoning.text", "text": event.text, "index": choice.thoughts}
                if choice.opened.id is not None and not choice.has_content:
                    detail["id"] = choice.opened.id
                choice.has_content = True
                return self._delta(event.choice, {"reasoning_content": event.text, "reasoning_details": [detail]})
            case hub.Refusal():
                return self._delta(event.choice, {"refusal": event.text})
            case hub.ToolCall():
                choice.has_content = True
                return self._arguments(event.choice, event.text)
        choice.characters += len(event.text)
        return self._delta(event.choice, {"content": event.text})

    def _begin(self, event: hub.PartBegin) -> bytes:
        choice = self._choice(event.choice)
        choice.opened = event.opened
        choice.has_content = False
        match event.opened:
            case hub.Text():
                choice.text_start = choice.characters
            case hub.Thinking() if event.opened.signature is not None:
                return self._seal(
                    hub.SignatureStated(choice=event.choice, part=event.part, signature=event.opened.signature)
                )
            case hub.Refusal():
                choice.has_refusal = True
            case hub.ToolCall():
                call = write_call(event.opened) | {"index": choice.calls}
                call["function"]["arguments"] = event.opened.arguments
                choice.calls += 1
                choice.has_content = bool(event.opened.arguments)
                return self._delta(event.choice, {"tool_calls": [call]})
        return b""

    def _arguments(self, choice: int, text: str) -> bytes:
        call = {"index": self._choice(choice).calls - 1, "function": {"name": "", "arguments": text}}
        return self._delta(choice, {"tool_calls": [call]})

    def _seal(self, event: hub.SignatureStated) -> bytes:
        choice = self._choice(event.choice)
        if not isinstance(choice.opened, hub.Thinking):
            call = {"index": choice.calls - 1, "function": {"name": "", "arguments": ""}}
            return self._delta(
                event.choice, {"tool_calls": [call | {"extra_content": write_call_seal(event.signature)}]}
            )
        write = sealed if choice.opened.is_redacted else seal_of
        thought_id = None if choice.has_content else choice.opened.id
        detail = write(event.signature, thought_id, choice.thoughts)
        return self._delta(event.choice, {"reasoning_details": [detail]})

    def _cite(self, event: hub.Cited) -> bytes:
        choice = self._choice(event.choice)
        if not event.citation.url:
            return b""
        citation, before = event.citation, choice.text_start
        if citation.url is None:
            return b""
        if citation.start is not None and citation.end is not None:
            citation = msgspec.structs.replace(citation, start=citation.start + before, end=citation.end + before)
        index, choice.citations = choice.citations, choice.citations + 1
        return self._delta(event.choice, {"annotations": [write_citation(citation) | {"index": index}]})

    def _end(self, event: hub.PartEnd) -> bytes:
        choice = self._choice(event.choice)
        opened, choice.opened = choice.opened, None
        if isinstance(opened, hub.Thinking):
            choice.thoughts += 1
        if isinstance(opened, hub.ToolCall) and not choice.has_content:
            return self._arguments(event.choice, "{}")
        return b""

    def _done(self) -> bytes:
        end = event_bytes(b"[DONE]")
        if not self._shown.states_usage or self._usage is None:
            return end
        chunk = self._envelope | {"choices": [], "usage": write_usage(self._usage)}
        if (tier := write_tier(self._usage.tier)) is not None:
            chunk["service_tier"] = tier
        return event_bytes(_encode(chunk)) + end

    def _choice(self, index: int) -> _Choice:
        found = self._choices.get(index)
        if found is None:
            found = self._choices[index] = _Choice()
        return found

    def _delta(
        self, index: int, delta: Object, *, finish_reason: str | None = None, logprobs: Object | None = None
    ) -> bytes:
        choice = self._choice(index)
        if not choice.has_begun:
            choice.has_begun = True
            delta = {"role": "assistant", "content": delta.get("content", "")} | delta
        written = {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish_reason}
        chunk = self._envelope | {"choices": [written]}
        if self._shown.states_usage:
            chunk["usage"] = None
        return event_bytes(_encode(chunk))
