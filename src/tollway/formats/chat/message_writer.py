"""Writing turns as `messages` for one vendor.

https://platform.openai.com/docs/api-reference/chat/create — results come first in a turn, each as a message of its
own, since a vendor wants them right after the calls; what a result cannot hold (pictures, files) follows in the user
message after them. Call ids that a vendor does not take are replaced, the same ones by the same.
"""

import re
from hashlib import sha256
from typing import cast

from tollway.formats import hub
from tollway.formats.chat.content_writer import Content, ContentWriter, Object
from tollway.formats.chat.models import seal_origin
from tollway.formats.chat.notes import note
from tollway.formats.chat.seal import write_call_seal
from tollway.formats.chat.thinking import write_details
from tollway.formats.dialect import Inexpressible, Target

CALL_ID_CHARACTERS = 9
"""Mistral insists on nine; everybody else takes them too."""

_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
_CALL_SEALS = frozenset({"openai-compatible", "sandbox"})
"""Where `extra_content` is understood: Google's own OpenAI-compatible URL is one of them."""


class MessageWriter:
    """Writes one conversation for one target. Single use."""

    def __init__(self, target: Target, notes: list[str]) -> None:
        self._target = target
        self._notes = notes
        self._content = ContentWriter(target, notes)
        self._ways = self._content.ways
        self._id_pattern = re.compile(self._ways.call_id_pattern)
        self._messages: list[Object] = []
        self._moved: list[Object] = []

    def write(self, system: tuple[hub.Text, ...], turns: tuple[hub.Turn, ...]) -> list[Object]:
        """Return the messages. Raises Inexpressible."""
        if system:
            self._messages += self._instructions(system)
        for turn in turns:
            match turn.role:
                case "user":
                    self._user(turn)
                case "assistant":
                    self._flush()
                    self._assistant(turn)
                case "system":
                    self._flush()
                    self._messages += [message | self._name(turn) for message in self._instructions(turn.parts)]
        self._flush()
        return self._messages

    def _instructions(self, parts: tuple[hub.Part, ...]) -> list[Object]:
        texts = [part for part in parts if isinstance(part, hub.Text)]
        for part in parts:
            if not isinstance(part, hub.Text):
                raise Inexpressible("system", "instructions can only be text", at=part.at)
        if self._ways.has_text_parts or len(texts) == 1:
            return [{"role": "system", "content": self._content.texts(texts)}] if texts else []
        return [{"role": "system", "content": self._content.texts([text])} for text in texts]

    def _user(self, turn: hub.Turn) -> None:
        results = [part for part in turn.parts if isinstance(part, hub.ToolResult)]
        for result in results:
            self._result(result)
        others = [part for part in turn.parts if not isinstance(part, hub.ToolResult)]
        if not others:
            return
        for part in others:
            if not isinstance(part, Content):
                raise Inexpressible("turns", "only the model thinks, calls and refuses", at=part.at)
        content = cast("list[Content]", others)
        moved, self._moved = self._moved, []
        texts = [part for part in content if isinstance(part, hub.Text)]
        if not moved and len(texts) == len(content):
            self._say(self._content.texts(texts), turn)
            return
        self._say([*moved, *(item for part in content for item in self._content.write(part))], turn)

    def _say(self, content: str | list[Object], turn: hub.Turn | None) -> None:
        if self._messages and self._messages[-1]["role"] == "tool" and not self._ways.takes_user_after_tool:
            note(self._notes, "assistant-turn-inserted")
            self._messages.append({"role": "assistant", "content": "OK"})
        named = self._name(turn) if turn is not None else {}
        self._messages.append({"role": "user"} | named | {"content": content})

    def _flush(self) -> None:
        moved, self._moved = self._moved, []
        if moved:
            self._say(moved, None)

    def _name(self, turn: hub.Turn) -> Object:
        if turn.name is None:
            return {}
        if self._ways.has_names:
            return {"name": turn.name}
        note(self._notes, "message-name-ignored")
        return {}

    def _result(self, result: hub.ToolResult) -> None:
        if result.is_error:
            note(self._notes, "tool-error-flag-omitted")
        texts = [part for part in result.parts if isinstance(part, hub.Text)]
        media = [part for part in result.parts if not isinstance(part, hub.Text)]
        content: str | list[Object] = self._content.texts(texts) if texts else ""
        if media and self._ways.tool_media:
            content = [item for part in result.parts for item in self._content.write(part)]
        elif media:
            note(self._notes, "tool-result-media-moved")
            self._moved.append(
                {"type": "text", "text": f"From the result of the call {self._call_id(result.call_id)}:"}
            )
            self._moved += [item for part in media for item in self._content.write(part)]
            content = content or "The result is in the next user message."
        if (mark := self._content.mark(result.cache)) and content:
            parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
            content = [*parts[:-1], parts[-1] | mark]
        self._messages.append({"role": "tool", "tool_call_id": self._call_id(result.call_id), "content": content})

    def _assistant(self, turn: hub.Turn) -> None:
        for part in turn.parts:
            if isinstance(part, hub.Image | hub.Document | hub.Audio | hub.Video | hub.ToolResult):
                raise Inexpressible("turns", "an assistant's message holds only text, thinking and calls", at=part.at)
        texts = [part for part in turn.parts if isinstance(part, hub.Text)]
        refusals = [part for part in turn.parts if isinstance(part, hub.Refusal)]
        calls = [self._call(part) for part in turn.parts if isinstance(part, hub.ToolCall)]
        if refusals and not self._ways.has_refusals:
            note(self._notes, "refusal-as-text")
            texts += [hub.Text(text=refusal.text, at=refusal.at) for refusal in refusals]
            refusals = []
        content = self._content.texts(texts) if texts else None
        message: Object = {"role": "assistant"} | self._name(turn) | {"content": content}
        message |= self._thinking([part for part in turn.parts if isinstance(part, hub.Thinking)], content)
        if refusals:
            message["refusal"] = "".join(refusal.text for refusal in refusals)
        if calls:
            message["tool_calls"] = calls
        if message["content"] is not None or refusals or calls:
            self._messages.append(message)

    def _thinking(self, thoughts: list[hub.Thinking], content: str | list[Object] | None) -> Object:
        """Return what carries the thoughts that the vendor can read; others are left out."""
        kept = [thought for thought in thoughts if self._can_read(thought)]
        if len(kept) < len(thoughts):
            note(self._notes, "foreign-thinking-omitted")
        if not kept:
            return {}
        match self._ways.replay:
            case "details":
                return {"reasoning_details": write_details(kept)}
            case "chunks":
                texts = [{"type": "text", "text": content}] if isinstance(content, str) else content or []
                return {"content": [*map(_chunk, kept), *texts]}
        return {self._ways.replay: "\n\n".join(thought.text for thought in kept)}

    def _can_read(self, thought: hub.Thinking) -> bool:
        signature = thought.signature
        match self._ways.replay:
            case "none":
                return False
            case "details":
                reads = seal_origin(self._target.model)
                return self._target.vendor == "sandbox" or signature is None or reads in (None, signature.origin)
            case "chunks":
                return bool(thought.text) and (signature is None or signature.origin == "mistral")
        return bool(thought.text) and signature is None

    def _call(self, call: hub.ToolCall) -> Object:
        self._content.mark(call.cache)
        written: Object = {"id": self._call_id(call.id), "type": "function"}
        written["function"] = {"name": call.name, "arguments": call.arguments or "{}"}
        if call.signature is not None:
            if self._target.vendor in _CALL_SEALS:
                written["extra_content"] = write_call_seal(call.signature)
            else:
                note(self._notes, "foreign-thinking-omitted")
        return written

    def _call_id(self, call_id: str) -> str:
        if self._id_pattern.fullmatch(call_id):
            return call_id
        number = int.from_bytes(sha256(call_id.encode("utf-8", "surrogatepass")).digest()[:8], "big")
        digits: list[str] = []
        for _ in range(CALL_ID_CHARACTERS):
            number, digit = divmod(number, len(_ALPHABET))
            digits.append(_ALPHABET[digit])
        return "".join(digits)


def _chunk(thought: hub.Thinking) -> Object:
    """Return a thought as Mistral writes it: https://docs.mistral.ai/capabilities/reasoning/."""
    chunk: Object = {"type": "thinking", "thinking": [{"type": "text", "text": thought.text}]}
    return chunk if thought.signature is None else chunk | {"signature": thought.signature.value}
