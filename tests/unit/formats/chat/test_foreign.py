"""Foreign thinking is dropped for those who refuse it; everything else keeps its bytes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.chat import VENDORS, shown
from kit.json_values import VALUES
from tollway.formats import hub
from tollway.formats.chat.foreign import UNREAD, without_foreign_thinking
from tollway.formats.chat.reply_writer import write_reply

CALL = hub.ToolCall(id="c", name="f", arguments="{}", signature=hub.Signature(origin="gemini", value="s"))
THOUGHT = hub.Thinking(text="h", signature=hub.Signature(origin="anthropic", value="s"))


@pytest.mark.parametrize("vendor", UNREAD)
def test_what_we_answered_ourselves_comes_back_clean(vendor):
    choice = hub.Choice(parts=(THOUGHT, hub.Text(text="a"), CALL), stop="tool_calls")
    reply = hub.Reply(id="x", model="m", choices=(choice,))
    message = json.loads(write_reply(reply, shown()))["choices"][0]["message"]
    user = {"role": "user", "content": 'Say "reasoning_content"'}
    kept = without_foreign_thinking(json.dumps([user, message]).encode(), vendor)
    assert kept is not None
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    assert json.loads(kept) == [user, {"role": "assistant", "content": "a", "refusal": None, "tool_calls": [call]}]


def test_a_vendors_own_field_is_kept():
    messages = b'[{"role":"assistant","content":"a","reasoning":"h"}]'
    assert without_foreign_thinking(messages, "groq") is None
    assert without_foreign_thinking(messages, "openai") == b'[{"role":"assistant","content":"a"}]'


@pytest.mark.parametrize(
    "messages",
    [
        b'[{"role":"user","content":"a"}]',
        b'[{"role":"user","content":"a","reasoning_content":"b"}]',
        b'[{"role":"assistant","content":"\\"reasoning_content\\": x"}]',
        b'[{"role":"assistant","tool_calls":"\\"extra_content\\""}]',
        b'{"reasoning_content":1}',
        b"",
    ],
)
def test_everything_else_keeps_its_bytes(messages):
    for vendor in VENDORS:
        assert without_foreign_thinking(messages, vendor) is None


@given(VALUES, st.sampled_from(VENDORS))
def test_nothing_breaks_it(value, vendor):
    message = {"role": "assistant", "reasoning_content": value, "tool_calls": value, "extra_content": value}
    without_foreign_thinking(json.dumps([message, value]).encode(), vendor)
