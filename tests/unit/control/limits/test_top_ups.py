"""Top-ups allow more for a while, end by themselves, and leave what was spent alone."""

import pytest

from kit.control import ACTOR, ControlPlane
from tollway.contract.limits import AMOUNT_MAX, Limit, TopUp
from tollway.control.audit.model import Wanted
from tollway.control.faults import Invalid
from tollway.control.limits.model import BudgetRule, LimitRules, RequestRule
from tollway.control.limits.top_ups import NewTopUp, allowed
from tollway.control.tokens.model import NewToken
from tollway.kernel.clock import NANOS_PER_SECOND
from tollway.kernel.errors import TollwayError

RULES = LimitRules((RequestRule("rpm", 60, 60),), budgets=(BudgetRule("month", 10, "month"),))


@pytest.fixture
def token_id(plane: ControlPlane) -> str:
    return plane.tokens.issue(NewToken("ci", limits=RULES), ACTOR).token.id


def later(plane: ControlPlane, seconds: int) -> int:
    return plane.clock.now_ns() + seconds * NANOS_PER_SECOND


def test_top_up_is_published_under_the_id_of_its_budget(plane: ControlPlane, token_id: str) -> None:
    before = plane.tokens.get(token_id).limits
    until = later(plane, 60)
    limits = plane.top_ups.give("token", token_id, NewTopUp("month", 5, until), ACTOR)
    (limit,) = plane.policy.token(token_id).limits.limits
    assert limits.limits == (limit,)
    assert (limit.id, limit.amount) == (before.budgets[0].id, 10)
    assert [(top_up.amount, top_up.until_ns) for top_up in limit.top_ups] == [(5, until)]
    assert [entry.action for entry in plane.audit.page(Wanted(), limit=1)] == ["token.top_up"]


def test_an_ended_top_up_is_cleared_away_by_the_next(plane: ControlPlane, token_id: str) -> None:
    plane.top_ups.give("token", token_id, NewTopUp("month", 5, later(plane, 60)), ACTOR)
    plane.clock.advance(61)
    limits = plane.top_ups.give("token", token_id, NewTopUp("month", 7, later(plane, 60)), ACTOR)
    assert [top_up.amount for top_up in limits.limits[0].top_ups] == [7]


def test_top_up_is_ended_early(plane: ControlPlane, token_id: str) -> None:
    limits = plane.top_ups.give("token", token_id, NewTopUp("rpm", 5, later(plane, 60)), ACTOR)
    top_up_id = limits.limits[0].top_ups[0].id
    plane.top_ups.end("token", token_id, top_up_id, ACTOR)
    assert plane.policy.token(token_id).limits == plane.tokens.get(token_id).limits
    assert plane.tokens.get(token_id).limits.requests[0].name == "rpm"
    with pytest.raises(TollwayError, match=r"^management\.not_found"):
        plane.top_ups.end("token", token_id, top_up_id, ACTOR)


@pytest.mark.parametrize(
    ("new", "path"),
    [
        (NewTopUp("week", 1, 60), "/limit"),
        (NewTopUp("month", 0, 60), "/amount"),
        (NewTopUp("month", AMOUNT_MAX, 60), "/amount"),
        (NewTopUp("month", 1, 0), "/ends_at"),
        (NewTopUp("month", 1, 400 * 86_400), "/ends_at"),
        (NewTopUp("month", 1, 60, 61), "/ends_at"),
    ],
)
def test_what_cannot_be_is_refused(plane: ControlPlane, token_id: str, new: NewTopUp, path: str) -> None:
    starts = later(plane, new.from_ns) if new.from_ns else 0
    with pytest.raises(Invalid) as caught:
        real = NewTopUp(new.limit, new.amount, later(plane, new.until_ns), starts)
        plane.top_ups.give("token", token_id, real, ACTOR)
    assert [fault.path for fault in caught.value.faults] == [path]


def test_a_limit_has_a_bounded_number_of_them(plane: ControlPlane, token_id: str) -> None:
    for _ in range(20):
        plane.top_ups.give("token", token_id, NewTopUp("month", 1, later(plane, 60)), ACTOR)
    with pytest.raises(Invalid, match="at most 20"):
        plane.top_ups.give("token", token_id, NewTopUp("month", 1, later(plane, 60)), ACTOR)


def test_what_is_allowed_follows_the_clock() -> None:
    limit = Limit("l", "n", "cost", 10, period="month", top_ups=(TopUp("a", 5, 100), TopUp("b", 7, 200, 50)))
    assert [allowed(limit, now) for now in (0, 49, 50, 99, 100, 199, 200)] == [15, 15, 22, 22, 17, 17, 10]
