"""Makes the smallest plain instance of a JSON schema, for tool calls and structured output.

Covers what function and response schemas use: object, array, string, number, integer, boolean, null, enum, const,
anyOf/oneOf/allOf and local references. Whatever else is there is ignored.
"""

from collections.abc import Mapping
from typing import Any

DEPTH_MAX = 32


def instance_of(schema: Mapping[str, Any]) -> Any:
    """Return a value that fits the schema's types; recursion is cut at 32 levels with null."""
    return _make(schema, schema, 0)


def _make(schema: Any, root: Mapping[str, Any], depth: int) -> Any:
    if not isinstance(schema, Mapping) or depth > DEPTH_MAX:
        return None
    for name in ("const", "default"):
        if name in schema:
            return schema[name]
    if isinstance(schema.get("enum"), list) and schema["enum"]:
        return schema["enum"][0]
    if isinstance(reference := schema.get("$ref"), str):
        return _make(_resolve(reference, root), root, depth + 1)
    for name in ("anyOf", "oneOf", "allOf"):
        if isinstance(schema.get(name), list) and schema[name]:
            return _make(schema[name][0], root, depth + 1)
    kind = schema.get("type", "object" if "properties" in schema else "null")
    if isinstance(kind, list):
        kind = kind[0] if kind else "null"
    return _plain(str(kind), schema, root, depth)


def _plain(kind: str, schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> Any:
    match kind:
        case "object":
            properties = schema.get("properties")
            items = properties.items() if isinstance(properties, Mapping) else ()
            return {name: _make(inner, root, depth + 1) for name, inner in items}
        case "array":
            least = schema.get("minItems")
            count = least if isinstance(least, int) and 0 < least <= 16 else 1
            return [_make(schema.get("items", {}), root, depth + 1) for _ in range(count)]
        case "string":
            return "sandbox"
        case "integer" | "number":
            least = schema.get("minimum", 1)
            return least if isinstance(least, int | float) else 1
        case "boolean":
            return True
        case _:
            return None


def _resolve(reference: str, root: Mapping[str, Any]) -> Any:
    node: Any = root
    for part in reference.removeprefix("#/").split("/"):
        node = node.get(part) if isinstance(node, Mapping) else None
    return node
