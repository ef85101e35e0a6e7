"""A flood of refusals stays bounded, tells different credentials apart, and keeps none of them."""

from tollway.gateway import refusals as module
from tollway.gateway.refusals import KEYS_MAX, MARKS_MAX, Refusals


def test_refusals_are_added_up_by_source_kind_and_id() -> None:
    refusals = Refusals()
    for _ in range(3):
        refusals.note("192.0.2.1", "malformed", "", (b"sk-one", "curl/8"))
    refusals.note("192.0.2.1", "malformed", "", (b"sk-two", "curl/9"))
    refusals.note("192.0.2.1", "unknown", "abcdefABCDEF", (b"tws_x", "curl/8"))
    first, second = refusals.take()
    assert (first.address, first.kind, first.token_id, first.calls, first.agent) == (
        "192.0.2.1",
        "malformed",
        "",
        4,
        "curl/8",
    )
    assert len(first.marks) == 2 and max(first.marks) < 4_096
    assert (second.kind, second.token_id, second.calls, len(second.marks)) == ("unknown", "abcdefABCDEF", 1, 1)
    assert refusals.take() == ()


def test_a_flood_from_many_sources_with_many_credentials_stays_bounded() -> None:
    refusals = Refusals()
    for number in range(10_000):
        refusals.note(f"address {number % 1_000}", "malformed", "", (str(number).encode(), ""))
    taken = refusals.take()
    assert len(taken) == KEYS_MAX
    assert all(len(each.marks) <= MARKS_MAX for each in taken)
    assert module.MARKS_MAX == 16
