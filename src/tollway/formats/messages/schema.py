"""JSON schemas within what Anthropic enforces.

https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations — objects are closed;
bounds of numbers, strings and lists are not enforced and refused. As Anthropic's own SDKs do, such constraints are put
into the description, where the model reads them; an answer that keeps to the result keeps to the original but for them.
"""

from typing import Any

import msgspec

from tollway.formats.dialect import Inexpressible
from tollway.formats.messages.notes import note

DEPTH_MAX = 64

_NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_STRINGS = ("minLength", "maxLength")
_LISTS = ("maxItems", "uniqueItems", "contains", "minContains", "maxContains", "prefixItems")
_OBJECTS = ("minProperties", "maxProperties", "patternProperties", "propertyNames", "dependentRequired")
_UNENFORCED = frozenset((*_NUMBERS, *_STRINGS, *_LISTS, *_OBJECTS))
_FORMATS = frozenset(
    ("date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"),
)
_OF_SCHEMAS = ("anyOf", "allOf")
_BY_NAME = ("properties", "$defs", "definitions")


def enforceable(raw: bytes, field: str, notes: list[str], *, at: str = "") -> msgspec.Raw:
    """Return the schema as Anthropic takes it, byte for byte where nothing must change. Raises Inexpressible."""
    try:
        schema = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Inexpressible(field, "the schema must be a JSON object", at=at) from error
    changed = _convert(schema, _Conversion(field, at, notes), 0)
    return msgspec.Raw(raw if changed == schema else msgspec.json.encode(changed))


class _Conversion(msgspec.Struct, frozen=True):
    field: str
    at: str
    notes: list[str]

    def refuse(self, advice: str) -> Inexpressible:
        """Return the refusal of a schema that cannot be sent."""
        return Inexpressible(self.field, advice, at=self.at)


def _convert(schema: Any, conversion: _Conversion, depth: int) -> Any:
    if not isinstance(schema, dict):
        return schema
    if depth > DEPTH_MAX:
        raise conversion.refuse(f"the schema is nested deeper than {DEPTH_MAX} levels")
    found: dict[str, Any] = {}
    left: dict[str, Any] = {}
    for name, value in schema.items():
        if _is_unenforced(name, value):
            left[name] = value
        elif name in _BY_NAME and isinstance(value, dict):
            found[name] = {key: _convert(item, conversion, depth + 1) for key, item in value.items()}
        elif name in _OF_SCHEMAS and isinstance(value, list):
            found[name] = [_convert(item, conversion, depth + 1) for item in value]
        elif name == "oneOf" and isinstance(value, list):
            # Any of them is enforced; that it must be one alone is left to the model.
            found["anyOf"] = [_convert(item, conversion, depth + 1) for item in value]
            left["oneOf"] = "exactly one of these"
        else:
            found[name] = _convert(value, conversion, depth + 1) if name == "items" else value
    _close(found, conversion)
    if left:
        note(conversion.notes, "schema-constraints-as-description")
        found["description"] = _described(found.get("description"), left)
    return found


def _is_unenforced(name: str, value: Any) -> bool:
    if name == "format":
        return value not in _FORMATS
    if name == "minItems":
        return value not in (0, 1)
    return name in _UNENFORCED


def _close(found: dict[str, Any], conversion: _Conversion) -> None:
    kind = found.get("type")
    if kind != "object" and not (isinstance(kind, list) and "object" in kind):
        return
    extra = found.get("additionalProperties")
    if (isinstance(extra, dict) and extra) or (extra is not False and "properties" not in found):
        raise conversion.refuse("Anthropic knows no objects of any keys: name the properties, or use a list of pairs")
    if extra is not False:
        note(conversion.notes, "schema-closed")
        found["additionalProperties"] = False


def _described(description: Any, left: dict[str, Any]) -> str:
    told = ", ".join(f"{name}: {msgspec.json.encode(value).decode()}" for name, value in left.items())
    return f"{description}\n\n{{{told}}}" if isinstance(description, str) and description else f"{{{told}}}"
