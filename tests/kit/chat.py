"""Chat Completions in tests: reading and writing in one line, and any request or answer the dialect can express."""

import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import strategies as st

from tollway.contract.usage import Usage
from tollway.formats import hub
from tollway.formats.chat.dialect import DIALECT
from tollway.formats.dialect import Inexpressible, Shown, Target, Written
from tollway.formats.json_object import JSONObject
from tollway.kernel.errors import TollwayError

HELLO = [{"role": "user", "content": "Hello"}]
VENDORS = (
    "openai",
    "openai-compatible",
    "groq",
    "mistral",
    "deepseek",
    "openrouter",
    "cerebras",
    "huggingface",
    "zai",
    "moonshot",
    "perplexity",
    "fireworks",
    "xai",
    "ollama",
    "sandbox",
)


def read(**fields: Any) -> hub.Request:
    """Read a request; without messages it says hello."""
    body = {"model": "m", "messages": HELLO} | fields
    raw = json.dumps(body).encode()
    return DIALECT.read_request(JSONObject.parse(raw), model=body["model"], is_stream=body.get("stream") is True)


def refused(**fields: Any) -> TollwayError:
    """Return the refusal of a request."""
    with pytest.raises(TollwayError) as caught:
        read(**fields)
    return caught.value


def hello(**fields: Any) -> hub.Request:
    """Return a request as the hub has it; without turns it says hello."""
    turns = (hub.Turn(role="user", parts=(hub.Text(text="Hello"),)),)
    return hub.Request(**({"model": "m", "turns": turns} | fields))


def write(request: hub.Request, vendor: str = "openai", model: str = "gpt-4o", **more: Any) -> dict[str, Any]:
    """Return the body written for a vendor."""
    return json.loads(written(request, vendor, model, **more).body)


def written(request: hub.Request, vendor: str = "openai", model: str = "gpt-4o", **more: Any) -> Written:
    """Return what is written for a vendor, with its notes."""
    return DIALECT.write_request(request, Target(vendor=vendor, model=model, **more))


def inexpressible(request: hub.Request, vendor: str = "openai", model: str = "gpt-4o") -> Inexpressible:
    """Return the refusal to write a request."""
    with pytest.raises(Inexpressible) as caught:
        written(request, vendor, model)
    return caught.value


def shown(**fields: Any) -> Shown:
    """Return what an answer says about itself."""
    return Shown(**({"request_id": "req_1", "model": "m", "created_seconds": 7, "request": hello()} | fields))


def read_stream(raw: bytes) -> tuple[list[hub.Event], list[str]]:
    """Return a stream's events and notes."""
    reader = DIALECT.open_reader("openai")
    return reader.feed(raw) + reader.finish(), reader.notes


def write_stream(events: list[hub.Event], **fields: Any) -> bytes:
    """Return a stream written from events."""
    writer = DIALECT.open_writer(shown(**fields))
    return b"".join(map(writer.write, events))


def stream_of(*chunks: Any, done: bool = True) -> bytes:
    """Return chunks as a stream; a text stands for itself."""
    events = [f"data: {item if isinstance(item, str) else json.dumps(item)}\n\n" for item in chunks]
    return "".join(events + ["data: [DONE]\n\n"] * done).encode()


def delta(finish_reason: str | None = None, index: int = 0, **fields: Any) -> dict[str, Any]:
    """Return a chunk with one delta."""
    choice = {"index": index, "delta": fields, "finish_reason": finish_reason}
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 5, "model": "m", "choices": [choice]}


def call_delta(index: int | None, call_id: str | None, name: str | None, arguments: str | None) -> dict[str, Any]:
    """Return one of `tool_calls` in a delta."""
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    call: dict[str, Any] = {"type": "function", "function": function}
    return call | {key: value for key, value in (("index", index), ("id", call_id)) if value is not None}


# --- any request and any answer ------------------------------------------------------------------------------------

_texts = st.text(max_size=12).filter(lambda text: text.encode("utf-8", "ignore").decode() == text)
_words = st.text(st.sampled_from("abcXYZ_0"), min_size=1, max_size=6)
_urls = _words.map(lambda word: f"https://example.com/{word}.png")
_bytes64 = st.binary(max_size=6).map(lambda raw: b64encode(raw).decode())
_marks = st.none() | st.builds(hub.CacheMark, ttl=st.sampled_from([None, "5m", "1h"]))
_sources = st.builds(hub.Base64, media_type=st.sampled_from(["image/png", "image/jpeg"]), data=_bytes64) | st.builds(
    hub.Link, url=_urls
)
_schemas = st.sampled_from([b'{"type":"object","properties":{"a":{"type":"string"}}}', b'{"type":"object"}'])
_ids = st.text(st.sampled_from("abcdefgh0123456789_-"), min_size=5, max_size=30).map(lambda word: f"call_{word}")
_json = st.sampled_from(['{"a":1}', "{}", '{"city": "Paris", "n": [1, {"b": "}"}]}'])
_origins = st.sampled_from(["anthropic", "gemini", "mistral", "elsewhere"])
_signatures = st.builds(hub.Signature, origin=_origins, value=_words)

TEXTS = st.builds(hub.Text, text=_texts, cache=_marks)
IMAGES = st.builds(hub.Image, source=_sources, detail=st.sampled_from([None, "low", "high"]), cache=_marks)
_pdfs = st.builds(hub.Base64, media_type=st.just("application/pdf"), data=_bytes64)
_kept = st.builds(hub.FileId, origin=st.just("openai"), id=_words)
DOCUMENTS = st.builds(hub.Document, source=_pdfs, name=_words, cache=_marks) | st.builds(
    hub.Document, source=_kept, cache=_marks
)
CALLS = st.builds(hub.ToolCall, id=_ids, name=_words, arguments=_json, signature=st.none() | _signatures)
THOUGHTS = st.builds(hub.Thinking, text=_words, signature=st.none() | _signatures, id=st.none() | _words) | st.builds(
    hub.Thinking,
    signature=st.builds(hub.Signature, origin=st.just("anthropic"), value=_words),
    is_redacted=st.just(True),
)


@st.composite
def assistant_turns(draw: Callable[..., Any]) -> hub.Turn:
    """Return what a model may have said: thinking, text, a refusal and calls, in the dialect's own order."""
    thoughts = draw(st.lists(THOUGHTS, max_size=2))
    texts = draw(st.lists(TEXTS, max_size=2))
    refusals = draw(st.lists(st.builds(hub.Refusal, text=_words), max_size=1))
    calls = draw(st.lists(CALLS, min_size=0 if texts or refusals else 1, max_size=2, unique_by=lambda call: call.id))
    return hub.Turn(role="assistant", parts=(*thoughts, *texts, *refusals, *calls), name=draw(st.none() | _words))


RESULTS = st.builds(
    hub.ToolResult,
    call_id=_ids,
    parts=st.lists(TEXTS | IMAGES, min_size=1, max_size=2).map(tuple),
)
_audio = st.builds(
    hub.Audio, source=st.builds(hub.Base64, media_type=st.just("audio/mpeg"), data=_bytes64.filter(bool))
)
_video = st.builds(hub.Video, source=_sources)
USER_TURNS = st.builds(
    hub.Turn,
    role=st.just("user"),
    parts=st.lists(TEXTS | IMAGES | DOCUMENTS | _audio | _video, min_size=1, max_size=3).map(tuple),
    name=st.none() | _words,
)
TURNS = st.lists(USER_TURNS | assistant_turns(), min_size=1, max_size=4)
TOOLS = st.builds(
    hub.Tool,
    name=_words,
    description=st.none() | _texts,
    parameters=st.none() | _schemas,
    strict=st.none() | st.booleans(),
    cache=_marks,
)
_outputs = st.sampled_from([hub.Output(kind="text"), hub.Output(kind="json")]) | st.builds(
    hub.Output,
    kind=st.just("json_schema"),
    name=_words,
    description=st.none() | _texts,
    schema=_schemas,
    strict=st.none() | st.booleans(),
)
_efforts = st.sampled_from(["none", "minimal", "low", "medium", "high", "xhigh"])
_reasoning = st.builds(hub.Reasoning, effort=_efforts, wants_text=st.none() | st.booleans()) | st.builds(
    hub.Reasoning, budget_tokens=st.integers(1, 9_999), summary=st.none() | st.just("auto")
)


def _optional(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


@st.composite
def requests(draw: Callable[..., Any]) -> hub.Request:
    """Return any request that the dialect can express, for a vendor that takes everything."""
    tools = tuple(draw(st.lists(TOOLS, max_size=3, unique_by=lambda tool: tool.name)))
    choice = None
    if tools:
        names = [tool.name for tool in tools]
        some = st.lists(st.sampled_from(names), min_size=1, unique=True).map(tuple)
        choice = draw(
            st.none()
            | st.builds(hub.ToolChoice, mode=st.sampled_from(["auto", "none", "required"]))
            | st.builds(hub.ToolChoice, mode=st.just("tool"), names=st.sampled_from(names).map(lambda name: (name,)))
            | st.builds(hub.ToolChoice, mode=st.sampled_from(["auto", "required"]), names=some)
        )
    return hub.Request(
        model="m",
        turns=_grouped(draw(TURNS), draw(st.lists(RESULTS, max_size=2))),
        system=tuple(draw(st.lists(TEXTS, max_size=2))),
        tools=tools,
        tool_choice=choice,
        parallel_tool_calls=draw(_optional(st.booleans())) if tools else None,
        web_search=draw(_optional(st.builds(hub.WebSearch, country=_optional(_words), city=_optional(_words)))),
        output=draw(_optional(_outputs)),
        reasoning=draw(_optional(_reasoning)),
        verbosity=draw(_optional(st.sampled_from(["low", "high"]))),
        output_tokens_max=draw(_optional(st.integers(1, 9_999))),
        temperature=draw(_optional(st.sampled_from([0.0, 0.5, 1.0]))),
        top_p=draw(_optional(st.sampled_from([0.1, 1.0]))),
        top_k=draw(_optional(st.integers(1, 99))),
        min_p=draw(_optional(st.sampled_from([0.1]))),
        stop=tuple(draw(st.lists(_words, max_size=3))),
        seed=draw(_optional(st.integers(-5, 2**40))),
        frequency_penalty=draw(_optional(st.sampled_from([-1.0, 0.5]))),
        presence_penalty=draw(_optional(st.sampled_from([-1.0, 0.5]))),
        logit_bias=draw(_optional(st.just({"5": -100.0}))),
        logprobs=draw(_optional(st.booleans())),
        top_logprobs=draw(_optional(st.integers(0, 20))),
        choices=draw(_optional(st.integers(1, 4))),
        user=draw(_optional(_words)),
        metadata=draw(_optional(st.just({"a": "b"}))),
        service_tier=draw(_optional(st.sampled_from(["auto", "flex"]))),
        prompt_cache_key=draw(_optional(_words)),
        store=draw(_optional(st.booleans())),
        is_stream=draw(st.booleans()),
    )


def _grouped(turns: list[hub.Turn], results: list[hub.ToolResult]) -> tuple[hub.Turn, ...]:
    """Put results first, as one turn: the dialect has them as messages of their own."""
    return (*((hub.Turn(role="user", parts=tuple(results)),) if results else ()), *turns)


LOGPROBS = st.builds(
    hub.TokenLogprob,
    token=_words,
    logprob=st.sampled_from([-0.5, -2.25]),
    bytes=st.none() | st.lists(st.integers(0, 255), max_size=3).map(tuple),
    top=st.lists(st.builds(hub.TokenLogprob, token=_words, logprob=st.just(-1.0)), max_size=1).map(tuple),
)
_citations = st.builds(hub.Citation, url=_urls, title=_words) | st.builds(
    hub.Citation, url=_urls, title=_words, quote=_words, start=st.just(0), end=st.integers(1, 4)
)


@st.composite
def choices(draw: Callable[..., Any]) -> hub.Choice:
    """Return any answer that the dialect can express."""
    thoughts = draw(st.lists(THOUGHTS, max_size=2))
    texts = draw(
        st.lists(st.builds(hub.Text, text=_words, citations=st.lists(_citations, max_size=2).map(tuple)), max_size=1)
    )
    calls = draw(st.lists(CALLS, max_size=2, unique_by=lambda call: call.id))
    stop = "tool_calls" if calls else draw(st.sampled_from(["end", "length", "content_filter"]))
    logprobs = tuple(draw(st.lists(LOGPROBS, max_size=2))) if texts else ()
    return hub.Choice(parts=(*thoughts, *texts, *calls), stop=stop, logprobs=logprobs)


USAGES = st.builds(
    Usage,
    input_tokens=st.integers(100, 9_999),
    output_tokens=st.integers(100, 9_999),
    cached_input_tokens=st.integers(0, 50),
    cache_write_tokens=st.integers(0, 50),
    reasoning_tokens=st.integers(0, 100),
    input_audio_tokens=st.integers(0, 9),
    output_audio_tokens=st.integers(0, 9),
    web_searches=st.integers(0, 3),
)
REPLIES = st.builds(
    hub.Reply,
    id=_ids,
    model=st.just("m"),
    choices=st.lists(choices(), min_size=1, max_size=2).map(tuple),
    usage=st.none() | USAGES,
    created_seconds=st.integers(1, 2**31),
    service_tier=st.sampled_from([None, "default", "flex"]),
)


def events_of(reply: hub.Reply) -> list[hub.Event]:
    """Return an answer as the events of a stream."""
    events: list[hub.Event] = [hub.Begin(id=reply.id, model=reply.model, created_seconds=reply.created_seconds)]
    for index, choice in enumerate(reply.choices):
        for number, part in enumerate(choice.parts):
            events += _part_events(index, number, part)
        if choice.logprobs:
            events.append(hub.LogprobsStated(choice=index, logprobs=choice.logprobs))
        events.append(hub.ChoiceEnd(choice=index, stop=choice.stop, stop_sequence=choice.stop_sequence))
    if reply.usage is not None:
        events.append(hub.UsageStated(usage=reply.usage))
    return [*events, hub.Done()]


def _part_events(index: int, number: int, part: Any) -> list[hub.Event]:
    opened = {
        hub.Text: lambda: hub.Text(text=""),
        hub.Thinking: lambda: hub.Thinking(is_redacted=part.is_redacted, id=part.id),
        hub.Refusal: lambda: hub.Refusal(text=""),
        hub.ToolCall: lambda: hub.ToolCall(id=part.id, name=part.name, arguments=""),
    }[type(part)]()
    events: list[hub.Event] = [hub.PartBegin(choice=index, part=number, opened=opened)]
    text = part.arguments if isinstance(part, hub.ToolCall) else part.text
    half = len(text) // 2
    events += [hub.TextDelta(choice=index, part=number, text=piece) for piece in (text[:half], text[half:]) if piece]
    if getattr(part, "signature", None) is not None:
        events.append(hub.SignatureStated(choice=index, part=number, signature=part.signature))
    events += [hub.Cited(choice=index, part=number, citation=item) for item in getattr(part, "citations", ())]
    return [*events, hub.PartEnd(choice=index, part=number)]
