"""What a proof may be, and what a session shows of itself."""

import pytest

from kit.console import Console
from kit.factors import S
from tollway.control.faults import Invalid
from tollway.control.sessions.shown import ProofInput, read_proof


def test_a_proof_is_exactly_one_thing() -> None:
    assert read_proof(ProofInput(code="123456")).code == "123456"
    for given in (ProofInput(), ProofInput(code="1", password="x")):
        with pytest.raises(Invalid):
            read_proof(given)


def test_a_proof_is_in_no_repr() -> None:
    assert "hunter2" not in repr(read_proof(ProofInput(password="hunter2")))


def test_a_session_says_until_when_it_is_fresh(console: Console) -> None:
    browser = console.signed_in()
    shown = browser.get(S).json()
    console.clock.advance(300)
    assert browser.get(S).json()["fresh_until"] == shown["fresh_until"]
    assert shown["confirm_by"] == ["password"] and shown["needs_second_factor"] is False
