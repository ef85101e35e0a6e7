"""Gemini's own schemas, a subset of OpenAPI 3.0, as JSON Schema.

https://ai.google.dev/api/caching#Schema — types are upper-case, `nullable` stands for the type null, counts are
strings, references are `ref` and `defs`, and `propertyOrdering` says in which order properties are made, which JSON
Schema says by their order. The other way needs no conversion: Google takes JSON Schema as it is beside its own
(`parametersJsonSchema`, `responseJsonSchema`).
"""

from typing import Any

import msgspec

from tollway.formats.gemini.asked import invalid, untranslatable
from tollway.formats.gemini.fields import camel_case, to_number

DEPTH_MAX = 64

Schema = dict[str, Any]

_COUNTS = frozenset({"minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"})
_KEPT = frozenset({"title", "description", "default", "pattern", "minimum", "maximum", "enum", "required", "format"})
_FORMATS_OF_GOOGLE = frozenset({"enum", "float", "double", "int32", "int64"})
"""Say how wide a number is or that a value is one of `enum`: JSON Schema has no such formats."""
_REFERENCE = "#/defs/"


def to_json_schema(raw: bytes, at: str) -> bytes:
    """Return the schema as JSON Schema. Raises request.field_invalid or request.untranslatable, naming the place."""
    try:
        schema = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        invalid(at, "must be a schema")
    return msgspec.json.encode(_convert(schema, at, 0))


def _convert(schema: Any, at: str, depth: int) -> Schema:
    if not isinstance(schema, dict):
        invalid(at, "must be a schema")
    if depth > DEPTH_MAX:
        invalid(at, f"is nested deeper than {DEPTH_MAX} levels")
    named = {camel_case(name): value for name, value in schema.items() if value is not None}
    kind = named.pop("type", None)
    is_nullable = named.pop("nullable", False) is True
    ordering = named.pop("propertyOrdering", ())
    found: Schema = {}
    if kind is not None:
        found["type"] = _type(kind, f"{at}.type", is_nullable=is_nullable)
    if isinstance(named.get("properties"), dict):
        named["properties"] = _ordered(named["properties"], ordering)
    for name, value in named.items():
        found |= _field(name, value, f"{at}.{name}", depth)
    _finish(found, is_nullable=is_nullable)
    return found


def _field(name: str, value: Any, at: str, depth: int) -> Schema:
    """Return one field as JSON Schema has it; {} for what only says how Google stores a value."""
    match name:
        case "properties":
            return {name: _named(value, at, depth)}
        case "defs":
            return {"$defs": _named(value, at, depth)}
        case "ref":
            return {"$ref": _reference(value, at)}
        case "items":
            return {name: _convert(value, at, depth + 1)}
        case "additionalProperties":
            return {name: value if isinstance(value, bool) else _convert(value, at, depth + 1)}
        case "anyOf":
            return {name: _any_of(value, at, depth)}
        case "example":
            return {"examples": [value]}
    if name in _COUNTS:
        return {name: _count(value, at)}
    if name not in _KEPT:
        untranslatable(at, "is no field of a schema: send JSON Schema in `parametersJsonSchema`")
    return {} if name == "format" and isinstance(value, str) and value in _FORMATS_OF_GOOGLE else {name: value}


def _finish(found: Schema, *, is_nullable: bool) -> None:
    """Let `enum` and `anyOf` say what the type says: Google writes numbers of an `enum` as strings."""
    kinds = found.get("type")
    if isinstance(found.get("enum"), list):
        if (kinds[0] if isinstance(kinds, list) else kinds) in ("integer", "number"):
            found["enum"] = [_as_number(value) for value in found["enum"]]
        if is_nullable:
            found["enum"] = [*found["enum"], None]
    if is_nullable and "anyOf" in found:
        found["anyOf"] = [*found["anyOf"], {"type": "null"}]


def _as_number(value: Any) -> Any:
    number = to_number(value) if isinstance(value, str) else None
    if number is None:
        return value
    return int(number) if number == int(number) else number


def _type(kind: Any, at: str, *, is_nullable: bool) -> Any:
    if not isinstance(kind, str):
        invalid(at, "must be a string")
    name = kind.lower()
    if name == "type_unspecified":
        invalid(at, "must name a type")
    return [name, "null"] if is_nullable and name != "null" else name


def _ordered(properties: dict[Any, Any], ordering: Any) -> dict[Any, Any]:
    first = [name for name in ordering if name in properties] if _is_texts(ordering) else []
    return {name: properties[name] for name in dict.fromkeys((*first, *properties))}


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _named(value: Any, at: str, depth: int) -> Schema:
    if not isinstance(value, dict):
        invalid(at, "must be an object")
    return {name: _convert(item, f"{at}.{name}", depth + 1) for name, item in value.items()}


def _reference(value: Any, at: str) -> str:
    if not isinstance(value, str):
        invalid(at, "must be a string")
    return "#/$defs/" + value.removeprefix(_REFERENCE) if value.startswith(_REFERENCE) else value


def _any_of(value: Any, at: str, depth: int) -> list[Schema]:
    if not isinstance(value, list):
        invalid(at, "must be a list of schemas")
    return [_convert(item, f"{at}[{index}]", depth + 1) for index, item in enumerate(value)]


def _count(value: Any, at: str) -> Any:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        return int(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    invalid(at, "must be an integer")
