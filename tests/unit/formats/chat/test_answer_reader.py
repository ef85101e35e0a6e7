"""Whole answers are read whatever their vendor makes of the dialect."""

import json

import pytest

from tollway.formats import hub
from tollway.formats.chat.answer_reader import read_reply


def reply(message, finish_reason="stop", **fields):
    choice = {"index": 0, "message": {"role": "assistant"} | message, "finish_reason": finish_reason}
    answer = {"id": "chatcmpl-1", "created": 5, "model": "m", "choices": [choice | fields.pop("choice", {})]}
    return read_reply(json.dumps(answer | fields).encode())


def parts(message, **fields):
    return reply(message, **fields).choices[0].parts


def test_an_answer_states_who_and_when():
    found = reply({"content": "a"}, service_tier="flex", usage={"prompt_tokens": 3, "completion_tokens": 4})
    assert (found.id, found.model, found.created_seconds, found.service_tier) == ("chatcmpl-1", "m", 5, "flex")
    assert found.usage is not None and (found.usage.input_tokens, found.usage.tier) == (3, "flex")
    assert reply({"content": "a"}).usage is None


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"choices":{}}', b'{"error":{"message":"x"}}'])
def test_what_is_no_answer_is_refused(raw):
    with pytest.raises(ValueError, match="Chat Completions"):
        read_reply(raw)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"content": "a"}, [hub.Text(text="a")]),
        ({"content": ""}, []),
        ({"content": None, "refusal": "No."}, [hub.Refusal(text="No.")]),
        ({"content": "a", "reasoning_content": "h"}, [hub.Thinking(text="h"), hub.Text(text="a")]),
        ({"content": "a", "reasoning": "h"}, [hub.Thinking(text="h"), hub.Text(text="a")]),
        (
            {
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "h"}]},
                    {"type": "text", "text": "a"},
                ]
            },
            [hub.Thinking(text="h"), hub.Text(text="a")],
        ),
        (
            {"content": "a", "images": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}]},
            [hub.Text(text="a"), hub.Image(source=hub.Base64(media_type="image/png", data="AA=="))],
        ),
    ],
)
def test_each_content_is_read(message, expected):
    assert parts(message) == tuple(expected)


def test_a_seal_over_a_text_comes_after_it():
    # Google's OpenAI-compatible endpoint.
    message = {"content": "a", "extra_content": {"google": {"thought": True, "thought_signature": "s"}}}
    seal = hub.Thinking(signature=hub.Signature(origin="gemini", value="s"), is_redacted=True)
    assert parts(message) == (hub.Text(text="a"), seal)


def test_citations_belong_to_the_text():
    cited = {"url": "https://e.com", "title": "T", "start_index": 1, "end_index": 3, "content": "q"}
    message = {"content": "abcd", "annotations": [{"type": "url_citation", "url_citation": cited}, {"type": "odd"}]}
    expected = hub.Citation(url="https://e.com", title="T", start=1, end=3, quote="q")
    assert parts(message)[0].citations == (expected,)
    # OpenRouter's web search gives no places: both ends are 0.
    cited |= {"start_index": 0, "end_index": 0}
    assert parts({"content": "a", "annotations": [{"url_citation": cited}]})[0].citations[0].end is None


def test_calls_get_ids_that_are_their_own():
    function = {"name": "f", "arguments": "{}"}
    calls = [{"id": given, "type": "function", "function": function} for given in ("call_a", "", "0", 3, None, "null")]
    ids = [part.id for part in parts({"tool_calls": calls})]
    assert ids[0] == "call_a" and len(set(ids)) == len(ids)
    assert ids[1] == "call_chatcmpl-1_1"
    other = json.dumps({"id": "x", "choices": [{"message": {}}, {"message": {"tool_calls": calls[1:2]}}]})
    assert read_reply(other.encode()).choices[1].parts[0].id == "call_x_1_0"


def test_arguments_may_be_an_object_and_calls_may_carry_a_seal():
    function = {"name": "f", "arguments": {"a": 1}}
    call = {"id": "abc123def", "function": function, "extra_content": {"google": {"thought_signature": "s"}}}
    found = parts({"tool_calls": [call]})[0]
    assert found.arguments == '{"a": 1}' and found.signature == hub.Signature(origin="gemini", value="s")


@pytest.mark.parametrize(
    ("message", "word", "choice", "stop"),
    [
        ({"content": "a"}, "stop", {}, "end"),
        ({"content": "a"}, "length", {}, "length"),
        ({"content": "a"}, "model_length", {}, "length"),
        ({"content": "a"}, "content_filter", {}, "content_filter"),
        ({"content": "a"}, "sensitive", {}, "content_filter"),
        ({"content": "a"}, "eos_token", {}, "end"),
        ({"refusal": "No."}, "stop", {}, "refusal"),
        ({"content": "a"}, "stop", {"native_finish_reason": "refusal"}, "refusal"),
        ({"content": "a"}, "stop", {"stop_reason": "END"}, "stop_sequence"),
        ({"tool_calls": [{"id": "a", "function": {"name": "f"}}]}, "tool_calls", {}, "tool_calls"),
        ({"tool_calls": [{"id": "a", "function": {"name": "f"}}]}, "stop", {}, "tool_calls"),
        ({"content": "a"}, None, {}, None),
        ({"content": "a"}, "odd", {}, None),
    ],
)
def test_reasons_are_read(message, word, choice, stop):
    found = reply(message, word, choice=choice)
    assert found.choices[0].stop == stop
    assert found.choices[0].stop_sequence == choice.get("stop_reason")
    assert found.notes == (("finish-reason-unknown",) if word == "odd" else ())


def test_log_probabilities_are_read():
    top = {"token": "b", "logprob": -2, "bytes": None}
    item = {"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": [top]}
    found = reply({"content": "a"}, choice={"logprobs": {"content": [item], "refusal": None}}).choices[0].logprobs
    expected = hub.TokenLogprob(token="b", logprob=-2.0)
    assert found == (hub.TokenLogprob(token="a", logprob=-0.5, bytes=(97,), top=(expected,)),)


def test_what_no_other_dialect_has_is_noted():
    assert reply({"content": "a", "executed_tools": [{"type": "search"}]}).notes == ("answer-part-skipped",)
    assert reply({"content": [{"type": "reference", "reference_ids": [1]}]}).notes == ("answer-part-skipped",)


def test_sources_beside_the_choices_are_those_of_the_text():
    # Perplexity's answers.
    results = [{"title": "T", "url": "https://e.com", "date": "2026-01-01"}, {"title": "no address"}]
    found = reply({"content": "a[1]"}, search_results=results, citations=["https://e.com"])
    assert found.choices[0].parts[0].citations == (hub.Citation(url="https://e.com", title="T"),)
    bare = reply({"content": "a[1]"}, citations=["https://e.com"])
    assert bare.choices[0].parts[0].citations == (hub.Citation(url="https://e.com"),)
    cited = {"url": "https://own.com", "title": "T"}
    own = {"content": "a", "annotations": [{"type": "url_citation", "url_citation": cited}]}
    assert reply(own, citations=["https://e.com"]).choices[0].parts[0].citations[0].url == "https://own.com"
    assert reply({"content": None}, citations=["https://e.com"]).choices[0].parts == ()
