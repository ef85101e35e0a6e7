"""Names that are one account, and secrets that cannot be guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.control.sessions.model import canonical_name, hash_secret, new_secret


@pytest.mark.parametrize("name", ["admin", "Admin", "ADMIN ", " admin", "ａdmin", "\u00a0admin"])
def test_r37_spellings_are_one_account(name: str) -> None:
    assert canonical_name(name) == "admin"


@given(st.text(max_size=60))
def test_the_canonical_form_is_final(name: str) -> None:
    assert canonical_name(canonical_name(name)) == canonical_name(name)


def test_secrets_have_256_bits_and_are_stored_hashed() -> None:
    secrets = {new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert all(len(secret) == 43 for secret in secrets)
    assert len(hash_secret("x")) == 32
