"""Writing what a model made as parts of a candidate.

https://ai.google.dev/api/caching#Part — seals of other vendors travel in their envelope, so that they come back in the
next turn. A call whose arguments are no JSON object cannot be written: Gemini itself reports such a one by the
candidate's `finishReason`, and so do we.
"""

from typing import Any

import msgspec

from tollway.formats import hub
from tollway.formats.gemini.seal import write_seal

Written = dict[str, Any]

FINISHES = {
    "end": "STOP",
    "stop_sequence": "STOP",
    "tool_calls": "STOP",
    "length": "MAX_TOKENS",
    "refusal": "SAFETY",
    "content_filter": "SAFETY",
    "pause": "OTHER",
    None: "FINISH_REASON_UNSPECIFIED",
}
"""The `finishReason` of each reason to stop."""

MALFORMED = "MALFORMED_FUNCTION_CALL"


def write_part(part: hub.Part) -> Written | None:
    """Return a part; None for a malformed call and for what no model makes."""
    match part:
        case hub.Text() | hub.Refusal():
            return {"text": part.text}
        case hub.Thinking():
            return write_thinking(part.text, part.signature, is_redacted=part.is_redacted)
        case hub.ToolCall():
            return write_call(part)
        case hub.Image() | hub.Audio() | hub.Video() if isinstance(part.source, hub.Base64):
            return {"inlineData": {"mimeType": part.source.media_type, "data": part.source.data}}
    return None


def write_thinking(text: str, signature: hub.Signature | None, *, is_redacted: bool) -> Written:
    """Return a thought; one without words is an empty text that carries the seal."""
    written: Written = {"text": text} if is_redacted else {"text": text, "thought": True}
    return written if signature is None else written | {"thoughtSignature": write_seal(signature)}


def write_call(call: hub.ToolCall) -> Written | None:
    """Return a call; None when its arguments are no JSON object."""
    text = call.arguments.strip() or "{}"
    try:
        msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    written: Written = {"functionCall": {"id": call.id, "name": call.name, "args": msgspec.Raw(text.encode())}}
    return written if call.signature is None else written | {"thoughtSignature": write_seal(call.signature)}


def malformed(call: hub.ToolCall) -> Written:
    """Return what a candidate says whose call could not be written."""
    return {"finishReason": MALFORMED, "finishMessage": f"Malformed function call: {call.name}({call.arguments})"}


def write_logprobs(logprobs: tuple[hub.TokenLogprob, ...]) -> Written:
    """Return `avgLogprobs` and `logprobsResult`; {} when there are none."""
    if not logprobs:
        return {}
    result: Written = {"chosenCandidates": [_logprob(chosen) for chosen in logprobs]}
    if any(chosen.top for chosen in logprobs):
        result["topCandidates"] = [{"candidates": [_logprob(other) for other in chosen.top]} for chosen in logprobs]
    average = sum(chosen.logprob for chosen in logprobs) / len(logprobs)
    return {"avgLogprobs": average, "logprobsResult": result}


def _logprob(stated: hub.TokenLogprob) -> Written:
    return {"token": stated.token, "logProbability": stated.logprob}
