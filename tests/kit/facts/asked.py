"""What a request asks for, in words of no dialect, and what of it was lost on the way to a vendor."""

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import Any

from kit.facts.answer import squeeze

EMPTY_SCHEMA: dict[str, Any] = {"type": "object", "properties": {}}


@dataclass
class Item:
    """One thing said, in order. `kind` is text, image, document, audio, call or result; `value` depends on it.

    text: the words. image, document, audio: `bytes:<digest>`, `url:<address>` or `text:<digest>`. call: (name,
    arguments). result: (name of the call, value, whether it failed); media of a result are items after it.
    """

    role: str
    kind: str
    value: Any


@dataclass
class Tool:
    """A function the model may call; `schema` None and an empty one are the same."""

    name: str
    description: str
    schema: Any


@dataclass
class Asked:
    """A request. None: not stated. `choice` is auto, none, required or `tool:<name>`; `output` json or a schema."""

    model: str = ""
    system: str = ""
    items: list[Item] = field(default_factory=list)
    tools: list[Tool] = field(default_factory=list)
    choice: str | None = None
    parallel: bool | None = None
    tokens_max: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop: list[str] = field(default_factory=list)
    seed: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    count: int | None = None
    output: Any = None
    reasoning: str | None = None
    web_search: bool = False
    is_stream: bool = False


def digest(base64_text: str) -> str:
    """Name inline bytes by their base64 text, without its line breaks."""
    return "bytes:" + hashlib.sha256(squeeze(base64_text).encode()).hexdigest()[:16]


def named(url: str) -> str:
    """Name what an address leads to; a `data:` address is its bytes."""
    if url.startswith("data:"):
        return digest(url.partition("base64,")[2])
    return f"url:{url}"


def text_digest(text: str) -> str:
    """Name a document that is given as text."""
    return "text:" + hashlib.sha256(squeeze(text).encode()).hexdigest()[:16]


def result_value(value: Any) -> Any:
    """Return a tool's result as a value: text that is JSON is what it says, other text has no white space.

    Gemini's results are objects whose `output` or, on failure, `error` is the result
    (https://ai.google.dev/api/caching#FunctionResponse).
    """
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return squeeze(value)
    if isinstance(value, dict) and len(value) == 1:
        name, inner = next(iter(value.items()))
        if name in ("output", "error", "result"):
            return result_value(inner)
    return squeeze(value) if isinstance(value, str) else value


def simple(asked: Asked) -> Asked:
    """Return the request with only what every dialect's writer can say: text, calls, and results of those calls."""
    kept: list[Item] = []
    open_calls: list[str] = []
    for item in asked.items:
        if item.kind == "call":
            open_calls.append(item.value[0])
        elif item.kind == "result":
            if item.value[0] not in open_calls:
                continue
            open_calls.remove(item.value[0])
        elif item.kind != "text" or not item.value.strip():
            continue
        kept.append(item)
    return replace(asked, items=kept or [Item("user", "text", "Hello")])


def joined(items: list[Item]) -> list[tuple[str, str, Any]]:
    """Return the items with neighbouring texts of one role as one, without white space and empty ones.

    A turn may be cut into parts as a dialect likes.
    """
    found: list[tuple[str, str, Any]] = []
    for item in items:
        value = squeeze(item.value) if item.kind == "text" else item.value
        if value == "":
            continue
        if item.kind == "text" and found and found[-1][:2] == (item.role, "text"):
            found[-1] = (item.role, "text", found[-1][2] + value)
        else:
            found.append((item.role, item.kind, value))
    return found


def lost(sent: Asked, reached: Asked, *, notes: str, default_tokens_max: bool) -> list[str]:
    """Return what differs between what was sent and what reached the vendor, each with both values.

    `notes` are the differences that the gateway admits to; a vendor that insists on a bound may be given one.
    """
    found = []
    pairs: list[tuple[str, Any, Any]] = [
        ("system", squeeze(sent.system), squeeze(reached.system)),
        ("items", *_comparable(sent, reached, notes)),
        ("tools", _tools(sent), _tools(reached)),
        ("choice", _choice(sent), _choice(reached)),
        ("output", sent.output, reached.output),
        ("stop", sent.stop, reached.stop),
        ("web_search", sent.web_search, reached.web_search),
    ]
    if sent.tokens_max is not None or not default_tokens_max:
        pairs.append(("tokens_max", sent.tokens_max, reached.tokens_max))
    if sent.parallel is False:
        pairs.append(("parallel", False, reached.parallel))
    for name in ("temperature", "top_p", "top_k", "seed", "frequency_penalty", "presence_penalty"):
        if getattr(sent, name) is not None and name not in notes:
            pairs.append((name, float(getattr(sent, name)), _number(getattr(reached, name))))
    if (sent.count or 1) != (reached.count or 1):
        pairs.append(("count", sent.count, reached.count))
    if (
        sent.reasoning is not None
        and reached.reasoning is None
        and "reasoning" not in notes
        and "thinking" not in notes
    ):
        pairs.append(("reasoning", sent.reasoning, None))
    for name, one, other in pairs:
        if one != other:
            found.append(f"{name}: {_first_difference(one, other)}")
    return found


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _comparable(sent: Asked, reached: Asked, notes: str) -> tuple[Any, Any]:
    one, other = joined(sent.items), joined(reached.items)
    if "error" in notes:
        one, other = ([_without_failure(item) for item in items] for items in (one, other))
    return one, other


def _without_failure(item: tuple[str, str, Any]) -> tuple[str, str, Any]:
    return (*item[:2], item[2][:2]) if item[1] == "result" else item


def _tools(asked: Asked) -> dict[str, tuple[str, str]]:
    return {
        tool.name: (squeeze(tool.description or ""), json.dumps(tool.schema or EMPTY_SCHEMA, sort_keys=True))
        for tool in asked.tools
    }


def _choice(asked: Asked) -> str | None:
    return None if asked.choice == "auto" or (asked.choice is not None and not asked.tools) else asked.choice


def _first_difference(one: Any, other: Any) -> str:
    if isinstance(one, list) and isinstance(other, list):
        for at, (a, b) in enumerate(zip(one, other, strict=False)):
            if a != b:
                return f"[{at}] {str(a)[:200]} became {str(b)[:200]}"
        return f"{len(one)} became {len(other)}: {str((one[len(other) :] or other[len(one) :])[0])[:200]}"
    if isinstance(one, dict) and isinstance(other, dict):
        names = [name for name in one.keys() | other.keys() if one.get(name) != other.get(name)]
        return f"{names[0]}: {str(one.get(names[0]))[:300]} became {str(other.get(names[0]))[:300]}"
    return f"{str(one)[:200]} became {str(other)[:200]}"
