"""The response object is one that the official SDK takes strictly, whatever was asked and answered."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from kit.responses_values import ANY_PARTS, REPLIES, REQUESTS, official_response, shown
from tollway.contract.usage import Usage
from tollway.formats import hub
from tollway.formats.responses.response_writer import ending, item_status, skeleton, status_of, tier_shown, write_reply


@given(REPLIES, REQUESTS)
def test_any_answer_to_any_request_is_one_of_the_sdks(reply: hub.Reply, request: hub.Request) -> None:
    answered = structs.replace(reply, usage=Usage(input_tokens=3, output_tokens=2, reasoning_tokens=1))
    response = official_response(write_reply(answered, shown(request=request)))
    assert response.id == "resp_0123456789abcdefghijklmn"
    said = "".join(part.text for part in reply.choices[0].parts if isinstance(part, hub.Text))
    assert response.output_text == said
    assert response.usage is not None and response.usage.total_tokens == 5
    assert len(response.tools) == len(request.tools) + (request.web_search is not None)


@given(st.lists(ANY_PARTS, max_size=5), st.sampled_from(["end", "length", "refusal", "pause", None]))
def test_parts_of_any_kind_make_an_answer_of_the_sdks(parts: list[hub.Part], stop: Any) -> None:
    reply = hub.Reply(id="i", model="m", choices=(hub.Choice(parts=tuple(parts), stop=stop),))
    official_response(write_reply(reply, shown()))


def test_what_was_asked_is_echoed() -> None:
    request = hub.Request(
        model="m",
        turns=(),
        system=(hub.Text(text="a"), hub.Text(text="b")),
        web_search=hub.WebSearch(uses_max=2),
        tool_choice=hub.ToolChoice(mode="required"),
        temperature=0.0,
        store=False,
        user="u",
    )
    response = json.loads(
        write_reply(
            hub.Reply(id="x", model="y", choices=(), created_seconds=5, service_tier="flex"),
            shown(request=request, previous_response_id="resp_0"),
        )
    )
    assert response["instructions"] == "a\n\nb" and response["max_tool_calls"] == 2 and response["model"] == "m"
    assert response["tool_choice"] == "required" and response["temperature"] == 0.0 and response["store"] is False
    assert response["safety_identifier"] == "u" and response["previous_response_id"] == "resp_0"
    assert response["created_at"] == 5 and response["service_tier"] == "flex" and response["usage"] is None


@pytest.mark.parametrize(
    ("stop", "status", "reason"),
    [
        ("end", "completed", None),
        ("tool_calls", "completed", None),
        ("stop_sequence", "completed", None),
        (None, "completed", None),
        ("length", "incomplete", "max_output_tokens"),
        ("content_filter", "incomplete", "content_filter"),
        ("refusal", "incomplete", "content_filter"),
        ("pause", "incomplete", "max_messages"),
    ],
)
def test_how_answers_end(stop: hub.StopReason | None, status: str, reason: str | None) -> None:
    assert status_of(stop, (hub.Text(text="a"),)) == status
    details = ending(stop, status, None)["incomplete_details"]
    assert details == (None if status == "completed" else {"reason": reason})
    assert item_status(status) == status


@pytest.mark.parametrize(("tier", "expected"), [("flex", "flex"), ("standard", "default"), ("batch", "default")])
def test_tiers_are_openais(tier: str, expected: str) -> None:
    assert tier_shown(tier) == expected
    answer = write_reply(hub.Reply(id="", model="", choices=(), service_tier=tier), shown())
    assert official_response(answer).service_tier == expected


def test_a_schema_is_echoed_and_one_that_is_none_is_an_object() -> None:
    for schema, kind in ((b"{}", "json_schema"), (None, "json_object")):
        output = hub.Output(kind="json_schema", schema=schema)
        answer = write_reply(
            hub.Reply(id="", model="", choices=()), shown(request=hub.Request(model="m", turns=(), output=output))
        )
        assert json.loads(answer)["text"]["format"]["type"] == kind


def test_a_refusal_in_words_is_complete() -> None:
    assert status_of("refusal", (hub.Refusal(text="no"),)) == "completed"


def test_a_response_in_progress_has_every_field() -> None:
    whole = json.loads(write_reply(hub.Reply(id="", model="", choices=()), shown()))
    assert set(skeleton(shown(), "in_progress")) == set(whole)
