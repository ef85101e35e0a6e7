"""A conversation is continued as if it had been sent whole, and only what may be kept is kept."""

import json
from typing import Any

import pytest
from hypothesis import given

from kit.json_values import objects
from kit.responses_values import REPLIES, shown
from kit.translation import meaning
from tollway.contract.response_states import VERSION, KeptHere, KeptUpstream, ResponseState
from tollway.formats import hub
from tollway.formats.json_object import JSONObject
from tollway.formats.responses.dialect import DIALECT
from tollway.formats.responses.response_writer import write_reply
from tollway.formats.responses.state import Continued, Links, continue_from, keep, read_links
from tollway.kernel.errors import TollwayError

THERE = KeptUpstream(VERSION, "resp_up", "m", 7, "prov_1", "key_1", "gpt", 100)
ELSEWHERE = KeptUpstream(VERSION, "resp_other", "m", 7, "prov_2", "key_2", "gpt", 30)
SAID = [{"type": "output_text", "text": "a"}]
ANSWER: dict[str, Any] = {
    "id": "resp_1",
    "status": "completed",
    "created_at": 7,
    "output": [
        {"id": "msg_out", "type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "a"}]}
    ],
    "usage": {"input_tokens": 5, "output_tokens": 3},
}


def body(**fields: Any) -> JSONObject:
    return JSONObject.parse(json.dumps({"model": "m"} | fields).encode())


def carry_on(
    asked: JSONObject, previous: ResponseState | None = None, referred: dict[str, ResponseState] | None = None
) -> Continued:
    return continue_from(asked, read_links(asked), previous, referred or {})


def kept(answer: dict[str, Any], asked: JSONObject, **changes: Any) -> tuple[ResponseState, tuple[str, ...]] | None:
    continued = Continued(body=asked, links=read_links(asked))
    settings: dict[str, Any] = {"model": "m", "vendor": "", "upstream": None} | changes
    return keep(json.dumps(answer).encode(), continued, **settings)


def here(answer: dict[str, Any] = ANSWER, **fields: Any) -> KeptHere:
    found = kept(answer, body(**{"input": "q"} | fields))
    assert found is not None and isinstance(found[0], KeptHere)
    return found[0]


def texts(request: hub.Request) -> list[tuple[str, str]]:
    return [(turn.role, part.text) for turn in request.turns for part in turn.parts if isinstance(part, hub.Text)]


def understood(asked: JSONObject) -> hub.Request:
    return DIALECT.read_request(asked, model="m", is_stream=False)


def test_what_a_request_says() -> None:
    assert read_links(body(input="hi")) == Links()
    asked = body(
        input=[{"role": "user", "content": "x"}, {"type": "item_reference", "id": "a"}, {"id": "b"}],
        previous_response_id="resp_1",
        store=False,
        background=True,
    )
    assert read_links(asked) == Links(
        previous="resp_1", items=((1, "a"), (2, "b")), wants_kept=False, is_background=True
    )


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"previous_response_id": 5}, "previous_response_id"),
        ({"previous_response_id": ""}, "previous_response_id"),
        ({"previous_response_id": "a", "conversation": "c"}, "previous_response_id"),
        ({"store": "no"}, "store"),
        ({"background": 1}, "background"),
        ({"input": [{"type": "item_reference", "id": ""}]}, "input[0].id"),
    ],
)
def test_what_is_wrong_is_refused_by_name(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(TollwayError) as caught:
        read_links(body(**fields))
    assert (caught.value.code.name, caught.value.param) == ("request.field_invalid", param)


@given(objects("previous_response_id", "input", "store", "background", "conversation"))
def test_any_body_is_read_or_refused(fields: dict[str, Any]) -> None:
    try:
        read_links(body(**fields))
    except TollwayError as error:
        assert error.code.name == "request.field_invalid"


def test_a_request_without_links_is_the_same_object() -> None:
    asked = body(input="hi")
    continued = carry_on(asked)
    assert continued.body is asked and continued.upstream is None and continued.context_tokens == 0


def test_a_conversation_that_is_kept_here_comes_whole() -> None:
    first = here(instructions="be brief")
    asked = body(input="next", previous_response_id="resp_1")
    continued = carry_on(asked, first)
    assert continued.upstream is None
    request = understood(continued.body)
    assert texts(request) == [("user", "q"), ("assistant", "a"), ("user", "next")]
    assert request.system == (), "instructions are not carried over"
    second = keep(
        json.dumps(ANSWER | {"id": "resp_2", "output": [ANSWER["output"][0] | {"id": "msg_2"}]}).encode(),
        continued,
        model="m",
        vendor="",
        upstream=None,
    )
    assert second is not None
    third = carry_on(body(input=[{"role": "user", "content": "last"}], previous_response_id="resp_2"), second[0])
    assert [text for _, text in texts(understood(third.body))] == ["q", "a", "next", "a", "last"]


@given(REPLIES)
def test_any_answer_of_ours_can_be_continued(reply: hub.Reply) -> None:
    """Thoughts, calls and their seals come back to whoever is asked next, as if the caller had sent them."""
    asked = body(input="q")
    raw = write_reply(reply, shown())
    found = keep(raw, Continued(body=asked, links=Links()), model="m", vendor="", upstream=None)
    assert found is not None
    continued = carry_on(body(input="next", previous_response_id=found[0].id), found[0])
    by_hand = body(
        input=[{"role": "user", "content": "q"}, *json.loads(raw)["output"], {"role": "user", "content": "next"}]
    )
    assert meaning(understood(continued.body)) == meaning(understood(by_hand))


def test_items_that_are_kept_here_take_the_place_of_their_references() -> None:
    state = here()
    asked = body(input=[{"type": "item_reference", "id": "msg_out"}, {"role": "user", "content": "next"}])
    continued = carry_on(asked, None, {"msg_out": state})
    assert texts(understood(continued.body)) == [("assistant", "a"), ("user", "next")]
    question = json.loads(state.input_items)[0]["id"]
    again = carry_on(body(input=[{"id": question}]), None, {question: state})
    assert texts(understood(again.body)) == [("user", "q")]


def test_nothing_is_said_twice() -> None:
    state = here()
    asked = body(input=[{"id": "msg_out"}, {"role": "user", "content": "next"}], previous_response_id="resp_1")
    continued = carry_on(asked, state, {"msg_out": state})
    assert [text for _, text in texts(understood(continued.body))] == ["q", "a", "next"]


def test_what_is_kept_upstream_goes_where_it_is() -> None:
    asked = body(input="next", previous_response_id="resp_up")
    continued = carry_on(asked, THERE)
    assert continued.body is asked and continued.upstream == THERE and continued.context_tokens == 100
    with pytest.raises(TollwayError) as caught:
        understood(continued.body)
    assert caught.value.param == "previous_response_id"
    by_item = carry_on(body(input=[{"id": "x"}, {"id": "y"}]), None, {"x": THERE, "y": THERE})
    assert by_item.upstream == THERE and by_item.context_tokens == 100


@pytest.mark.parametrize(
    ("fields", "previous", "referred", "code", "param"),
    [
        ({"previous_response_id": "resp_x"}, None, {}, "response.previous_not_found", "previous_response_id"),
        ({"input": [{"id": "x"}]}, None, {}, "response.previous_not_found", "input[0]"),
        ({"input": [{"id": "x"}]}, None, {"x": "here"}, "response.previous_not_found", "input[0]"),
        (
            {"input": [{"id": "x"}], "previous_response_id": "resp_up"},
            THERE,
            {"x": ELSEWHERE},
            "request.untranslatable",
            "input[0]",
        ),
        (
            {"input": [{"id": "x"}], "previous_response_id": "resp_1"},
            "here",
            {"x": THERE},
            "request.untranslatable",
            "previous_response_id",
        ),
    ],
)
def test_what_cannot_be_continued_is_refused(
    fields: dict[str, Any], previous: Any, referred: dict[str, Any], code: str, param: str
) -> None:
    known = {item_id: here() if state == "here" else state for item_id, state in referred.items()}
    with pytest.raises(TollwayError) as caught:
        carry_on(body(**{"input": "x"} | fields), here() if previous == "here" else previous, known)
    assert (caught.value.code.name, caught.value.param) == (code, param)


def test_what_openai_keeps_is_remembered_by_where_it_is() -> None:
    found = kept(ANSWER | {"store": True}, body(input="q"), vendor="openai", upstream=THERE)
    assert found == (
        KeptUpstream(VERSION, "resp_1", "m", 7, "prov_1", "key_1", "gpt", context_tokens=8),
        ("msg_out",),
    )
    queued = kept(ANSWER | {"store": True, "status": "queued", "usage": None}, body(), vendor="azure", upstream=THERE)
    assert queued is not None and isinstance(queued[0], KeptUpstream) and queued[0].context_tokens == 0


def test_who_says_that_he_keeps_it_but_is_not_openai_is_not_believed() -> None:
    found = kept(ANSWER | {"store": True}, body(input="q"), vendor="deepseek", upstream=THERE)
    assert found is not None and isinstance(found[0], KeptHere)
    assert found[0].response == json.dumps(ANSWER | {"store": True}).encode()
    assert found[1] == ("msg_out", "msg_1_i0")


@pytest.mark.parametrize(
    ("answer", "fields"),
    [
        (ANSWER, {"store": False}),
        (ANSWER | {"status": "failed"}, {}),
        (ANSWER | {"status": "queued"}, {}),
        (ANSWER | {"id": ""}, {}),
    ],
)
def test_what_is_not_wanted_or_not_whole_is_not_kept(answer: dict[str, Any], fields: dict[str, Any]) -> None:
    assert kept(answer, body(input="q", **fields)) is None


def test_what_is_no_response_is_not_kept() -> None:
    assert keep(b"[]", Continued(body=body(), links=Links()), model="m", vendor="", upstream=None) is None
