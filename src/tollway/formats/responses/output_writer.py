"""Writing an answer as output items.

https://platform.openai.com/docs/api-reference/responses/object#responses/object-output — adjacent texts and refusals
are the content of one message. An item's id is made of the response's id and its place.
"""

from typing import Any, Literal

from tollway.formats import hub
from tollway.formats.responses.seal import write_call_seal, write_seal

Object = dict[str, Any]
Status = Literal["in_progress", "completed", "incomplete"]

_RESPONSE_PREFIX = "resp_"
_INCOMPLETE = ("message", "function_call")
"""What can be incomplete; a picture is whole or none."""


def response_id(request_id: str) -> str:
    """Return the id of the response to a request."""
    return _RESPONSE_PREFIX + request_id.removeprefix("req_")


def item_id(kind: str, response: str, index: int) -> str:
    """Return the id of the item at a place of a response; `kind` is the type of the item."""
    prefix = {"message": "msg_", "reasoning": "rs_", "function_call": "fc_"}.get(kind, "ig_")
    return f"{prefix}{response.removeprefix(_RESPONSE_PREFIX)}_{index}"


def write_output(
    parts: tuple[hub.Part, ...], response: str, logprobs: tuple[hub.TokenLogprob, ...], *, status: Status
) -> list[Object]:
    """Return the items; the last has `status`, those before it are completed.

    Log probabilities are of the choice, not of a text: all are shown with the first text.
    """
    items: list[Object] = []
    message: list[Object] | None = None
    left = logprobs
    for part in parts:
        if isinstance(part, hub.Text | hub.Refusal):
            if message is None:
                message = []
                items.append(message_item(item_id("message", response, len(items)), message, "completed"))
            message.append(write_part(part, left))
            left = () if isinstance(part, hub.Text) else left
            continue
        message = None
        for kind, written in _items_of(part):
            items.append({"id": item_id(kind, response, len(items)), "type": kind} | written)
    if items and items[-1]["type"] in _INCOMPLETE:
        items[-1]["status"] = status
    return items


def _items_of(part: hub.Part) -> list[tuple[str, Object]]:
    match part:
        case hub.Thinking():
            return [("reasoning", write_thinking(part))]
        case hub.ToolCall():
            return [("function_call", write_call(part, "completed")), *seal_item(part.signature)]
        case hub.Image(source=hub.Base64() as source):
            kind = source.media_type.removeprefix("image/")
            return [("image_generation_call", {"status": "completed", "result": source.data, "output_format": kind})]
    return []


def message_item(name: str, content: list[Object], status: Status) -> Object:
    """Return a message of the model."""
    return {"id": name, "type": "message", "status": status, "role": "assistant", "content": content}


def write_part(part: hub.Text | hub.Refusal, logprobs: tuple[hub.TokenLogprob, ...] = ()) -> Object:
    """Return a part of a message."""
    if isinstance(part, hub.Refusal):
        return {"type": "refusal", "refusal": part.text}
    annotations = [found for item in part.citations if (found := write_citation(item, part.text)) is not None]
    return {
        "type": "output_text",
        "text": part.text,
        "annotations": annotations,
        "logprobs": [write_logprob(item) for item in logprobs],
    }


def write_citation(citation: hub.Citation, text: str) -> Object | None:
    """Return an annotation; None for what is cited from a document, since annotations lead to addresses.

    A citation without a place stands at the end of the text so far.
    """
    if citation.url is None:
        return None
    end = len(text) if citation.end is None else citation.end
    return {
        "type": "url_citation",
        "url": citation.url,
        "title": citation.title or "",
        "start_index": end if citation.start is None else citation.start,
        "end_index": end,
    }


def write_logprob(item: hub.TokenLogprob) -> Object:
    """Return the log probability of a token."""
    return _token(item) | {"top_logprobs": [_token(other) for other in item.top]}


def _token(item: hub.TokenLogprob) -> Object:
    raw = item.token.encode("utf-8", "surrogatepass") if item.bytes is None else item.bytes
    return {"token": item.token, "bytes": list(raw), "logprob": item.logprob}


def write_thinking(thinking: hub.Thinking) -> Object:
    """Return a reasoning item without its id: an empty summary is text that is empty, none is text withheld."""
    shown = [] if thinking.is_redacted else [{"type": "summary_text", "text": thinking.text}]
    written: Object = {"summary": shown}
    if thinking.signature is not None:
        written["encrypted_content"] = write_seal(thinking.signature)
    return written


def write_call(call: hub.ToolCall, status: Status) -> Object:
    """Return a function call without its id."""
    arguments = call.arguments or ("{}" if status == "completed" else "")
    return {"status": status, "call_id": call.id, "name": call.name, "arguments": arguments}


def seal_item(signature: hub.Signature | None) -> list[tuple[str, Object]]:
    """Return the item that carries the seal of the call before it."""
    if signature is None:
        return []
    return [("reasoning", {"summary": [], "encrypted_content": write_call_seal(signature)})]
