"""Events fold into the choices that they amount to."""

from kit.translation import fold
from tollway.formats import hub
from tollway.formats.gemini.choices import fold_choices

SEAL = hub.Signature(origin="gemini", value="s")
CITED = hub.Citation(url="https://a.example")
EVENTS = [
    hub.Begin(id="r", model="m"),
    hub.PartBegin(choice=1, part=0, opened=hub.Thinking()),
    hub.PartBegin(choice=0, part=0, opened=hub.Text(text="")),
    hub.TextDelta(choice=0, part=0, text="a"),
    hub.TextDelta(choice=1, part=0, text="think"),
    hub.SignatureStated(choice=1, part=0, signature=SEAL),
    hub.TextDelta(choice=0, part=0, text="b"),
    hub.Cited(choice=0, part=0, citation=CITED),
    hub.LogprobsStated(choice=0, logprobs=(hub.TokenLogprob(token="ab", logprob=-0.5),)),
    hub.PartEnd(choice=0, part=0),
    hub.PartEnd(choice=1, part=0),
    hub.PartBegin(choice=0, part=1, opened=hub.ToolCall(id="1", name="f", arguments="")),
    hub.TextDelta(choice=0, part=1, text="{}"),
    hub.PartEnd(choice=0, part=1),
    hub.ChoiceEnd(choice=0, stop="tool_calls"),
    hub.ChoiceEnd(choice=1, stop="stop_sequence", stop_sequence="."),
    hub.Done(),
]


def test_choices_are_what_the_order_of_hub_says():
    reply = fold(EVENTS)
    assert reply is not None
    assert fold_choices(EVENTS) == reply.choices
    assert [choice.stop for choice in reply.choices] == ["tool_calls", "stop_sequence"]


def test_a_part_that_was_cut_is_there_as_far_as_it_came():
    assert fold_choices(EVENTS[:5]) == (
        hub.Choice(parts=(hub.Text(text="a"),)),
        hub.Choice(parts=(hub.Thinking(text="think"),)),
    )


def test_an_answer_without_choices_has_none():
    assert fold_choices([hub.Begin(id="r", model="m"), hub.Done()]) == ()
