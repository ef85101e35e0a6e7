"""Writing a streamed answer: each event is a whole GenerateContentResponse with what is new.

https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent — calls come whole, sources and usage
with the last event, which alone has a `finishReason`. There is no terminal event of its own, and no ping.
"""

from typing import Any

import msgspec

from tollway.contract.usage import Usage
from tollway.formats import hub
from tollway.formats.dialect import Shown
from tollway.formats.gemini.errors import write_failure
from tollway.formats.gemini.grounding import write_grounding
from tollway.formats.gemini.part_writer import FINISHES, malformed, write_call, write_logprobs, write_thinking
from tollway.formats.gemini.usage import write_usage

_encode = msgspec.json.Encoder().encode

Object = dict[str, Any]


class _Choice:
    """What one choice's last event will need."""

    def __init__(self) -> None:
        self.open: hub.Text | hub.Thinking | hub.Refusal | hub.ToolCall | None = None
        self.arguments: list[str] = []
        self.signature: hub.Signature | None = None
        self.texts: list[str] = []
        self.length = 0
        self.begins_at = 0
        self.citations: list[hub.Citation] = []
        self.logprobs: tuple[hub.TokenLogprob, ...] = ()
        self.last: Object = {}


class EventWriter:
    """Turns hub events into a stream. Single use; never raises."""

    def __init__(self, shown: Shown) -> None:
        self._shown = shown
        self._id = shown.request_id
        self._choices: dict[int, _Choice] = {}
        self._usage: Usage | None = None

    def write(self, event: hub.Event) -> bytes:
        """Return the bytes for one event; b"" when it has none yet."""
        match event:
            case hub.Begin():
                self._id = event.id or self._id
            case hub.UsageStated():
                self._usage = event.usage
            case hub.Failed():
                return write_failure(event.kind, event.message, self._shown.request_id)
            case hub.Done():
                return self._done()
            case _:
                return self._write(event, self._choices.setdefault(event.choice, _Choice()))
        return b""

    def _write(self, event: hub.Event, choice: _Choice) -> bytes:
        match event:
            case hub.PartBegin():
                self._open(event.opened, choice)
            case hub.TextDelta():
                return self._text(event, choice)
            case hub.SignatureStated():
                choice.signature = event.signature
            case hub.Cited():
                choice.citations.append(_moved(event.citation, choice.begins_at))
            case hub.LogprobsStated():
                choice.logprobs = (*choice.logprobs, *event.logprobs)
            case hub.PartEnd():
                return self._close(event.choice, choice)
            case hub.ChoiceEnd():
                choice.last = {"finishReason": FINISHES[event.stop]} | choice.last
        return b""

    def _open(self, opened: hub.Text | hub.Thinking | hub.Refusal | hub.ToolCall, choice: _Choice) -> None:
        choice.open = opened
        choice.arguments = []
        choice.signature = None
        choice.begins_at = choice.length

    def _text(self, event: hub.TextDelta, choice: _Choice) -> bytes:
        if isinstance(choice.open, hub.ToolCall):
            choice.arguments.append(event.text)
            return b""
        if not event.text:
            return b""
        if isinstance(choice.open, hub.Thinking):
            return self._part(event.choice, choice, {"text": event.text, "thought": True})
        choice.texts.append(event.text)
        choice.length += len(event.text)
        return self._part(event.choice, choice, {"text": event.text})

    def _close(self, index: int, choice: _Choice) -> bytes:
        opened, choice.open = choice.open, None
        if isinstance(opened, hub.Thinking) and choice.signature is not None:
            part = write_thinking("", choice.signature, is_redacted=opened.is_redacted)
            return self._part(index, choice, part)
        if isinstance(opened, hub.ToolCall):
            signature = choice.signature or opened.signature
            arguments = "".join(choice.arguments) or opened.arguments
            call = msgspec.structs.replace(opened, arguments=arguments, signature=signature)
            written = write_call(call)
            if written is not None:
                return self._part(index, choice, written)
            choice.last |= malformed(call)
        return b""

    def _part(self, index: int, choice: _Choice, part: Object) -> bytes:
        content: Object = {"content": {"parts": [part], "role": "model"}, "index": index}
        content |= write_logprobs(choice.logprobs)
        choice.logprobs = ()
        return self._event({"candidates": [content]})

    def _done(self) -> bytes:
        candidates: list[Object] = []
        for index, choice in sorted(self._choices.items()):
            candidate: Object = {"content": {"parts": [{"text": ""}], "role": "model"}} | choice.last
            candidate |= {"index": index} | write_logprobs(choice.logprobs)
            if grounding := write_grounding([(0, "".join(choice.texts), tuple(choice.citations))]):
                candidate["groundingMetadata"] = grounding
            candidates.append(candidate)
        answer: Object = {"candidates": candidates}
        if self._usage is not None:
            answer["usageMetadata"] = write_usage(self._usage)
        return self._event(answer)

    def _event(self, answer: Object) -> bytes:
        named = answer | {"modelVersion": self._shown.model, "responseId": self._id}
        return b"data: %b\r\n\r\n" % _encode(named)


def _moved(citation: hub.Citation, begins_at: int) -> hub.Citation:
    """Return a citation with its place in the whole of the choice's text, from which Gemini's streams count."""
    if citation.start is None or citation.end is None:
        return citation
    return msgspec.structs.replace(citation, start=citation.start + begins_at, end=citation.end + begins_at)
