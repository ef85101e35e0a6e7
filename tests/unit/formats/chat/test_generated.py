"""How much was generated, where nobody states it."""

import json

from hypothesis import given
from hypothesis import strategies as st

from tollway.contract.usage import Usage
from tollway.formats.chat.generated import chunk_decoder, delta_bytes, estimate_usage
from tollway.formats.chat.usage import read_usage


def test_usage_is_read_from_a_whole_answer_and_estimated_without_it():
    answer = {"choices": [{"message": {"content": "a" * 40}}], "usage": {"prompt_tokens": 3, "completion_tokens": 4}}
    assert read_usage(json.dumps(answer).encode()) == Usage(3, 4)
    answer["usage"] = None
    raw = json.dumps(answer).encode()
    assert read_usage(raw) is None
    assert estimate_usage(raw, 7) == Usage(7, 10, is_estimated=True)


@given(st.binary(max_size=80))
def test_no_answer_can_break_the_reader(raw):
    read_usage(raw)
    assert estimate_usage(raw, 1).is_estimated


def test_content_in_parts_is_measured():
    # Mistral's thinking.
    parts = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "a" * 400}]},
        {"type": "text", "text": "b" * 400},
    ]
    whole = json.dumps({"choices": [{"message": {"content": parts}}]}).encode()
    assert 190 <= estimate_usage(whole, 1).output_tokens <= 210
    chunk = chunk_decoder.decode(json.dumps({"choices": [{"delta": {"content": parts}}]}).encode())
    assert chunk.choices is not None and 760 <= delta_bytes(chunk.choices) <= 840
