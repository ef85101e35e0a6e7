"""Credentials that are named rather than written: `env:NAME` and `file:PATH`.

A reference to a variable that is set in this command's environment is replaced by its value before it is sent, so
that a key exported in a shell reaches a server that was started without it. Everything else is left to the
server's own environment. File references are made absolute, relative to the document they stand in.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

_KEYS = ("credential", "credentials", "proxy_credential")
_LISTS = ("providers", "services")


def resolve(text: str, base: Path, environment: Mapping[str, str] | None = None) -> str:
    """Return what is sent in place of a credential."""
    environment = os.environ if environment is None else environment
    kind, _, name = text.partition(":")
    if kind == "env" and environment.get(name):
        return environment[name]
    if kind == "file" and name and not Path(name).is_absolute():
        return f"file:{(base / name).absolute()}"
    return text


def resolve_document(raw: bytes, base: Path, environment: Mapping[str, str] | None = None) -> bytes:
    """Return a configuration document with its references resolved.

    The bytes are returned as they are when there is nothing to replace, and when they are not a document at all: the
    server then says what is wrong with them, and where.
    """
    try:
        document = yaml.safe_load(raw)
    except (yaml.YAMLError, ValueError):  # A date that no calendar has is a ValueError.
        return raw
    if not isinstance(document, dict) or not _replace_all(document, base, environment):
        return raw
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True).encode()


def _replace_all(document: dict[str, Any], base: Path, environment: Mapping[str, str] | None) -> bool:
    changed = False
    for item in [*(item for name in _LISTS for item in _list(document.get(name))), document.get("mail")]:
        for key in _KEYS if isinstance(item, dict) else ():
            value = item.get(key)
            if isinstance(value, str):
                new: object = resolve(value, base, environment)
            elif isinstance(value, list):
                new = [resolve(entry, base, environment) if isinstance(entry, str) else entry for entry in value]
            else:
                continue
            changed |= new != value
            item[key] = new
    return changed


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
