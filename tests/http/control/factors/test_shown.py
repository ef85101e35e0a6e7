"""Bytes in JSON: base64url without padding, and nothing that reads in two ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tollway.control.factors.shown import AssertionInput, read_assertion, read_bytes, write_bytes


@given(st.binary(max_size=80))
def test_bytes_are_read_as_they_were_written(raw: bytes) -> None:
    assert read_bytes(write_bytes(raw)) == raw


@pytest.mark.parametrize("text", ["A", "AAAAA", "AA==", "AA+A", "AA/A", " AAA", "AAA\n", "é", ""], ids=range(9))
def test_other_spellings_are_refused(text: str) -> None:
    good = {"credential_id": "AAAA", "client_data": "AAAA", "authenticator_data": "AAAA", "signature": "AAAA"}
    assert read_assertion(AssertionInput(**good)).signature == b"\0\0\0"
    with pytest.raises(ValidationError):
        AssertionInput(**{**good, "signature": text})
