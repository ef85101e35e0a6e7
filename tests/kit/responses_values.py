"""Hypothesis strategies for hub values that OpenAI's Responses can express, and what its SDK says of an answer."""

import json
from functools import cache
from typing import Any

import httpx2
from hypothesis import strategies as st
from openai import OpenAI
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from tollway.formats import hub
from tollway.formats.dialect import Shown, Target
from tollway.wire.sse import SSEDecoder

TARGET = Target(vendor="openai", model="gpt-5.6")

WORDS = st.text(st.characters(blacklist_categories=("Cs",)), min_size=1, max_size=12)
_NAMES = st.text("abcdefgh_", min_size=1, max_size=8)
_MARKS = st.none() | st.just(hub.CacheMark())
_CLOSED = b'{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}'
_SCHEMAS = st.sampled_from([b'{"type":"object","properties":{},"additionalProperties":false}', _CLOSED])
"""What strict mode takes, so that strictness survives."""

TEXTS = st.builds(hub.Text, text=WORDS, cache=_MARKS)
_INLINE = st.builds(hub.Base64, media_type=st.sampled_from(["image/png", "image/webp"]), data=st.just("AAAA"))
_LINKS = st.builds(hub.Link, url=st.just("https://example.com/a"))
_FILES = st.builds(hub.FileId, origin=st.just("openai"), id=_NAMES)
IMAGES = st.builds(
    hub.Image, source=_INLINE | _LINKS | _FILES, detail=st.sampled_from(["low", "high", "auto"]), cache=_MARKS
)
DOCUMENTS = st.one_of(
    st.builds(hub.Document, source=_LINKS | _FILES, cache=_MARKS),
    st.builds(
        hub.Document, source=st.just(hub.Base64(media_type="application/pdf", data="AAAA")), name=_NAMES, cache=_MARKS
    ),
)
_CITATIONS = st.builds(
    hub.Citation,
    url=st.just("https://example.com"),
    title=st.none() | WORDS,
    start=st.integers(0, 9),
    end=st.integers(0, 9),
)
SEALS = st.builds(hub.Signature, origin=st.just("openai"), value=st.text("ABCDabcd", min_size=4, max_size=8))
THOUGHTS = st.one_of(
    st.builds(hub.Thinking, text=WORDS, signature=SEALS, id=st.none() | _NAMES),
    st.builds(hub.Thinking, signature=SEALS, is_redacted=st.just(True), id=st.none() | _NAMES),
)
CALLS = st.builds(hub.ToolCall, id=_NAMES, name=_NAMES, arguments=st.sampled_from(["{}", '{"a":1}']))
ANSWER_TEXTS = st.builds(hub.Text, text=WORDS, citations=st.lists(_CITATIONS, max_size=2).map(tuple))
REFUSALS = st.builds(hub.Refusal, text=WORDS)
_SAID = st.lists(
    ANSWER_TEXTS | REFUSALS | THOUGHTS | CALLS,
    min_size=1,
    max_size=4,
    unique_by=lambda part: part.id if isinstance(part, hub.ToolCall) else id(part),
).map(tuple)
_RESULTS = st.builds(hub.ToolResult, call_id=_NAMES, parts=st.lists(TEXTS | IMAGES | DOCUMENTS, max_size=2).map(tuple))


def _turns() -> st.SearchStrategy[tuple[hub.Turn, ...]]:
    asked = st.builds(
        hub.Turn, role=st.just("user"), parts=st.lists(TEXTS | IMAGES | DOCUMENTS, min_size=1, max_size=3).map(tuple)
    )
    said = st.builds(hub.Turn, role=st.just("assistant"), parts=_SAID)
    given = st.builds(hub.Turn, role=st.just("user"), parts=st.lists(_RESULTS, min_size=1, max_size=2).map(tuple))
    told = st.builds(hub.Turn, role=st.just("system"), parts=st.tuples(TEXTS))
    return st.tuples(asked, said, given, said, told).map(tuple) | st.tuples(asked) | st.tuples(asked, asked, said)


_CHOICES = st.one_of(
    st.builds(hub.ToolChoice, mode=st.sampled_from(["auto", "none", "required"])),
    st.builds(hub.ToolChoice, mode=st.sampled_from(["auto", "required"]), names=st.tuples(_NAMES, _NAMES)),
    st.builds(hub.ToolChoice, mode=st.just("tool"), names=st.tuples(_NAMES)),
)
_SEARCHES = st.builds(
    hub.WebSearch,
    uses_max=st.none() | st.integers(1, 9),
    allowed_domains=st.sampled_from([(), ("example.com",)]),
    country=st.none() | st.just("DE"),
    timezone=st.none() | st.just("Europe/Berlin"),
    context_size=st.sampled_from([None, "low", "high"]),
)
_OUTPUTS = st.one_of(
    st.builds(hub.Output, kind=st.sampled_from(["text", "json"])),
    st.builds(
        hub.Output,
        kind=st.just("json_schema"),
        name=_NAMES,
        description=st.none() | WORDS,
        schema=_SCHEMAS,
        strict=st.none() | st.booleans(),
    ),
)
_REASONINGS = st.one_of(
    st.builds(hub.Reasoning, effort=st.sampled_from(["none", "minimal", "low", "high", "max"])),
    st.builds(
        hub.Reasoning,
        effort=st.none() | st.just("medium"),
        summary=st.sampled_from(["auto", "concise", "detailed"]),
        wants_text=st.just(True),
    ),
)
_TOOLS = st.lists(
    st.builds(hub.Tool, name=_NAMES, description=st.none() | WORDS, parameters=_SCHEMAS, strict=st.booleans()),
    max_size=3,
    unique_by=lambda tool: tool.name,
).map(tuple)

REQUESTS = st.builds(
    hub.Request,
    model=st.just("m"),
    turns=_turns(),
    system=st.lists(TEXTS, max_size=2).map(tuple),
    tools=_TOOLS,
    web_search=st.none() | _SEARCHES,
    tool_choice=st.none() | _CHOICES,
    parallel_tool_calls=st.none() | st.booleans(),
    output=st.none() | _OUTPUTS,
    reasoning=st.none() | _REASONINGS,
    verbosity=st.sampled_from([None, "low", "medium", "high"]),
    output_tokens_max=st.none() | st.integers(16, 10**6),
    temperature=st.none() | st.floats(0, 2),
    top_p=st.none() | st.floats(0, 1),
    logprobs=st.none() | st.just(True),
    top_logprobs=st.none() | st.integers(1, 20),
    user=st.none() | WORDS,
    metadata=st.none() | st.dictionaries(_NAMES, WORDS, min_size=1, max_size=2),
    service_tier=st.none() | st.sampled_from(["default", "flex"]),
    prompt_cache_key=st.none() | WORDS,
    store=st.booleans(),
    is_stream=st.booleans(),
)

_LOGPROBS = st.lists(
    st.builds(hub.TokenLogprob, token=WORDS, logprob=st.floats(-9, 0), bytes=st.just((65,))), max_size=2
).map(tuple)

REPLIES = st.builds(
    hub.Reply,
    id=_NAMES,
    model=_NAMES,
    choices=st.tuples(
        st.builds(
            hub.Choice,
            parts=_SAID,
            stop=st.sampled_from(["end", "length", "tool_calls", "refusal", "content_filter", "pause", None]),
        )
    ),
    created_seconds=st.none() | st.integers(1, 2**31),
)


_ANY_SOURCES = st.one_of(
    _INLINE,
    _LINKS,
    st.builds(hub.FileId, origin=st.sampled_from(["openai", "gemini"]), id=_NAMES),
    st.builds(hub.PlainText, text=WORDS),
)
_ANY_SEALS = st.none() | st.builds(hub.Signature, origin=st.sampled_from(["openai", "gemini"]), value=_NAMES)
ANY_PARTS = st.one_of(
    TEXTS,
    ANSWER_TEXTS,
    st.builds(hub.Text, text=WORDS, citations=st.tuples(st.builds(hub.Citation, title=WORDS, quote=WORDS))),
    REFUSALS,
    st.builds(hub.Image, source=_ANY_SOURCES, cache=_MARKS),
    st.builds(hub.Document, source=_ANY_SOURCES, context=st.none() | WORDS, wants_citations=st.booleans()),
    st.builds(hub.Audio, source=_ANY_SOURCES),
    st.builds(hub.Video, source=_ANY_SOURCES),
    st.builds(hub.Thinking, text=st.just("") | WORDS, signature=_ANY_SEALS, is_redacted=st.booleans()),
    st.builds(hub.ToolCall, id=_NAMES, name=_NAMES, arguments=st.sampled_from(["", "{}"]), signature=_ANY_SEALS),
    _RESULTS,
)
"""Parts that other dialects have too, in places where this one may have none."""


def shown(**changes: Any) -> Shown:
    """Return how a translated answer is shown, for a plain request."""
    request = changes.pop("request", hub.Request(model="m", turns=()))
    return Shown(
        **({"request_id": "req_0123456789abcdefghijklmn", "model": "m", "created_seconds": 7} | changes),
        request=request,
    )


def official_response(raw: bytes) -> Response:
    """Return the answer as the official SDK's own types have it. Raises for what they do not take."""
    return Response.model_validate(json.loads(raw), strict=True)


_events: TypeAdapter[ResponseStreamEvent] = TypeAdapter(ResponseStreamEvent)


def official_events(raw: bytes) -> list[ResponseStreamEvent]:
    """Return a stream's events, each strictly one of the official SDK's types. Raises for any that is not."""
    events = []
    for number, event in enumerate(SSEDecoder().feed(raw)):
        data = json.loads(event.data)
        assert event.event == data["type"], "the event's name is its type"
        assert data["sequence_number"] == number, "events are numbered without gaps"
        events.append(_events.validate_python(data, strict=True))
    return events


class _Canned(httpx2.BaseTransport):
    """Answers every request with the same stream. One client serves all tests: making one takes long."""

    def __init__(self) -> None:
        self.raw = b""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, content=self.raw, headers={"content-type": "text/event-stream"})


@cache
def _official_client() -> tuple[OpenAI, _Canned]:
    canned = _Canned()
    return OpenAI(api_key="sk-x", base_url="http://x", http_client=httpx2.Client(transport=canned)), canned


def official_accumulation(raw: bytes) -> Response:
    """Return what the official client makes of a stream, over its own helper. Raises where it would."""
    client, canned = _official_client()
    canned.raw = raw
    with client.responses.stream(model="m", input="x") as stream:
        return stream.get_final_response()
