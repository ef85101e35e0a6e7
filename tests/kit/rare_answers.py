"""Answers that vendors document and that recordings rarely hold, by dialect: whole bodies, and streams of events.

https://platform.openai.com/docs/guides/structured-outputs#refusals, https://docs.anthropic.com/en/api/handling-stop-reasons,
https://docs.anthropic.com/en/docs/build-with-claude/streaming#error-events,
https://ai.google.dev/api/generate-content#FinishReason, https://ai.google.dev/gemini-api/docs/safety-settings.
"""

import json
from typing import Any

Body = dict[str, Any]


def _chat(*choices: Body, **more: Any) -> Body:
    numbered = [{"index": at, "logprobs": None, **choice} for at, choice in enumerate(choices)]
    usage = {"prompt_tokens": 9, "completion_tokens": 7, "total_tokens": 16}
    head = {"id": "chatcmpl-r", "object": "chat.completion", "created": 1_760_000_000, "model": "gpt-4o"}
    return head | {"choices": numbered, "usage": usage} | more


def _says(finish: str, **message: Any) -> Body:
    return {"finish_reason": finish, "message": {"role": "assistant", "content": None, "refusal": None, **message}}


def _call(name: str, arguments: str, number: int) -> Body:
    return {"id": f"call_{number}", "type": "function", "function": {"name": name, "arguments": arguments}}


def _messages(stop: str | None, *content: Body, **more: Any) -> Body:
    usage = {
        "input_tokens": 5, "cache_read_input_tokens": 100, "cache_creation_input_tokens": 60, "output_tokens": 7,
        "cache_creation": {"ephemeral_5m_input_tokens": 20, "ephemeral_1h_input_tokens": 40},
        "output_tokens_details": {"thinking_tokens": 3},
    }  # fmt: skip
    head = {"id": "msg_r", "type": "message", "role": "assistant", "model": "claude-sonnet-4-6"}
    return head | {"content": list(content), "stop_reason": stop, "stop_sequence": None, "usage": usage} | more


def _gemini(*candidates: Body, **more: Any) -> Body:
    numbered = [{"index": at, **candidate} for at, candidate in enumerate(candidates)]
    usage = {
        "promptTokenCount": 9, "candidatesTokenCount": 4, "thoughtsTokenCount": 3, "toolUsePromptTokenCount": 2,
        "totalTokenCount": 18,
    }  # fmt: skip
    found = {"candidates": numbered} if numbered else {}
    return found | {"usageMetadata": usage, "modelVersion": "gemini-2.5-flash", "responseId": "r"} | more


def _candidate(finish: str, *parts: Body) -> Body:
    return {"finishReason": finish, "content": {"role": "model", "parts": list(parts)}}


def _responses(status: str, *output: Body, **more: Any) -> Body:
    usage = {
        "input_tokens": 9, "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 2},
        "output_tokens": 7, "output_tokens_details": {"reasoning_tokens": 3}, "total_tokens": 16,
    }  # fmt: skip
    head = {"id": "resp_r", "object": "response", "created_at": 1_760_000_000, "model": "gpt-5", "error": None}
    head |= {"incomplete_details": None, "parallel_tool_calls": True, "tools": [], "tool_choice": "auto"}
    return head | {"status": status, "output": list(output), "usage": usage} | more


def _message(*content: Body) -> Body:
    return {"id": "msg_r", "type": "message", "role": "assistant", "status": "completed", "content": list(content)}


def _function_call(name: str, arguments: str) -> Body:
    fields = {"call_id": f"call_{name}", "name": name, "arguments": arguments, "status": "completed"}
    return {"id": f"fc_{name}", "type": "function_call", **fields}


def _words(text: str) -> Body:
    return {"type": "output_text", "text": text, "annotations": []}


THOUGHT = {"type": "thinking", "thinking": "Let me see.", "signature": "c2VhbA=="}

WHOLE: dict[str, dict[str, Body]] = {
    "chat": {
        "refusal": _chat(_says("stop", refusal="I will not.")),
        "filter": _chat(_says("content_filter", content="As far as")),
        "two choices": _chat(_says("stop", content="one"), _says("length", content="two")),
        "parallel calls": _chat(
            _says("tool_calls", content="Both.", tool_calls=[_call("f", '{"a": 1}', 1), _call("f", '{"a": 2}', 2)])
        ),
        "no arguments": _chat(_says("tool_calls", tool_calls=[_call("f", "", 1)])),
        "nothing": _chat(_says("stop", content="")),
        "beyond the plane": _chat(_says("stop", content="\U0001f9d1\u200d\U0001f680 \u202e\u0000 \ud7ff")),
    },
    "messages": {
        "refusal": _messages("refusal", {"type": "text", "text": "I cannot"}),
        "stop sequence": _messages("stop_sequence", {"type": "text", "text": "1, 2"}, stop_sequence="3"),
        "window": _messages("model_context_window_exceeded", {"type": "text", "text": "and so"}),
        "pause": _messages("pause_turn", {"type": "text", "text": "Searching"}),
        "thoughts and calls": _messages(
            "tool_use",
            THOUGHT,
            {"type": "redacted_thinking", "data": "ZGFyaw=="},
            {"type": "text", "text": "Both."},
            {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": 1}},
            {"type": "tool_use", "id": "toolu_2", "name": "g", "input": {}},
        ),
        "nothing": _messages("end_turn"),
    },
    "gemini": {
        "blocked prompt": _gemini(promptFeedback={"blockReason": "SAFETY"}),
        "safety": _gemini({"finishReason": "SAFETY"}),
        "recitation": _gemini(_candidate("RECITATION", {"text": "It was the best"})),
        "two candidates": _gemini(_candidate("STOP", {"text": "one"}), _candidate("MAX_TOKENS", {"text": "two"})),
        "parallel calls": _gemini(
            _candidate(
                "STOP",
                {"text": "Hm", "thought": True},
                {"text": "Both."},
                {"functionCall": {"name": "f", "args": {"a": 1}}, "thoughtSignature": "c2VhbA=="},
                {"functionCall": {"name": "f", "args": {"a": 2}}},
            )
        ),
        "malformed call": _gemini({"finishReason": "MALFORMED_FUNCTION_CALL", "finishMessage": "print(f(1)"}),
        "a number": _gemini(_candidate("STOP", {"functionCall": {"name": "f", "args": {"a": 0.1, "b": None, "c": 3}}})),
    },
    "responses": {
        "refusal": _responses("completed", _message({"type": "refusal", "refusal": "I will not."})),
        "length": _responses(
            "incomplete", _message(_words("As far")), incomplete_details={"reason": "max_output_tokens"}
        ),
        "filter": _responses("incomplete", _message(_words("As")), incomplete_details={"reason": "content_filter"}),
        "thoughts and calls": _responses(
            "completed",
            {
                "id": "rs_1",
                "type": "reasoning",
                "encrypted_content": "c2VhbA==",
                "summary": [{"type": "summary_text", "text": "First."}, {"type": "summary_text", "text": "Then."}],
            },
            _message(_words("Both.")),
            _function_call("f", '{"a": 1}'),
            _function_call("g", "{}"),
        ),
    },
}


def stream(dialect: str, *bodies: Body) -> bytes:
    """Return events as a vendor of the dialect sends them."""
    lines = []
    for body in bodies:
        name = f"event: {body['type']}\n" if dialect in ("messages", "responses") else ""
        lines.append(f"{name}data: {json.dumps(body)}\n\n")
    return "".join([*lines, "data: [DONE]\n\n" if dialect == "chat" else ""]).encode()


def _delta(index: int = 0, finish: str | None = None, **delta: Any) -> Body:
    head = {"id": "chatcmpl-r", "object": "chat.completion.chunk", "created": 1_760_000_000, "model": "gpt-4o"}
    return head | {"choices": [{"index": index, "delta": delta, "finish_reason": finish}]}


def _opens(at: int, name: str) -> Body:
    return {"index": at, "id": f"call_{at}", "type": "function", "function": {"name": name, "arguments": ""}}


def _piece(at: int, text: str) -> Body:
    return {"index": at, "function": {"arguments": text}}


def _start(**more: Any) -> Body:
    return {"type": "message_start", "message": _messages(None) | more}


def _block(at: int, opened: Body, *deltas: Body) -> list[Body]:
    return [
        {"type": "content_block_start", "index": at, "content_block": opened},
        *({"type": "content_block_delta", "index": at, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": at},
    ]


def _text(text: str) -> Body:
    return {"type": "text_delta", "text": text}


def _ends(stop: str) -> list[Body]:
    delta = {"stop_reason": stop, "stop_sequence": None}
    return [{"type": "message_delta", "delta": delta, "usage": {"output_tokens": 7}}, {"type": "message_stop"}]


def _chunk(part: Body) -> Body:
    return {"candidates": [{"index": 0, "content": {"role": "model", "parts": [part]}}]}


_USE = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}}
_CHUNK = _delta() | {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 7, "total_tokens": 16}}

STREAMS: dict[str, dict[str, bytes]] = {
    "chat": {
        "calls in turns": stream(
            "chat",
            _delta(role="assistant", content="Both."),
            _delta(tool_calls=[_opens(0, "f")]),
            _delta(tool_calls=[_piece(0, '{"a":')]),
            _delta(tool_calls=[_opens(1, "g")]),
            _delta(tool_calls=[_piece(0, " 1}"), _piece(1, '{"b":')]),
            _delta(tool_calls=[_piece(1, " 2}")]),
            _delta(finish="tool_calls"),
            _CHUNK,
        ),
        "choices in turns": stream(
            "chat",
            _delta(0, role="assistant", content="a"),
            _delta(1, role="assistant", content="x"),
            _delta(0, content="b"),
            _delta(1, content="y"),
            _delta(1, finish="length"),
            _delta(0, finish="stop"),
            _CHUNK,
        ),
        "refusal": stream(
            "chat", _delta(role="assistant", refusal="I "), _delta(refusal="will not."), _delta(finish="stop"), _CHUNK
        ),
    },
    "messages": {
        "nothing": stream(
            "messages",
            _start(),
            *_ends("end_turn"),
        ),
        "thoughts": stream(
            "messages",
            _start(),
            *_block(
                0,
                THOUGHT | {"thinking": "", "signature": ""},
                {"type": "thinking_delta", "thinking": "Hm."},
                {"type": "signature_delta", "signature": "c2VhbA=="},
            ),
            {"type": "ping"},
            *_block(1, {"type": "redacted_thinking", "data": "ZGFyaw=="}),
            *_block(2, {"type": "text", "text": ""}, _text("Yes"), _text(".")),
            *_ends("max_tokens"),
        ),
        "no arguments": stream(
            "messages",
            _start(),
            *_block(0, _USE, {"type": "input_json_delta", "partial_json": ""}),
            *_ends("tool_use"),
        ),
        "overloaded": stream(
            "messages",
            _start(),
            *_block(0, {"type": "text", "text": ""}, _text("So")),
            {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
        ),
    },
    "gemini": {
        "calls over chunks": stream(
            "gemini",
            _chunk({"text": "Both."}),
            _chunk({"functionCall": {"name": "f", "args": {"a": 1}}}),
            _gemini(_candidate("STOP", {"functionCall": {"name": "f", "args": {"a": 2}}})),
        ),
        "blocked": stream("gemini", _gemini(promptFeedback={"blockReason": "PROHIBITED_CONTENT"})),
        "safety at the end": stream(
            "gemini",
            _chunk({"text": "It"}),
            _gemini({"finishReason": "SAFETY"}),
        ),
    },
}
