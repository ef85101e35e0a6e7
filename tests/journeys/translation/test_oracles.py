"""The expectations that the journeys of this folder measure with are right themselves: about recorded traffic alone,
and by the official clients' own types; no code of the project takes part.
"""

from collections import Counter
from importlib import import_module

import pytest

from kit import vendor_answers
from kit.facts import gemini_request
from kit.facts.answer import Answer
from kit.facts.asked import lost, simple
from kit.recordings import in_scope

DIALECTS = ("chat", "responses", "messages", "gemini")
ANSWERS = {name: import_module(f"kit.facts.{name}") for name in DIALECTS}
REQUESTS = {name: import_module(f"kit.facts.{name}_request") for name in DIALECTS}

UNSAID = {
    "chat": ("top_k", "count", "reasoning", "parallel"),
    "responses": (
        "top_k", "count", "reasoning", "parallel", "stop", "seed", "frequency_penalty",
        "presence_penalty",
    ),
    "messages": (
        "count", "reasoning", "parallel", "seed", "frequency_penalty", "presence_penalty", "output: json",
    ),
    "gemini": ("reasoning", "parallel"),
}  # fmt: skip
"""What the writer of a dialect leaves out, because the dialect has no word for it or the journeys do not need it."""


def read(recording) -> Answer:
    reader = ANSWERS[recording.rule.dialect]
    return (reader.read_stream if recording.is_stream else reader.read_answer)(recording.answer, is_strict=False)


def test_every_recorded_answer_is_understood(shared_fixtures):
    stops: Counter[str | None] = Counter()
    without_use, silent = [], []
    for recording in in_scope(shared_fixtures):
        if recording.status >= 400:
            continue
        answer = read(recording)
        assert answer.options or answer.error, recording.where
        silent += [recording.where for option in answer.options if option.stop == "end" and not option.text]
        stops.update(option.stop for option in answer.options)
        without_use += [recording.where] if answer.use is None else []
    assert stops["end"] > 100 and stops["tool"] > 100 and stops["length"] and stops["filter"]
    assert len(without_use) < 10, without_use
    assert len(silent) < 10, silent


def test_every_recorded_request_is_understood_and_written_again(shared_fixtures):
    """Each writer says what the reader understood, in bodies that the official client's own types allow."""
    for recording in in_scope(shared_fixtures):
        asked = simple(REQUESTS[recording.rule.dialect].read(recording.request))
        asked.model = "m"
        for name, dialect in REQUESTS.items():
            body = dialect.write(asked)
            assert not dialect.misshapen(body), (recording.where, name)
            again = dialect.read(body)
            notes = "error" if name in ("chat", "responses") else ""
            found = lost(asked, again, notes=notes, default_tokens_max=True)
            assert not [fault for fault in found if not fault.startswith(UNSAID[name])], (recording.where, name)


@pytest.mark.parametrize(
    ("dialect", "body"),
    [
        ("chat", {"model": "m", "messages": [{"role": "user", "content": "x", "cache": 1}]}),
        ("chat", {"model": "m", "messages": [{"role": "user", "content": "x"}], "stop_sequences": ["x"]}),
        ("responses", {"model": "m", "input": [{"type": "function_call", "call_id": "c", "name": "n"}]}),
        ("responses", {"model": "m", "input": "x", "max_tokens": 5}),
        ("messages", {"model": "m", "max_tokens": 5, "messages": [{"role": "tool", "content": "x"}]}),
        ("messages", {"model": "m", "messages": [{"role": "user", "content": "x"}]}),
        ("gemini", {"contents": [{"role": "user", "parts": [{"txt": "x"}]}]}),
        ("gemini", {"contents": [], "generationConfig": {"maxTokens": 5}}),
    ],
)
def test_a_misshapen_request_is_found(dialect, body):
    assert REQUESTS[dialect].misshapen(body)


def test_what_is_lost_is_found(shared_fixtures):
    """Taking anything away from a request is seen by the comparison that the journeys use."""
    body = {
        "systemInstruction": {"parts": [{"text": "Be brief"}]},
        "contents": [
            {"role": "user", "parts": [{"text": "a"}, {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}]},
            {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {"x": 1}}}]},
            {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {"output": "y"}}}]},
        ],
        "tools": [{"functionDeclarations": [{"name": "f", "parametersJsonSchema": {"type": "object"}}]}],
        "toolConfig": {"functionCallingConfig": {"mode": "ANY"}},
        "generationConfig": {"maxOutputTokens": 7, "temperature": 0.5, "stopSequences": ["s"], "topP": 0.1, "seed": 3},
    }
    whole = gemini_request.read(body)
    assert lost(whole, whole, notes="", default_tokens_max=False) == []
    for name, empty in {
        "system": "", "items": whole.items[:-1], "tools": [], "choice": None, "tokens_max": None, "temperature": None,
        "stop": [], "top_p": None, "seed": None,
    }.items():  # fmt: skip
        less = gemini_request.read(body)
        setattr(less, name, empty)
        assert lost(whole, less, notes="", default_tokens_max=False), name


@pytest.mark.parametrize("case", ["text", "tool"])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_vendors_of_the_clients_tests_answer_validly(dialect, case):
    for is_stream in (False, True):
        reader = ANSWERS[dialect].read_stream if is_stream else ANSWERS[dialect].read_answer
        given = reader(vendor_answers.answer(dialect, case, is_stream=is_stream), is_strict=True)
        assert (given.use.input, given.use.output, given.use.cached) == (25, 9, 8)
        (option,) = given.options
        if case == "text":
            assert (option.text, option.stop) == (vendor_answers.TEXT, "end")
        else:
            assert (option.calls[0].name, option.calls[0].arguments) == ("get_weather", vendor_answers.ARGUMENTS)
            assert option.stop == "tool"
