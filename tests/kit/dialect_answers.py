"""The same call and the same answer in each dialect, as the vendors' pages write them."""

import json

from tollway.contract.usage import Usage

TEXT = "Hello, world."
USAGE = Usage(input_tokens=12, output_tokens=5)

ASKED = {
    "chat": {"messages": [{"role": "user", "content": "Say hello."}]},
    "responses": {"input": "Say hello."},
    "messages": {"max_tokens": 50, "messages": [{"role": "user", "content": "Say hello."}]},
    "gemini": {"contents": [{"role": "user", "parts": [{"text": "Say hello."}]}]},
}


def _gemini(is_stream: bool) -> str:
    return f"/models/a-model:{'streamGenerateContent' if is_stream else 'generateContent'}"


PATHS = {
    "chat": lambda is_stream: ("/v1/chat/completions", _named(is_stream)),
    "responses": lambda is_stream: ("/v1/responses", _named(is_stream)),
    "messages": lambda is_stream: ("/v1/messages", _named(is_stream)),
    "gemini": lambda is_stream: (f"/v1beta{_gemini(is_stream)}", {}),
    "upstream chat": lambda is_stream: "/chat/completions",
    "upstream responses": lambda is_stream: "/responses",
    "upstream messages": lambda is_stream: "/messages",
    "upstream gemini": lambda is_stream: _gemini(is_stream) + ("?alt=sse" if is_stream else ""),
}
"""Of a caller: the path and the fields that say model and stream. Of an upstream: the path below its base."""


def _named(is_stream: bool) -> dict:
    return {"model": "a-model", "stream": True} if is_stream else {"model": "a-model"}


def _events(*events: tuple[str, dict]) -> bytes:
    return b"".join(
        (f"event: {name}\n" if name else "").encode() + b"data: " + json.dumps(data).encode() + b"\n\n"
        for name, data in events
    )


def _chunk(**fields: object) -> tuple[str, dict]:
    chunk = {"id": "c1", "object": "chat.completion.chunk", "created": 7, "model": "a-model", "choices": []}
    return "", {**chunk, **fields}


def _delta(finish: str | None = None, **delta: str) -> tuple[str, dict]:
    return _chunk(choices=[{"index": 0, "delta": delta, "finish_reason": finish}])


_CHAT_USAGE = {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17}
_RESPONSES_USAGE = {
    "input_tokens": 12,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens": 5,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 17,
}
_GEMINI_USAGE = {"promptTokenCount": 12, "candidatesTokenCount": 5, "totalTokenCount": 17}
_PART = {"type": "output_text", "text": TEXT, "annotations": [], "logprobs": []}
_ITEM = {"id": "msg_1", "type": "message", "status": "completed", "role": "assistant", "content": [_PART]}
_RESPONSE = {
    "id": "resp_1",
    "object": "response",
    "created_at": 7,
    "status": "completed",
    "error": None,
    "incomplete_details": None,
    "instructions": None,
    "model": "a-model",
    "output": [_ITEM],
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
    "usage": _RESPONSES_USAGE,
    "metadata": {},
}
_BEGUN = {**_RESPONSE, "status": "in_progress", "output": [], "usage": None}

ANSWERS = {
    "chat": json.dumps(
        {
            "id": "c1",
            "object": "chat.completion",
            "created": 7,
            "model": "a-model",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": TEXT}, "finish_reason": "stop"}],
            "usage": _CHAT_USAGE,
        }
    ).encode(),
    "responses": json.dumps(_RESPONSE).encode(),
    "messages": json.dumps(
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "a-model",
            "content": [{"type": "text", "text": TEXT}],
            "stop_reason": "end_turn",
            "stop_sequence": None,
            "usage": {"input_tokens": 12, "output_tokens": 5},
        }
    ).encode(),
    "gemini": json.dumps(
        {
            "candidates": [
                {"content": {"role": "model", "parts": [{"text": TEXT}]}, "finishReason": "STOP", "index": 0}
            ],
            "usageMetadata": _GEMINI_USAGE,
            "modelVersion": "a-model",
            "responseId": "r1",
        }
    ).encode(),
}

STREAMS = {
    "chat": _events(
        _delta(role="assistant", content=""),
        _delta(content=TEXT[:5]),
        _delta(content=TEXT[5:]),
        _delta("stop"),
        _chunk(usage=_CHAT_USAGE),
    )
    + b"data: [DONE]\n\n",
    "responses": _events(
        ("response.created", {"type": "response.created", "sequence_number": 0, "response": _BEGUN}),
        ("response.in_progress", {"type": "response.in_progress", "sequence_number": 1, "response": _BEGUN}),
        (
            "response.output_item.added",
            {
                "type": "response.output_item.added",
                "sequence_number": 2,
                "output_index": 0,
                "item": {**_ITEM, "status": "in_progress", "content": []},
            },
        ),
        (
            "response.content_part.added",
            {
                "type": "response.content_part.added",
                "sequence_number": 3,
                "item_id": "msg_1",
                "output_index": 0,
                "content_index": 0,
                "part": {**_PART, "text": ""},
            },
        ),
        *(
            (
                "response.output_text.delta",
                {
                    "type": "response.output_text.delta",
                    "sequence_number": 4 + at,
                    "item_id": "msg_1",
                    "output_index": 0,
                    "content_index": 0,
                    "delta": text,
                    "logprobs": [],
                },
            )
            for at, text in enumerate((TEXT[:5], TEXT[5:]))
        ),
        (
            "response.output_text.done",
            {
                "type": "response.output_text.done",
                "sequence_number": 6,
                "item_id": "msg_1",
                "output_index": 0,
                "content_index": 0,
                "text": TEXT,
                "logprobs": [],
            },
        ),
        (
            "response.content_part.done",
            {
                "type": "response.content_part.done",
                "sequence_number": 7,
                "item_id": "msg_1",
                "output_index": 0,
                "content_index": 0,
                "part": _PART,
            },
        ),
        (
            "response.output_item.done",
            {"type": "response.output_item.done", "sequence_number": 8, "output_index": 0, "item": _ITEM},
        ),
        ("response.completed", {"type": "response.completed", "sequence_number": 9, "response": _RESPONSE}),
    ),
    "messages": _events(
        (
            "message_start",
            {
                "type": "message_start",
                "message": {
                    "id": "msg_1",
                    "type": "message",
                    "role": "assistant",
                    "model": "a-model",
                    "content": [],
                    "stop_reason": None,
                    "stop_sequence": None,
                    "usage": {"input_tokens": 12, "output_tokens": 1},
                },
            },
        ),
        (
            "content_block_start",
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        ),
        ("ping", {"type": "ping"}),
        *(
            (
                "content_block_delta",
                {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}},
            )
            for text in (TEXT[:5], TEXT[5:])
        ),
        ("content_block_stop", {"type": "content_block_stop", "index": 0}),
        (
            "message_delta",
            {
                "type": "message_delta",
                "delta": {"stop_reason": "end_turn", "stop_sequence": None},
                "usage": {"output_tokens": 5},
            },
        ),
        ("message_stop", {"type": "message_stop"}),
    ),
    "gemini": _events(
        (
            "",
            {
                "candidates": [{"content": {"role": "model", "parts": [{"text": TEXT[:5]}]}, "index": 0}],
                "usageMetadata": {"promptTokenCount": 12, "totalTokenCount": 12},
                "modelVersion": "a-model",
                "responseId": "r1",
            },
        ),
        (
            "",
            {
                "candidates": [
                    {"content": {"role": "model", "parts": [{"text": TEXT[5:]}]}, "finishReason": "STOP", "index": 0}
                ],
                "usageMetadata": _GEMINI_USAGE,
                "modelVersion": "a-model",
                "responseId": "r1",
            },
        ),
    ),
}

_WORDS = "The temperature is too high."
ERRORS = {
    "chat": json.dumps(
        {"error": {"message": _WORDS, "type": "invalid_request_error", "param": "temperature", "code": None}}
    ).encode(),
    "messages": json.dumps(
        {"type": "error", "error": {"type": "invalid_request_error", "message": _WORDS}, "request_id": "up-7"}
    ).encode(),
    "gemini": json.dumps({"error": {"code": 400, "message": _WORDS, "status": "INVALID_ARGUMENT"}}).encode(),
}
ERRORS["responses"] = ERRORS["chat"]
