"""A secret is told apart from a replaced one, and from one of no token, by its keyed hash alone."""

import hmac
from dataclasses import replace

import pytest

from kit.control import ACTOR, ControlPlane
from tollway.control.tokens.model import NewToken
from tollway.control.tokens.proving import find_replaced, is_newest_secret, life_of


def test_r12_an_unknown_token_is_hashed_and_compared_like_one_with_a_wrong_secret(
    plane: ControlPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = plane.tokens.issue(NewToken("ci"), ACTOR).token
    work: list[tuple[str, int, int]] = []
    compare = hmac.compare_digest

    class Counting:
        """The real hasher, which says that it was asked."""

        pepper_version = plane.keys.pepper_version

        def mac(self, raw: bytes, version: int) -> bytes | None:
            work.append(("hash", len(raw), version))
            return plane.keys.mac(raw, version)

    monkeypatch.setattr(hmac, "compare_digest", lambda a, b: work.append(("compare", len(a), len(b))) or compare(a, b))
    assert not is_newest_secret(token, b"x" * 65, Counting())
    known, work[:] = tuple(work), ()
    assert not is_newest_secret(None, b"x" * 65, Counting())
    assert tuple(work) == known and [step for step, _, _ in known] == ["hash", "compare"]


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
