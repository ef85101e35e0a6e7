"""Foreign thoughts are taken out of what is passed on; all else keeps its bytes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.json_values import VALUES
from kit.messages_values import FOREIGN_SEALS
from tollway.formats.hub import ToolCall
from tollway.formats.messages.foreign import without_foreign_thoughts
from tollway.formats.messages.seal import write_call_seal
from tollway.formats.signature import write_signature

OWN = b'{"type":"thinking","thinking":"hm","signature":"EqQB"}'
USER = b'{"role":"user","content":"hi"}'


def assistant(*blocks: bytes) -> bytes:
    return b'{"role":"assistant","content":[%b]}' % b",".join(blocks)


@given(FOREIGN_SEALS)
def test_what_others_thought_is_taken_out(seal):
    envelope = write_signature(seal, "anthropic").encode()
    of_call = write_call_seal(ToolCall(id="1", name="f", arguments=""), seal).encode()
    foreign = (
        b'{"type":"thinking","thinking":"x","signature":"%b"}' % envelope,
        b'{"type":"redacted_thinking","data":"%b"}' % envelope,
        b'{"type":"redacted_thinking","data":"%b"}' % of_call,
        b'{"type":"thinking","thinking":"x","signature" : ""}',
    )
    text = b'{ "type":"text","text":"1.0" }'
    messages = b"[%b,%b,%b]" % (USER, assistant(*foreign[:2], OWN, text, *foreign[2:]), USER)
    assert without_foreign_thoughts(messages) == b"[%b,%b,%b]" % (USER, assistant(OWN, text), USER)


def test_a_message_of_foreign_thoughts_alone_goes():
    messages = b"[%b,%b,%b]" % (USER, assistant(b'{"type":"thinking","thinking":"x","signature":""}'), USER)
    assert without_foreign_thoughts(messages) == b"[%b,%b]" % (USER, USER)


@pytest.mark.parametrize(
    "messages",
    [
        b"[%b,%b]" % (USER, assistant(OWN)),
        b'[{"role":"user","content":"\\"signature\\":\\"\\""}]',
        b'[{"role":"user","content":[{"type":"text","text":"a","data":""}]}]',
        b'[{"role":"user","content":[{"type":"tool_result","content":[{"data":"dHcxOg=="}]}]}]',
        b'{"signature":""}',
        b'[{"content":{"signature":""}}]',
        b'[{"content":["a",7,{"type":"text","signature":""}]}]',
        b'[{"signature":""',
        b"",
    ],
)
def test_all_else_is_left_alone(messages):
    assert without_foreign_thoughts(messages) is None


@given(st.lists(st.fixed_dictionaries({"role": VALUES, "content": VALUES, "signature": st.just("")})))
def test_anything_is_taken(messages):
    found = without_foreign_thoughts(json.dumps(messages).encode())
    assert found is None or isinstance(json.loads(found), list)
