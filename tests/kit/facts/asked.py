"""What a request asks for, in words of no dialect, and what of it was lost on the way to a vendor."""

import base64
import hashlib
import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kit.facts.answer import squeeze

EMPTY_SCHEMA: dict[str, Any] = {"type": "object", "properties": {}}


@dataclass
class Item:
    """One thing said, in order. `kind` is text, image, document, audio, call or result; `value` depends on it.

    text: the words. image, document, audio: `bytes:<digest>`, `url:<address>` or `text:<words>`. call: (name,
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
    """Name inline bytes, in either alphabet of base64 (Google takes both)."""
    return "bytes:" + hashlib.sha256(_bytes(base64_text)).hexdigest()[:16]


def _bytes(base64_text: str) -> bytes:
    plain = squeeze(base64_text).replace("-", "+").replace("_", "/").rstrip("=")
    return base64.b64decode(plain + "=" * (-len(plain) % 4))


def named(url: str) -> str:
    """Name what an address leads to; a `data:` address is its bytes."""
    if url.startswith("data:"):
        head, _, data = url.removeprefix("data:").partition(";base64,")
        return document(data, head)
    return f"url:{url}"


def document(base64_text: str, media_type: str) -> str:
    """Name inline bytes of a document; one of plain text is its text, which some dialects take as text only."""
    if media_type.partition(";")[0].strip() != "text/plain":
        return digest(base64_text)
    return "text:" + squeeze(_bytes(base64_text).decode())


def chosen(mode: str, names: Sequence[str]) -> str:
    """Name a choice of tools: one that is forced, or a mode, limited to some names if any are given."""
    if mode == "required" and len(names) == 1:
        return f"tool:{names[0]}"
    return f"{mode} of {sorted(names)}" if names else mode


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
    if value is None:
        return ""
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
    choice = asked.choice.partition(" of ")[0] if asked.choice else None
    return replace(asked, choice=choice, items=kept or [Item("user", "text", "Hello")])


def joined(items: list[Item]) -> list[tuple[str, str, Any]]:
    """Return the items with neighbouring texts of one role as one, without white space and empty ones.

    A turn may be cut into parts as a dialect likes, and a document that is text may be written as text.
    """
    found: list[tuple[str, str, Any]] = []
    for item in _words_first(items):
        kind, value = item.kind, squeeze(item.value) if item.kind == "text" else item.value
        if kind == "document" and value.startswith("text:"):
            kind, value = "text", value.removeprefix("text:")
        if value == "":
            continue
        if kind == "text" and found and found[-1][:2] == (item.role, "text"):
            found[-1] = (item.role, "text", found[-1][2] + value)
        else:
            found.append((item.role, kind, value))
    return found


def _words_first(items: list[Item]) -> list[Item]:
    """Return the items with the words of an assistant's turn before its calls, as Chat Completions must have them."""
    found: list[Item] = []
    for role, run in itertools.groupby(items, key=lambda item: item.role):
        turn = list(run)
        found += sorted(turn, key=lambda item: item.kind == "call") if role == "assistant" else turn
    return found


def lost(sent: Asked, reached: Asked, *, notes: str, default_tokens_max: bool) -> list[str]:
    """Return what differs between what was sent and what reached the vendor, each with both values.

    `notes` are the differences that the gateway admits to; a vendor that insists on a bound may be given one.
    """
    found = []
    pairs: list[tuple[str, Any, Any]] = [
        ("system", squeeze(sent.system), squeeze(reached.system)),
        ("items", *_comparable(sent, reached, notes)),
        ("tools", _tools(_narrowed(sent, notes), notes), _tools(reached, notes)),
        ("output", _schema(sent.output, notes), _schema(reached.output, notes)),
        ("stop", sent.stop, reached.stop),
        ("web_search", sent.web_search, reached.web_search),
    ]
    if "json-output-by-tool" in notes:
        pairs = [pair for pair in pairs if pair[0] not in ("tools", "output")]
    else:
        pairs.append(("choice", _choice(_narrowed(sent, notes)), _choice(reached)))
    if sent.tokens_max is not None or not default_tokens_max:
        pairs.append(("tokens_max", sent.tokens_max, reached.tokens_max))
    if sent.parallel is False:
        pairs.append(("parallel", False, reached.parallel))
    for name in ("temperature", "top_p", "top_k", "seed", "frequency_penalty", "presence_penalty"):
        if getattr(sent, name) is not None and name not in notes:
            pairs.append((name, float(getattr(sent, name)), _number(getattr(reached, name))))
    if (sent.count or 1) != (reached.count or 1):
        pairs.append(("count", sent.count, reached.count))
    is_admitted = "reasoning" in notes or "thinking" in notes
    if sent.reasoning not in (None, "none", "adaptive") and reached.reasoning is None and not is_admitted:
        pairs.append(("reasoning", sent.reasoning, None))
    for name, one, other in pairs:
        if one != other:
            found.append(f"{name}: {_first_difference(one, other)}")
    return found


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _comparable(sent: Asked, reached: Asked, notes: str) -> tuple[Any, Any]:
    one, other = joined(sent.items), joined(reached.items)
    if "assistant-turn-inserted" in notes:
        other = [item for item in other if item != ("assistant", "text", "OK")]
    if "tool-result-media-moved" in notes:
        return _moved(one, other)
    if "error" in notes:
        one, other = ([_without_failure(item) for item in items] for items in (one, other))
    return one, other


def _moved(one: list[tuple[str, str, Any]], other: list[tuple[str, str, Any]]) -> tuple[Any, Any]:
    """Return what must be equal when media of results went into a turn of their own, with words to introduce them."""
    said = " ".join(str(value) for _, _, value in other)
    kept = [[item[1:] for item in items if item[1] not in ("text", "result")] for items in (one, other)]
    missing = [value for _, kind, value in one if kind == "text" and value not in said]
    return (kept[0], []), (kept[1], missing)


def _without_failure(item: tuple[str, str, Any]) -> tuple[str, str, Any]:
    return (*item[:2], item[2][:2]) if item[1] == "result" else item


def _schema(schema: Any, notes: str) -> Any:
    """Return a schema as it is compared: when the gateway admits to have closed its objects, open or closed is one."""
    if isinstance(schema, list):
        return [_schema(item, notes) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "schema-constraints-as-description" in notes:
        return sorted(schema.get("properties") or ())
    is_open = schema.get("additionalProperties") is False and "schema-closed" in notes
    return {
        name: _schema(inner, notes)
        for name, inner in schema.items()
        if not (is_open and name == "additionalProperties")
    }


def _tools(asked: Asked, notes: str) -> dict[str, tuple[str, str]]:
    return {
        tool.name: (
            squeeze(tool.description or ""),
            json.dumps(_schema(tool.schema or EMPTY_SCHEMA, notes), sort_keys=True),
        )
        for tool in asked.tools
    }


def _narrowed(asked: Asked, notes: str) -> Asked:
    """Return the request with only the tools that may be called, where the gateway admits to have left out others."""
    if "tools-omitted" in notes:
        return replace(asked, tools=[])
    if "tools-narrowed" not in notes or not asked.choice:
        return asked
    kept = [tool for tool in asked.tools if tool.name in asked.choice]
    return replace(asked, tools=kept)


def _choice(asked: Asked) -> str | None:
    if asked.choice == "auto" or (asked.choice is not None and not asked.tools):
        return None
    every = chosen("", [tool.name for tool in asked.tools])
    return asked.choice.removesuffix(every) if asked.choice else None


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
