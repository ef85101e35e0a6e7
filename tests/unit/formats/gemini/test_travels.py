"""What Gemini said to a caller of another dialect comes back to Gemini as it was: calls, their order, ids and seals."""

import json
from importlib import import_module

import pytest

from tollway.formats import hub
from tollway.formats.dialect import Shown, Target
from tollway.formats.gemini.dialect import DIALECT
from tollway.formats.json_object import JSONObject

ANSWER = {
    "candidates": [
        {
            "content": {
                "role": "model",
                "parts": [
                    {"text": "Let me look.", "thoughtSignature": "U0lHVEVYVA=="},
                    {"functionCall": {"name": "f", "args": {"a": 1}, "id": "x7"}, "thoughtSignature": "U0lHMQ=="},
                    {"functionCall": {"name": "g", "args": {}}},
                ],
            },
            "finishReason": "STOP",
        }
    ],
    "modelVersion": "gemini-3-flash-preview",
    "responseId": "abc",
}
ASKED = hub.Request(model="m", turns=(hub.Turn(role="user", parts=(hub.Text(text="q"),)),), store=False)


def chat(answer):
    message = answer["choices"][0]["message"]
    results = [{"role": "tool", "tool_call_id": call["id"], "content": "r"} for call in message["tool_calls"]]
    return {"model": "m", "messages": [{"role": "user", "content": "q"}, message, *results]}


def responses(answer):
    calls = [item["call_id"] for item in answer["output"] if item["type"] == "function_call"]
    results = [{"type": "function_call_output", "call_id": call, "output": "r"} for call in calls]
    return {"model": "m", "store": False, "input": [{"role": "user", "content": "q"}, *answer["output"], *results]}


def messages(answer):
    calls = [block["id"] for block in answer["content"] if block["type"] == "tool_use"]
    results = [{"type": "tool_result", "tool_use_id": call, "content": "r"} for call in calls]
    turns = [("user", "q"), ("assistant", answer["content"]), ("user", results)]
    said = [{"role": role, "content": content} for role, content in turns]
    return {"model": "m", "max_tokens": 9, "messages": said}


@pytest.mark.parametrize("handed_back", [chat, responses, messages])
def test_calls_and_seals_survive_a_turn_in_another_dialect(handed_back):
    other = import_module(f"tollway.formats.{handed_back.__name__}.dialect").DIALECT
    reply = DIALECT.read_reply(json.dumps(ANSWER).encode(), "gemini")
    shown = Shown(request_id="req-1", model="m", created_seconds=5, request=ASKED)
    body = handed_back(json.loads(other.write_reply(reply, shown)))
    request = other.read_request(JSONObject.parse(json.dumps(body).encode()), model="m", is_stream=False)
    written = DIALECT.write_request(request, Target(vendor="gemini", model="gemini-3-flash-preview"))
    _, said, results = json.loads(written.body)["contents"]
    expected = ANSWER["candidates"][0]["content"]
    expected["parts"][2]["functionCall"]["id"] = "call_abc_2"
    assert said == expected
    assert [part["functionResponse"]["id"] for part in results["parts"]] == ["x7", "call_abc_2"]
    assert [part["functionResponse"]["name"] for part in results["parts"]] == ["f", "g"]
    assert written.notes == ()
