"""Everything that is counted apart has a name of its own."""

from hypothesis import given
from hypothesis import strategies as st

from tollway.policy.meter_keys import STRIPES, budget_key, concurrency_key, requests_key, stripe_of


def test_keys_differ_by_kind_owner_limit_and_window() -> None:
    keys = [
        requests_key("a", "l", 60),
        requests_key("a", "l", 61),
        requests_key("b", "l", 60),
        requests_key("a", "m", 60),
        concurrency_key("a", "l"),
        concurrency_key("al", ""),
        budget_key("a", "l"),
        budget_key("b", "l"),
    ]
    assert len(set(keys)) == len(keys)
    assert {len(key) for key in keys} == {16}


@given(st.text())
def test_a_stripe_is_in_range(owner_id: str) -> None:
    assert 0 <= stripe_of(owner_id) < STRIPES
