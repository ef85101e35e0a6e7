"""Settings as bytes, for handing them to child processes over an inherited descriptor."""

from pathlib import Path
from typing import Any

import msgspec

from tollway.settings.model import Settings


def encode(settings: Settings) -> bytes:
    """Return MessagePack; paths travel as text and are made absolute, since a child may change directory."""
    return msgspec.msgpack.encode(settings, enc_hook=_path_to_text)


def decode(raw: bytes) -> Settings:
    """Read what `encode` wrote. Raises ValueError when the bytes are damaged or of another version."""
    return msgspec.msgpack.decode(raw, type=Settings, dec_hook=_text_to_path)


def _path_to_text(value: Any) -> str:
    if isinstance(value, Path):
        return str(value.absolute())
    raise TypeError(f"settings hold a value of type {type(value).__name__}")


def _text_to_path(kind: type, value: Any) -> Any:
    if kind is Path:
        return Path(value)
    raise TypeError(f"settings hold a field of type {kind.__name__}")
