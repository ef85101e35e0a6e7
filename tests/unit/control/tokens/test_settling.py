"""What a change says of a token's life is held against the rules; the rest stays as it was."""

from dataclasses import replace

import pytest

from kit.control import ACTOR, ControlPlane
from tollway.control.faults import Faults
from tollway.control.tokens.life import NEW_LIFE
from tollway.control.tokens.lifetimes import Lifetime
from tollway.control.tokens.model import NewToken, Token, TokenChange
from tollway.control.tokens.settling import bounded_life, last_expiry_ns, settle_life

SECOND = 10**9


@pytest.fixture
def token(plane: ControlPlane) -> Token:
    return plane.tokens.issue(NewToken("a"), ACTOR).token


def test_the_bound_is_the_earlier_of_the_one_at_issue_and_the_one_now(token: Token) -> None:
    at_issue = replace(token, life=bounded_life(NEW_LIFE, Lifetime(max_seconds=100), token.created_ns))
    assert last_expiry_ns(at_issue, Lifetime()) == token.created_ns + 100 * SECOND
    assert last_expiry_ns(at_issue, Lifetime(max_seconds=50)) == token.created_ns + 50 * SECOND
    assert last_expiry_ns(at_issue, Lifetime(max_seconds=500)) == token.created_ns + 100 * SECOND
    assert last_expiry_ns(token, Lifetime()) is None


def test_a_change_of_nothing_changes_nothing(token: Token) -> None:
    faults = Faults()
    assert settle_life(token, TokenChange(), Lifetime(max_seconds=60, idle_seconds=60), faults) == token
    faults.check()


def test_a_later_expiry_brings_an_idle_token_back(token: Token) -> None:
    idle = replace(token, life=replace(NEW_LIFE, idle_since_ns=5, expires_before_idle_ns=9))
    settled = settle_life(idle, TokenChange(expires_ns=idle.expires_ns), Lifetime(), Faults())
    assert (settled.life.idle_since_ns, settled.life.expires_before_idle_ns) == (None, None)


def test_a_token_may_be_allowed_to_rotate_itself(token: Token) -> None:
    assert settle_life(token, TokenChange(may_rotate=True), Lifetime(), Faults()).life.may_rotate
