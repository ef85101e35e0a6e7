"""Parts of a choice come one after the other, however their vendor mixes them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.chat import call_delta, delta, read_stream, stream_of
from kit.translation import fold
from tollway.formats import hub


def parts(*deltas):
    events, _ = read_stream(stream_of(*deltas, delta("stop")))
    folded = fold(events)
    assert folded is not None
    return folded.choices[0].parts


def calls(*deltas):
    return [
        (call.id, call.name, call.arguments) for call in parts(*(delta(tool_calls=list(group)) for group in deltas))
    ]


def test_text_and_thinking_follow_each_other():
    found = parts(
        delta(role="assistant", content=""),
        delta(reasoning_content="a"),
        delta(reasoning="b", content=""),
        delta(content="c"),
        delta(content="d"),
        delta(refusal="No."),
    )
    assert found == (hub.Thinking(text="ab"), hub.Text(text="cd"), hub.Refusal(text="No."))


def test_mistrals_content_in_parts_is_read():
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "a"}]}
    found = parts(
        delta(content=[thinking]),
        delta(content=[thinking]),
        delta(content=[{"type": "text", "text": "b"}]),
        delta(content="c"),
    )
    assert found == (hub.Thinking(text="aa"), hub.Text(text="bc"))


def test_openrouters_details_win_over_the_plain_text():
    text = {"type": "reasoning.text", "text": "a", "index": 0, "format": "anthropic-claude-v1"}
    seal = {"type": "reasoning.text", "signature": "s", "index": 0, "format": "anthropic-claude-v1"}
    sealed = {"type": "reasoning.encrypted", "data": "d", "id": "rs_1", "index": 1, "format": "openai-responses-v1"}
    found = parts(
        delta(reasoning="a", reasoning_details=[text]),
        delta(reasoning="a", reasoning_details=[text]),
        delta(reasoning_details=[seal]),
        delta(content="b"),
        delta(reasoning_details=[sealed]),
    )
    assert found == (
        hub.Thinking(text="aa", signature=hub.Signature(origin="anthropic", value="s")),
        hub.Text(text="b"),
        hub.Thinking(signature=hub.Signature(origin="openai", value="d"), is_redacted=True, id="rs_1"),
    )


def test_parallel_calls_in_order():
    assert calls(
        [call_delta(0, "call_a", "f", "")],
        [call_delta(0, None, None, '{"x":')],
        [call_delta(0, None, None, "1}")],
        [call_delta(1, "call_b", "g", "{}")],
    ) == [("call_a", "f", '{"x":1}'), ("call_b", "g", "{}")]


@given(st.data())
def test_parallel_calls_in_any_mixture(data):
    texts = ['{"a": "}"}', '{"b": [{}]}', "{}"]
    pieces = {index: data.draw(st.lists(st.integers(1, 9), max_size=3)) for index in range(3)}
    queues = {}
    for index, text in enumerate(texts):
        cuts = sorted({min(cut, len(text)) for cut in pieces[index]} | {len(text)})
        starts = [0, *cuts]
        queues[index] = [text[start:end] for start, end in zip(starts, cuts, strict=False)]
    deltas = [[call_delta(index, f"call_{index}x", f"f{index}", "")] for index in range(3)]
    while any(queues.values()):
        index = data.draw(st.sampled_from([index for index, queue in queues.items() if queue]))
        deltas.append([call_delta(index, None, None, queues[index].pop(0))])
    assert calls(*deltas) == [(f"call_{index}x", f"f{index}", text) for index, text in enumerate(texts)]


def test_text_that_comes_between_arguments_waits():
    events, _ = read_stream(
        stream_of(
            delta(tool_calls=[call_delta(0, "call_a", "f", '{"x":')]),
            delta(content="text"),
            delta(tool_calls=[call_delta(0, None, None, "1}")]),
            delta("tool_calls"),
        )
    )
    folded = fold(events)
    assert folded is not None
    assert folded.choices[0].parts == (hub.ToolCall(id="call_a", name="f", arguments='{"x":1}'), hub.Text(text="text"))


@pytest.mark.parametrize(
    "deltas",
    [
        # Google's endpoint gives each call whole, all with the index 0, or none.
        [[call_delta(0, "id-a", "f", '{"x":1}')], [call_delta(0, "id-b", "g", "{}")]],
        [[call_delta(None, "id-a", "f", '{"x":1}')], [call_delta(None, "id-b", "g", "{}")]],
        [[call_delta(None, "id-a", "f", '{"x":1}'), call_delta(None, "id-b", "g", "{}")]],
        # A name that comes late, and one that comes again.
        [
            [call_delta(0, "id-a", None, None)],
            [call_delta(0, None, "f", '{"x":1}')],
            [call_delta(1, "id-b", "g", "{}")],
        ],
        [
            [call_delta(0, "id-a", "f", '{"x"')],
            [call_delta(0, "id-a", "f", ":1}")],
            [call_delta(1, "id-b", "g", None)],
            [call_delta(1, "id-b", "g", "{}")],
        ],
    ],
)
def test_servers_that_count_oddly_are_understood(deltas):
    assert calls(*deltas) == [("id-a", "f", '{"x":1}'), ("id-b", "g", "{}")]


def test_calls_without_ids_are_told_apart():
    found = calls([call_delta(0, "", "f", '{"x":1}')], [call_delta(0, "", "f", '{"x":2}')])
    assert [arguments for _, _, arguments in found] == ['{"x":1}', '{"x":2}']
    assert len({call_id for call_id, _, _ in found}) == 2


def test_a_seal_on_a_call_is_passed_on():
    call = call_delta(0, "id-a", "f", "{}") | {"extra_content": {"google": {"thought_signature": "s"}}}
    assert parts(delta(tool_calls=[call]))[0].signature == hub.Signature(origin="gemini", value="s")
    sealed = parts(delta(content="a"), delta(extra_content={"google": {"thought_signature": "s"}}))
    assert sealed[1] == hub.Thinking(signature=hub.Signature(origin="gemini", value="s"), is_redacted=True)


def test_citations_belong_to_the_open_text():
    annotation = {"type": "url_citation", "url_citation": {"url": "https://e.com", "title": "T"}}
    found = parts(delta(content="a"), delta(content="", annotations=[annotation]))
    assert found == (hub.Text(text="a", citations=(hub.Citation(url="https://e.com", title="T"),)),)
    _, notes = read_stream(stream_of(delta(annotations=[annotation]), delta("stop")))
    assert notes == ["answer-part-skipped"]


def test_log_probabilities_follow_their_text():
    chunk = delta(content="a")
    chunk["choices"][0]["logprobs"] = {"content": [{"token": "a", "logprob": -1.0, "bytes": [97]}]}
    events, _ = read_stream(stream_of(chunk, delta("stop")))
    assert events[3] == hub.LogprobsStated(choice=0, logprobs=(hub.TokenLogprob(token="a", logprob=-1.0, bytes=(97,)),))


def test_text_is_passed_on_at_once():
    raw = stream_of(delta(content="a"), done=False)
    events, _ = read_stream(raw)
    assert events[-1] == hub.TextDelta(choice=0, part=0, text="a")
    assert json.dumps(delta(content="a")).encode() in raw
