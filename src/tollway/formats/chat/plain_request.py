"""Reads the usual request of Chat Completions in one step: texts and a few numbers, nothing else.

Whatever has another field, kind of message or value is left to the readers of one field after the other, which decide
what it means and say what is wrong with it. Law: what is read here is exactly what they would read.
"""

from typing import Annotated, Literal

import msgspec

from tollway.formats import hub
from tollway.formats.asked import INTEGER_MAX

NAMES = {
    "turns": "messages",
    "system": "messages",
    "web_search": "web_search_options",
    "output": "response_format",
    "reasoning": "reasoning_effort",
    "output_tokens_max": "max_completion_tokens",
    "choices": "n",
}
"""What callers of this dialect call the hub's fields, where the names differ. Never changed in place."""
_OLDER_NAMES = NAMES | {"output_tokens_max": "max_tokens"}

_FAULTS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

Bound = Annotated[int, msgspec.Meta(ge=1, le=INTEGER_MAX)] | None


class _Message(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    role: Literal["system", "developer", "user", "assistant"]
    content: str


class _StreamOptions(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    include_usage: bool | None = None
    include_obfuscation: bool | None = None


class _Body(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    messages: Annotated[list[_Message], msgspec.Meta(min_length=1)]
    model: str | None = None
    stream: bool | None = None
    stream_options: _StreamOptions | None = None
    max_tokens: Bound = None
    max_completion_tokens: Bound = None
    temperature: float | None = None
    top_p: float | None = None


_decoder = msgspec.json.Decoder(_Body)


def read_plain_request(raw: bytes, *, model: str, is_stream: bool) -> hub.Request | None:
    """Return what a usual body means; None when it is another."""
    try:
        body = _decoder.decode(raw)
    except _FAULTS:
        return None
    system: list[hub.Text] = []
    turns: list[hub.Turn] = []
    for index, message in enumerate(body.messages):
        at = f"messages[{index}]"
        text = hub.Text(text=message.content, at=at + ".content")
        role = message.role
        if role == "user" or role == "assistant":
            turns.append(hub.Turn(role=role, parts=(text,), at=at))
        elif turns:
            turns.append(hub.Turn(role="system", parts=(text,), at=at))
        else:
            system.append(text)
    bound, names = body.max_completion_tokens, NAMES
    if bound is None and body.max_tokens is not None:
        bound, names = body.max_tokens, _OLDER_NAMES
    return hub.Request(
        model=model,
        turns=tuple(turns),
        system=tuple(system),
        output_tokens_max=bound,
        temperature=body.temperature,
        top_p=body.top_p,
        is_stream=is_stream,
        names=names,
    )
