"""Of an object only what is named is shown, as plain values."""

from dataclasses import dataclass

import msgspec

from tollway.control.audit.facts import pick
from tollway.kernel.secret import Secret


@dataclass
class Thing:
    name: str
    parts: tuple[int, ...]
    secret: Secret[str]


def test_only_what_is_named_is_shown() -> None:
    thing = Thing("a", (1, 2), Secret("canary"))
    assert pick(thing, "name", "parts") == {"name": "a", "parts": (1, 2)}
    assert "canary" not in msgspec.json.encode(pick(thing, "name", "secret")).decode()
