"""Input items as they are kept: each with an id and in the form in which they are listed.

https://platform.openai.com/docs/api-reference/responses/input-items — what callers may write short (a string for a
message, content as a string) is listed in full.
"""

import msgspec

_NULL = b"null"
_PREFIXES = {"message": "msg", "reasoning": "rs", "function_call": "fc", "function_call_output": "fco"}
_WITH_STATUS = ("message", "function_call", "function_call_output")
_FAULTS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_items: msgspec.json.Decoder[list[msgspec.Raw]] = msgspec.json.Decoder(list[msgspec.Raw])
_fields: msgspec.json.Decoder[dict[str, msgspec.Raw]] = msgspec.json.Decoder(dict[str, msgspec.Raw])
_text: msgspec.json.Decoder[str] = msgspec.json.Decoder(str)
_encode = msgspec.json.Encoder().encode

Item = dict[str, msgspec.Raw]


def read_items(raw: bytes) -> list[msgspec.Raw]:
    """Return the items of an `input`, a string being the user's message; what is neither has none."""
    if raw.startswith(b'"'):
        return [msgspec.Raw(b'{"type":"message","role":"user","content":%b}' % raw)]
    try:
        return _items.decode(raw)
    except _FAULTS:
        return []


def with_ids(items: list[msgspec.Raw], response_id: str) -> list[tuple[str, msgspec.Raw]]:
    """Return each item with its id, in full. Ids that are there stay; others are made of the response's and the place.

    What is no object is left out.
    """
    suffix = response_id.removeprefix("resp_")
    whole: list[tuple[str, msgspec.Raw]] = []
    for place, raw in enumerate(items):
        try:
            fields = _fields.decode(raw)
        except _FAULTS:
            continue
        kind = _read(fields, "type") or "message"
        item_id = _read(fields, "id") or f"{_PREFIXES.get(kind, 'item')}_{suffix}_i{place}"
        whole.append((item_id, _in_full(fields, kind, item_id)))
    return whole


def _in_full(fields: Item, kind: str, item_id: str) -> msgspec.Raw:
    item: Item = {"id": _raw(item_id), "type": _raw(kind)}
    item |= {name: value for name, value in fields.items() if name not in item}
    if kind in _WITH_STATUS and bytes(item.get("status", _NULL)) == _NULL:
        item["status"] = _raw("completed")
    content = bytes(item.get("content", b""))
    if kind == "message" and content.startswith(b'"'):
        item["content"] = msgspec.Raw(_content(content, _read(fields, "role")))
    return msgspec.Raw(_encode(item))


def _content(text: bytes, role: str) -> bytes:
    if role == "assistant":
        return b'[{"type":"output_text","text":%b,"annotations":[]}]' % text
    return b'[{"type":"input_text","text":%b}]' % text


def _read(fields: Item, name: str) -> str:
    try:
        return _text.decode(fields[name]) if name in fields else ""
    except _FAULTS:
        return ""


def _raw(text: str) -> msgspec.Raw:
    return msgspec.Raw(_encode(text))
