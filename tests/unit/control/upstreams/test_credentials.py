"""Credentials: sealed on the way in, kept when given again, shown as little as possible."""

import pytest

from tollway.adapters.secrets.key_ring import KeyRing
from tollway.control.faults import Faults
from tollway.control.upstreams.credentials import Credentials
from tollway.control.upstreams.model import Key
from tollway.kernel.clock import FixedClock
from tollway.kernel.errors import TollwayError
from tollway.kernel.secret import Secret

RING = KeyRing(Secret(bytes(range(32))))
CREDENTIALS = Credentials(RING, FixedClock())


def build(*texts: str, existing: tuple[Key, ...] = ()) -> tuple[Key, ...]:
    faults = Faults()
    keys = CREDENTIALS.build(tuple(map(Secret, texts)), existing, faults)
    faults.check()
    return keys


def test_key_is_sealed_for_its_own_row() -> None:
    one, two = build("sk-the-first-key", "sk-the-second-key")
    assert RING.open(one.sealed, one.aad) == b"sk-the-first-key"
    assert one.masked == "…-key" and "first" not in repr(one)
    with pytest.raises(TollwayError):
        RING.open(one.sealed, two.aad)


def test_short_key_shows_nothing() -> None:
    assert build("short")[0].masked == "…"


def test_keys_given_again_keep_their_rows() -> None:
    keys = build("sk-the-first-key", "env:KEY", "file:/run/key")
    assert build("file:/run/key", "sk-the-first-key", "env:KEY", existing=keys) == (keys[2], keys[0], keys[1])
    assert build("stored", existing=keys) == (keys[0],)
    assert build("env:KEY", "env:KEY", "sk-new-new-new", "sk-new-new-new")[1:] != ()
    assert len(build("env:KEY", "env:KEY", "sk-new-new-new", "sk-new-new-new")) == 2


@pytest.mark.parametrize("text", ["", "env:", "env:1A", "env:A=B", "file:", "two\nlines", "schlüssel", "x" * 9_000])
def test_what_cannot_be_a_credential_is_refused_without_repeating_it(text: str) -> None:
    faults = Faults()
    assert CREDENTIALS.build((Secret(text),), (), faults) == ()
    assert [fault.path for fault in faults.found] == ["/credentials/0"]
    assert len(text) < 6 or text not in faults.found[0].message


def test_stored_is_refused_where_no_key_is_stored() -> None:
    for existing in ((), build("env:KEY")):
        faults = Faults()
        assert CREDENTIALS.build((Secret("stored"),), existing, faults) == ()
        assert [fault.path for fault in faults.found] == ["/credentials/0"]


def test_number_of_keys_is_bounded() -> None:
    faults = Faults()
    CREDENTIALS.build(tuple(Secret(f"env:K{number}") for number in range(21)), (), faults)
    assert faults.found
