"""Recorded traffic of every vendor that speaks the dialect: requests, answers, streams, errors, usage."""

import json
from collections import Counter

import pytest
from msgspec import structs

from kit.chat import VENDORS, shown
from kit.facts.chat_request import misshapen, misshapen_for_mistral
from kit.recordings import in_scope
from kit.translation import fold, meaning
from tollway.contract.usage import Usage
from tollway.formats import hub
from tollway.formats.chat.dialect import DIALECT
from tollway.formats.chat.vendors import ways_of
from tollway.formats.dialect import Inexpressible, Target
from tollway.formats.json_object import JSONObject
from tollway.kernel.errors import TollwayError

REFUSED = {
    "moderation": 2,
    "provider": 3,
    "search_settings": 1,
    "tools[0].eager_input_streaming": 1,
    "tools[0].type": 1,
}
"""What only one vendor serves: OpenAI's moderation, OpenRouter's routing and advisor, Groq's search, and a promise of
Anthropic's about streaming."""

OPENAIS = ("openai", "openai-compatible", "groq", "cerebras", "huggingface")
"""Whose bodies hold nothing that OpenAI's own types do not know."""


@pytest.fixture(scope="module")
def exchanges(shared_fixtures):
    found = [item for item in in_scope(shared_fixtures) if item.rule.dialect == "chat"]
    assert len(found) > 200
    return found


def request_of(item):
    body = JSONObject.parse(json.dumps(item.request).encode())
    return DIALECT.read_request(body, model=item.request["model"], is_stream=item.is_stream)


def readable(exchanges):
    for item in exchanges:
        try:
            yield item, request_of(item)
        except TollwayError as error:
            assert error.code.name == "request.untranslatable" and error.param, item.where


def events(raw, size=0):
    reader = DIALECT.open_reader("openai")
    pieces = [raw[at : at + size] for at in range(0, len(raw), size)] if size else [raw]
    return [event for piece in pieces for event in reader.feed(piece)] + reader.finish()


def stated(item):
    """Return the usage as the recording has it, read by other means."""
    chunks = [item.response]
    if item.is_stream:
        lines = [line[6:] for line in item.response.splitlines() if line.startswith("data: {")]
        chunks = [json.loads(line) for line in lines]
    usage = next(chunk["usage"] for chunk in reversed(chunks) if chunk.get("usage"))
    prompt, completion = usage["prompt_tokens"], usage["completion_tokens"]
    details = usage.get("prompt_tokens_details") or {}
    cached = details.get("cached_tokens") or usage.get("num_cached_tokens") or usage.get("cached_tokens") or 0
    more = usage.get("completion_tokens_details") or {}
    hidden = usage["total_tokens"] - prompt - completion
    tier = next((chunk["service_tier"] for chunk in reversed(chunks) if chunk.get("service_tier")), "")
    searches = (usage.get("server_tool_use_details") or {}).get("web_search_requests") or 0
    return Usage(
        input_tokens=prompt,
        output_tokens=completion + hidden,
        cached_input_tokens=cached,
        cache_write_tokens=details.get("cache_write_tokens") or 0,
        reasoning_tokens=min(more.get("reasoning_tokens") or hidden, completion + hidden),
        input_audio_tokens=details.get("audio_tokens") or 0,
        output_audio_tokens=more.get("audio_tokens") or 0,
        output_image_tokens=more.get("image_tokens") or 0,
        web_searches=searches,
        tier="" if tier in ("auto", "provisioned") else tier,
    )


def test_every_request_is_read_or_refused_by_the_name_of_a_field(exchanges, capsys):
    refused: Counter[str] = Counter()
    read: Counter[str] = Counter()
    for item in exchanges:
        try:
            request = request_of(item)
        except TollwayError as error:
            assert error.code.name == "request.untranslatable", item.where
            refused[error.param or ""] += 1
            continue
        read[item.provider] += 1
        limits = request.web_search is not None and request.web_search.uses_max is not None
        target = Target(vendor="openrouter" if limits else "sandbox", model=request.model)
        written = DIALECT.write_request(request, target)
        assert written.notes == (), item.where
        again = DIALECT.read_request(JSONObject.parse(written.body), model=request.model, is_stream=item.is_stream)
        assert meaning(again) == meaning(request), item.where
    with capsys.disabled():
        print(f"\nrequests of chat read: {dict(read)}; refused: {dict(refused)}")
    assert dict(refused) == REFUSED


def test_every_request_fits_the_vendors_own_types(exchanges, capsys):
    table: dict[str, Counter[str]] = {vendor: Counter() for vendor in VENDORS}
    for item, request in readable(exchanges):
        for vendor in VENDORS:
            target = Target(vendor=vendor, model="gpt-5", asks_stream_usage=vendor != "mistral")
            try:
                body = json.loads(DIALECT.write_request(request, target).body)
            except Inexpressible as refusal:
                assert refusal.field in hub.Request.__struct_fields__ and refusal.advice, item.where
                table[vendor]["refused"] += 1
                continue
            table[vendor]["written"] += 1
            if vendor == "mistral":
                assert misshapen_for_mistral(body) == [], item.where
            if vendor in OPENAIS:
                faults = [fault for fault in misshapen(body) if vendor != "groq" or "service_tier" not in fault]
                assert faults == [], (item.where, vendor)
    with capsys.disabled():
        print("\n" + "\n".join(f"{vendor:18} {dict(counts)}" for vendor, counts in table.items()))
    tooled = {vendor: counts for vendor, counts in table.items() if ways_of(vendor).has_tools}
    assert all(counts["written"] > 2 * counts["refused"] for counts in tooled.values())


def test_every_answer_is_read_with_the_usage_it_states(exchanges):
    stops: Counter[str | None] = Counter()
    for item in exchanges:
        if item.status >= 400:
            fault = DIALECT.read_error(item.status, item.answer)
            assert (fault.kind, fault.code) == ("invalid_request_error", "model_not_found"), item.where
            continue
        if item.is_stream:
            continue
        reply = DIALECT.read_reply(item.answer, item.kind)
        stops.update(choice.stop for choice in reply.choices)
        assert reply.model and reply.choices and reply.choices[0].parts, item.where
        assert reply.usage == stated(item) == DIALECT.read_usage(item.answer), item.where
        assert reply.notes == (("answer-part-skipped",) if "executed_tools" in str(item.response) else ()), item.where
        again = DIALECT.read_reply(DIALECT.write_reply(reply, shown()), "openai")
        expected = [meaning(choice) for choice in reply.choices]
        assert [meaning(choice) for choice in again.choices] == [_with_arguments(choice) for choice in expected]
    assert stops.keys() == {"end", "tool_calls", "length"} | (stops.keys() & {"content_filter", "refusal"})


def _with_arguments(choice):
    """A call without arguments is answered with an empty object."""
    parts = [
        structs.replace(part, arguments=part.arguments or "{}") if isinstance(part, hub.ToolCall) else part
        for part in choice.parts
    ]
    return structs.replace(choice, parts=tuple(parts))


def test_every_stream_gives_the_same_events_however_it_is_cut(exchanges):
    streams = [item for item in exchanges if item.is_stream]
    assert len(streams) > 20
    for item in streams:
        expected = events(item.answer)
        folded = fold(expected)
        if folded is None:  # OpenRouter's error after the end of what a small bound allowed.
            assert expected[-1] == hub.Failed(kind="400", message="Token limit reached"), item.where
        else:
            assert expected[-1] == hub.Done() and folded.usage == stated(item), item.where
        assert events(item.answer, 1) == expected == events(item.answer, 7)


def test_every_stream_passes_the_watch_unchanged(exchanges):
    for item in (item for item in exchanges if item.is_stream):
        tap = DIALECT.open_watch(
            clock=lambda: 1, request_id="r", input_tokens_estimate=1, hide_usage=False, model_json=None
        )
        raw = item.answer
        passed = b"".join(tap.feed(raw[at : at + 100]) for at in range(0, len(raw), 100)) + tap.finish(None)
        assert (passed, tap.error_code, tap.usage()) == (raw, None, stated(item)), item.where
