"""OpenAI's Responses, read with its own types (https://platform.openai.com/docs/api-reference/responses/object).

A strict stream: event names equal types, numbers count up from 0 without a gap, items and parts open before their
deltas and close after, and the last event's response is what the deltas amount to.
"""

import json
from typing import Any

from openai.types.responses import Response, ResponseStreamEvent

from kit.facts.answer import Answer, Call, Option, Use, by_type, events, parse_arguments, squeeze

EVENTS = by_type(ResponseStreamEvent)
FINAL = ("response.completed", "response.incomplete", "response.failed")
DONE = ("completed", "complete")
"""The second is a stand-in's of somebody else; it is among the recordings."""

INCOMPLETE = {"max_output_tokens": "length", "content_filter": "filter", "max_messages": "pause"}


def read_answer(raw: bytes, *, is_strict: bool) -> Answer:
    """Read a whole answer; strictly, OpenAI's own types must accept it."""
    body = json.loads(raw)
    if is_strict:
        Response.model_validate(body)
        assert body["object"] == "response"
    return _answer(body)


def read_stream(raw: bytes, *, is_strict: bool) -> Answer:
    """Read a stream by its last event, after checking that its deltas agree with it."""
    given = [(name, json.loads(data)) for name, data in events(raw) if data != "[DONE]"]
    broken = [body for _, body in given if body["type"] == "error"]
    if broken:
        return Answer(error=str(broken[0].get("message") or (broken[0].get("error") or {}).get("message")))
    if is_strict:
        _check(given)
    finals = [body for _, body in given if body["type"] in FINAL]
    assert len(finals) == 1, "a complete stream has one last event"
    answer = _answer(finals[0]["response"])
    deltas = "".join(body["delta"] for _, body in given if body["type"] == "response.output_text.delta")
    assert not is_strict or not answer.options or squeeze(deltas) == squeeze(answer.options[0].text)
    return answer


def _check(given: list[tuple[str | None, dict[str, Any]]]) -> None:
    for name, body in given:
        assert name == body["type"]
        EVENTS[body["type"]].validate_python(body)
    assert [body["sequence_number"] for _, body in given] == list(range(len(given)))
    assert given[0][1]["type"] == "response.created"
    assert given[-1][1]["type"] in FINAL
    items: dict[int, str] = {}
    parts: set[tuple[Any, ...]] = set()
    done: dict[int, Any] = {}
    for _, body in given:
        kind, index = body["type"], body.get("output_index")
        part = (
            index,
            kind.split(".")[1] == "reasoning_summary_part",
            body.get("content_index", body.get("summary_index")),
        )
        if kind == "response.output_item.added":
            assert index == len(items), "items are numbered in the order they come"
            items[index] = body["item"]["id"]
        elif kind == "response.output_item.done":
            assert body["item"]["id"] == items[index] and not [
                open_part for open_part in parts if open_part[0] == index
            ]
            done[index] = body["item"]
        elif kind in ("response.content_part.added", "response.reasoning_summary_part.added"):
            assert index in items and index not in done and part not in parts
            parts.add(part)
        elif kind in ("response.content_part.done", "response.reasoning_summary_part.done"):
            parts.remove(part)
        elif kind.endswith((".delta", ".done")):
            assert index in items and index not in done and body["item_id"] == items[index]
    assert items.keys() == done.keys() and not parts
    final = given[-1][1]["response"]
    assert final["output"] == [done[index] for index in sorted(done)]


def _answer(body: dict[str, Any]) -> Answer:
    option = Option()
    answer = Answer(body["id"], body.get("model") or "", [option], _use(body.get("usage")))
    if body.get("error"):
        answer.error = body["error"].get("message") or body["error"].get("code") or "error"
    for item in body["output"]:
        _item(option, item)
    status = body.get("status")
    if status in DONE:
        option.stop = "refusal" if option.refusal else "tool" if option.calls else "end"
    elif status == "incomplete":
        option.stop = INCOMPLETE.get((body.get("incomplete_details") or {}).get("reason"), "error")
    elif status == "failed":
        option.stop = "error"
    return answer


def _item(option: Option, item: dict[str, Any]) -> None:
    match item["type"]:
        case "message":
            for part in item["content"]:
                if part["type"] == "output_text":
                    _text(option, part)
                elif part["type"] == "refusal":
                    option.refusal += part["refusal"]
        case "reasoning":
            parts = item.get("content") or item.get("summary") or ()
            option.thinking += "\n".join(part["text"] for part in parts)
            if item.get("encrypted_content"):
                option.signatures.append(item["encrypted_content"])
        case "function_call":
            option.calls.append(Call(item["call_id"], item["name"], parse_arguments(item["arguments"])))


def _text(option: Option, part: dict[str, Any]) -> None:
    option.text += part["text"]
    option.urls |= {note["url"] for note in part.get("annotations") or () if note["type"] == "url_citation"}
    option.logprobs += [(one["token"], round(one["logprob"], 6)) for one in part.get("logprobs") or ()]


def _use(usage: dict[str, Any] | None) -> Use | None:
    if not usage:
        return None
    given, made = usage.get("input_tokens_details") or {}, usage.get("output_tokens_details") or {}
    return Use(
        input=usage["input_tokens"],
        output=usage["output_tokens"],
        cached=given.get("cached_tokens") or 0,
        cache_write=given.get("cache_write_tokens") or 0,
        reasoning=made.get("reasoning_tokens") or 0,
    )
