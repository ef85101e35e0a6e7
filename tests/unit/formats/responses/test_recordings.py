"""Recorded exchanges with every provider that speaks Responses: requests, answers, streams, errors, usage."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kit.responses_values import official_events, official_response, shown
from kit.translation import fold, meaning
from tollway.contract.usage import Usage
from tollway.formats import hub
from tollway.formats.dialect import Inexpressible, Target
from tollway.formats.json_object import JSONObject
from tollway.formats.responses.dialect import DIALECT
from tollway.formats.responses.stream_watch import StreamWatch
from tollway.kernel.errors import TollwayError

PROVIDERS = ("openai", "deepseek", "openrouter")
OF_OPENAI_ALONE = {
    "background",
    "context_management",
    "conversation",
    "moderation",
    "previous_response_id",
    "provider",
    "namespace",
    "item compaction",
    "item tool_search_call",
    "tool code_interpreter",
    "tool file_search",
    "tool mcp",
    "tool namespace",
    "tool tool_search",
}
"""Fields, items and tools of the recordings that no other dialect has; each request that holds one is refused."""


class Exchange:
    """One recorded exchange, its texts as they were on the wire."""

    def __init__(self, provider: str, item: dict[str, Any]) -> None:
        self.provider = provider
        self.status: int = item["status"]
        self.request = json.dumps(item["request"]).encode()
        answer = item["response"]
        self.is_stream = isinstance(answer, str) and item["content_type"].startswith("text/event-stream")
        self.raw = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()


@pytest.fixture
def exchanges(shared_fixtures: Path) -> list[Exchange]:
    return [exchange for provider in PROVIDERS for exchange in _exchanges(shared_fixtures, provider)]


def _exchanges(folder: Path, provider: str) -> Iterator[Exchange]:
    for line in (folder / "recordings" / f"{provider}.jsonl").read_text().splitlines():
        item = json.loads(line)
        if item["path"].endswith("/responses"):
            yield Exchange(provider, item)


def final_response(raw: bytes) -> dict[str, Any]:
    """Return the response object of a stream's last event."""
    found = re.findall(rb'data: (\{"type":"response\.(?:completed|incomplete)".*)', raw.replace(b"\r", b""))
    response = json.loads(found[-1])["response"]
    assert isinstance(response, dict)
    return response


def reason(error: TollwayError) -> str:
    """Return what a refusal is about: a field, or the type of an item or of a tool."""
    kind = re.search(r"`\w+(?:\[\d+\])?\.type` `(\w+)`", error.public)
    if kind is not None:
        return ("tool " if (error.param or "").startswith("tools") else "item ") + kind.group(1)
    return (error.param or "").rpartition(".")[2]


def test_every_request_is_read_or_refused_by_name(
    exchanges: list[Exchange], capsys: pytest.CaptureFixture[str]
) -> None:
    table: Counter[str] = Counter()
    for exchange in exchanges:
        body = JSONObject.parse(exchange.request)
        try:
            request = DIALECT.read_request(body, model="m", is_stream=exchange.is_stream)
        except TollwayError as error:
            assert error.code.name == "request.untranslatable"
            table[f"refused: {reason(error)}"] += 1
            continue
        table["readable"] += 1
        try:
            written = DIALECT.write_request(request, Target(vendor="openai", model="gpt-5.6"))
        except Inexpressible as inexpressible:
            assert inexpressible.at
            continue
        again = DIALECT.read_request(JSONObject.parse(written.body), model="m", is_stream=exchange.is_stream)
        if not written.notes:
            assert _comparable(again) == _comparable(request)
    with capsys.disabled():
        print()
        for row, count in sorted(table.items()):
            print(f"  {count:4d} {row}")
    assert table["readable"] >= 0.6 * len(exchanges)
    assert {row.removeprefix("refused: ") for row in table} - {"readable"} <= OF_OPENAI_ALONE


def _comparable(request: hub.Request) -> object:
    """Without what is said otherwise on the way: what is not asked to be kept, and tools that are not strict."""
    tools = tuple(hub.Tool(name=tool.name, parameters=tool.parameters) for tool in request.tools)
    return meaning(hub.Request(model="m", turns=request.turns, system=request.system, tools=tools))


def test_every_answer_is_read_and_its_usage_is_what_it_states(exchanges: list[Exchange]) -> None:
    seen = 0
    for exchange in exchanges:
        if exchange.status != 200 or exchange.is_stream:
            continue
        answer = json.loads(exchange.raw)
        if answer["status"] == "queued":
            with pytest.raises(ValueError, match="queued"):
                DIALECT.read_reply(exchange.raw, exchange.provider)
            continue
        reply = DIALECT.read_reply(exchange.raw, exchange.provider)
        _check_usage(reply.usage, answer)
        assert DIALECT.read_usage(exchange.raw) == reply.usage
        _check_parts(reply.choices[0], answer)
        assert reply.choices[0].stop in ("end", "tool_calls")
        official_response(DIALECT.write_reply(reply, shown()))
        seen += 1
    assert seen > 100


def _check_usage(usage: Usage | None, answer: dict[str, Any]) -> None:
    stated = answer.get("usage")
    if stated is None:
        assert usage is None
        return
    assert usage is not None and not usage.is_estimated
    assert usage.input_tokens == stated["input_tokens"] and usage.output_tokens == stated["output_tokens"]
    assert usage.cached_input_tokens == stated["input_tokens_details"]["cached_tokens"]
    assert usage.cache_write_tokens == stated["input_tokens_details"].get("cache_write_tokens", 0)
    assert usage.reasoning_tokens == stated["output_tokens_details"]["reasoning_tokens"]
    assert usage.tier == (answer.get("service_tier") or "")
    kinds = Counter(item["type"] for item in answer["output"])
    opened = sum(item.get("action", {}).get("type") in ("open_page", "find_in_page") for item in answer["output"])
    assert usage.web_searches == kinds["web_search_call"] - opened
    assert usage.file_searches == kinds["file_search_call"]


def _check_parts(choice: hub.Choice, answer: dict[str, Any]) -> None:
    texts = [part["text"] for item in answer["output"] if item["type"] == "message" for part in item["content"]]
    calls = [(item["call_id"], item["name"], item["arguments"]) for item in answer["output"] if _is_call(item)]
    seals = [item["encrypted_content"] for item in answer["output"] if item.get("encrypted_content")]
    assert [part.text for part in choice.parts if isinstance(part, hub.Text)] == texts
    found = [(part.id, part.name, part.arguments) for part in choice.parts if isinstance(part, hub.ToolCall)]
    assert found == calls
    thoughts = [part for part in choice.parts if isinstance(part, hub.Thinking) and part.signature is not None]
    assert [part.signature.value for part in thoughts if part.signature is not None] == seals


def _is_call(item: dict[str, Any]) -> bool:
    return bool(item["type"] == "function_call")


@pytest.mark.timeout(60)
def test_every_stream_means_what_its_last_event_says_however_it_is_cut(exchanges: list[Exchange]) -> None:
    streams = [exchange for exchange in exchanges if exchange.is_stream and exchange.status == 200]
    assert len(streams) >= 10
    for exchange in streams:
        events = _read(exchange, len(exchange.raw))
        reply = fold(events)
        assert reply is not None and isinstance(events[-1], hub.Done)
        final = final_response(exchange.raw)
        _check_usage(reply.usage, final)
        whole = DIALECT.read_reply(json.dumps(final).encode(), exchange.provider)
        assert _unsealed(reply.choices[0]) == _unsealed(whole.choices[0])
        for size in (1, 7):
            assert _read(exchange, size) == events


def _read(exchange: Exchange, size: int) -> list[hub.Event]:
    reader = DIALECT.open_reader(exchange.provider)
    events: list[hub.Event] = []
    for at in range(0, len(exchange.raw), size):
        events += reader.feed(exchange.raw[at : at + size])
    return events + reader.finish()


def _unsealed(choice: hub.Choice) -> object:
    """OpenAI seals a thought anew each time it tells it."""
    parts = tuple(
        hub.Thinking(text=part.text, is_redacted=part.is_redacted, id=part.id)
        if isinstance(part, hub.Thinking)
        else part
        for part in choice.parts
    )
    return parts, choice.stop


def test_translated_back_every_stream_is_one_of_the_sdks(exchanges: list[Exchange]) -> None:
    for exchange in exchanges:
        if not exchange.is_stream or exchange.status != 200:
            continue
        events = _read(exchange, len(exchange.raw))
        writer = DIALECT.open_writer(shown())
        raw = b"".join(writer.write(event) for event in events)
        assert official_events(raw)[-1].type == "response.completed"


def test_every_stream_passes_unchanged_but_for_its_model(exchanges: list[Exchange]) -> None:
    for exchange in exchanges:
        if not exchange.is_stream or exchange.status != 200:
            continue
        plain, renaming = _watch(None), _watch(b'"alias"')
        assert plain.feed(exchange.raw) + plain.finish(None) == exchange.raw
        _check_usage(plain.usage(), final_response(exchange.raw))
        assert plain.is_done and plain.error_code is None
        renamed = (renaming.feed(exchange.raw) + renaming.finish(None)).decode()
        model = final_response(exchange.raw)["model"]
        before = [json.loads(data) for data in re.findall(r"data: (\{.*)", exchange.raw.decode())]
        after = [json.loads(data) for data in re.findall(r"data: (\{.*)", renamed)]
        for event in after:
            if "response" in event:
                assert event["response"]["model"] == "alias"
                event["response"]["model"] = model
        assert after == before


def _watch(model_json: bytes | None) -> StreamWatch:
    return StreamWatch(clock=lambda: 1, request_id="r", input_tokens_estimate=1, model_json=model_json)


def test_every_error_is_read(exchanges: list[Exchange]) -> None:
    errors = [exchange for exchange in exchanges if exchange.status != 200]
    assert errors
    for exchange in errors:
        stated = json.loads(exchange.raw)["error"]
        fault = DIALECT.read_error(exchange.status, exchange.raw)
        assert (fault.message, fault.kind) == (stated["message"], stated["type"])
        assert (fault.code, fault.param) == (stated["code"], stated["param"])
