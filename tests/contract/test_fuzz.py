"""What reads strangers' bytes is given many that are nearly right; `python -m kit.fuzz` gives it millions.

A target holds each input against another reader, or what was written against what must be true of it; it goes wrong
by any exception that its reader does not promise, by taking a tenth of a second, and by growing.
"""

import time

import pytest

from kit.fuzz.bodies import REQUESTS, check_answer, check_request, check_stream, listed_answers, listed_streams
from kit.fuzz.mutate import JSON_SCRAPS, Bytes, Text, Values, text_of
from kit.fuzz.run import Found, Target, run
from kit.fuzz.targets import TARGETS
from tollway.formats.dialects import DIALECTS

SHORT = {"stream": 200, "answer": 300, "request": 300}
"""By the last word of a target's name."""
DEEP = tuple(scrap for scrap in JSON_SCRAPS if len(scrap) > 1_000)


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_a_stranger_sends_does_harm(name: str) -> None:
    print(run(name, TARGETS[name], SHORT.get(name.rpartition(" ")[2], 2_000), seed=7))


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", TARGETS)
def test_nothing_of_a_hundred_thousand_does_harm(name: str) -> None:
    print(run(name, TARGETS[name], 100_000, seed=8))


@pytest.mark.parametrize("name", DIALECTS)
def test_a_value_nested_too_deep_is_harmless_wherever_it_is(name: str) -> None:
    """msgspec gives up at a thousand levels with a RecursionError, which is no ValueError."""
    assert len(DEEP) == 2
    asked = [text_of(body) for body in REQUESTS[name]]
    for check, texts in (
        (check_request, asked),
        (check_answer, listed_answers(name)),
        (check_stream, listed_streams(name)),
    ):
        for text in texts:
            for begin, end in text.values:
                check(name, text.raw[:begin] + DEEP[0] + text.raw[end:])


def test_what_goes_wrong_is_told_with_its_input() -> None:
    def refuses(data: bytes) -> str:
        assert b"!" not in data, "an exclamation"
        return "taken"

    with pytest.raises(Found, match=r"an exclamation.*!"):
        run("x", Target(lambda seed: Bytes([b"abc"], [b"!"], seed), refuses), 1_000, seed=1)
    assert "taken 1,000" in run("x", Target(lambda seed: Bytes([b"abc"], [b"?"], seed), lambda data: "taken"), 1_000, 1)


def test_an_input_that_takes_long_is_found() -> None:
    def dawdles(data: bytes) -> str:
        began = time.thread_time()
        while time.thread_time() < began + 0.101:
            pass
        return f"{len(data)} bytes"

    with pytest.raises(Found, match="s for b"):
        run("x", Target(lambda seed: Bytes([b"abc"], [b"?"], seed), dawdles), 1, seed=2)


def test_the_same_seed_makes_the_same_inputs() -> None:
    def inputs(seed: int) -> list[bytes]:
        source = Values([text_of({"a": [1, "b"], "c": None}), Text(b"[1]", values=[(0, 3), (1, 2)])], seed)
        return [source.next() for _ in range(50)]

    assert inputs(1) == inputs(1) != inputs(2)
