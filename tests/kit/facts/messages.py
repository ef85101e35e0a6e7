"""Anthropic's Messages, read with its own types (https://docs.anthropic.com/en/api/messages).

Its `input_tokens` leave out what was read from and written to the cache
(https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching#tracking-cache-performance). A strict stream:
`message_start`, blocks numbered from 0 one after the other, `message_delta`, `message_stop`; pings anywhere.
"""

import json
from typing import Any

from anthropic.lib.streaming._messages import accumulate_event
from anthropic.types import Message, RawMessageStreamEvent

from kit.facts.answer import Answer, Call, Option, Use, by_type, events

EVENTS = by_type(RawMessageStreamEvent)
STOPS = {
    "end_turn": "end",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "stop_sequence": "stop_sequence",
    "tool_use": "tool",
    "pause_turn": "pause",
    "refusal": "refusal",
    "compaction": "pause",
}


def read_answer(raw: bytes, *, is_strict: bool) -> Answer:
    """Read a whole answer; strictly, Anthropic's own types must accept it."""
    body = json.loads(raw)
    if is_strict:
        Message.model_validate(body)
        assert (body["type"], body["role"]) == ("message", "assistant")
    return _answer(body)


def read_stream(raw: bytes, *, is_strict: bool) -> Answer:
    """Read a stream; strictly, its order is right and Anthropic's own accumulator gives the same text and calls."""
    given = [(name, json.loads(data)) for name, data in events(raw)]
    broken = [body for _, body in given if body["type"] == "error"]
    if is_strict and not broken:
        _check(given)
    message: dict[str, Any] = {}
    for _, body in given:
        match body["type"]:
            case "message_start":
                message = body["message"] | {"content": []}
            case "content_block_start":
                message["content"].append(dict(body["content_block"]) | {"partial": ""})
            case "content_block_delta":
                _grow(message["content"][body["index"]], body["delta"])
            case "message_delta":
                message |= body["delta"]
                stated = {name: value for name, value in body["usage"].items() if value is not None}
                message["usage"] = message["usage"] | stated
    for block in message["content"]:
        if block.pop("partial", "") and block["type"] == "tool_use":
            block["input"] = json.loads(block.pop("json"))
    answer = _answer(message)
    if broken:
        answer.error = broken[0]["error"]["message"]
    if is_strict and not broken:
        _check_accumulator(given, answer)
    return answer


def _grow(block: dict[str, Any], delta: dict[str, Any]) -> None:
    match delta["type"]:
        case "text_delta":
            block["text"] += delta["text"]
        case "thinking_delta":
            block["thinking"] += delta["thinking"]
        case "signature_delta":
            block["signature"] = delta["signature"]
        case "citations_delta":
            block["citations"] = [*(block.get("citations") or []), delta["citation"]]
        case "input_json_delta":
            block["partial"] += delta["partial_json"]
            block["json"] = block["partial"]


def _check(given: list[tuple[str | None, dict[str, Any]]]) -> None:
    opened, is_open = -1, False
    order = [body["type"] for _, body in given if body["type"] != "ping"]
    assert order[0] == "message_start" and order[-2:] == ["message_delta", "message_stop"]
    assert order.count("message_start") == order.count("message_stop") == 1
    for name, body in given:
        assert name == body["type"]
        if body["type"] == "ping":
            continue
        EVENTS[body["type"]].validate_python(body)
        match body["type"]:
            case "content_block_start":
                assert not is_open and body["index"] == opened + 1
                opened, is_open = body["index"], True
            case "content_block_delta":
                assert is_open and body["index"] == opened
            case "content_block_stop":
                assert is_open and body["index"] == opened
                is_open = False
            case "message_delta":
                assert not is_open


def _check_accumulator(given: list[tuple[str | None, dict[str, Any]]], answer: Answer) -> None:
    snapshot, buffers = None, {}
    for _, body in given:
        if body["type"] != "ping":
            event = EVENTS[body["type"]].validate_python(body)
            snapshot = accumulate_event(event=event, current_snapshot=snapshot, json_bufs=buffers)
    assert snapshot is not None
    option = answer.options[0]
    assert "".join(block.text for block in snapshot.content if block.type == "text") == option.text
    made = [block.input for block in snapshot.content if block.type == "tool_use"]
    assert made == [call.arguments for call in option.calls]
    assert STOPS[str(snapshot.stop_reason)] == option.stop


def _answer(body: dict[str, Any]) -> Answer:
    option = Option(stop_sequence=body.get("stop_sequence"))
    for block in body["content"]:
        match block["type"]:
            case "text":
                option.text += block["text"]
                option.urls |= {note["url"] for note in block.get("citations") or () if note.get("url")}
            case "thinking":
                option.thinking += block["thinking"]
                option.signatures.append(block["signature"])
            case "redacted_thinking":
                option.signatures.append(block["data"])
            case "tool_use":
                option.calls.append(Call(block["id"], block["name"], block["input"]))
    reason = body.get("stop_reason")
    option.stop = STOPS[reason] if reason else None
    return Answer(body["id"], body["model"], [option], _use(body["usage"]))


def _use(usage: dict[str, Any]) -> Use:
    written, read = usage.get("cache_creation_input_tokens") or 0, usage.get("cache_read_input_tokens") or 0
    return Use(
        input=usage["input_tokens"] + written + read,
        output=usage["output_tokens"],
        cached=read,
        cache_write=written,
        cache_write_1h=(usage.get("cache_creation") or {}).get("ephemeral_1h_input_tokens") or 0,
        reasoning=(usage.get("output_tokens_details") or {}).get("thinking_tokens") or 0,
    )
