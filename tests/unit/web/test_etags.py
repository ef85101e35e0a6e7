"""If-Match becomes the version a change expects."""

import asyncio

import pytest

from tollway.web.etags import NO_VERSION, _expected_version, etag_of


@pytest.mark.parametrize(
    ("header", "version"),
    [
        (None, None),
        ("*", None),
        (etag_of(7), 7),
        ('"other", "v3"', 3),
        ('W/"v3"', NO_VERSION),
        ("v3", NO_VERSION),
        ('"v0"', NO_VERSION),
        ('"v1", "v2"', NO_VERSION),
        ("", NO_VERSION),
    ],
)
def test_only_a_strong_tag_of_ours_names_a_version(header: str | None, version: int | None) -> None:
    assert asyncio.run(_expected_version(header)) == version
