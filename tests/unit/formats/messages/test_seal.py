"""Seals come back as they went, with the thought or the call they belong to."""

from hypothesis import given
from hypothesis import strategies as st

from kit.messages_values import FOREIGN_SEALS, SEALS, WORDS
from tollway.formats.hub import Signature, Thinking, ToolCall
from tollway.formats.messages.seal import find_call_seal, read_thought, write_call_seal, write_thought_seal
from tollway.formats.signature import read_signature


def test_anthropics_own_seal_travels_as_it_is():
    thought = Thinking(text="hm", signature=Signature(origin="anthropic", value="EqQBCg=="))
    assert write_thought_seal(thought) == "EqQBCg=="
    assert read_thought("hm", "EqQBCg==", is_redacted=False, at="") == thought


def test_a_thought_that_nobody_sealed_has_the_empty_seal():
    assert write_thought_seal(Thinking(text="hm")) == ""
    assert read_thought("hm", "", is_redacted=False, at="a") == Thinking(text="hm", at="a")


@given(SEALS | FOREIGN_SEALS, st.none() | WORDS)
def test_a_foreign_thought_comes_back_with_its_id(seal, thought_id):
    thought = Thinking(signature=seal, is_redacted=True, id=thought_id if seal.origin != "anthropic" else None)
    assert read_thought("", write_thought_seal(thought), is_redacted=True, at="") == thought


@given(WORDS, FOREIGN_SEALS)
def test_a_calls_seal_names_its_call(call_id, seal):
    data = write_call_seal(ToolCall(id=call_id, name="f", arguments=""), seal)
    assert find_call_seal(read_signature(data, "anthropic")) == (call_id, seal)


@given(SEALS | FOREIGN_SEALS)
def test_the_seal_of_a_thought_is_none_of_a_call(seal):
    assert find_call_seal(seal) is None


@given(st.text())
def test_a_damaged_envelope_is_read_as_something(value):
    found = find_call_seal(Signature(origin="call/gemini", value=value))
    assert found is not None and found[1].origin == "gemini"
