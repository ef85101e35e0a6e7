"""What workers read of a token or an application, and what they read where the row is damaged."""

from dataclasses import replace

import pytest

from kit.control import ACTOR, ControlPlane
from tollway.contract.life import OldSecret, Quarantine
from tollway.contract.policy import decode_application, decode_token
from tollway.control.actor import Actor
from tollway.control.model import Damaged
from tollway.control.publication.records import encode_application, encode_token
from tollway.control.tokens.life import Life, Quarantined, ReplacedSecret
from tollway.control.tokens.model import NewToken


def test_damaged_rows_refuse_only_themselves() -> None:
    damaged = Damaged("x", "x", "why")
    for encode, decode in ((encode_token, decode_token), (encode_application, decode_application)):
        with pytest.raises(ValueError, match="malformed"):
            decode(encode(damaged))


def test_a_personal_token_says_whose_it_is(plane: ControlPlane) -> None:
    issued = plane.tokens.issue(NewToken("mine"), Actor("usr_1", "user"))
    assert plane.policy.token(issued.token.id).user_id == "usr_1"


def test_a_plain_tokens_record_says_nothing_of_a_life_but_when_it_was_issued(plane: ControlPlane) -> None:
    token = plane.tokens.issue(NewToken("plain"), ACTOR).token
    record = plane.policy.token(token.id)
    assert (record.issued_ns, record.generation, record.old_secrets, record.quarantine) == (
        token.created_ns,
        1,
        (),
        None,
    )


def test_replaced_secrets_and_a_quarantine_reach_the_workers(plane: ControlPlane) -> None:
    """The low rate of a quarantine is a limit like any other, beside the token's own."""
    token = plane.tokens.issue(NewToken("held", not_before_ns=None), ACTOR).token
    life = Life(
        generation=2,
        old_secrets=(ReplacedSecret(1, b"m" * 32, 7, 5, "x", 9),),
        quarantine=Quarantined(("websocket",), 3, 1, "x", None),
        is_compromised=True,
    )
    held = replace(token, state="quarantined", life=life, not_before_ns=4)
    record = decode_token(encode_token(held))
    assert record.old_secrets == (OldSecret(1, b"m" * 32, 7, 9),)
    assert (record.generation, record.not_before_ns, record.is_compromised) == (2, 4, True)
    assert record.quarantine == Quarantine(("websocket",))
    assert [(limit.requests, limit.window_seconds) for limit in record.limits.requests] == [(3, 60)]
    # Only while it is held: afterwards the record is as before.
    assert decode_token(encode_token(replace(held, state="active"))).limits == token.limits
