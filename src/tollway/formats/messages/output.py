"""JSON as the form of the answer: by Anthropic's own field, or by a tool that must be called.

https://platform.claude.com/docs/en/build-with-claude/structured-outputs — decision: from Claude 4.5 on a schema goes
into `output_config.format`, which the model cannot leave. Older models have no such field and answer with an error, so
they are given one more tool whose input is the schema and must call it (or one of the caller's tools, if there are
any); that is what Anthropic itself advised before the field came. JSON without a schema is not in the field at any
model, nor are schemas that Anthropic cannot enforce, such as one of any keys: these go by the tool too. The reader
turns the call back into text: callers never see the tool, nor a `tool_use` stop because of it. Forcing a call and
thinking exclude each other in older models, and the newest models cannot be forced: then the request is refused.
"""

from typing import Any

import msgspec

from tollway.formats import hub
from tollway.formats.dialect import Inexpressible
from tollway.formats.messages.model import Model
from tollway.formats.messages.notes import note
from tollway.formats.messages.schema import enforceable

OUTPUT_TOOL = "tollway_json_answer"
"""The name of the tool whose call is the answer."""

_DESCRIPTION = "Gives the final answer to the user, as JSON. Call it once, when you are done."
_ANY_OBJECT = msgspec.Raw(b'{"type":"object","additionalProperties":true}')
_SUBJECT = "json_schema"


def write_format(output: hub.Output | None, model: Model, notes: list[str]) -> dict[str, Any] | None:
    """Return `output_config.format`; None when the form is free or must go by a tool. Raises Inexpressible."""
    if output is None or output.kind != _SUBJECT or not model.has_schemas or output.schema is None:
        return None
    noted: list[str] = []
    try:
        schema = enforceable(output.schema, "output", noted)
    except Inexpressible:
        if not model.can_force_tools:
            raise
        return None
    if output.description:
        note(noted, "schema-description-ignored")
    for name in noted:
        note(notes, name)
    return {"type": _SUBJECT, "schema": schema}


def write_output_tool(
    output: hub.Output | None, model: Model, notes: list[str], *, is_thinking: bool
) -> dict[str, Any] | None:
    """Return the tool that must be called to answer, for a form without a format. Raises Inexpressible."""
    if output is None or output.kind == "text":
        return None
    if not model.can_force_tools or (is_thinking and not model.can_force_while_thinking):
        advice = "this model, or any that is asked to think, gives JSON by a schema only: send `json_schema`"
        if output.kind == _SUBJECT:
            advice = "with this model, a schema of this kind and thinking exclude each other: leave one of them out"
        raise Inexpressible("output", advice)
    note(notes, "json-output-by-tool")
    return {
        "name": OUTPUT_TOOL,
        "description": output.description or _DESCRIPTION,
        "input_schema": _ANY_OBJECT if output.schema is None else _input_schema(output.schema),
    }


def _input_schema(schema: bytes) -> msgspec.Raw:
    try:
        fields = msgspec.json.decode(schema, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Inexpressible("output", "the schema must be a JSON object") from error
    if bytes(fields.get("type", b"")) != b'"object"':
        raise Inexpressible("output", "this model's answer must be an object: put the schema into a property of one")
    return msgspec.Raw(schema)
