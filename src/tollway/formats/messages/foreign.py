"""Thoughts that another vendor sealed, or nobody, in a request that is passed on to Anthropic unread.

A conversation may change its vendor from turn to turn: what another one thought came to the caller with its seal in an
envelope, comes back with the next request, and Anthropic refuses the whole request for it ("Invalid `signature` in
`thinking` block"). Nothing else of a request is touched, and one without such thoughts keeps its bytes.
"""

import re

import msgspec

from tollway.formats.lenient import Fields
from tollway.formats.messages.seal import ORIGIN
from tollway.formats.signature import read_signature

_ENVELOPE = b"dHcxO"
_EMPTY = b'""'
_LOOKS_FOREIGN = re.compile(rb'"(?:signature|data)"\s*:\s*"(?:dHcxO|")')
"""The beginning of every envelope in base64, or no seal at all. What merely looks so is looked at again."""

_messages: msgspec.json.Decoder[list[dict[str, msgspec.Raw]]] = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
_blocks: msgspec.json.Decoder[list[msgspec.Raw]] = msgspec.json.Decoder(list[msgspec.Raw])


def without_foreign_thoughts(messages: bytes) -> bytes | None:
    """Return the `messages` of a body without them; None when there are none, or nothing that can be read."""
    # Two plain searches first: most requests are long and have neither.
    if not (_ENVELOPE in messages or _EMPTY in messages) or not _LOOKS_FOREIGN.search(messages):
        return None
    try:
        found = _messages.decode(messages)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    kept = [message for message in map(_message, found) if message is not None]
    return None if kept == found else msgspec.json.encode(kept)


def _message(message: dict[str, msgspec.Raw]) -> dict[str, msgspec.Raw] | None:
    """Return the message without them; None when it held nothing else, since Anthropic takes no empty ones."""
    content = message.get("content", msgspec.Raw(b"null"))
    if not _LOOKS_FOREIGN.search(bytes(content)):
        return message
    try:
        blocks = _blocks.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return message
    kept = [block for block in blocks if not _is_foreign(block)]
    if len(kept) == len(blocks):
        return message
    return message | {"content": msgspec.Raw(msgspec.json.encode(kept))} if kept else None


def _is_foreign(raw: msgspec.Raw) -> bool:
    block = Fields.parse(raw)
    if block is None:
        return False
    match block.text("type"):
        case "thinking":
            seal = block.text("signature")
        case "redacted_thinking":
            seal = block.text("data")
        case _:
            return False
    return not seal or read_signature(seal, ORIGIN).origin != ORIGIN
