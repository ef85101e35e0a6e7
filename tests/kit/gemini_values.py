"""Hypothesis strategies for hub values that Google's generateContent can express."""

from typing import Any

from hypothesis import strategies as st
from msgspec import structs

from tollway.contract.usage import Usage
from tollway.formats import hub
from tollway.formats.dialect import Shown, Target

TARGET = Target(vendor="gemini", model="gemini-3-flash-preview")

WORDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
_NAMES = st.text("abcdefgh_", min_size=1, max_size=8)
_SCHEMAS = st.sampled_from([b'{"type":"object"}', b'{"type":"object","properties":{"a":{"$ref":"#/$defs/A"}}}'])
_ARGUMENTS = st.sampled_from(["{}", '{"a":1}', '{"b":{"c":["\\u00fc",1.5,null]}}'])

SEALS = st.builds(
    hub.Signature, origin=st.sampled_from(["gemini"]), value=st.sampled_from(["U0VBTA==", "AAAA", "Cg-_8w=="])
)
FOREIGN_SEALS = st.builds(hub.Signature, origin=st.sampled_from(["anthropic", "openai"]), value=WORDS)

TEXTS = st.builds(hub.Text, text=WORDS)
_LINKS = st.builds(
    hub.Link, url=st.just("https://example.com/a.png"), media_type=st.sampled_from(["image/png", "image/webp"])
)
IMAGES = st.builds(
    hub.Image,
    source=st.builds(hub.Base64, media_type=st.just("image/png"), data=st.just("AAAA"))
    | _LINKS
    | st.builds(hub.FileId, origin=st.just("gemini"), id=st.just("gs://b/a.png"), media_type=st.just("image/png")),
)
DOCUMENTS = st.builds(
    hub.Document,
    source=st.builds(hub.PlainText, text=WORDS)
    | st.builds(hub.Base64, media_type=st.just("application/pdf"), data=st.just("AAAA")),
)
AUDIOS = st.builds(hub.Audio, source=st.just(hub.Base64(media_type="audio/wav", data="AAAA")))
VIDEOS = st.builds(hub.Video, source=st.just(hub.Link(url="https://youtu.be/abc")))
_ASKED = TEXTS | IMAGES | DOCUMENTS | AUDIOS | VIDEOS


@st.composite
def conversations(draw: st.DrawFn) -> tuple[hub.Turn, ...]:
    """Turns in which each call has an id of its own and is answered once, as every vendor wants it."""
    turns = [hub.Turn(role="user", parts=tuple(draw(st.lists(_ASKED, min_size=1, max_size=3))))]
    for number in range(draw(st.integers(0, 2))):
        said: list[hub.Part] = [draw(TEXTS), *draw(st.lists(_thoughts(), max_size=1))]
        names = draw(st.lists(_NAMES, max_size=2))
        calls = [
            hub.ToolCall(id=f"c{number}_{at}", name=name, arguments=draw(_ARGUMENTS), signature=draw(SEALS))
            for at, name in enumerate(names)
        ]
        turns.append(hub.Turn(role="assistant", parts=(*said, *calls)))
        answers: list[hub.Part] = [draw(_results(call)) for call in calls]
        turns.append(hub.Turn(role="user", parts=(*answers, draw(TEXTS))))
    return tuple(turns)


def _thoughts() -> st.SearchStrategy[hub.Thinking]:
    return st.builds(hub.Thinking, text=WORDS, signature=SEALS) | st.builds(
        hub.Thinking, signature=SEALS, is_redacted=st.just(True)
    )


@st.composite
def _results(draw: st.DrawFn, call: hub.ToolCall) -> hub.ToolResult:
    texts: list[Any] = [hub.Text(text=draw(WORDS))]
    is_error = draw(st.booleans())
    media = [] if is_error else draw(st.lists(IMAGES | DOCUMENTS, max_size=1))
    return hub.ToolResult(call_id=call.id, name=call.name, parts=(*texts, *media), is_error=is_error)


_TOOLS = st.builds(hub.Tool, name=_NAMES, description=st.none() | WORDS, parameters=st.none() | _SCHEMAS)
_OUTPUTS = st.sampled_from(
    [hub.Output(kind="text"), hub.Output(kind="json"), hub.Output(kind="json_schema", schema=b'{"type":"object"}')]
)
_REASONING = st.sampled_from(
    [
        hub.Reasoning(effort="low"),
        hub.Reasoning(effort="high", wants_text=True),
        hub.Reasoning(budget_tokens=2048),
        hub.Reasoning(is_adaptive=True, wants_text=False),
    ]
)
_CHOICES: st.SearchStrategy[Any] = st.sampled_from(["auto", "none", "required", "tool"])


@st.composite
def requests(draw: st.DrawFn) -> hub.Request:
    """Requests whose every field Google's API has, for a model that takes them all."""
    tools = tuple(draw(st.lists(_TOOLS, max_size=2)))
    choice = None
    if tools and (mode := draw(st.none() | _CHOICES)) is not None:
        choice = hub.ToolChoice(mode=mode, names=(tools[0].name,) if mode == "tool" else ())
    is_strict = draw(st.none() | st.just(True)) if choice is None or choice.mode == "auto" else None
    if is_strict and tools:
        tools = tuple(hub.Tool(name=tool.name, parameters=tool.parameters, strict=True) for tool in tools)
        choice = hub.ToolChoice(mode="auto")
    web_search = draw(st.none() | st.just(hub.WebSearch()))
    if web_search is not None and not is_strict and choice == hub.ToolChoice(mode="auto"):
        choice = None  # Not stated beside a search.
    small = st.floats(-2, 2, allow_nan=False)
    return hub.Request(
        model=TARGET.model,
        turns=draw(conversations()),
        system=tuple(draw(st.lists(TEXTS, max_size=2))),
        tools=tools,
        tool_choice=choice,
        web_search=web_search,
        output=draw(st.none() | _OUTPUTS),
        reasoning=draw(st.none() | _REASONING),
        output_tokens_max=draw(st.none() | st.integers(1, 10_000)),
        temperature=draw(st.none() | small),
        top_p=draw(st.none() | small),
        top_k=draw(st.none() | st.integers(1, 100)),
        stop=tuple(draw(st.lists(WORDS, max_size=5))),
        seed=draw(st.none() | st.integers(-(2**31) + 1, 2**31 - 1)),
        frequency_penalty=draw(st.none() | small),
        presence_penalty=draw(st.none() | small),
        logprobs=draw(st.none() | st.booleans()),
        top_logprobs=draw(st.none() | st.integers(1, 20)),
        choices=draw(st.none() | st.integers(1, 8)),
        service_tier=draw(st.none() | st.sampled_from(["default", "flex", "priority"])),
        store=draw(st.none() | st.booleans()),
    )


_ANSWER_THOUGHTS = st.builds(hub.Thinking, text=WORDS, signature=SEALS | FOREIGN_SEALS)
_LOGPROBS = st.lists(
    st.builds(hub.TokenLogprob, token=WORDS, logprob=st.floats(-9, 0), top=st.just(())), max_size=2
).map(tuple)


@st.composite
def _said(draw: st.DrawFn) -> tuple[hub.Part, ...]:
    """Parts of which no two texts are neighbours: a stream would join them."""
    parts: list[hub.Part] = []
    count = draw(st.integers(0, 3))
    for number in range(count):
        parts += draw(st.lists(_ANSWER_THOUGHTS, max_size=1))
        text = draw(WORDS)
        end = draw(st.integers(1, len(text)))
        cited = (hub.Citation(url=f"https://example.com/{number}", start=0, end=end),) if draw(st.booleans()) else ()
        parts.append(hub.Text(text=text, citations=cited))
        if number == count - 1 and draw(st.booleans()):
            break
        seal = draw(st.none() | SEALS | FOREIGN_SEALS)
        parts.append(hub.ToolCall(id=f"c{number}", name=draw(_NAMES), arguments=draw(_ARGUMENTS), signature=seal))
    return tuple(parts)


@st.composite
def replies(draw: st.DrawFn) -> hub.Reply:
    """Whole answers as Google's API can state them."""
    choices: list[hub.Choice] = []
    for _ in range(draw(st.integers(1, 2))):
        parts = draw(_said())
        has_calls = any(isinstance(part, hub.ToolCall) for part in parts)
        stop: Any = draw(st.sampled_from(["tool_calls" if has_calls else "end", "length", "content_filter", None]))
        choices.append(hub.Choice(parts=parts, stop=stop, logprobs=draw(_LOGPROBS)))
    usage = draw(
        st.none()
        | st.builds(Usage, input_tokens=st.integers(0, 99), output_tokens=st.integers(0, 99), tier=st.just(""))
    )
    return hub.Reply(id=draw(_NAMES), model="mine", choices=tuple(choices), usage=usage)


def cited_last(reply: hub.Reply) -> hub.Reply:
    """Return the answer with the sources of its only and last text: a stream states sources at its end."""
    return structs.replace(reply, choices=tuple(_cited_last(choice) for choice in reply.choices))


def _cited_last(choice: hub.Choice) -> hub.Choice:
    texts = [part for part in choice.parts if isinstance(part, hub.Text)]
    if len(texts) == 1 and choice.parts[-1] is texts[0]:
        return choice
    bare = [structs.replace(part, citations=()) if isinstance(part, hub.Text) else part for part in choice.parts]
    return structs.replace(choice, parts=tuple(bare))


SHOWN = Shown(request_id="req-1", model="mine", created_seconds=5, request=hub.Request(model="mine", turns=()))


def events(reply: hub.Reply) -> list[hub.Event]:
    """Return the events of a stream that amounts to an answer, its texts in two pieces."""
    found: list[hub.Event] = [hub.Begin(id=reply.id, model=reply.model)]
    for index, choice in enumerate(reply.choices):
        for number, part in enumerate(choice.parts):
            found += _part(index, number, part)
        if choice.logprobs:
            found.append(hub.LogprobsStated(choice=index, logprobs=choice.logprobs))
        found.append(hub.ChoiceEnd(choice=index, stop=choice.stop))
    if reply.usage is not None:
        found.append(hub.UsageStated(usage=reply.usage))
    return [*found, hub.Done()]


def _part(index: int, number: int, part: hub.Part) -> list[hub.Event]:
    assert isinstance(part, hub.Text | hub.Thinking | hub.ToolCall)
    if isinstance(part, hub.ToolCall):
        text = part.arguments
        opened: Any = hub.ToolCall(id=part.id, name=part.name, arguments="")
    else:
        text = part.text
        opened = hub.Text(text="") if isinstance(part, hub.Text) else hub.Thinking(is_redacted=part.is_redacted)
    found: list[hub.Event] = [hub.PartBegin(choice=index, part=number, opened=opened)]
    found += [hub.TextDelta(choice=index, part=number, text=piece) for piece in (text[:2], text[2:])]
    if not isinstance(part, hub.Text) and part.signature is not None:
        found.append(hub.SignatureStated(choice=index, part=number, signature=part.signature))
    if isinstance(part, hub.Text):
        found += [hub.Cited(choice=index, part=number, citation=citation) for citation in part.citations]
    return [*found, hub.PartEnd(choice=index, part=number)]
