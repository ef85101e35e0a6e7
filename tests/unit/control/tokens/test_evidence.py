"""Whether an old secret is safe to end: only after it was not used for long enough."""

from dataclasses import replace

import pytest

from kit.control import ACTOR, ControlPlane
from tollway.contract.ledger_api import OriginsAnswer, SecretUse
from tollway.control.tokens.evidence import weigh
from tollway.control.tokens.model import NewToken

HOUR = 3_600 * 10**9


def use(last_ns: int, calls: int = 14) -> OriginsAnswer:
    return OriginsAnswer((SecretUse("t", "1", last_ns - 5, last_ns, "192.0.2.7", "sdk/1", calls),))


@pytest.mark.parametrize(
    ("hours", "last_use_hours", "is_safe"),
    [
        (1, None, False),  # so young an overlap says nothing yet
        (25, None, True),
        (25, 1.5, False),
        (25, 0.5, True),
        (30, 5.5, True),
        (30, 6.5, False),
    ],
)
def test_a_day_without_use_makes_an_old_secret_safe_to_end(
    plane: ControlPlane, hours: float, last_use_hours: float | None, is_safe: bool
) -> None:
    issued = plane.tokens.issue(NewToken("ci"), ACTOR)
    rotated_ns = plane.clock.now_ns()
    token = plane.token_desk.secrets.rotate(issued.token.id, ACTOR, overlap_seconds=7 * 86_400).token
    origins = OriginsAnswer() if last_use_hours is None else use(rotated_ns + int(last_use_hours * HOUR))
    (evidence,) = weigh(token, origins, rotated_ns + int(hours * HOUR))
    assert evidence.is_safe_to_end is is_safe
    assert (evidence.use.calls if evidence.use else 0) == (0 if last_use_hours is None else 14)


def test_a_secret_that_works_no_more_is_safe_to_forget_and_late_uses_are_still_shown(plane: ControlPlane) -> None:
    issued = plane.tokens.issue(NewToken("ci"), ACTOR)
    token = plane.token_desk.secrets.rotate(issued.token.id, ACTOR, overlap_seconds=0).token
    now = plane.clock.now_ns()
    (evidence,) = weigh(token, use(now, calls=2), now + 1)
    assert (evidence.is_working, evidence.is_safe_to_end) == (False, True)
    assert evidence.use is not None
    assert evidence.use.calls == 2


def test_uses_of_other_generations_are_not_mixed_in(plane: ControlPlane) -> None:
    issued = plane.tokens.issue(NewToken("ci"), ACTOR)
    token = plane.token_desk.secrets.rotate(issued.token.id, ACTOR, overlap_seconds=60).token
    other = replace(token.life.old_secrets[0], generation=9)
    (evidence,) = weigh(
        replace(token, life=replace(token.life, old_secrets=(other,))), use(plane.clock.now_ns()), plane.clock.now_ns()
    )
    assert evidence.use is None
