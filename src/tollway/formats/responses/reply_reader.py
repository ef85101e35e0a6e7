"""Reading whole answers.

https://platform.openai.com/docs/api-reference/responses/object
"""

from tollway.formats import hub
from tollway.formats.lenient import Fields
from tollway.formats.responses.answer_items import read_item, read_logprobs, stop_of
from tollway.formats.responses.usage import usage_of

_UNFINISHED = ("queued", "in_progress", "failed", "cancelled")


def read_reply(raw: bytes, vendor: str) -> hub.Reply:
    """Read a vendor's whole answer. Raises ValueError when it is none, also when it failed or is not finished yet."""
    response = Fields.parse(raw)
    if response is None or not response.raw("output").startswith(b"["):
        raise ValueError("the answer is none of Responses")
    status = response.text("status")
    if status in _UNFINISHED:
        error = response.child("error") or Fields({})
        raise ValueError(f"the response is {status}: {error.text('message')}")
    notes: list[str] = []
    parts: list[hub.Part] = []
    logprobs: list[hub.TokenLogprob] = []
    for item in response.children("output"):
        parts += read_item(item, vendor, notes)
        if item.text("type") == "message":
            for part in item.children("content"):
                logprobs += read_logprobs(part)
    choice = hub.Choice(
        parts=tuple(parts), stop=stop_of(response, {type(part) for part in parts}), logprobs=tuple(logprobs)
    )
    usage = usage_of(response)
    return hub.Reply(
        id=response.text("id"),
        model=response.text("model"),
        choices=(choice,),
        usage=usage,
        created_seconds=response.count("created_at") or None,
        service_tier=usage.tier or None if usage is not None else None,
        notes=tuple(notes),
    )
