"""Whatever the hub can hold, from whichever dialect it came, is written or refused by its name, and never breaks."""

import json

import msgspec
from google.genai import types
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kit.gemini_values import SHOWN
from tollway.contract.usage import Usage
from tollway.formats import hub
from tollway.formats.dialect import Inexpressible, Target
from tollway.formats.gemini.dialect import DIALECT
from tollway.formats.gemini.notes import NOTES
from tollway.formats.json_object import JSONObject
from tollway.kernel.errors import TollwayError

SCHEMAS = st.none() | st.sampled_from([b"{}", b'{"type":"object"}'])
FLOATS = st.none() | st.floats(allow_nan=False, allow_infinity=False)
COUNTS = st.none() | st.integers(0, 50)
WORDS = st.sampled_from(["", "a", "\n", "ü😀", '{"a":1}', "[1]", "{", "tw1:"]) | st.text(max_size=4)


def build(kind, **chosen):
    """Return values of a kind, their texts from WORDS and what is not chosen as its type says."""
    texts = [field.name for field in msgspec.structs.fields(kind) if field.type is str and field.name not in chosen]
    return st.builds(kind, **chosen, **dict.fromkeys(texts, WORDS))


SOURCES = st.one_of(build(hub.Base64, data=st.just("AAAA")), *map(build, (hub.Link, hub.FileId, hub.PlainText)))
TEXTS, IMAGES = build(hub.Text), build(hub.Image, source=SOURCES)
DOCUMENTS = build(hub.Document, source=SOURCES)
RESULTS = build(
    hub.ToolResult, parts=st.lists(TEXTS | IMAGES | DOCUMENTS, max_size=2).map(tuple), name=st.none() | WORDS
)
MADE = st.one_of(TEXTS, *(build(kind) for kind in (hub.Thinking, hub.Refusal, hub.ToolCall)))
PARTS = st.lists(MADE | IMAGES | DOCUMENTS | RESULTS | build(hub.Audio, source=SOURCES), max_size=3).map(tuple)
REQUESTS = build(
    hub.Request,
    turns=st.lists(build(hub.Turn, parts=PARTS), max_size=2).map(tuple),
    system=st.lists(TEXTS, max_size=1).map(tuple),
    tools=st.lists(build(hub.Tool, parameters=SCHEMAS), max_size=2).map(tuple),
    tool_choice=st.none() | build(hub.ToolChoice),
    web_search=st.none() | build(hub.WebSearch),
    output=st.none() | build(hub.Output, schema=SCHEMAS),
    reasoning=st.none() | build(hub.Reasoning, budget_tokens=COUNTS),
    temperature=FLOATS,
    top_k=COUNTS,
    seed=st.none() | st.integers(),
    stop=st.lists(WORDS, max_size=6).map(tuple),
    choices=COUNTS,
    user=st.none() | WORDS,
    service_tier=st.none() | st.sampled_from(["auto", "default", "flex", "scale"]),
)
REPLIES = build(
    hub.Reply,
    choices=st.lists(
        build(
            hub.Choice,
            parts=PARTS,
            logprobs=st.lists(build(hub.TokenLogprob, logprob=st.floats(-9, 0), top=st.just(())), max_size=1).map(
                tuple
            ),
        ),
        max_size=2,
    ).map(tuple),
    usage=st.none() | build(Usage, input_tokens=st.integers(0, 9), output_tokens=st.integers(9, 99)),
    notes=st.just(()),
)
NUMBERS = {"choice": st.integers(0, 1), "part": st.integers(0, 2)}
EVENTS = st.one_of(
    build(hub.Begin),
    build(hub.PartBegin, opened=MADE, **NUMBERS),
    build(hub.TextDelta, **NUMBERS),
    build(hub.SignatureStated, **NUMBERS),
    build(hub.Cited, **NUMBERS),
    build(hub.PartEnd, **NUMBERS),
    build(hub.ChoiceEnd, choice=NUMBERS["choice"]),
    build(hub.Failed),
    st.just(hub.Done()),
)
MODELS = st.sampled_from(["gemini-2.0-flash", "gemini-2.5-pro", "gemini-3-flash-preview", "tunedModels/a"])
SLOW = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@SLOW
@given(REQUESTS, MODELS, st.sampled_from(["gemini", "vertex"]))
def test_any_request_is_written_or_refused_by_a_field(request, model, vendor):
    try:
        written = DIALECT.write_request(request, Target(vendor=vendor, model=model))
    except Inexpressible as refusal:
        assert refusal.field in hub.Request.__struct_fields__ and refusal.advice
        return
    assert set(written.notes) <= NOTES.keys()
    body = json.loads(written.body)
    for content in body["contents"]:
        types.Content.model_validate(content)
    try:  # What we write we read, but for what another vendor's caller may ask and Google's cannot.
        DIALECT.read_request(JSONObject.parse(written.body), model=model, is_stream=False)
    except TollwayError as error:
        assert error.code.name == "request.field_invalid"


@SLOW
@given(REPLIES)
def test_any_answer_is_written(reply):
    raw = DIALECT.write_reply(reply, SHOWN)
    types.GenerateContentResponse.model_validate_json(raw)
    assert len(DIALECT.read_reply(raw, "gemini").choices) == len(reply.choices)


@SLOW
@given(st.lists(EVENTS, max_size=8))
def test_no_order_of_events_makes_the_writer_raise(events):
    writer = DIALECT.open_writer(SHOWN)
    for event in events:
        chunk = writer.write(event)
        if chunk:
            assert msgspec.json.decode(chunk.removeprefix(b"data: "))
