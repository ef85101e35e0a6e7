"""Which headers cross the gateway (P4, P6, R10)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.gateway.headers import answer_headers, passes_upstream, request_headers

OURS = ["x-forwarded-for", "x-tollway-token-id", "forwarded", "x-real-ip", "authorization", "x-api-key", "cookie"]


@pytest.mark.parametrize("name", OURS)
@given(data=st.data())
def test_p6_no_spelling_of_an_identity_header_survives(name, data):
    swaps = data.draw(st.lists(st.sampled_from("-_."), min_size=name.count("-"), max_size=name.count("-")))
    marks = iter(swaps)
    spelt = "".join(next(marks) if char == "-" else char for char in name)
    spelt = "".join(char.upper() if data.draw(st.booleans()) else char for char in spelt)
    assert not passes_upstream(spelt.encode())


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
