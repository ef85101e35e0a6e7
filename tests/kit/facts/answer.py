"""What a model's answer says, in words of no dialect; the readers beside this fill it in from each vendor's form."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any, get_args, get_origin

from openai._streaming import SSEDecoder
from pydantic import TypeAdapter


@dataclass
class Call:
    """A call that the model asks for. `arguments` is the parsed JSON; text that is none stays text."""

    id: str
    name: str
    arguments: Any


@dataclass
class Option:
    """One answer. `stop` is end, length, tool, stop_sequence, refusal, filter, pause, error, or None if unsaid."""

    text: str = ""
    thinking: str = ""
    refusal: str = ""
    calls: list[Call] = field(default_factory=list)
    stop: str | None = None
    stop_sequence: str | None = None
    urls: set[str] = field(default_factory=set)
    logprobs: list[tuple[str, float]] = field(default_factory=list)
    signatures: list[str] = field(default_factory=list)


@dataclass
class Use:
    """Token counts; `input` and `output` are totals that include the details."""

    input: int = 0
    output: int = 0
    cached: int = 0
    cache_write: int = 0
    cache_write_1h: int = 0
    reasoning: int = 0


@dataclass
class Answer:
    """A whole answer, however it was sent. `error` is what a vendor that broke off said."""

    id: str = ""
    model: str = ""
    options: list[Option] = field(default_factory=list)
    use: Use | None = None
    error: str | None = None


def parse_arguments(text: str | None) -> Any:
    """Return the arguments of a call; nothing at all means none."""
    try:
        return json.loads(text) if text and text.strip() else {}
    except ValueError:
        return text


def events(raw: bytes) -> Iterator[tuple[str | None, str]]:
    """Yield the name and data of each server-sent event, as the official client of OpenAI decodes them."""
    for event in SSEDecoder().iter_bytes(iter([raw])):
        if event.data:
            yield event.event, event.data


def by_type(union: Any) -> dict[str, TypeAdapter[Any]]:
    """Return the types of a client's union of events, each under the `type` it is for."""
    if get_origin(union) is Annotated:
        return by_type(get_args(union)[0])
    found = {}
    for option in get_args(union):
        for name in get_args(option.model_fields["type"].annotation):
            found[name] = TypeAdapter(option)
    return found


def squeeze(text: str) -> str:
    """Return the text without white space: how parts are joined is no vendor's promise."""
    return "".join(text.split())
