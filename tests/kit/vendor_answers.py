"""What each vendor answers to a greeting, to tools, and with thoughts: whole and streamed, as its documents show it.

https://platform.openai.com/docs/api-reference/chat/streaming,
https://platform.openai.com/docs/api-reference/responses-streaming,
https://docs.anthropic.com/en/docs/build-with-claude/streaming, https://ai.google.dev/api/generate-content.
"""

import json
from typing import Any

Event = tuple[str | None, dict[str, Any]]

TEXT = "Bonjour, le monde."
PIECES = ("Bonjour", ", le ", "monde.")
TOOL = "get_weather"
ARGUMENTS = {"city": "Lyon", "days": 2}
INPUT, OUTPUT, CACHED = 25, 9, 8


def answer(dialect: str, case: str, *, is_stream: bool) -> bytes:
    """Return the answer of a vendor: `case` is text or tool; `mistral` is Mistral's way of Chat Completions."""
    if not is_stream:
        return json.dumps(WHOLE[dialect](case)).encode()
    lines = []
    for name, body in STREAMS[dialect](case):
        lines += [f"event: {name}\n"] if name else []
        lines.append(f"data: {json.dumps(body)}\n\n")
    if dialect in ("chat", "mistral"):
        lines.append("data: [DONE]\n\n")
    return "".join(lines).encode()


def _chat(case: str) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": TEXT, "refusal": None}
    if case == "tool":
        function = {"name": TOOL, "arguments": json.dumps(ARGUMENTS)}
        message |= {"content": None, "tool_calls": [{"id": "call_1", "type": "function", "function": function}]}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(case)}
    return _completion("chat.completion") | {"choices": [choice], "usage": _chat_usage()}


def _chat_events(case: str) -> list[Event]:
    first: dict[str, Any] = {"role": "assistant", "content": "" if case == "text" else None}
    deltas: list[dict[str, Any]] = [first]
    if case == "text":
        deltas += [{"content": piece} for piece in PIECES]
    else:
        call = {"index": 0, "id": "call_1", "type": "function", "function": {"name": TOOL, "arguments": ""}}
        first["tool_calls"] = [call]
        deltas += [{"tool_calls": [{"index": 0, "function": {"arguments": piece}}]} for piece in _cut_arguments()]
    choices: list[dict[str, Any]] = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
    choices.append({"index": 0, "delta": {}, "finish_reason": _finish(case)})
    found: list[Event] = [(None, _completion("chat.completion.chunk") | {"choices": [one]}) for one in choices]
    return [*found, (None, _completion("chat.completion.chunk") | {"choices": [], "usage": _chat_usage()})]


def _mistral_events(case: str) -> list[Event]:
    """Mistral streams a call in one piece, and its client insists on that."""
    if case == "text":
        return _chat_events(case)
    function = {"name": TOOL, "arguments": json.dumps(ARGUMENTS)}
    delta = {"role": "assistant", "content": "", "tool_calls": [{"id": "call_1", "index": 0, "function": function}]}
    choice = {"index": 0, "delta": delta, "finish_reason": "tool_calls"}
    return [(None, _completion("chat.completion.chunk") | {"choices": [choice], "usage": _chat_usage()})]


def _finish(case: str) -> str:
    return "stop" if case == "text" else "tool_calls"


def _completion(kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": kind, "created": 1_760_000_000, "model": "gpt-4o-2024-08-06"}


def _chat_usage() -> dict[str, Any]:
    counts = {"prompt_tokens": INPUT, "completion_tokens": OUTPUT, "total_tokens": INPUT + OUTPUT}
    return counts | {"prompt_tokens_details": {"cached_tokens": CACHED}}


def _responses(case: str, *, status: str = "completed") -> dict[str, Any]:
    part = {"type": "output_text", "text": TEXT, "annotations": [], "logprobs": []}
    item: dict[str, Any] = {"id": "msg_1", "type": "message", "role": "assistant", "content": [part]}
    if case == "tool":
        item = {"id": "fc_1", "type": "function_call", "call_id": "call_1", "name": TOOL}
        item["arguments"] = json.dumps(ARGUMENTS)
    usage = {
        "input_tokens": INPUT,
        "input_tokens_details": {"cached_tokens": CACHED, "cache_write_tokens": 0},
        "output_tokens": OUTPUT,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": INPUT + OUTPUT,
    }
    is_done = status == "completed"
    return {
        "id": "resp_1", "object": "response", "created_at": 1_760_000_000, "model": "gpt-4o-2024-08-06", "error": None,
        "status": status, "output": [item | {"status": "completed"}] if is_done else [], "incomplete_details": None,
        "usage": usage if is_done else None, "tools": [], "tool_choice": "auto", "parallel_tool_calls": True,
        "metadata": {}, "instructions": None, "temperature": 1.0, "top_p": 1.0,
    }  # fmt: skip


def _responses_events(case: str) -> list[Event]:
    whole = _responses(case)
    item = whole["output"][0]
    bodies: list[dict[str, Any]] = [
        {"type": "response.created", "response": _responses(case, status="in_progress")},
        {"type": "response.in_progress", "response": _responses(case, status="in_progress")},
    ]
    at = {"item_id": item["id"], "output_index": 0}
    if case == "text":
        part = item["content"][0]
        at |= {"content_index": 0}
        bodies += [
            {"type": "response.output_item.added", "output_index": 0, "item": item | {"content": []}},
            {"type": "response.content_part.added", **at, "part": part | {"text": ""}},
            *({"type": "response.output_text.delta", **at, "delta": piece, "logprobs": []} for piece in PIECES),
            {"type": "response.output_text.done", **at, "text": TEXT, "logprobs": []},
            {"type": "response.content_part.done", **at, "part": part},
        ]
    else:
        kind = "response.function_call_arguments"
        bodies += [
            {"type": "response.output_item.added", "output_index": 0, "item": item | {"arguments": ""}},
            *({"type": f"{kind}.delta", **at, "delta": piece} for piece in _cut_arguments()),
            {"type": f"{kind}.done", **at, "name": TOOL, "arguments": item["arguments"]},
        ]
    bodies += [
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": whole},
    ]
    return [(body["type"], body | {"sequence_number": number}) for number, body in enumerate(bodies)]


def _messages(case: str) -> dict[str, Any]:
    block: dict[str, Any] = {"type": "text", "text": TEXT}
    if case == "tool":
        block = {"type": "tool_use", "id": "toolu_1", "name": TOOL, "input": ARGUMENTS}
    return {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5-20250929",
        "content": [block], "stop_reason": _reason(case), "stop_sequence": None, "usage": _messages_usage(),
    }  # fmt: skip


def _messages_events(case: str) -> list[Event]:
    start = _messages(case) | {"content": [], "stop_reason": None, "usage": _messages_usage() | {"output_tokens": 1}}
    block = _messages(case)["content"][0]
    opened = block | ({"text": ""} if case == "text" else {"input": {}})
    deltas = [{"type": "text_delta", "text": piece} for piece in PIECES]
    if case == "tool":
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in ("", *_cut_arguments())]
    bodies: list[dict[str, Any]] = [
        {"type": "message_start", "message": start},
        {"type": "content_block_start", "index": 0, "content_block": opened},
        {"type": "ping"},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": _reason(case), "stop_sequence": None},
            "usage": {"output_tokens": OUTPUT},
        },
        {"type": "message_stop"},
    ]
    return [(body["type"], body) for body in bodies]


def _reason(case: str) -> str:
    return "end_turn" if case == "text" else "tool_use"


def _messages_usage() -> dict[str, Any]:
    return {
        "input_tokens": INPUT - CACHED, "output_tokens": OUTPUT, "cache_read_input_tokens": CACHED,
        "cache_creation_input_tokens": 0,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
        "service_tier": "standard",
    }  # fmt: skip


def _gemini(case: str, piece: str = TEXT, *, is_last: bool = True) -> dict[str, Any]:
    part: dict[str, Any] = {"text": piece}
    if case == "tool":
        part = {"functionCall": {"name": TOOL, "args": ARGUMENTS}, "thoughtSignature": "c2lnbmF0dXJl"}
    candidate: dict[str, Any] = {"index": 0, "content": {"role": "model", "parts": [part]}}
    usage = {"promptTokenCount": INPUT, "cachedContentTokenCount": CACHED, "totalTokenCount": INPUT}
    if is_last:
        candidate["finishReason"] = "STOP"
        usage |= {"candidatesTokenCount": OUTPUT, "totalTokenCount": INPUT + OUTPUT}
    answered = {"candidates": [candidate], "usageMetadata": usage}
    return answered | {"modelVersion": "gemini-2.5-flash", "responseId": "r1"}


def _gemini_events(case: str) -> list[Event]:
    if case == "tool":
        return [(None, _gemini("tool"))]
    return [(None, _gemini("text", piece, is_last=piece == PIECES[-1])) for piece in PIECES]


def _cut_arguments() -> tuple[str, str, str]:
    text = json.dumps(ARGUMENTS)
    return text[:3], text[3:11], text[11:]


WHOLE = {"chat": _chat, "mistral": _chat, "responses": _responses, "messages": _messages, "gemini": _gemini}
STREAMS = {
    "chat": _chat_events,
    "mistral": _mistral_events,
    "responses": _responses_events,
    "messages": _messages_events,
    "gemini": _gemini_events,
}
