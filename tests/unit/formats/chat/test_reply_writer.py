"""Answers are what OpenAI's own types and clients take."""

import json

import pytest
from hypothesis import given
from mistralai.client.models import ChatCompletionResponse
from msgspec import structs
from openai.types.chat import ChatCompletion

from kit.chat import REPLIES, shown
from tollway.contract.usage import Usage
from tollway.formats import hub
from tollway.formats.chat.reply_writer import write_reply


def written(*parts, stop="end", **fields):
    reply = hub.Reply(**({"id": "x", "model": "up", "choices": (hub.Choice(parts=parts, stop=stop),)} | fields))
    return json.loads(write_reply(reply, shown()))


@given(REPLIES)
def test_openais_types_take_every_answer(reply):
    raw = write_reply(reply, shown())
    completion = ChatCompletion.model_validate_json(raw, strict=True)
    assert completion.model == "m" and completion.created == reply.created_seconds
    for choice, found in zip(reply.choices, completion.choices, strict=True):
        texts = [part.text for part in choice.parts if isinstance(part, hub.Text)]
        calls = [part for part in choice.parts if isinstance(part, hub.ToolCall)]
        assert (found.message.content or "") == "".join(texts)
        assert [call.id for call in found.message.tool_calls or ()] == [call.id for call in calls]


@given(REPLIES)
def test_mistrals_types_take_every_answer(reply):
    choices = tuple(structs.replace(choice, logprobs=()) for choice in reply.choices)
    reply = structs.replace(reply, choices=choices, usage=Usage(3, 4))
    answer = ChatCompletionResponse.model_validate_json(write_reply(reply, shown()))
    for choice, found in zip(reply.choices, answer.choices, strict=True):
        calls = [(part.id, part.name) for part in choice.parts if isinstance(part, hub.ToolCall)]
        assert [(call.id, call.function.name) for call in found.message.tool_calls or ()] == calls


def test_what_is_not_stated_is_made():
    answer = written(hub.Text(text="a"), id="", created_seconds=None)
    assert (answer["id"], answer["created"], answer["model"]) == ("chatcmpl-req_1", 7, "m")
    assert "usage" not in answer and "service_tier" not in answer


def test_thinking_is_written_as_its_speakers_do():
    plain = written(hub.Thinking(text="h"), hub.Text(text="a"))["choices"][0]["message"]
    assert plain == {"role": "assistant", "content": "a", "refusal": None, "reasoning_content": "h"}
    signature = hub.Signature(origin="anthropic", value="s")
    sealed = written(hub.Thinking(text="h", signature=signature), hub.Thinking(text="i"))["choices"][0]["message"]
    assert sealed["reasoning_content"] == "h\n\ni"
    assert [item.get("signature") for item in sealed["reasoning_details"]] == ["s", None]


@pytest.mark.parametrize(
    ("parts", "stop", "expected"),
    [
        ((hub.Text(text="a"),), "end", "stop"),
        ((hub.Text(text="a"),), "stop_sequence", "stop"),
        ((hub.Text(text="a"),), None, "stop"),
        ((hub.Text(text="a"),), "length", "length"),
        ((hub.Text(text="a"),), "pause", "length"),
        ((hub.Text(text="a"),), "refusal", "content_filter"),
        ((hub.Refusal(text="No."),), "refusal", "stop"),
        ((hub.Text(text="a"),), "content_filter", "content_filter"),
        ((hub.ToolCall(id="c", name="f", arguments=""),), "tool_calls", "tool_calls"),
        ((hub.ToolCall(id="c", name="f", arguments=""),), None, "tool_calls"),
    ],
)
def test_every_reason_has_a_word(parts, stop, expected):
    assert written(*parts, stop=stop)["choices"][0]["finish_reason"] == expected


def test_what_is_cited_from_a_document_has_no_annotation():
    """An annotation leads to an address; an empty one would lead nowhere."""
    citations = (hub.Citation(title="Notes", quote="abc"), hub.Citation(url="https://e.com"))
    message = written(hub.Text(text="abc", citations=citations))["choices"][0]["message"]
    assert [item["url_citation"]["url"] for item in message["annotations"]] == ["https://e.com"]


def test_citations_count_from_the_beginning_of_all_text():
    citation = hub.Citation(url="https://e.com", title="T", start=0, end=2)
    untold = hub.Citation(title="a document of the caller's")
    texts = (hub.Text(text="abc", citations=(untold,)), hub.Text(text="de", citations=(citation,)))
    message = written(*texts)["choices"][0]["message"]
    cited = {"url": "https://e.com", "title": "T", "start_index": 3, "end_index": 5}
    assert message["content"] == "abcde"
    assert message["annotations"] == [{"type": "url_citation", "url_citation": cited}]


def test_pictures_usage_and_tier_are_written():
    picture = hub.Image(source=hub.Base64(media_type="image/png", data="AA=="))
    answer = written(picture, usage=Usage(3, 4, tier="priority"))
    images = answer["choices"][0]["message"]["images"]
    assert images == [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}]
    assert answer["usage"]["total_tokens"] == 7 and answer["service_tier"] == "priority"


def test_log_probabilities_of_a_refusal_have_their_own_place():
    logprobs = (hub.TokenLogprob(token="No", logprob=-0.5),)
    reply = hub.Reply(
        id="x", model="m", choices=(hub.Choice(parts=(hub.Refusal(text="No"),), logprobs=logprobs, stop="refusal"),)
    )
    stated = json.loads(write_reply(reply, shown()))["choices"][0]["logprobs"]
    assert stated["content"] is None and stated["refusal"][0]["token"] == "No"
