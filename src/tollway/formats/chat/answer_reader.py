"""Reading whole answers, of every vendor of this dialect.

https://platform.openai.com/docs/api-reference/chat/object — lenient: what is unknown is skipped. Contents in parts are
Mistral's (https://docs.mistral.ai/capabilities/reasoning/), `images` OpenRouter's; ids of calls that are missing or
mere counters (Google's and Hugging Face's servers give such) are made unique, because other dialects refuse doubles.
"""

import re
from collections.abc import Callable

import msgspec

from tollway.contract.usage import Usage
from tollway.formats import hub
from tollway.formats.chat.media import read_address
from tollway.formats.chat.notes import note
from tollway.formats.chat.seal import GEMINI, read_call_seal
from tollway.formats.chat.thinking import plain_text, read_details, thoughts_of
from tollway.formats.chat.usage import read_usage
from tollway.formats.lenient import Fields

STOPS: dict[str, hub.StopReason] = {
    "stop": "end",
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
    # https://docs.mistral.ai/api/#tag/chat
    "model_length": "length",
    # https://huggingface.co/docs/text-generation-inference/reference/api_reference
    "eos_token": "end",
    "stop_sequence": "stop_sequence",
    # https://docs.z.ai/api-reference/llm/chat-completion
    "sensitive": "content_filter",
    "model_context_window_exceeded": "length",
}
_NO_ID = re.compile(r"[^A-Za-z0-9_-]")
_COUNTER = re.compile(r"\d{0,4}|null")
_ID_CHARACTERS = 24


def read_reply(raw: bytes) -> hub.Reply:
    """Read a whole answer. Raises ValueError when it is none."""
    answer = Fields.parse(raw)
    if answer is None or not answer.raw("choices").startswith(b"["):
        raise ValueError("the answer is none of Chat Completions")
    notes: list[str] = []
    answer_id = answer.text("id")
    sources = read_sources(answer)
    choices = [
        cite(read_choice(choice, answer_id, place, notes), sources)
        for place, choice in enumerate(answer.children("choices"))
    ]
    usage: Usage | None = read_usage(raw)
    return hub.Reply(
        id=answer_id,
        model=answer.text("model"),
        choices=tuple(choices),
        usage=usage,
        created_seconds=answer.count("created") or None,
        service_tier=answer.text("service_tier") or None,
        notes=tuple(notes),
    )


def read_sources(answer: Fields) -> list[hub.Citation]:
    """Read Perplexity's sources, which stand beside the choices and name no place in their text.

    https://docs.perplexity.ai/api-reference/chat-completions-post
    """
    found = [
        hub.Citation(url=item.text("url"), title=item.text("title") or None)
        for item in answer.children("search_results")
        if item.text("url")
    ]
    return found or [hub.Citation(url=url) for url in answer.texts("citations")]


def cite(choice: hub.Choice, sources: list[hub.Citation]) -> hub.Choice:
    """Return a choice with sources at its first text, unless it has citations of its own."""
    for at, part in enumerate(choice.parts):
        if sources and isinstance(part, hub.Text):
            cited = msgspec.structs.replace(part, citations=part.citations or tuple(sources))
            return msgspec.structs.replace(choice, parts=(*choice.parts[:at], cited, *choice.parts[at + 1 :]))
    return choice


def read_choice(choice: Fields, answer_id: str, place: int, notes: list[str]) -> hub.Choice:
    """Read one choice; `place` is its own in the answer."""
    message = choice.child("message") or Fields({})
    calls = [
        read_call(call, call_id_maker(answer_id, place), index)
        for index, call in enumerate(message.children("tool_calls"))
    ]
    content = _content(message, notes)
    parts: list[hub.Part] = [*_thoughts(message), *content, *_late(message)]
    if refusal := message.text("refusal"):
        parts.append(hub.Refusal(text=refusal))
    parts += _images(message)
    parts += calls
    if "audio" in message or "executed_tools" in message:
        note(notes, "answer-part-skipped")
    stop, sequence = read_stop(choice, has_calls=bool(calls), has_refusal=bool(refusal), notes=notes)
    return hub.Choice(parts=tuple(parts), stop=stop, stop_sequence=sequence, logprobs=read_logprobs(choice))


def read_stop(
    choice: Fields, *, has_calls: bool, has_refusal: bool, notes: list[str]
) -> tuple[hub.StopReason | None, str | None]:
    """Return why a choice ended, and the stop sequence where the vendor names it (vLLM's `stop_reason`)."""
    word = choice.text("finish_reason")
    sequence = choice.text("stop_reason") or None
    stop = STOPS.get(word)
    if word and stop is None:
        note(notes, "finish-reason-unknown")
    if stop == "end":
        if has_calls:
            return "tool_calls", None
        if has_refusal or choice.text("native_finish_reason") == "refusal":
            return "refusal", None
        if sequence is not None:
            return "stop_sequence", sequence
    return stop, sequence if stop == "stop_sequence" else None


def read_logprobs(choice: Fields) -> tuple[hub.TokenLogprob, ...]:
    """Read the log probabilities of a choice's text and refusal."""
    stated = choice.child("logprobs")
    if stated is None:
        return ()
    return tuple(_logprob(item) for name in ("content", "refusal") for item in stated.children(name))


def call_id_maker(answer_id: str, choice: int) -> Callable[[str, int], str]:
    """Return what makes a call's id usable: it is kept unless it is missing or a mere counter."""
    prefix = _NO_ID.sub("", answer_id)[-_ID_CHARACTERS:]

    def make(call_id: str, index: int) -> str:
        if not _COUNTER.fullmatch(call_id):
            return call_id
        return f"call_{prefix}_{index}" if not choice else f"call_{prefix}_{choice}_{index}"

    return make


def id_of(call: Fields) -> str:
    """Return a call's id as text; some vendors number their calls."""
    if found := call.text("id"):
        return found
    raw = call.raw("id")
    return raw.decode() if raw.isdigit() else ""


def read_call(call: Fields, make_id: Callable[[str, int], str], index: int) -> hub.ToolCall:
    """Read one call, whose arguments some vendors give as an object."""
    function = call.child("function") or call.child("custom") or Fields({})
    return hub.ToolCall(
        id=make_id(id_of(call), index),
        name=function.text("name"),
        arguments=read_arguments(function),
        signature=call_seal(call),
    )


def read_arguments(function: Fields) -> str:
    """Return a call's arguments as JSON text, "" when there are none."""
    raw = function.raw("arguments")
    if raw.startswith(b"{"):
        return raw.decode("utf-8", "replace")
    return function.text("arguments")


def call_seal(call: Fields) -> hub.Signature | None:
    """Return the seal that hangs on a call: https://ai.google.dev/gemini-api/docs/thought-signatures#openai."""
    extra = call.child("extra_content")
    google = None if extra is None else extra.child("google")
    return None if google is None else read_call_seal(google.text("thought_signature"))


def _thoughts(message: Fields) -> list[hub.Thinking]:
    thoughts = thoughts_of(read_details(message))
    if thoughts:
        return thoughts
    text = plain_text(message)
    return [hub.Thinking(text=text)] if text else []


def _late(message: Fields) -> list[hub.Thinking]:
    """Return the seal over a whole message, as Google's OpenAI-compatible endpoint gives it."""
    signature = call_seal(message)
    return (
        [] if signature is None or signature.origin != GEMINI else [hub.Thinking(signature=signature, is_redacted=True)]
    )


def _content(message: Fields, notes: list[str]) -> list[hub.Part]:
    text = message.text("content")
    parts: list[hub.Part] = [hub.Text(text=text)] if text else []
    for chunk in message.children("content"):
        parts += read_chunk(chunk, notes)
    citations = read_citations(message)
    for at, part in enumerate(parts):
        if citations and isinstance(part, hub.Text):
            parts[at] = msgspec.structs.replace(part, citations=tuple(citations))
            break
    return parts


def read_chunk(chunk: Fields, notes: list[str]) -> list[hub.Part]:
    """Read one part of a content that is in parts."""
    match chunk.text("type"):
        case "text":
            return [hub.Text(text=chunk.text("text"))] if chunk.text("text") else []
        case "thinking":
            text = "".join(piece.text("text") for piece in chunk.children("thinking"))
            seal = chunk.text("signature")
            signature = hub.Signature(origin="mistral", value=seal) if seal else None
            return [hub.Thinking(text=text, signature=signature)] if text or seal else []
        case "refusal":
            return [hub.Refusal(text=chunk.text("refusal"))]
        case "image_url":
            return _image(chunk)
    note(notes, "answer-part-skipped")
    return []


def read_citations(message: Fields) -> list[hub.Citation]:
    """Read `annotations`."""
    found: list[hub.Citation] = []
    for annotation in message.children("annotations"):
        cited = annotation.child("url_citation")
        if cited is not None:
            start, end = cited.number("start_index"), cited.number("end_index")
            has_place = start is not None and end is not None and 0 <= start < end
            found.append(
                hub.Citation(
                    url=cited.text("url") or None,
                    title=cited.text("title") or None,
                    quote=cited.text("content") or None,
                    start=int(start) if has_place and start is not None else None,
                    end=int(end) if has_place and end is not None else None,
                )
            )
    return found


def _images(message: Fields) -> list[hub.Part]:
    return [image for item in message.children("images") for image in _image(item)]


def _image(item: Fields) -> list[hub.Part]:
    nested = item.child("image_url")
    url = item.text("image_url") if nested is None else nested.text("url")
    source = read_address(url) if url else None
    return [] if source is None else [hub.Image(source=source)]


def _logprob(item: Fields) -> hub.TokenLogprob:
    return hub.TokenLogprob(
        token=item.text("token"),
        logprob=item.number("logprob") or 0.0,
        bytes=_bytes(item),
        top=tuple(_logprob(other) for other in item.children("top_logprobs")),
    )


def _bytes(item: Fields) -> tuple[int, ...] | None:
    raw = item.raw("bytes")
    try:
        return tuple(msgspec.json.decode(raw, type=list[int])) if raw else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
