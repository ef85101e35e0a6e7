"""Provider keys that rest since they failed, as one worker sees it: from workers to the console.

`run/resting-<n>.json`, where n is that of the worker's counters (stats.py). Each worker replaces its own file when
something changes. What a file of an ended worker says is over within a minute by itself.
"""

import msgspec


class RestingKey(msgspec.Struct, frozen=True, gc=False, order=True):
    """One key that is tried last until this Unix second."""

    provider_id: str
    key_id: str
    until_seconds: int


class Resting(msgspec.Struct, frozen=True, gc=False):
    """All keys that rest."""

    keys: tuple[RestingKey, ...] = ()


encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(Resting).decode
