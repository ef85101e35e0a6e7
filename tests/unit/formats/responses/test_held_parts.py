"""Parts leave one at a time, in the order in which they began, whatever is interleaved."""

from hypothesis import given
from hypothesis import strategies as st

from kit.translation import fold
from tollway.formats import hub
from tollway.formats.responses.held_parts import HeldParts

LOGPROB = hub.TokenLogprob(token="a", logprob=-1.0)


@given(st.lists(st.tuples(st.integers(0, 2), st.text(max_size=3)), max_size=20))
def test_interleaved_texts_are_told_one_after_the_other(pieces: list[tuple[int, str]]) -> None:
    parts = HeldParts()
    held = [parts.begin(hub.Text(text="")) for _ in range(3)]
    events: list[hub.Event] = [hub.Begin(id="i", model="m")]
    for place, text in pieces:
        held[place].add(text)
        events += parts.take()
    for part in reversed(held):
        part.end()
        events += parts.take()
    reply = fold([*events, hub.ChoiceEnd(choice=0, stop="end"), hub.Done()])
    assert reply is not None
    said = ["".join(text for place, text in pieces if place == number) for number in range(3)]
    assert [part.text for part in reply.choices[0].parts if isinstance(part, hub.Text)] == said


def test_a_whole_adds_what_was_missing_and_corrects_nothing() -> None:
    parts = HeldParts()
    part = parts.begin(hub.Text(text=""))
    part.add("ab")
    part.complete("abc")
    part.complete("xyz")
    assert part.text == "abc"


def test_nothing_is_added_after_the_end() -> None:
    parts = HeldParts()
    part = parts.begin(hub.ToolCall(id="c", name="f", arguments=""))
    part.cite(hub.Citation(url="u"))
    part.state((LOGPROB,))
    part.end(hub.Signature(origin="gemini", value="s"))
    part.add("late")
    part.cite(hub.Citation(url="u"))
    part.state((LOGPROB,))
    part.end()
    kinds = [type(event) for event in parts.take()]
    assert kinds == [hub.PartBegin, hub.Cited, hub.LogprobsStated, hub.SignatureStated, hub.PartEnd]
    assert part.is_cited and part.has_logprobs and parts.kinds == {hub.ToolCall}


def test_what_is_open_at_the_end_is_ended() -> None:
    parts = HeldParts()
    for _ in range(2):
        parts.begin(hub.Text(text=""))
    parts.end_all()
    assert sum(isinstance(event, hub.PartEnd) for event in parts.take()) == 2
