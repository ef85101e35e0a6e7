"""Which requests prove that they come from the console's own pages."""

import pytest

from tollway.web.csrf import comes_from_here, repeats


@pytest.mark.parametrize(
    ("headers", "is_ours"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": ""}, False),
        ({"sec-fetch-site": "cross-site", "origin": "http://h", "host": "h"}, False),
        ({"origin": "http://h:1", "host": "h:1"}, True),
        ({"origin": "https://h", "host": "h"}, True),
        ({"origin": "http://h:2", "host": "h:1"}, False),
        ({"origin": "http://", "host": ""}, False),
        ({"origin": "null", "host": "h"}, False),
        ({"content-type": "application/json"}, True),
        ({"content-type": "text/plain"}, False),
        ({"content-type": "multipart/form-data; boundary=x"}, False),
        ({}, False),
    ],
)
def test_where_a_request_comes_from(headers: dict[str, str], is_ours: bool) -> None:
    assert comes_from_here(headers) is is_ours


def test_the_sessions_value_is_repeated_exactly() -> None:
    assert repeats("abc", "abc")
    assert not any(repeats(value, "abc") for value in (None, "", "ab", "abcd", "é"))
