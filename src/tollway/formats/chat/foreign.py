"""Thinking of other vendors in a request that is passed on unread to one that refuses it.

A conversation may change its vendor from turn to turn: what another one thought came to the caller in
`reasoning_content` and `reasoning_details`, its seals on calls in `extra_content`, and comes back with the next
request. OpenAI ("Unknown parameter"), Mistral, Groq and Cerebras refuse the whole request for a field of a message
that they do not know. Nothing else of a request is touched, and one without such fields keeps its bytes.
"""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

_ALL = frozenset({"reasoning_content", "reasoning", "reasoning_details"})
_BUT_REASONING = frozenset({"reasoning_content", "reasoning_details"})
UNREAD: Mapping[str, frozenset[str]] = MappingProxyType(
    {"openai": _ALL, "mistral": _ALL, "groq": _BUT_REASONING, "cerebras": _BUT_REASONING}
)
"""What each vendor refuses in an assistant's message; Groq and Cerebras have `reasoning` themselves."""

_SEALS = "extra_content"
_FAULTS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_Objects = list[dict[str, msgspec.Raw]]
_objects: msgspec.json.Decoder[_Objects] = msgspec.json.Decoder(_Objects)


def without_foreign_thinking(messages: bytes, vendor: str) -> bytes | None:
    """Return the `messages` of a body without it; None when there is none, or nothing that can be read."""
    unread = UNREAD.get(vendor)
    if unread is None or not (b'"reasoning' in messages or b'"extra_content"' in messages):
        return None
    try:
        found = _objects.decode(messages)
    except _FAULTS:
        return None
    kept = [_message(message, unread) for message in found]
    return None if kept == found else msgspec.json.encode(kept)


def _message(message: dict[str, msgspec.Raw], unread: frozenset[str]) -> dict[str, msgspec.Raw]:
    if bytes(message.get("role", b"")) != b'"assistant"':
        return message
    kept = {name: value for name, value in message.items() if name not in unread}
    calls = message.get("tool_calls")
    if calls is not None and b'"extra_content"' in bytes(calls):
        kept["tool_calls"] = _calls(calls)
    return kept


def _calls(raw: msgspec.Raw) -> msgspec.Raw:
    try:
        calls = _objects.decode(raw)
    except _FAULTS:
        return raw
    unsealed = [{name: value for name, value in call.items() if name != _SEALS} for call in calls]
    return raw if unsealed == calls else msgspec.Raw(msgspec.json.encode(unsealed))
