"""A whole answer is one that Google's own types accept, with the name of the model that was asked for."""

import json

import pytest
from google.genai import types

from tollway.contract.usage import Usage
from tollway.formats import hub
from tollway.formats.dialect import Shown
from tollway.formats.gemini.answer_reader import read_reply
from tollway.formats.gemini.reply_writer import write_reply

SHOWN = Shown(request_id="req-1", model="mine", created_seconds=5, request=hub.Request(model="mine", turns=()))
SEAL = hub.Signature(origin="gemini", value="U0VBTA==")


def written(*choices, **fields):
    raw = write_reply(hub.Reply(id="r", model="gemini-x", choices=choices, **fields), SHOWN)
    types.GenerateContentResponse.model_validate_json(raw)
    return json.loads(raw)


def test_an_answer():
    answer = written(hub.Choice(parts=(hub.Text(text="Hi"),), stop="end"), usage=Usage(3, 2))
    assert answer == {
        "candidates": [{"content": {"parts": [{"text": "Hi"}], "role": "model"}, "finishReason": "STOP", "index": 0}],
        "modelVersion": "mine",
        "responseId": "r",
        "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 2, "totalTokenCount": 5},
    }


def test_an_answer_without_id_or_usage():
    raw = write_reply(hub.Reply(id="", model="", choices=(hub.Choice(parts=()),)), SHOWN)
    answer = json.loads(raw)
    assert answer["responseId"] == "req-1" and "usageMetadata" not in answer
    assert answer["candidates"] == [
        {"content": {"role": "model"}, "finishReason": "FINISH_REASON_UNSPECIFIED", "index": 0}
    ]


@pytest.mark.parametrize(
    ("stop", "reason"),
    [
        ("end", "STOP"),
        ("stop_sequence", "STOP"),
        ("tool_calls", "STOP"),
        ("length", "MAX_TOKENS"),
        ("refusal", "SAFETY"),
        ("content_filter", "SAFETY"),
        ("pause", "OTHER"),
    ],
)
def test_each_stop_is_a_reason(stop, reason):
    (candidate,) = written(hub.Choice(parts=(), stop=stop))["candidates"]
    assert candidate["finishReason"] == reason


def test_a_seal_hangs_on_the_text_before_it():
    sealed = hub.Thinking(signature=SEAL, is_redacted=True)
    (candidate,) = written(hub.Choice(parts=(sealed, hub.Text(text="a"), sealed, sealed)))["candidates"]
    assert candidate["content"]["parts"] == [
        {"text": "", "thoughtSignature": SEAL.value},
        {"text": "a", "thoughtSignature": SEAL.value},
        {"text": "", "thoughtSignature": SEAL.value},
    ]


def test_a_malformed_call_ends_the_candidate():
    call = hub.ToolCall(id="1", name="f", arguments="{broken")
    (candidate,) = written(hub.Choice(parts=(hub.Text(text="a"), call), stop="tool_calls"))["candidates"]
    assert candidate["finishReason"] == "MALFORMED_FUNCTION_CALL"
    assert candidate["content"]["parts"] == [{"text": "a"}]


def test_sources_name_the_part_they_are_cited_in():
    cited = hub.Citation(url="https://a.example", start=0, end=1)
    parts = (hub.Thinking(text="Hm"), hub.Text(text="ab", citations=(cited,)))
    reply = hub.Reply(id="r", model="mine", choices=(hub.Choice(parts=parts, stop="end"),))
    raw = write_reply(reply, SHOWN)
    grounding = json.loads(raw)["candidates"][0]["groundingMetadata"]
    assert grounding["groundingSupports"][0]["segment"] == {"endIndex": 1, "text": "a", "partIndex": 1}
    assert read_reply(raw) == reply


def test_log_probabilities_are_kept():
    choice = hub.Choice(parts=(hub.Text(text="a"),), stop="end", logprobs=(hub.TokenLogprob(token="a", logprob=-1.0),))
    reply = hub.Reply(id="r", model="mine", choices=(choice, choice))
    assert read_reply(write_reply(reply, SHOWN)) == reply
