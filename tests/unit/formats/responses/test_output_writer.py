"""Answers become items whose ids lead back to their response."""

import pytest

from tollway.formats import hub
from tollway.formats.responses.output_writer import (
    item_id,
    message_item,
    response_id,
    seal_item,
    write_call,
    write_citation,
    write_logprob,
    write_output,
    write_part,
    write_thinking,
)
from tollway.formats.responses.seal import read_seal

RESPONSE = "resp_abc"
SEAL = hub.Signature(origin="gemini", value="s")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("message", "msg"), ("reasoning", "rs"), ("function_call", "fc"), ("image_generation_call", "ig")],
)
def test_ids_are_made_of_the_responses_and_the_place(kind: str, expected: str) -> None:
    response = response_id("req_0123456789abcdefghijklmn")
    assert response == "resp_0123456789abcdefghijklmn"
    assert item_id(kind, response, 7) == f"{expected}_0123456789abcdefghijklmn_7"


def test_adjacent_texts_are_one_message_and_the_last_item_has_the_status() -> None:
    call = hub.ToolCall(id="c", name="f", arguments="{}", signature=SEAL)
    parts = (hub.Thinking(text="t"), hub.Text(text="a"), hub.Refusal(text="no"), call, hub.Text(text="b"))
    items = write_output(parts, RESPONSE, (), status="incomplete")
    assert [item["id"] for item in items] == ["rs_abc_0", "msg_abc_1", "fc_abc_2", "rs_abc_3", "msg_abc_4"]
    assert [part["type"] for part in items[1]["content"]] == ["output_text", "refusal"]
    assert [item.get("status") for item in items] == [None, "completed", "completed", None, "incomplete"]
    assert read_seal(items[3]["encrypted_content"]) == (SEAL, True)


def test_pictures_are_shown_and_sounds_are_not() -> None:
    picture = hub.Image(source=hub.Base64(media_type="image/png", data="AAAA"))
    sound = hub.Audio(source=hub.Base64(media_type="audio/wav", data="AAAA"))
    assert write_output((picture, sound), RESPONSE, (), status="completed") == [
        {
            "id": "ig_abc_0",
            "type": "image_generation_call",
            "status": "completed",
            "result": "AAAA",
            "output_format": "png",
        }
    ]


def test_log_probabilities_are_with_the_first_text() -> None:
    logprob = hub.TokenLogprob(token="é", logprob=-1.0, top=(hub.TokenLogprob(token="a", logprob=-2.0, bytes=(97,)),))
    (message,) = write_output((hub.Text(text="a"), hub.Text(text="b")), RESPONSE, (logprob,), status="completed")
    assert [len(part["logprobs"]) for part in message["content"]] == [1, 0]
    assert write_logprob(logprob) == {
        "token": "é",
        "bytes": [195, 169],
        "logprob": -1.0,
        "top_logprobs": [{"token": "a", "bytes": [97], "logprob": -2.0}],
    }


def test_citations_lead_to_addresses() -> None:
    assert write_citation(hub.Citation(title="book"), "abc") is None
    placed = write_citation(hub.Citation(url="u", title="t", start=1, end=2), "abc")
    assert placed == {"type": "url_citation", "url": "u", "title": "t", "start_index": 1, "end_index": 2}
    unplaced = write_citation(hub.Citation(url="u"), "abc")
    assert unplaced is not None and (unplaced["start_index"], unplaced["end_index"]) == (3, 3)
    assert write_part(hub.Text(text="a", citations=(hub.Citation(title="book"),)))["annotations"] == []


def test_withheld_text_and_empty_text_are_told_apart() -> None:
    assert write_thinking(hub.Thinking(is_redacted=True))["summary"] == []
    assert write_thinking(hub.Thinking())["summary"] == [{"type": "summary_text", "text": ""}]


def test_single_items() -> None:
    assert message_item("m", [], "in_progress")["status"] == "in_progress"
    assert write_call(hub.ToolCall(id="c", name="f", arguments=""), "completed")["arguments"] == "{}"
    assert write_call(hub.ToolCall(id="c", name="f", arguments=""), "in_progress")["arguments"] == ""
    assert seal_item(None) == []
