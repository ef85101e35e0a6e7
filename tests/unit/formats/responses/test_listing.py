"""What is kept is shown as OpenAI shows it, page by page, and queries are read strictly."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.responses import ResponseItemList

from tollway.contract.response_states import VERSION, KeptHere
from tollway.formats.responses.listing import (
    Page,
    read_page,
    refuse_cancel,
    write_deleted,
    write_input_items,
    write_retrieved,
)
from tollway.kernel.errors import TollwayError

ITEMS = [
    {
        "id": f"msg_{number}",
        "type": "message",
        "role": "user",
        "status": "completed",
        "content": [{"type": "input_text", "text": str(number)}],
    }
    for number in range(50)
]
STATE = KeptHere(VERSION, "resp_1", "m", 7, b'{"id":"resp_1"}', json.dumps(ITEMS).encode())


def page(query: str) -> dict[str, object]:
    raw = write_input_items(STATE, read_page(query))
    ResponseItemList.model_validate(json.loads(raw), strict=True)
    found = json.loads(raw)
    assert isinstance(found, dict)
    return found


def ids(found: dict[str, object]) -> list[int]:
    data = found["data"]
    assert isinstance(data, list)
    return [int(item["id"].removeprefix("msg_")) for item in data]


def refused(act: Callable[[], object]) -> TollwayError:
    with pytest.raises(TollwayError) as caught:
        act()
    return caught.value


def test_the_newest_come_first_twenty_at_a_time() -> None:
    found = page("")
    assert ids(found) == list(range(49, 29, -1))
    assert (found["first_id"], found["last_id"], found["has_more"]) == ("msg_49", "msg_30", True)


@given(st.integers(1, 100), st.sampled_from(["asc", "desc"]))
def test_page_after_page_shows_everything_once(limit: int, order: str) -> None:
    seen: list[int] = []
    query = f"limit={limit}&order={order}"
    found = page(query)
    while True:
        seen += ids(found)
        if not found["has_more"]:
            break
        found = page(f"{query}&after={found['last_id']}")
    assert seen == (list(range(50)) if order == "asc" else list(range(49, -1, -1)))


def test_pages_backwards() -> None:
    found = page("order=asc&before=msg_30&limit=10&include[]=message.input_image.image_url&include=x")
    assert ids(found) == list(range(20, 30)) and found["has_more"] is True
    assert page("order=asc&before=msg_5")["has_more"] is False
    assert ids(page("order=asc&after=msg_3&before=msg_6")) == [4, 5]


def test_the_end_is_an_empty_page() -> None:
    found = page("after=msg_0")
    assert (found["data"], found["first_id"], found["last_id"], found["has_more"]) == ([], "", "", False)


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("limit=%C2%B2", "limit"),
        ("limit=", "limit"),
        ("order=up", "order"),
        ("after=msg_99", "after"),
        ("before=other", "before"),
        ("limit=1&limit=2", "limit"),
        ("page=1", "page"),
    ],
)
def test_queries_are_read_strictly(query: str, param: str) -> None:
    error = refused(lambda: write_input_items(STATE, read_page(query)))
    assert (error.code.name, error.param) == ("request.field_invalid", param)


def test_a_usual_page() -> None:
    assert read_page("") == Page()


def test_a_response_is_shown_as_it_was_answered() -> None:
    assert write_retrieved(STATE, "include[]=x&stream=false") == b'{"id":"resp_1"}'
    assert refused(lambda: write_retrieved(STATE, "stream=true")).param == "stream"
    assert refused(lambda: write_retrieved(STATE, "format=xml")).param == "format"


def test_what_is_gone_and_what_has_ended() -> None:
    assert json.loads(write_deleted("resp_1")) == {"id": "resp_1", "object": "response", "deleted": True}
    assert refused(refuse_cancel).code.name == "response.not_cancellable"
