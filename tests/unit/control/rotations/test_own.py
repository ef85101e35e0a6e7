"""A token rotates itself only if it may, and an answer that was lost can be asked for again."""

import pytest

from kit.control import ACTOR, ControlPlane
from tollway.control.rotations.own import REPEATED_SECONDS
from tollway.control.tokens.ends import WideEnd
from tollway.control.tokens.model import NewToken
from tollway.kernel.errors import TollwayError
from tollway.policy.token import generate_token, renew_token


def issue(plane: ControlPlane, **fields: object) -> str:
    return plane.tokens.issue(NewToken("ci", may_rotate=True, **fields), ACTOR).secret.reveal()


def refusal(plane: ControlPlane, secret: str, key: str = "k") -> str:
    with pytest.raises(TollwayError) as caught:
        plane.rotations.own.rotate(secret, key, overlap_seconds=0)
    return caught.value.code.name


def test_a_token_that_may_gets_a_new_secret(plane: ControlPlane) -> None:
    secret = issue(plane)
    collected = plane.rotations.own.rotate(secret, "k1", overlap_seconds=60, address="192.0.2.1")
    record = plane.policy.token(collected.token.id)
    assert record.mac == plane.keys.mac(collected.secret.reveal().encode(), record.pepper_version)
    (old,) = collected.token.life.old_secrets
    assert old.replaced_by == f"token:{collected.token.id}"


@pytest.mark.parametrize("overlap", [0, 60])
def test_r42_the_same_key_gets_the_same_answer_also_with_the_secret_that_it_replaced(
    plane: ControlPlane, overlap: int
) -> None:
    secret = issue(plane)
    first = plane.rotations.own.rotate(secret, "k1", overlap_seconds=overlap)
    again = plane.rotations.own.rotate(secret, "k1", overlap_seconds=overlap)
    with_new = plane.rotations.own.rotate(first.secret.reveal(), "k1", overlap_seconds=overlap)
    assert first.secret.reveal() == again.secret.reveal() == with_new.secret.reveal()
    assert plane.policy.token(first.token.id).generation == 2


def test_after_a_while_the_answer_is_gone(plane: ControlPlane) -> None:
    secret = issue(plane)
    plane.rotations.own.rotate(secret, "k1", overlap_seconds=0)
    plane.clock.advance(REPEATED_SECONDS + 1)
    assert refusal(plane, secret, "k1") == "token.replaced"


def test_another_key_with_a_replaced_secret_gets_nothing(plane: ControlPlane) -> None:
    secret = issue(plane)
    plane.rotations.own.rotate(secret, "k1", overlap_seconds=0)
    assert refusal(plane, secret, "k2") == "token.replaced"


def test_an_answer_of_before_is_not_repeated_after_the_next_rotation(plane: ControlPlane) -> None:
    secret = issue(plane)
    second = plane.rotations.own.rotate(secret, "k1", overlap_seconds=60)
    plane.rotations.own.rotate(second.secret.reveal(), "k2", overlap_seconds=60)
    third = plane.rotations.own.rotate(second.secret.reveal(), "k1", overlap_seconds=60)
    assert third.secret.reveal() != second.secret.reveal()


def test_r20_a_token_that_may_not_is_refused(plane: ControlPlane) -> None:
    secret = plane.tokens.issue(NewToken("ci"), ACTOR).secret.reveal()
    assert refusal(plane, secret) == "management.forbidden"


def test_r26_a_token_that_could_not_call_cannot_rotate_itself(plane: ControlPlane) -> None:
    """The same predicate as at the gateway, with every state and epoch."""
    now = plane.clock.now_ns()
    secret = issue(plane)
    token_id = secret[4:16]
    plane.tokens.disable(token_id, ACTOR)
    assert refusal(plane, secret) == "token.disabled"
    plane.tokens.revoke(token_id, ACTOR)
    assert refusal(plane, secret) == "token.revoked"
    early = issue(plane, not_before_ns=now + 10**9)
    assert refusal(plane, early) == "token.not_yet_valid"
    short = issue(plane, expires_ns=now + 2 * 10**9)
    plane.clock.advance(2)
    assert refusal(plane, short) == "token.expired"
    other = issue(plane)
    plane.token_desk.ends.end_all(WideEnd("user", "user_1"), ACTOR)
    assert refusal(plane, other) == "token.revoked"


def test_r12_an_unknown_id_and_a_wrong_secret_are_refused_alike(plane: ControlPlane) -> None:
    secret = issue(plane)
    unknown = generate_token("s", bytes(48)).reveal()
    wrong = renew_token("s", secret[4:16], bytes(32)).reveal()
    assert refusal(plane, unknown) == refusal(plane, wrong) == "token.invalid"
    assert refusal(plane, "nonsense") == "token.malformed"


def test_without_a_key_nothing_happens(plane: ControlPlane) -> None:
    secret = issue(plane)
    assert refusal(plane, secret, "") == "management.invalid"
    assert plane.policy.token(secret[4:16]).generation == 1
