"""What OpenAI's strict mode takes: https://platform.openai.com/docs/guides/structured-outputs#supported-schemas."""

from typing import Any

import msgspec

DEPTH_MAX = 64


def fits_strict_mode(schema: bytes | None) -> bool:
    """Whether every object of a schema is closed and requires all that it names, without which OpenAI refuses it.

    None, what is no object, and nesting beyond DEPTH_MAX do not fit.
    """
    if schema is None:
        return False
    try:
        decoded = msgspec.json.decode(schema)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return isinstance(decoded, dict) and _fits(decoded, 0)


def _fits(schema: Any, depth: int) -> bool:
    if isinstance(schema, list):
        return all(_fits(item, depth + 1) for item in schema)
    if not isinstance(schema, dict):
        return True
    if depth > DEPTH_MAX:
        return False
    named = schema.get("properties")
    kind = schema.get("type")
    if kind == "object" or (isinstance(kind, list) and "object" in kind) or isinstance(named, dict):
        required = schema.get("required")
        names = set(named) if isinstance(named, dict) else set()
        if schema.get("additionalProperties") is not False or not isinstance(required or [], list):
            return False
        if not names <= {name for name in required or [] if isinstance(name, str)}:
            return False
    below = [value for name, value in schema.items() if name not in ("properties", "$defs", "definitions")]
    by_name = [schema.get(name) for name in ("properties", "$defs", "definitions")]
    below += [item for items in by_name if isinstance(items, dict) for item in items.values()]
    return all(_fits(item, depth + 1) for item in below if isinstance(item, dict | list))
