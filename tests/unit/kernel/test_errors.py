"""The one error type: status and text follow from the code, internals never reach the public text."""

import pytest

from tollway.kernel.errors import TollwayError


def test_public_text_defaults_to_the_meaning_of_the_code() -> None:
    error = TollwayError("token.revoked")
    assert (error.status, error.public) == (401, "The token was revoked.")
    assert (error.retry_after_seconds, dict(error.headers), error.param) == (None, {}, None)


def test_internal_detail_is_in_the_log_text_and_not_in_the_public_one() -> None:
    error = TollwayError("upstream.tls", public="No.", internal="cert of db-7 expired", headers={"x-a": "b"})
    assert error.public == "No."
    assert "db-7" in str(error)
    assert error.headers == {"x-a": "b"}


def test_undeclared_codes_are_a_programming_mistake() -> None:
    with pytest.raises(KeyError):
        TollwayError("no.such_code")
