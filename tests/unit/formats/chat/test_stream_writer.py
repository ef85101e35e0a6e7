"""Streams are what OpenAI's own client accumulates to the same answer."""

import json

import httpx
from hypothesis import given, settings
from mistralai.client.models import CompletionChunk
from msgspec import structs
from openai import OpenAI
from openai.types.chat import ChatCompletionChunk

from kit.chat import REPLIES, events_of, write_stream
from tollway.contract.usage import Usage
from tollway.formats import hub
from tollway.formats.chat.thinking import read_details, thoughts_of
from tollway.formats.lenient import Fields


def chunks(raw):
    return [json.loads(line[6:]) for line in raw.decode().splitlines() if line.startswith("data: {")]


def accumulated(raw, **fields):
    """Return the completion that OpenAI's client makes of a stream."""

    def answer(_request):
        return httpx.Response(200, headers={"content-type": "text/event-stream"}, content=raw)

    transport = httpx.MockTransport(answer)
    with (
        httpx.Client(transport=transport) as http_client,
        OpenAI(api_key="k", base_url="http://gateway/v1", http_client=http_client) as client,
        client.chat.completions.stream(model="m", messages=[{"role": "user", "content": "Hi"}], **fields) as stream,
    ):
        for _ in stream:
            pass
        # `get_final_completion` refuses to give what was cut by the length limit.
        return stream.current_completion_snapshot


@given(REPLIES)
@settings(max_examples=40)
def test_openais_client_accumulates_the_same_answer(reply):
    raw = write_stream(events_of(reply))
    for chunk in chunks(raw):
        ChatCompletionChunk.model_validate_json(json.dumps(chunk), strict=True)
    completion = accumulated(raw)
    for choice, found in zip(reply.choices, completion.choices, strict=True):
        calls = [(part.id, part.name, part.arguments) for part in choice.parts if isinstance(part, hub.ToolCall)]
        assert (found.message.content or "") == "".join(p.text for p in choice.parts if isinstance(p, hub.Text))
        assert [
            (call.id, call.function.name, call.function.arguments) for call in found.message.tool_calls or ()
        ] == calls
        thoughts = [part for part in choice.parts if isinstance(part, hub.Thinking)]
        kept = Fields.parse(json.dumps({"reasoning_details": getattr(found.message, "reasoning_details", [])}).encode())
        assert kept is not None and thoughts_of(read_details(kept)) == thoughts
    if reply.usage is not None:
        assert completion.usage is not None and completion.usage.prompt_tokens == reply.usage.input_tokens


@given(REPLIES)
@settings(max_examples=20)
def test_mistrals_types_take_every_chunk(reply):
    choices = tuple(structs.replace(choice, logprobs=()) for choice in reply.choices)
    for chunk in chunks(write_stream(events_of(structs.replace(reply, choices=choices)), states_usage=False)):
        found = CompletionChunk.model_validate(chunk)
        assert [choice.index for choice in found.choices] == [choice["index"] for choice in chunk["choices"]]


def test_each_choice_begins_with_its_role():
    parts = (hub.Text(text="a"),)
    reply = hub.Reply(id="x", model="m", choices=(hub.Choice(parts=parts, stop="end"),) * 2)
    found = [choice for chunk in chunks(write_stream(events_of(reply))) for choice in chunk["choices"]]
    for index in (0, 1):
        mine = [choice for choice in found if choice["index"] == index]
        assert mine[0]["delta"]["role"] == "assistant"
        assert all("role" not in choice["delta"] for choice in mine[1:])
        assert mine[-1] == {"index": index, "delta": {}, "logprobs": None, "finish_reason": "stop"}


def test_usage_comes_last_and_only_where_it_is_wanted():
    usage = Usage(3, 4, tier="flex")
    reply = hub.Reply(id="x", model="m", choices=(hub.Choice(parts=(), stop="end"),), usage=usage)
    wanted = chunks(write_stream(events_of(reply)))
    assert wanted[-1]["choices"] == [] and wanted[-1]["usage"]["total_tokens"] == 7
    assert wanted[-1]["service_tier"] == "flex"
    assert all(chunk["usage"] is None for chunk in wanted[:-1])
    assert all("usage" not in chunk for chunk in chunks(write_stream(events_of(reply), states_usage=False)))


def test_a_call_without_arguments_gets_an_empty_object():
    call = hub.ToolCall(id="c", name="f", arguments="")
    reply = hub.Reply(id="x", model="m", choices=(hub.Choice(parts=(call,), stop="tool_calls"),))
    assert accumulated(write_stream(events_of(reply))).choices[0].message.tool_calls[0].function.arguments == "{}"


def test_thinking_is_streamed_with_its_seal():
    thought = hub.Thinking(text="ab", signature=hub.Signature(origin="anthropic", value="s"), id="t")
    reply = hub.Reply(id="x", model="m", choices=(hub.Choice(parts=(thought, hub.Text(text="c")), stop="end"),))
    deltas = [choice["delta"] for chunk in chunks(write_stream(events_of(reply))) for choice in chunk["choices"]]
    assert "".join(delta.get("reasoning_content", "") for delta in deltas) == "ab"
    details = [item for delta in deltas for item in delta.get("reasoning_details", ())]
    assert [item.get("id") for item in details] == ["t", None, None]
    assert details[-1]["signature"] == "s" and details[-1]["format"] == "anthropic-claude-v1"


def test_a_cut_stream_has_no_done_and_a_failed_one_an_error():
    reply = hub.Reply(id="x", model="m", choices=(hub.Choice(parts=(hub.Text(text="a"),), stop="end"),))
    assert b"[DONE]" not in write_stream(events_of(reply)[:-1])
    failed = write_stream([*events_of(reply)[:3], hub.Failed(kind="overloaded_error", message="Busy.")])
    error = chunks(failed)[-1]["error"]
    assert (error["code"], error["message"], error["request_id"]) == ("overloaded_error", "Busy.", "req_1")
    assert b"[DONE]" not in failed


def test_citations_count_from_the_beginning_of_all_text():
    citation = hub.Citation(url="https://e.com", title="T", start=0, end=1)
    untold = hub.Citation(title="a document of the caller's")
    parts = (hub.Text(text="abc", citations=(untold,)), hub.Text(text="d", citations=(citation,)))
    reply = hub.Reply(id="x", model="m", choices=(hub.Choice(parts=parts, stop="end"),))
    deltas = [choice["delta"] for chunk in chunks(write_stream(events_of(reply))) for choice in chunk["choices"]]
    [annotations] = [delta["annotations"] for delta in deltas if "annotations" in delta]
    cited = annotations[0]["url_citation"]
    assert (cited["start_index"], cited["end_index"]) == (3, 4)


def test_what_is_cited_from_a_document_has_no_annotation():
    parts = (hub.Text(text="abc", citations=(hub.Citation(title="Notes"), hub.Citation(url="https://e.com"))),)
    reply = hub.Reply(id="x", model="m", choices=(hub.Choice(parts=parts, stop="end"),))
    deltas = [choice["delta"] for chunk in chunks(write_stream(events_of(reply))) for choice in chunk["choices"]]
    cited = [item["url_citation"]["url"] for delta in deltas for item in delta.get("annotations", ())]
    assert cited == ["https://e.com"]
