"""What counts as one account and one source."""

import pytest

from tollway.control.sessions.throttle import account_bucket, global_bucket, source_bucket


def test_the_limits_are_five_twenty_and_a_thousand() -> None:
    buckets = (account_bucket("a", "1.2.3.4"), source_bucket("1.2.3.4"), global_bucket())
    assert [(one.limit, one.window_ns // 10**9) for one in buckets] == [(5, 900), (20, 300), (1_000, 300)]


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:1.2.3.4", "1.2.3.4", True),
        ("1.2.3.4", "1.2.3.5", False),
        ("local", "local", True),
    ],
)
def test_a_source_is_what_one_party_controls(one: str, other: str, is_same: bool) -> None:
    assert (source_bucket(one) == source_bucket(other)) is is_same


def test_parts_do_not_run_together_and_names_do_not_show() -> None:
    assert account_bucket("ab", "c").key != account_bucket("a", "bc").key
    assert b"secret" not in account_bucket("secret", "c").key
