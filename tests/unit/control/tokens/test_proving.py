"""A secret is told apart from a replaced one, and from one of no token, by its keyed hash alone."""

from dataclasses import replace

from kit.control import ACTOR, ControlPlane
from tollway.control.tokens.model import NewToken
from tollway.control.tokens.proving import find_replaced, is_newest_secret, life_of


def test_only_the_tokens_own_secret_is_its_newest(plane: ControlPlane) -> None:
    issued = plane.tokens.issue(NewToken("ci"), ACTOR)
    token, raw = issued.token, issued.secret.reveal().encode()
    hasher = plane.keys
    assert is_newest_secret(token, raw, hasher)
    assert not is_newest_secret(token, raw[:-1] + b"x", hasher)
    assert not is_newest_secret(None, raw, hasher)
    assert not is_newest_secret(replace(token, pepper_version=99), raw, hasher), "no such pepper"
    assert find_replaced(token, raw, hasher) is None
    assert (life_of(token).state, life_of(token).expires_ns) == (token.state, token.expires_ns)
