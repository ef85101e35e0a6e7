"""The dialect on recorded traffic: every request is read or refused by name, every answer is read in full."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from kit.messages_values import accept_message, accumulate, shown
from kit.translation import fold, meaning
from tollway.contract.usage import Usage
from tollway.formats import hub
from tollway.formats.dialect import Inexpressible, Target, UpstreamFault
from tollway.formats.json_object import JSONObject
from tollway.formats.messages.count import read_count_reply, read_count_request
from tollway.formats.messages.dialect import DIALECT
from tollway.kernel.errors import TollwayError

READABLE_LEAST = 78
"""How many recorded requests can be translated; the others use what only Anthropic has."""


def exchanges(folder: Path, path: str = "/v1/messages") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield Anthropic's own exchanges of that path, and those that passed its bodies through Amazon unchanged."""
    for provider in ("anthropic", "bedrock"):
        lines = (folder / "recordings" / f"{provider}.jsonl").read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines):
            item = json.loads(line)
            if item["path"] == path or (path == "/v1/messages" and _is_invocation(item)):
                yield f"{provider}:{number}", item


def _is_invocation(item: dict[str, Any]) -> bool:
    """Whether Amazon was asked for a model of Anthropic's in its own dialect; the model is then in the path."""
    if not (item["provider"] == "bedrock" and "anthropic." in item["path"] and item["path"].endswith("/invoke")):
        return False
    item["request"].pop("anthropic_version")
    item["request"]["model"] = item["path"].split("/")[2]
    return True


def body_of(item: dict[str, Any]) -> JSONObject:
    return JSONObject.parse(json.dumps(item["request"]).encode())


def read_stream(raw: bytes, *cuts: int) -> tuple[list[hub.Event], tuple[str, ...]]:
    reader = DIALECT.open_reader("anthropic")
    events: list[hub.Event] = []
    start = 0
    for cut in (*cuts, len(raw)):
        events += reader.feed(raw[start:cut])
        start = cut
    return events + reader.finish(), tuple(reader.notes)


def stated_usage(item: dict[str, Any]) -> dict[str, Any]:
    """Return the usage as the recording states it, a stream's counts being those of its last event."""
    if isinstance(item["response"], dict):
        usage: dict[str, Any] = item["response"]["usage"]
        return usage
    usage = {}
    for line in item["response"].splitlines():
        if line.startswith("data:"):
            event = json.loads(line[5:])
            usage |= event.get("usage") or event.get("message", {}).get("usage") or {}
    return usage


def test_every_recorded_request_is_read_or_refused_by_a_name(shared_fixtures, capsys):
    read = 0
    refused: Counter[str] = Counter()
    for where, item in exchanges(shared_fixtures):
        body = body_of(item)
        model = DIALECT.read_model(body)
        assert DIALECT.read_bounds(body, len(body.encode())).output_tokens_max, where
        try:
            request = DIALECT.read_request(body, model=model, is_stream=DIALECT.is_stream(body))
        except TollwayError as error:
            assert error.code.name == "request.untranslatable" and error.param, where
            refused[error.public] += 1
            continue
        read += 1
        _check_written_again(request, model, where)
    with capsys.disabled():
        print(f"\nmessages: {read} recorded requests read, {refused.total()} refused:")
        for public, count in refused.most_common():
            print(f"  {count:3} {public}")
    assert read >= READABLE_LEAST


def _check_written_again(request: hub.Request, model: str, where: str) -> None:
    try:
        written = DIALECT.write_request(request, Target(vendor="anthropic", model=model))
    except Inexpressible as refusal:
        pytest.fail(f"{where}: {refusal}")
    again = DIALECT.read_request(JSONObject.parse(written.body), model=model, is_stream=request.is_stream)
    assert _canonical(again) == _canonical(request), where


def _canonical(request: hub.Request) -> object:
    """What a request means, but for turns of one role that follow each other, and how an effort is said."""
    turns: list[hub.Turn] = []
    for turn in request.turns:
        if turns and turns[-1].role == turn.role:
            turns[-1] = structs.replace(turns[-1], parts=turns[-1].parts + turn.parts)
        else:
            turns.append(turn)
    reasoning = request.reasoning
    if reasoning is not None and reasoning.effort is not None:
        reasoning = hub.Reasoning(wants_text=reasoning.wants_text)
    return meaning(structs.replace(request, turns=tuple(turns), reasoning=reasoning))


def test_every_recorded_answer_is_read_with_the_usage_it_states(shared_fixtures):
    for where, item in exchanges(shared_fixtures):
        if item["status"] != 200:
            continue
        stated = stated_usage(item)
        raw = item["response"].encode() if isinstance(item["response"], str) else json.dumps(item["response"]).encode()
        if isinstance(item["response"], dict):
            reply: hub.Reply | None = DIALECT.read_reply(raw, "anthropic")
            assert DIALECT.read_usage(raw) == reply.usage, where
        else:
            events, _ = read_stream(raw)
            reply = fold(events)
            assert isinstance(events[-1], hub.Done), where
        assert reply is not None and reply.usage is not None and reply.choices[0].stop is not None, where
        read, written = stated["cache_read_input_tokens"], stated["cache_creation_input_tokens"]
        usage = reply.usage
        assert usage.input_tokens == stated["input_tokens"] + read + written, where
        assert (usage.output_tokens, usage.cached_input_tokens) == (stated["output_tokens"], read), where
        assert usage.cache_write_tokens == written, where
        details, tools = stated.get("output_tokens_details") or {}, stated.get("server_tool_use") or {}
        assert usage.reasoning_tokens == details.get("thinking_tokens", 0), where
        assert usage.web_searches == tools.get("web_search_requests", 0), where
        assert usage.cache_write_1h_tokens == (stated.get("cache_creation") or {}).get("ephemeral_1h_input_tokens", 0)


def test_every_recorded_answer_keeps_its_texts_calls_and_seals(shared_fixtures):
    for where, item in exchanges(shared_fixtures):
        if item["status"] != 200 or not isinstance(item["response"], dict):
            continue
        blocks = item["response"]["content"]
        reply = DIALECT.read_reply(json.dumps(item["response"]).encode(), "anthropic")
        parts = reply.choices[0].parts
        texts = [part.text for part in parts if isinstance(part, hub.Text)]
        calls = [(part.id, part.name, json.loads(part.arguments)) for part in parts if isinstance(part, hub.ToolCall)]
        seals = [part.signature.value for part in parts if isinstance(part, hub.Thinking) and part.signature]
        assert texts == [block["text"] for block in blocks if block["type"] == "text"], where
        uses = [block for block in blocks if block["type"] == "tool_use"]
        assert calls == [(block["id"], block["name"], block["input"]) for block in uses], where
        assert seals == [seal for block in blocks if (seal := block.get("signature") or block.get("data"))], where
        held = {"text", "tool_use", "thinking", "redacted_thinking"}
        assert bool(reply.notes) == any(block["type"] not in held for block in blocks), where


def test_every_recorded_answer_can_be_written_for_the_official_client(shared_fixtures):
    for where, item in exchanges(shared_fixtures):
        if item["status"] != 200:
            continue
        if isinstance(item["response"], dict):
            reply = DIALECT.read_reply(json.dumps(item["response"]).encode(), "anthropic")
            message = accept_message(DIALECT.write_reply(reply, shown()))
        else:
            events, _ = read_stream(item["response"].encode())
            writer = DIALECT.open_writer(shown())
            message = accumulate(b"".join(map(writer.write, events)))
            folded = fold(events)
            assert folded is not None
            reply = folded
        words = "".join(part.text for part in reply.choices[0].parts if isinstance(part, hub.Text))
        assert "".join(block.text for block in message.content if block.type == "text") == words, where


def test_every_recorded_stream_passes_unchanged_and_means_the_same_in_any_chunking(shared_fixtures):
    for where, item in exchanges(shared_fixtures):
        if not isinstance(item["response"], str):
            continue
        raw = item["response"].encode()
        expected = read_stream(raw)
        tap = DIALECT.open_watch(
            clock=lambda: 1, request_id="req_1", input_tokens_estimate=1, hide_usage=False, model_json=None
        )
        assert tap.feed(raw) + tap.finish(None) == raw, where
        assert tap.usage() == [event.usage for event in expected[0] if isinstance(event, hub.UsageStated)][-1], where
        step = max(1, len(raw) // 400)
        for cut in range(0, len(raw), step):
            assert read_stream(raw, cut) == expected, (where, cut)
        assert read_stream(raw, *range(1, len(raw))) == expected, where
        bytewise = DIALECT.open_watch(
            clock=lambda: 1, request_id="req_1", input_tokens_estimate=1, hide_usage=False, model_json=None
        )
        passed = b"".join(bytewise.feed(raw[at : at + 1]) for at in range(len(raw)))
        assert passed + bytewise.finish(None) == raw and bytewise.usage() == tap.usage(), where


def test_recorded_counts_are_read(shared_fixtures):
    found = list(exchanges(shared_fixtures, "/v1/messages/count_tokens"))
    assert found
    for where, item in found:
        assert read_count_reply(json.dumps(item["response"]).encode()) == item["response"]["input_tokens"], where
        try:
            read_count_request(body_of(item), model="alias")
        except TollwayError as error:
            assert error.param, where


def test_recorded_errors_are_read(shared_fixtures):
    faults = [
        DIALECT.read_error(item["status"], json.dumps(item["response"]).encode())
        for _, item in exchanges(shared_fixtures)
        if item["status"] >= 400
    ]
    assert faults and all(fault.kind == "invalid_request_error" and "effort" in fault.message for fault in faults)


def test_the_dialect_is_its_modules():
    body = JSONObject.parse(b'{"model":"a","max_tokens":9,"messages":[{"role":"user","content":"hi"}],"stream":true}')
    assert DIALECT.name == "messages" and DIALECT.is_stream(body)
    assert DIALECT.adapt(body, Target(vendor="anthropic", model="b", output_cap=5), is_stream=True) is False
    assert json.loads(body.encode())["max_tokens"] == 5 and DIALECT.read_model(body) == "b"
    assert json.loads(DIALECT.rename(b'{"model":"b"}', "alias")) == {"model": "alias"}
    assert DIALECT.estimate_usage(b"{}", 3) == Usage(input_tokens=3, is_estimated=True)
    fault = UpstreamFault(status=429, kind="x", message="slow down")
    assert b"rate_limit_error" in DIALECT.write_fault(fault, "req_1")
    assert b"request.timeout" in DIALECT.write_error(TollwayError("request.timeout"), "req_1")
    assert DIALECT.write_error_event("upstream.timeout", "late", "req_1").startswith(b"event: error\n")
