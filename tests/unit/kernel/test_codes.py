"""The table of error codes is whole and can be relied on."""

import http
import re

from tollway.kernel.codes import BY_NAME, TABLE, Retry, Source


def test_names_are_unique_and_of_one_form() -> None:
    assert len(BY_NAME) == len(TABLE)
    assert all(re.fullmatch(r"[a-z]+\.[a-z][a-z0-9_]*", code.name) for code in TABLE)


def test_statuses_are_errors_and_fit_the_source() -> None:
    for code in TABLE:
        assert 400 <= http.HTTPStatus(code.status) < 600
        if code.source is Source.UPSTREAM:
            assert code.status in (502, 503, 504), code.name
        if code.name.startswith("gateway."):
            assert code.status >= 500, f"{code.name}: an outage is never the caller's fault"


def test_what_may_be_sent_again_later_says_so_with_429_or_5xx() -> None:
    assert all(code.status == 429 or code.status >= 500 for code in TABLE if code.retry is Retry.LATER)


def test_meanings_and_checks_are_sentences() -> None:
    for code in TABLE:
        assert code.meaning.endswith("."), code.name
        assert code.check.endswith("."), code.name
