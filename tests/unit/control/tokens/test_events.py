"""What others are told of tokens."""

import msgspec

from kit.control import ACTOR, ControlPlane
from tollway.control.notices.events import Kind
from tollway.control.tokens.events import token_created_event, token_revoked_event
from tollway.control.tokens.model import NewToken


def test_the_events_of_a_token_say_who_and_what_and_nothing_secret(plane: ControlPlane) -> None:
    issued = plane.tokens.issue(NewToken("ci", expires_ns=None), ACTOR)
    created = token_created_event(issued.token)
    assert created.kind is Kind.TOKEN_CREATED and created.occurred_ns == issued.token.created_ns
    facts = msgspec.to_builtins(created.data)
    assert (facts["id"], facts["name"], facts["by"], facts["expires_at"]) == (
        issued.token.id, "ci", "user:user_1", None,
    )  # fmt: skip
    revoked = token_revoked_event(plane.tokens.revoke(issued.token.id, ACTOR, reason="leaked"))
    assert revoked.kind is Kind.TOKEN_REVOKED and msgspec.to_builtins(revoked.data)["reason"] == "leaked"
    text = repr(created) + repr(revoked)
    assert issued.secret.reveal() not in text and issued.token.mac.hex() not in text and "mac=" not in text
