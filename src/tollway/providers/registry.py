"""The kinds of providers, read once from `catalogue.toml`. A damaged catalogue stops the start."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType

import msgspec

from tollway.providers.contract import ProviderKind

ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "openai_compatible": "openai-compatible",
        "compatible": "openai-compatible",
        "hugging-face": "huggingface",
        "google": "gemini",
    }
)
"""Other spellings that are accepted for a kind."""


def _load() -> Mapping[str, ProviderKind]:
    text = files("tollway.providers").joinpath("catalogue.toml").read_text(encoding="utf-8")
    rows = tomllib.loads(text)
    return MappingProxyType(
        {name: msgspec.convert({"name": name, **row}, ProviderKind, strict=True) for name, row in rows.items()}
    )


KINDS: Mapping[str, ProviderKind] = _load()


def find_kind(name: str) -> ProviderKind | None:
    """Return the kind of that name or alias."""
    return KINDS.get(ALIASES.get(name, name))
