"""Everything that is counted apart has a name of its own."""

from hypothesis import given
from hypothesis import strategies as st

from tollway.policy.meter_keys import STRIPES, meter_key, span_number, stripe_of


def test_keys_differ_by_owner_and_limit() -> None:
    keys = [meter_key("a", "l"), meter_key("b", "l"), meter_key("a", "m"), meter_key("al", ""), meter_key("", "al")]
    assert len(set(keys)) == len(keys)
    assert {len(key) for key in keys} == {16}


@given(st.text())
def test_a_stripe_is_in_range(owner_id: str) -> None:
    assert 0 <= stripe_of(owner_id) < STRIPES


@given(st.text(max_size=8), st.text(max_size=30))
def test_a_span_has_a_number_that_a_word_can_hold(period: str, zone: str) -> None:
    assert 0 < span_number(period, zone) <= 2**62
    assert span_number("day", "UTC") != span_number("day", "Europe/Berlin") != span_number("hour", "UTC")
