"""What workers read of a token or an application, and what they read where the row is damaged."""

import pytest

from kit.control import ControlPlane
from tollway.contract.policy import decode_application, decode_token
from tollway.control.actor import Actor
from tollway.control.model import Damaged
from tollway.control.publication.records import encode_application, encode_token
from tollway.control.tokens.model import NewToken


def test_damaged_rows_refuse_only_themselves() -> None:
    damaged = Damaged("x", "x", "why")
    for encode, decode in ((encode_token, decode_token), (encode_application, decode_application)):
        with pytest.raises(ValueError, match="malformed"):
            decode(encode(damaged))


def test_a_personal_token_says_whose_it_is(plane: ControlPlane) -> None:
    issued = plane.tokens.issue(NewToken("mine"), Actor("usr_1", "user"))
    assert plane.policy.token(issued.token.id).user_id == "usr_1"
