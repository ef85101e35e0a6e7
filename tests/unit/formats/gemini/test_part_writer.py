"""What a model made is written as Gemini makes it; a malformed call is told as Gemini tells it."""

import json

import msgspec
import pytest

from tollway.formats import hub
from tollway.formats.gemini.part_writer import malformed, write_call, write_logprobs, write_part
from tollway.formats.gemini.seal import read_seal

FOREIGN = hub.Signature(origin="anthropic", value="abc")


def written(part):
    return json.loads(msgspec.json.encode(write_part(part)))


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (hub.Text(text="a"), {"text": "a"}),
        (hub.Refusal(text="no"), {"text": "no"}),
        (hub.Thinking(text="Hm"), {"text": "Hm", "thought": True}),
        (hub.ToolCall(id="1", name="f", arguments=' {"a":1}\n'),
         {"functionCall": {"id": "1", "name": "f", "args": {"a": 1}}}),
        (hub.ToolCall(id="1", name="f", arguments=""), {"functionCall": {"id": "1", "name": "f", "args": {}}}),
        (hub.Image(source=hub.Base64(media_type="image/png", data="AA")),
         {"inlineData": {"mimeType": "image/png", "data": "AA"}}),
        (hub.Image(source=hub.Link(url="https://a.example")), None),
        (hub.ToolResult(call_id="1", parts=()), None),
    ],
)  # fmt: skip
def test_each_part(part, expected):
    assert written(part) == expected


@pytest.mark.parametrize(
    "part",
    [
        hub.Thinking(text="Hm", signature=FOREIGN),
        hub.Thinking(signature=FOREIGN, is_redacted=True),
        hub.ToolCall(id="1", name="f", arguments="{}", signature=FOREIGN),
    ],
)
def test_foreign_seals_travel_in_their_envelope(part):
    found = written(part)
    assert read_seal(found["thoughtSignature"]) == FOREIGN
    assert ("thought" in found) == (isinstance(part, hub.Thinking) and not part.is_redacted)


@pytest.mark.parametrize("arguments", ["[1]", "{", "nonsense", "{} {}"])
def test_a_malformed_call_is_told_by_the_finish(arguments):
    call = hub.ToolCall(id="1", name="f", arguments=arguments)
    assert write_call(call) is None
    told = malformed(call)
    assert told["finishReason"] == "MALFORMED_FUNCTION_CALL"
    assert f"f({arguments})" in told["finishMessage"]


def test_log_probabilities():
    assert write_logprobs(()) == {}
    bare = (hub.TokenLogprob(token="a", logprob=-1.0), hub.TokenLogprob(token="b", logprob=-2.0))
    assert write_logprobs(bare) == {
        "avgLogprobs": -1.5,
        "logprobsResult": {
            "chosenCandidates": [{"token": "a", "logProbability": -1.0}, {"token": "b", "logProbability": -2.0}]
        },
    }
    full = (hub.TokenLogprob(token="a", logprob=-1.0, top=bare[:1]), bare[1])
    tops = write_logprobs(full)["logprobsResult"]["topCandidates"]
    assert tops == [{"candidates": [{"token": "a", "logProbability": -1.0}]}, {"candidates": []}]
