"""Thinking in messages: `reasoning_details` and the plain fields `reasoning_content` and `reasoning`.

https://openrouter.ai/docs/use-cases/reasoning-tokens#reasoning_details-array-structure — an item is a text with its
seal, a summary, or something sealed whole; items of one index are one thought, however a stream cut it. OpenAI's
thoughts are a summary and a sealed item of the same index. DeepSeek and Z.ai have only `reasoning_content`
(https://api-docs.deepseek.com/guides/thinking_mode), Groq, Cerebras and Ollama only `reasoning`.
"""

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import structs

from tollway.formats import hub
from tollway.formats.asked import Asked, invalid, untranslatable
from tollway.formats.chat.seal import GEMINI, format_of, origin_of
from tollway.formats.lenient import Fields

KINDS = frozenset({"reasoning.text", "reasoning.summary", "reasoning.encrypted"})


class Detail(msgspec.Struct, frozen=True, kw_only=True):
    """One item of `reasoning_details`. `seal` is "" when it has none; `index` None: it stands for itself."""

    kind: str
    text: str = ""
    seal: str = ""
    origin: str = "unknown"
    id: str | None = None
    index: int | None = None
    at: str = ""

    @property
    def signature(self) -> hub.Signature | None:
        """The seal, with whose it is."""
        return hub.Signature(origin=self.origin, value=self.seal) if self.seal else None

    @property
    def is_redacted(self) -> bool:
        """Whether the seal is all there is: sealed whole, or Gemini's seal over a text that is no thought."""
        return not self.text and bool(self.seal) and (self.kind == "reasoning.encrypted" or self.origin == GEMINI)


def read_asked(message: Asked) -> list[hub.Thinking]:
    """Read the thoughts of a message that a caller handed back. Raises request.field_invalid or untranslatable."""
    plain = [text for name in ("reasoning_content", "reasoning") if (text := message.text(name))]
    if len(plain) == 2 and plain[0] != plain[1]:
        invalid(message.place("reasoning"), "differs from `reasoning_content`: send one of them")
    details = [_asked_detail(item) for item in message.children("reasoning_details")]
    return thoughts_of(details) or [hub.Thinking(text=text, at=message.at) for text in plain[:1]]


def read_details(message: Fields) -> list[Detail]:
    """Read `reasoning_details` of an answer; what is unknown is left out."""
    return [_lenient_detail(item) for item in message.children("reasoning_details") if item.text("type") in KINDS]


def plain_text(message: Fields) -> str:
    """Return the thinking in the plain fields of a message or delta, "" when there is none."""
    return message.text("reasoning_content") or message.text("reasoning")


def thoughts_of(details: Iterable[Detail]) -> list[hub.Thinking]:
    """Join items to thoughts."""
    thoughts: list[hub.Thinking] = []
    last: Detail | None = None
    for detail in details:
        if last is not None and continues(last, detail):
            before = thoughts[-1]
            signature = detail.signature or before.signature
            text = before.text + detail.text
            thoughts[-1] = structs.replace(before, text=text, signature=signature, id=detail.id or before.id)
            last = structs.replace(detail, kind=last.kind)
        elif detail.text or detail.seal:
            thoughts.append(as_thought(detail))
            last = detail
    return thoughts


def continues(last: Detail, detail: Detail) -> bool:
    """Whether an item belongs to the thought that the last one began."""
    if detail.index is None or detail.index != last.index or last.kind == "reasoning.encrypted":
        return False
    return detail.kind != "reasoning.encrypted" or detail.origin == "openai"


def as_thought(detail: Detail) -> hub.Thinking:
    """Return an item as a thought of its own."""
    return hub.Thinking(
        text=detail.text,
        signature=detail.signature,
        is_redacted=detail.is_redacted,
        id=detail.id,
        at=detail.at,
    )


def write_details(thoughts: Iterable[hub.Thinking]) -> list[dict[str, Any]]:
    """Return thoughts as `reasoning_details`."""
    return [item for index, thought in enumerate(thoughts) for item in write_detail(thought, index)]


def write_detail(thought: hub.Thinking, index: int) -> list[dict[str, Any]]:
    """Return one thought: its text with its seal, or the two apart where that is the vendor's way."""
    if thought.is_redacted:
        return [] if thought.signature is None else [sealed(thought.signature, thought.id, index)]
    signature = thought.signature
    if signature is not None and signature.origin == "openai":
        text = [{"type": "reasoning.summary", "summary": thought.text} | _named(signature, None, index)]
        return (text if thought.text else []) + [sealed(signature, thought.id, index)]
    item = {"type": "reasoning.text", "text": thought.text}
    return [item | (_named(signature, thought.id, index) if signature else _unnamed(thought.id, index))]


def sealed(signature: hub.Signature, thought_id: str | None, index: int) -> dict[str, Any]:
    """Return the item of a seal that stands for all of a thought."""
    return {"type": "reasoning.encrypted", "data": signature.value} | {
        name: value for name, value in _named(signature, thought_id, index).items() if name != "signature"
    }


def seal_of(signature: hub.Signature, thought_id: str | None, index: int) -> dict[str, Any]:
    """Return the item that adds a seal to the thought of that index, at the end of its text in a stream."""
    if signature.origin == "openai":
        return sealed(signature, thought_id, index)
    return {"type": "reasoning.text"} | _named(signature, thought_id, index)


def _named(signature: hub.Signature, thought_id: str | None, index: int) -> dict[str, Any]:
    item = {"format": format_of(signature.origin)} | _unnamed(thought_id, index)
    return item if signature.origin == "openai" else item | {"signature": signature.value}


def _unnamed(thought_id: str | None, index: int) -> dict[str, Any]:
    return {"index": index} if thought_id is None else {"id": thought_id, "index": index}


def _asked_detail(item: Asked) -> Detail:
    kind = item.text("type") or invalid(item.place("type"), "is required")
    if kind not in KINDS:
        untranslatable(item.place("type"), "is a kind of thinking that no other dialect knows: leave it out")
    detail = Detail(
        kind=kind,
        text=item.text("text") or item.text("summary") or "",
        seal=item.text("signature") or item.text("data") or "",
        origin=origin_of(item.text("format") or ""),
        id=item.text("id"),
        index=item.integer("index"),
        at=item.at,
    )
    item.nothing_else()
    return detail


def _lenient_detail(item: Fields) -> Detail:
    return Detail(
        kind=item.text("type"),
        text=item.text("text") or item.text("summary"),
        seal=item.text("signature") or item.text("data"),
        origin=origin_of(item.text("format")),
        id=item.text("id") or None,
        index=item.count("index") if "index" in item else None,
    )
