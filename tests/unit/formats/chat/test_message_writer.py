"""Turns become messages in each vendor's order and with ids that it takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.chat import hello, inexpressible, write, written
from tollway.formats import hub

CALL = hub.ToolCall(id="toolu_01AbCdEfGhIjKlMnOpQrStUv", name="f", arguments="")
RESULT = hub.ToolResult(call_id=CALL.id, parts=(hub.Text(text="r"),))
PICTURE = hub.Image(source=hub.Link(url="https://e.com/a.png"))


def user(*parts, **fields):
    return hub.Turn(role="user", parts=parts or (hub.Text(text="Hi"),), **fields)


def assistant(*parts):
    return hub.Turn(role="assistant", parts=parts)


def messages(*turns, vendor="openai", model="gpt-4o", **fields):
    return write(hello(turns=turns, **fields), vendor, model)["messages"]


def test_instructions_come_first_and_in_between():
    system = (hub.Text(text="a"), hub.Text(text="b"))
    later = hub.Turn(role="system", parts=(hub.Text(text="c"),), name="n")
    found = messages(user(), later, system=system)
    assert found[0] == {"role": "system", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}
    assert found[2] == {"role": "system", "content": "c", "name": "n"}
    assert [m["content"] for m in messages(user(), system=system, vendor="deepseek")] == ["a", "b", "Hi"]


def test_results_come_first_as_messages_of_their_own():
    found = messages(user(), assistant(CALL), user(RESULT, hub.Text(text="and?")))
    assert found[1]["content"] is None
    assert found[1]["tool_calls"] == [{"id": CALL.id, "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    assert found[2:] == [
        {"role": "tool", "tool_call_id": CALL.id, "content": "r"},
        {"role": "user", "content": "and?"},
    ]


def test_pictures_of_results_follow_all_of_them():
    pictured = hub.ToolResult(call_id="call_2", parts=(PICTURE,), is_error=True)
    turns = (user(), assistant(CALL), user(pictured), user(RESULT), user(hub.Text(text="and?")))
    found = written(hello(turns=turns))
    body = write(hello(turns=turns))["messages"]
    assert [message["role"] for message in body] == ["user", "assistant", "tool", "tool", "user"]
    assert body[2]["content"] == "The result is in the next user message."
    assert [part["type"] for part in body[4]["content"]] == ["text", "image_url", "text"]
    assert "call_2" in body[4]["content"][0]["text"]
    assert set(found.notes) == {"tool-error-flag-omitted", "tool-result-media-moved"}
    last = messages(user(), assistant(CALL), user(pictured))
    assert last[-1]["role"] == "user"


def test_mistral_takes_pictures_in_results_and_no_user_after_them():
    pictured = hub.ToolResult(call_id=CALL.id, parts=(hub.Text(text="r"), PICTURE))
    request = hello(turns=(user(), assistant(CALL), user(pictured, hub.Text(text="and?"))))
    body = write(request, "mistral")["messages"]
    assert [message["role"] for message in body] == ["user", "assistant", "tool", "assistant", "user"]
    assert [part["type"] for part in body[2]["content"]] == ["text", "image_url"]
    assert body[3]["content"] == "OK" and written(request, "mistral").notes == ("assistant-turn-inserted",)


@given(st.text(min_size=1, max_size=60))
def test_call_ids_fit_the_vendor_and_still_pair(call_id):
    call = hub.ToolCall(id=call_id, name="f", arguments="{}")
    turns = (user(), assistant(call), user(hub.ToolResult(call_id=call_id, parts=(hub.Text(text="r"),))))
    for vendor, most in (("mistral", 9), ("openai", 40)):
        body = messages(*turns, vendor=vendor)
        found = body[1]["tool_calls"][0]["id"]
        assert found == body[2]["tool_call_id"] and 0 < len(found) <= most
        if vendor == "mistral":
            assert len(found) == 9 and found.isalnum() and found.isascii()


def test_ids_that_fit_are_kept():
    call = hub.ToolCall(id="AbCdEf123", name="f", arguments="{}")
    assert messages(user(), assistant(call), vendor="mistral")[1]["tool_calls"][0]["id"] == "AbCdEf123"


def test_a_cache_mark_on_a_result_stands_on_its_last_part():
    marked = hub.ToolResult(call_id="c", parts=(hub.Text(text="r"),), cache=hub.CacheMark())
    found = messages(user(marked), vendor="openrouter")[0]["content"]
    assert found == [{"type": "text", "text": "r", "cache_control": {"type": "ephemeral"}}]


def test_refusals_are_a_field_or_text():
    turn = assistant(hub.Refusal(text="No."))
    assert messages(user(), turn)[1] == {"role": "assistant", "content": None, "refusal": "No."}
    found = written(hello(turns=(user(), turn)), "groq")
    assert b'"content":"No."' in found.body and found.notes == ("refusal-as-text",)


def test_names_are_kept_where_they_are_taken():
    assert messages(user(name="Ann"))[0]["name"] == "Ann"
    found = written(hello(turns=(user(name="Ann"),)), "mistral")
    assert b"Ann" not in found.body and found.notes == ("message-name-ignored",)


PLAIN = hub.Thinking(text="Hm.")
CLAUDES = hub.Thinking(text="Hm.", signature=hub.Signature(origin="anthropic", value="s"))


@pytest.mark.parametrize(
    ("vendor", "model", "thought", "expected"),
    [
        ("deepseek", "m", PLAIN, {"reasoning_content": "Hm."}),
        ("zai", "m", PLAIN, {"reasoning_content": "Hm."}),
        ("groq", "m", PLAIN, {"reasoning": "Hm."}),
        ("openrouter", "x/y", PLAIN, {"reasoning_details": [{"type": "reasoning.text", "text": "Hm.", "index": 0}]}),
        (
            "openrouter",
            "anthropic/claude",
            CLAUDES,
            {
                "reasoning_details": [
                    {
                        "type": "reasoning.text",
                        "text": "Hm.",
                        "format": "anthropic-claude-v1",
                        "index": 0,
                        "signature": "s",
                    }
                ]
            },
        ),
        ("openrouter", "google/gemini-3", CLAUDES, None),
        ("openai", "gpt-5", PLAIN, None),
        ("deepseek", "m", CLAUDES, None),
    ],
)
def test_thinking_goes_back_to_who_can_read_it(vendor, model, thought, expected):
    request = hello(turns=(user(), assistant(thought, hub.Text(text="a"))))
    message = write(request, vendor, model)["messages"][1]
    assert message == {"role": "assistant", "content": "a"} | (expected or {})
    assert ("foreign-thinking-omitted" in written(request, vendor, model).notes) is (expected is None)


def test_mistral_gets_thinking_as_content():
    found = messages(user(), assistant(PLAIN, hub.Text(text="a")), vendor="mistral")[1]["content"]
    assert found == [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}, {"type": "text", "text": "a"}]


def test_a_turn_of_foreign_thinking_alone_is_left_out():
    assert [message["role"] for message in messages(user(), assistant(CLAUDES))] == ["user"]


def test_seals_on_calls_go_to_googles_compatible_url():
    call = hub.ToolCall(id="c", name="f", arguments="{}", signature=hub.Signature(origin="gemini", value="s"))
    found = messages(user(), assistant(call), vendor="openai-compatible")[1]["tool_calls"][0]
    assert found["extra_content"] == {"google": {"thought_signature": "s"}}
    assert written(hello(turns=(user(), assistant(call)))).notes == ("foreign-thinking-omitted",)


@pytest.mark.parametrize(
    "turn",
    [
        hub.Turn(role="assistant", parts=(hub.Image(source=hub.Link(url="https://e.com"), at="x"),)),
        hub.Turn(role="user", parts=(hub.Thinking(text="a", at="x"),)),
        hub.Turn(role="system", parts=(hub.Image(source=hub.Link(url="https://e.com"), at="x"),)),
    ],
)
def test_parts_that_a_role_cannot_have_are_refused(turn):
    assert inexpressible(hello(turns=(user(), turn))).at == "x"
