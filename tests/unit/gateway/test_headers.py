"""Which headers cross the gateway (P4, P6, R10)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.gateway.headers import HOP_BY_HOP, answer_headers, fold, passes_upstream, request_headers

OURS = ["x-forwarded-for", "x-tollway-token-id", "forwarded", "x-real-ip", "authorization", "x-api-key", "cookie"]


@pytest.mark.parametrize("name", OURS)
@given(data=st.data())
def test_p6_no_spelling_of_an_identity_header_survives(name, data):
    swaps = data.draw(st.lists(st.sampled_from("-_."), min_size=name.count("-"), max_size=name.count("-")))
    marks = iter(swaps)
    spelt = "".join(next(marks) if char == "-" else char for char in name)
    spelt = "".join(char.upper() if data.draw(st.booleans()) else char for char in spelt)
    assert not passes_upstream(spelt.encode())


@pytest.mark.parametrize("name", ["X_Auth_User", "X.Auth.User", "x-auth.user", "X-AUTH_USER", "X_Tollway.Token-Id",
                                  "x.forwarded_for", "Remote_User", "X_Api_Key", "Transfer_Encoding"])  # fmt: skip
def test_r10_the_four_spellings_of_one_bug_are_one_name(name):
    """Traefik fixed the underscore, then the dot, then the trailers: every spelling folds to one."""
    assert not passes_upstream(name.encode())
    assert request_headers([(name.lower().encode(), b"admin"), (b"x-keep", b"1")]) == [(b"x-keep", b"1")]


@given(st.text("abcxyzABC-_.", min_size=1, max_size=20))
def test_r10_folding_changes_neither_length_nor_what_it_folded(name):
    folded = fold(name.encode())
    assert len(folded) == len(name) and fold(folded) == folded
    assert passes_upstream(name.encode()) == passes_upstream(folded)


def test_r10_what_ends_at_each_hop_never_passes_in_any_spelling():
    for name in HOP_BY_HOP:
        assert not passes_upstream(name.replace(b"-", b"_")) and not passes_upstream(name.upper())


def test_p4_headers_named_by_connection_are_dropped_but_never_ours():
    headers = [
        (b"connection", b"X-Extra, x-forwarded-for"),
        (b"x-extra", b"1"),
        (b"x-keep", b"2"),
        (b"te", b"trailers"),
    ]
    assert request_headers(headers) == [(b"x-keep", b"2")]


def test_answers_lose_what_acts_on_the_whole_origin():
    headers = [
        (b"set-cookie", b"a=b"), (b"strict-transport-security", b"max-age=1"), (b"clear-site-data", b"*"),
        (b"x-tollway-provider", b"evil"), (b"content-type", b"text/plain"), (b"transfer-encoding", b"chunked"),
    ]  # fmt: skip
    assert answer_headers(headers, keeps_cookies=False) == [(b"content-type", b"text/plain")]
    assert answer_headers(headers, keeps_cookies=True)[0] == (b"set-cookie", b"a=b")
