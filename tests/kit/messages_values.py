"""Hypothesis strategies for hub values that Anthropic's Messages can express, and what its SDK says of an answer."""

import json
from typing import Any

import httpx2
import msgspec
from anthropic._streaming import Stream
from anthropic.lib.streaming._messages import accumulate_event
from anthropic.types import Message, RawMessageStreamEvent
from hypothesis import strategies as st
from msgspec import structs
from pydantic import TypeAdapter

from tollway.formats import hub
from tollway.formats.dialect import Shown, Target
from tollway.formats.messages.cache import MARKS_MAX

TARGET = Target(vendor="anthropic", model="another-makers-model")
"""Takes all that the dialect has; what Claude models take is tested model by model."""

WORDS = st.text(st.characters(blacklist_categories=("Cs",)), min_size=1, max_size=12).filter(str.strip)
_NAMES = st.text("abcdefgh_", min_size=1, max_size=8)
_MARKS = st.none() | st.builds(hub.CacheMark, ttl=st.sampled_from([None, "5m", "1h"]))
_SCHEMAS = st.sampled_from(
    [
        b'{"type":"object","properties":{},"additionalProperties":false}',
        b'{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false}',
    ]
)
_OBJECTS = st.dictionaries(_NAMES, st.integers(-9, 9) | WORDS, max_size=2).map(json.dumps)

TEXTS = st.builds(hub.Text, text=WORDS, cache=_MARKS)
_LINKS = st.builds(hub.Link, url=st.just("https://example.com/a"))
_FILES = st.builds(hub.FileId, origin=st.just("anthropic"), id=_NAMES)
_PICTURES = st.builds(hub.Base64, media_type=st.sampled_from(["image/png", "image/webp"]), data=st.just("AAAA"))
_PAPERS = st.builds(hub.Base64, media_type=st.just("application/pdf"), data=st.just("AAAA"))
IMAGES = st.builds(hub.Image, source=_PICTURES | _LINKS | _FILES, cache=_MARKS)
DOCUMENTS = st.builds(
    hub.Document,
    source=_PAPERS | _LINKS | _FILES | st.builds(hub.PlainText, text=WORDS),
    name=st.none() | WORDS,
    context=st.none() | WORDS,
    wants_citations=st.booleans(),
    cache=_MARKS,
)
SEALS = st.builds(hub.Signature, origin=st.just("anthropic"), value=st.text("ABCDabcd", min_size=5, max_size=5))
FOREIGN_SEALS = st.builds(hub.Signature, origin=st.sampled_from(["gemini", "openai"]), value=WORDS)
THOUGHTS = st.one_of(
    st.builds(hub.Thinking, text=WORDS, signature=SEALS),
    st.builds(hub.Thinking, signature=SEALS, is_redacted=st.just(True)),
)
CALLS = st.builds(hub.ToolCall, id=_NAMES, name=_NAMES, arguments=_OBJECTS, cache=_MARKS)
RESULTS = st.one_of(
    st.builds(
        hub.ToolResult,
        call_id=_NAMES,
        parts=st.lists(TEXTS | IMAGES | DOCUMENTS, max_size=2).map(tuple),
        cache=_MARKS,
    ),
    st.builds(
        hub.ToolResult,
        call_id=_NAMES,
        parts=st.lists(TEXTS, max_size=2).map(tuple),
        is_error=st.just(True),
        cache=_MARKS,
    ),
)

_USERS = st.builds(
    lambda results, parts: hub.Turn(role="user", parts=(*results, *parts)),
    st.lists(RESULTS, max_size=2),
    st.lists(TEXTS | IMAGES | DOCUMENTS, min_size=1, max_size=3),
)
_ASSISTANTS = st.builds(
    lambda parts: hub.Turn(role="assistant", parts=tuple(parts)),
    st.lists(TEXTS | THOUGHTS | CALLS, min_size=1, max_size=3),
)
_TURNS = st.builds(
    lambda pairs, last: (*(turn for pair in pairs for turn in pair), last),
    st.lists(st.tuples(_USERS, _ASSISTANTS), max_size=2),
    _USERS,
)
_TOOLS = st.builds(
    hub.Tool,
    name=_NAMES,
    description=st.none() | WORDS,
    parameters=_SCHEMAS,
    strict=st.sampled_from([None, True]),
    cache=_MARKS,
)
_SEARCHES = st.builds(
    hub.WebSearch,
    uses_max=st.none() | st.integers(1, 9),
    allowed_domains=st.lists(_NAMES, max_size=2).map(tuple),
    country=st.none() | st.just("DE"),
    city=st.none() | WORDS,
)
_CHOICES = st.one_of(
    st.none(),
    st.builds(hub.ToolChoice, mode=st.sampled_from(["auto", "required", "none"])),
    st.builds(hub.ToolChoice, mode=st.just("tool"), names=_NAMES.map(lambda name: (name,))),
)
_OUTPUTS = st.none() | st.builds(hub.Output, kind=st.just("json_schema"), schema=_SCHEMAS, strict=st.just(True))


def _with_choice(request: hub.Request, choice: hub.ToolChoice | None, *, is_single: bool) -> dict[str, Any]:
    """A choice needs tools; only the choices that allow calls say whether they may be parallel."""
    if not request.tools:
        return {}
    single = False if is_single and (choice is None or choice.mode != "none") else None
    if choice is None and single is False:
        choice = hub.ToolChoice(mode="auto")
    return {"tool_choice": choice, "parallel_tool_calls": single}


@st.composite
def requests(draw: st.DrawFn) -> hub.Request:
    """Return any request that the dialect can express in full."""
    request = hub.Request(
        model=TARGET.model,
        turns=draw(_TURNS),
        system=tuple(draw(st.lists(TEXTS, max_size=2))),
        tools=tuple(draw(st.lists(_TOOLS, max_size=2))),
        web_search=draw(st.none() | _SEARCHES),
        output=draw(_OUTPUTS),
        reasoning=draw(st.none() | st.builds(hub.Reasoning, budget_tokens=st.integers(1_024, 2_000))),
        output_tokens_max=draw(st.integers(2_001, 9_999)),
        temperature=draw(st.none() | st.sampled_from([0.0, 0.5, 1.0])),
        top_k=draw(st.none() | st.integers(1, 50)),
        stop=tuple(draw(st.lists(_NAMES, max_size=2))),
        user=draw(st.none() | _NAMES),
        service_tier=draw(st.sampled_from([None, "auto", "default"])),
        is_stream=draw(st.booleans()),
    )
    fields = {name: getattr(request, name) for name in request.__struct_fields__}
    request = hub.Request(**(fields | _with_choice(request, draw(_CHOICES), is_single=draw(st.booleans()))))
    return request if repr(request).count("cache=CacheMark(") <= MARKS_MAX else _without_marks(request)


def _without_marks(value: Any) -> Any:
    """Return the value without cache marks in any depth."""
    if isinstance(value, tuple):
        return tuple(map(_without_marks, value))
    if isinstance(value, hub.CacheMark):
        return None
    if not isinstance(value, msgspec.Struct):
        return value
    return structs.replace(value, **{name: _without_marks(getattr(value, name)) for name in value.__struct_fields__})


_CITATIONS = st.builds(hub.Citation, url=st.just("https://example.com"), title=st.none() | WORDS, quote=WORDS)


def _cited(text: str, citations: list[hub.Citation]) -> hub.Text:
    placed = (hub.Citation(url=c.url, title=c.title, quote=c.quote, start=0, end=len(text)) for c in citations)
    return hub.Text(text=text, citations=tuple(placed))


ANSWER_TEXTS = st.builds(_cited, WORDS, st.lists(_CITATIONS, max_size=2))
ANSWER_CALLS = st.builds(hub.ToolCall, id=_NAMES, name=_NAMES, arguments=_OBJECTS)


def shown(request_id: str = "req_000000000000000000000001") -> Shown:
    """Return what an answer says about itself."""
    request = hub.Request(model="alias", turns=())
    return Shown(request_id=request_id, model="alias", created_seconds=1, request=request)


_EVENTS: TypeAdapter[Any] = TypeAdapter(RawMessageStreamEvent)


def accept_message(raw: bytes) -> Message:
    """Return the message as Anthropic's SDK reads it, strictly."""
    return Message.model_validate_json(raw, strict=False)


def accumulate(raw: bytes) -> Message:
    """Return what Anthropic's SDK makes of a stream; its own decoder, types and accumulator must all accept it."""
    response = httpx2.Response(200, content=raw, request=httpx2.Request("POST", "http://localhost/"))
    snapshot: Any = None
    buffers: dict[int, bytes] = {}
    for sse in Stream.raw_events(response):
        body = sse.json()
        assert sse.event == body["type"]
        assert sse.event != "error", body
        if sse.event != "ping":
            event = _EVENTS.validate_python(body)
            snapshot = accumulate_event(event=event, current_snapshot=snapshot, json_bufs=buffers)
    assert snapshot is not None, "the stream has no message_start"
    return Message.model_validate(snapshot.to_dict())
