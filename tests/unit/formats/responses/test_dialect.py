"""The dialect as the gateway sees it: every method leads to its part of the package."""

import json

import msgspec

from kit.responses_values import TARGET, shown
from kit.translation import meaning
from tollway.formats import hub
from tollway.formats.dialect import UpstreamFault
from tollway.formats.json_object import JSONObject
from tollway.formats.responses.dialect import DIALECT
from tollway.kernel.errors import TollwayError

BODY = {"model": "m", "input": "hi", "max_output_tokens": 50, "stream": True}


def body() -> JSONObject:
    return JSONObject.parse(json.dumps(BODY).encode())


def test_a_request_is_read_bounded_adapted_and_translated() -> None:
    assert DIALECT.name == "responses"
    assert DIALECT.read_model(body()) == "m" and DIALECT.is_stream(body())
    assert DIALECT.read_bounds(body(), 99).output_tokens_max == 50
    asked = body()
    assert DIALECT.adapt(asked, TARGET, is_stream=True) is False
    assert asked.text("model") == "gpt-5.6"
    request = DIALECT.read_request(body(), model="m", is_stream=True)
    again = DIALECT.read_request(
        JSONObject.parse(DIALECT.write_request(request, TARGET).body), model="m", is_stream=True
    )
    assert meaning(again) == meaning(msgspec.structs.replace(request, store=False))


def test_an_answer_is_read_written_renamed_and_counted() -> None:
    reply = hub.Reply(id="i", model="x", choices=(hub.Choice(parts=(hub.Text(text="a"),), stop="end"),))
    raw = DIALECT.write_reply(reply, shown())
    assert DIALECT.read_reply(raw, "openai").choices == reply.choices
    assert json.loads(DIALECT.rename(raw, "other"))["model"] == "other"
    assert DIALECT.read_usage(raw) is None
    assert DIALECT.estimate_usage(raw, 4).output_tokens == 1


def test_streams_are_opened() -> None:
    writer, reader = DIALECT.open_writer(shown()), DIALECT.open_reader("openai")
    raw = b"".join(map(writer.write, (hub.Begin(id="i", model="m"), hub.ChoiceEnd(choice=0, stop="end"), hub.Done())))
    assert isinstance(reader.feed(raw)[-1], hub.Done)
    tap = DIALECT.open_watch(
        clock=lambda: 1, request_id="r", input_tokens_estimate=0, hide_usage=False, model_json=None
    )
    assert tap.feed(raw) + tap.finish(None) == raw


def test_errors_are_read_and_written() -> None:
    assert DIALECT.read_error(500, b"").status == 500
    assert b"busy" in DIALECT.write_fault(UpstreamFault(status=529, kind="k", message="busy"), "r")
    assert b"token.invalid" in DIALECT.write_error(TollwayError("token.invalid"), "r")
    assert DIALECT.write_error_event("upstream.truncated", "m", "r").startswith(b"event: error\n")
