"""Whole answers are read whole; what is none, failed or is not finished yet is told apart."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.json_values import VALUES, objects
from kit.responses_values import REPLIES, shown
from tollway.contract.usage import Usage
from tollway.formats import hub
from tollway.formats.responses.reply_reader import read_reply
from tollway.formats.responses.response_writer import write_reply

WORDS = {"type": "output_text", "text": "hi", "logprobs": [{"token": "hi", "logprob": -1, "bytes": [104, 105]}]}


def answer(**changes: Any) -> bytes:
    response = {
        "id": "resp_1",
        "object": "response",
        "created_at": 7.5,
        "model": "gpt",
        "status": "completed",
        "service_tier": "default",
        "output": [{"type": "message", "content": [WORDS]}],
        "usage": {"input_tokens": 3, "output_tokens": 2},
    }
    return json.dumps(response | changes).encode()


def test_a_whole_answer() -> None:
    assert read_reply(answer(), "openai") == hub.Reply(
        id="resp_1",
        model="gpt",
        choices=(
            hub.Choice(
                parts=(hub.Text(text="hi"),),
                stop="end",
                logprobs=(hub.TokenLogprob(token="hi", logprob=-1.0, bytes=(104, 105)),),
            ),
        ),
        usage=Usage(input_tokens=3, output_tokens=2, tier="default"),
        created_seconds=7,
        service_tier="default",
    )


def test_what_is_left_out_is_noted() -> None:
    reply = read_reply(answer(output=[{"type": "web_search_call"}], usage=None), "openai")
    assert reply.notes == ("items-omitted",) and reply.usage is None and reply.service_tier is None


@pytest.mark.parametrize("status", ["queued", "in_progress", "failed", "cancelled"])
def test_what_is_not_finished_is_no_answer(status: str) -> None:
    with pytest.raises(ValueError, match=f"{status}: why"):
        read_reply(answer(status=status, error={"message": "why"}), "openai")


@given(VALUES | objects("output", "status", "usage", "id") | st.fixed_dictionaries({"output": st.lists(VALUES)}))
def test_any_json_is_an_answer_or_none(value: object) -> None:
    try:
        read_reply(json.dumps(value).encode(), "openai")
    except ValueError:
        assert not isinstance(value, dict) or not isinstance(value.get("output"), list) or "status" in value


@given(REPLIES)
def test_what_is_written_means_the_same(reply: hub.Reply) -> None:
    (choice,) = reply.choices
    (read,) = read_reply(write_reply(reply, shown()), "openai").choices
    assert [_without_id(part) for part in read.parts] == [_without_id(part) for part in choice.parts]


def _without_id(part: hub.Part) -> object:
    """Our ids replace those of thoughts, and a title that is empty is none."""
    if isinstance(part, hub.Thinking):
        return (part.text, part.signature, part.is_redacted)
    return part
