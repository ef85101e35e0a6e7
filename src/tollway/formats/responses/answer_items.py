"""What the items of an answer mean, read leniently; shared by whole answers and streams.

https://platform.openai.com/docs/api-reference/responses/object
"""

import msgspec

from tollway.formats import hub
from tollway.formats.lenient import Fields
from tollway.formats.responses.seal import read_seal

Notes = list[str]

_integers: msgspec.json.Decoder[tuple[int, ...]] = msgspec.json.Decoder(tuple[int, ...])


def read_item(item: Fields, vendor: str, notes: Notes) -> list[hub.Part]:
    """Return the parts that an item amounts to; what no other dialect has is left out and noted."""
    match item.text("type"):
        case "reasoning":
            thinking = thinking_of(item, vendor)
            return [] if thinking is None else [thinking]
        case "message":
            found = (read_part(part, notes) for part in item.children("content"))
            return [part for part in found if part is not None]
        case "function_call":
            return [call_of(item)]
    notes_once(notes, "items-omitted")
    return []


def thinking_of(item: Fields, vendor: str) -> hub.Thinking | None:
    """Return a thought; None for one that neither says nor seals anything."""
    texts = [part.text("text") for part in item.children("content")]
    texts = texts or [part.text("text") for part in item.children("summary")]
    signature = signature_of(item, vendor)
    if not any(texts) and signature is None:
        return None
    return hub.Thinking(
        text="\n\n".join(texts), signature=signature, is_redacted=not any(texts), id=item.text("id") or None
    )


def signature_of(item: Fields, vendor: str) -> hub.Signature | None:
    """Return the seal of a thought, which only its vendor can read."""
    sealed = item.text("encrypted_content")
    return read_seal(sealed, vendor)[0] if sealed else None


def call_of(item: Fields) -> hub.ToolCall:
    """Return a call; vendors that give it no `call_id` mean its `id`."""
    return hub.ToolCall(
        id=item.text("call_id") or item.text("id"), name=item.text("name"), arguments=item.text("arguments")
    )


def read_part(part: Fields, notes: Notes) -> hub.Text | hub.Refusal | None:
    """Return a part of a message."""
    match part.text("type"):
        case "refusal":
            return hub.Refusal(text=part.text("refusal"))
        case "output_text" | "text":
            cited = (read_citation(annotation, notes) for annotation in part.children("annotations"))
            return hub.Text(text=part.text("text"), citations=tuple(item for item in cited if item is not None))
    notes_once(notes, "items-omitted")
    return None


def read_citation(annotation: Fields, notes: Notes) -> hub.Citation | None:
    """Return a citation; one of a file kept at OpenAI says its name only."""
    if annotation.text("type") == "url_citation":
        return hub.Citation(
            url=annotation.text("url") or None,
            title=annotation.text("title") or None,
            start=annotation.count("start_index") if "start_index" in annotation else None,
            end=annotation.count("end_index") if "end_index" in annotation else None,
        )
    notes_once(notes, "file-citations-as-titles")
    name = annotation.text("filename") or annotation.text("file_id")
    return hub.Citation(title=name) if name else None


def read_logprobs(part: Fields) -> tuple[hub.TokenLogprob, ...]:
    """Return the log probabilities of a text."""
    return tuple(_logprob(item, is_top=False) for item in part.children("logprobs") if "logprob" in item)


def _logprob(item: Fields, *, is_top: bool) -> hub.TokenLogprob:
    alternatives = () if is_top else item.children("top_logprobs")
    return hub.TokenLogprob(
        token=item.text("token"),
        logprob=item.number("logprob") or 0.0,
        bytes=_bytes(item.raw("bytes")),
        top=tuple(_logprob(other, is_top=True) for other in alternatives),
    )


def _bytes(raw: bytes) -> tuple[int, ...] | None:
    try:
        return _integers.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return None


def stop_of(response: Fields, kinds: set[type[hub.Part]]) -> hub.StopReason | None:
    """Return why an answer of parts of these kinds ended; None when the vendor's word for it is unknown."""
    status = response.text("status")
    if status == "incomplete":
        details = response.child("incomplete_details") or Fields({})
        reasons: dict[str, hub.StopReason] = {"max_output_tokens": "length", "content_filter": "content_filter"}
        return reasons.get(details.text("reason"))
    if status not in ("", "completed", "complete"):
        return None
    if hub.ToolCall in kinds:
        return "tool_calls"
    return "refusal" if hub.Refusal in kinds else "end"


def notes_once(notes: Notes, slug: str) -> None:
    """Add a slug once."""
    if slug not in notes:
        notes.append(slug)
