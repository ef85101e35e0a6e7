"""Writing a whole answer. https://ai.google.dev/api/generate-content#generatecontentresponse"""

from typing import Any

import msgspec

from tollway.formats import hub
from tollway.formats.dialect import Shown
from tollway.formats.gemini.grounding import write_grounding
from tollway.formats.gemini.part_writer import FINISHES, malformed, write_logprobs, write_part
from tollway.formats.gemini.seal import write_seal
from tollway.formats.gemini.usage import write_usage

_encode = msgspec.json.Encoder().encode


def write_reply(reply: hub.Reply, shown: Shown) -> bytes:
    """Return the answer as callers of this dialect read it, with the name of the model that they asked for."""
    written: dict[str, Any] = {
        "candidates": [_candidate(index, choice) for index, choice in enumerate(reply.choices)],
        "modelVersion": shown.model,
        "responseId": reply.id or shown.request_id,
    }
    if reply.usage is not None:
        written["usageMetadata"] = write_usage(reply.usage)
    return _encode(written)


def _candidate(index: int, choice: hub.Choice) -> dict[str, Any]:
    parts: list[dict[str, Any]] = []
    cited: list[tuple[int, str, tuple[hub.Citation, ...]]] = []
    written: dict[str, Any] = {"finishReason": FINISHES[choice.stop], "index": index}
    for part in choice.parts:
        if isinstance(part, hub.Thinking) and part.is_redacted and part.signature and _is_bare_text(parts):
            parts[-1]["thoughtSignature"] = write_seal(part.signature)
        elif (found := write_part(part)) is not None:
            parts.append(found)
        elif isinstance(part, hub.ToolCall):
            written |= malformed(part)
        if isinstance(part, hub.Text) and part.citations:
            cited.append((len(parts) - 1, part.text, part.citations))
    written |= write_logprobs(choice.logprobs)
    if grounding := write_grounding(cited):
        written["groundingMetadata"] = grounding
    content: dict[str, Any] = {"parts": parts, "role": "model"} if parts else {"role": "model"}
    return {"content": content} | written


def _is_bare_text(parts: list[dict[str, Any]]) -> bool:
    """Whether a seal without words can hang on the part before it, as Gemini's own do."""
    return bool(parts) and parts[-1].keys() == {"text"} and bool(parts[-1]["text"])
