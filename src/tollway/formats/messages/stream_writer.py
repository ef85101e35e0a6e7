"""Writing a streamed answer as Anthropic's events.

https://platform.claude.com/docs/en/build-with-claude/streaming — `message_start`, then each block with its start, its
deltas and its stop, then one `message_delta` with the reason and the usage, then `message_stop`. A block starts when
there is something in it; the end is written when the answer is complete, so a cut stream never gets a reason.
"""

from typing import Any

import msgspec
from msgspec import structs

from tollway.contract.usage import Usage
from tollway.formats import hub
from tollway.formats.dialect import Shown
from tollway.formats.messages.answer_writer import write_call_seals, write_head, write_stop
from tollway.formats.messages.citations import write_citation
from tollway.formats.messages.errors import write_failure
from tollway.formats.messages.seal import write_thought_seal
from tollway.formats.messages.usage import write_delta_usage, write_usage
from tollway.wire.sse import event_bytes

Object = dict[str, Any]
Opened = hub.Text | hub.Thinking | hub.Refusal | hub.ToolCall

_PING = event_bytes(b'{"type":"ping"}', "ping")

_encode = msgspec.json.Encoder().encode


class StreamWriter:
    """Turns hub events into one stream. Single use; never raises. Only the first choice is shown."""

    def __init__(self, shown: Shown) -> None:
        self._shown = shown
        self._index = 0
        self._opened: Opened | None = None
        self._has_started = False
        self._is_sealed = False
        self._end = hub.ChoiceEnd(choice=0, stop=None)
        self._usage: Usage | None = None

    def write(self, event: hub.Event) -> bytes:
        """Return the bytes for one event; b"" when it has none in this dialect."""
        if getattr(event, "choice", 0) != 0:
            return b""
        match event:
            case hub.Begin():
                return self._begin()
            case hub.PartBegin():
                return self._open(event.opened)
            case hub.TextDelta():
                return self._add(event.text)
            case hub.SignatureStated():
                return self._seal(event.signature)
            case hub.Cited():
                citation = {"type": "citations_delta", "citation": write_citation(event.citation)}
                return self._start() + self._delta(citation)
            case hub.PartEnd():
                return self._close()
            case hub.ChoiceEnd() | hub.UsageStated():
                self._keep(event)
            case hub.Failed():
                return write_failure(event, self._shown.request_id)
            case hub.Done():
                return self._finish()
        return b""

    def _begin(self) -> bytes:
        message = {**write_head(self._shown), "content": [], **write_stop(None, None), "usage": write_usage(None)}
        return _event("message_start", {"message": message}) + _PING

    def _open(self, opened: Opened) -> bytes:
        self._opened, self._has_started = opened, False
        if isinstance(opened, hub.ToolCall):
            return self._start() + self._add(opened.arguments)
        if isinstance(opened, hub.Thinking):
            # The text comes before its seal, as in a stream of Anthropic's own.
            written = self._add(opened.text)
            return written if opened.signature is None else written + self._seal(opened.signature)
        return self._add(opened.text)

    def _start(self) -> bytes:
        """Return the start of the block, once; a seal over a call comes before it, in a block of its own."""
        opened = self._opened
        if opened is None or self._has_started:
            return b""
        self._has_started = True
        match opened:
            case hub.ToolCall():
                self._is_sealed = opened.signature is not None
                block: Object = {"type": "tool_use", "id": opened.id, "name": opened.name, "input": {}}
                return self._sealed_call(opened) + self._block_start(block)
            case hub.Thinking():
                return self._block_start({"type": "thinking", "thinking": "", "signature": ""})
        return self._block_start({"type": "text", "text": ""})

    def _add(self, text: str) -> bytes:
        if not text:
            return b""
        match self._opened:
            case hub.ToolCall():
                delta = {"type": "input_json_delta", "partial_json": text}
            case hub.Thinking(is_redacted=True):
                return b""
            case hub.Thinking():
                delta = {"type": "thinking_delta", "thinking": text}
            case _:
                delta = {"type": "text_delta", "text": text}
        return self._start() + self._delta(delta)

    def _seal(self, signature: hub.Signature) -> bytes:
        match self._opened:
            case hub.Thinking(is_redacted=True) as thought:
                self._opened = None
                return self._whole_block({"type": "redacted_thinking", "data": _thought_seal(thought, signature)})
            case hub.Thinking() as thought:
                seal = {"type": "signature_delta", "signature": _thought_seal(thought, signature)}
                return self._start() + self._delta(seal)
            case hub.ToolCall() as call:
                # The call's block has begun, so the seal follows it.
                self._opened = structs.replace(call, signature=signature)
        return b""

    def _close(self) -> bytes:
        opened, self._opened = self._opened, None
        if opened is None or not self._has_started:
            return b""
        ended = self._block_stop()
        if isinstance(opened, hub.ToolCall) and not self._is_sealed:
            return ended + self._sealed_call(opened)
        return ended

    def _keep(self, event: hub.ChoiceEnd | hub.UsageStated) -> None:
        if isinstance(event, hub.UsageStated):
            self._usage = event.usage
        else:
            self._end = event

    def _finish(self) -> bytes:
        delta = write_stop(self._end.stop, self._end.stop_sequence)
        ended = _event("message_delta", {"delta": delta, "usage": write_delta_usage(self._usage)})
        return ended + _event("message_stop", {})

    def _block_start(self, block: Object) -> bytes:
        return _event("content_block_start", {"index": self._index, "content_block": block})

    def _block_stop(self) -> bytes:
        self._index += 1
        return _event("content_block_stop", {"index": self._index - 1})

    def _whole_block(self, block: Object) -> bytes:
        return self._block_start(block) + self._block_stop()

    def _sealed_call(self, call: hub.ToolCall) -> bytes:
        return b"".join(map(self._whole_block, write_call_seals(call)))

    def _delta(self, delta: Object) -> bytes:
        return _event("content_block_delta", {"index": self._index, "delta": delta})


def _thought_seal(thought: hub.Thinking, signature: hub.Signature) -> str:
    return write_thought_seal(structs.replace(thought, signature=signature))


def _event(kind: str, fields: Object) -> bytes:
    return event_bytes(_encode({"type": kind, **fields}), kind)
