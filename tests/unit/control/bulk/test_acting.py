"""What one act does to one token, and how it is taken back."""

from dataclasses import replace

import pytest

from kit.control import ACTOR, ControlPlane
from tollway.control.bulk.acting import apply_act, extend_within, keep_before, plain_extend, undo_act
from tollway.control.bulk.model import Act
from tollway.control.limits.model import BudgetRule, LimitRules
from tollway.control.tokens.lifetimes import Lifetime
from tollway.control.tokens.model import NewToken, Token

LIMITS = LimitRules(budgets=(BudgetRule("month", 5, "month"),))
ACTS = [
    Act("set_plan", plan_id="plan_1"),
    Act("set_limits", limits=LIMITS),
    Act("disable"),
    Act("extend", expires_ns=2 * 10**18 + 5),
]


@pytest.fixture
def token(plane: ControlPlane) -> Token:
    return plane.tokens.issue(NewToken("ci"), ACTOR).token


def act_on(token: Token, act: Act) -> Token | None:
    return apply_act(token, act, plain_extend, now_ns=7, by="user:u")


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.kind)
def test_an_act_is_done_once_and_taken_back(token: Token, act: Act) -> None:
    changed = act_on(token, act)
    assert changed is not None
    assert act_on(changed, act) is None, "there is nothing left to do"
    assert undo_act(changed, keep_before(token), act, plain_extend) == token


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.kind)
def test_what_somebody_changed_since_is_not_taken_back(token: Token, act: Act) -> None:
    before = keep_before(replace(token, state="active", plan_id="plan_0", expires_ns=5))
    assert undo_act(token, before, act, plain_extend) is None


def test_limits_are_those_of_each_token(token: Token) -> None:
    other = replace(token, id="AAAAAAAAAAAA")
    first, second = act_on(token, ACTS[1]), act_on(other, ACTS[1])
    assert first is not None
    assert second is not None
    assert first.limits.budgets[0].id != second.limits.budgets[0].id


def test_revoked_tokens_stay_as_they_are(token: Token) -> None:
    revoked = act_on(token, Act("revoke", reason="left"))
    assert revoked is not None
    assert (revoked.state, revoked.revoked_ns, revoked.revoked_by, revoked.revoked_reason) == (
        "revoked", 7, "user:u", "left",
    )  # fmt: skip
    for act in (*ACTS, Act("revoke"), Act("enable")):
        assert act_on(revoked, act) is None
        assert undo_act(revoked, keep_before(token), act, plain_extend) is None


def test_only_disabled_tokens_are_enabled_and_only_active_ones_disabled(token: Token) -> None:
    assert act_on(token, Act("enable")) is None
    disabled = replace(token, state="disabled")
    assert act_on(disabled, Act("enable")) == token
    assert act_on(disabled, Act("disable")) is None


def test_a_rule_may_forbid_an_expiry(token: Token) -> None:
    assert apply_act(token, ACTS[3], lambda *_: None, now_ns=7, by="user:u") is None


def test_the_rules_of_lives_bound_what_is_extended(token: Token) -> None:
    day = 86_400

    class Book:
        def find(self, *, team_id: str | None, role: str) -> Lifetime:
            assert (team_id, role) == (token.team_id, "admin")
            return Lifetime(max_seconds=10 * day)

    extend = extend_within(Book())
    within = extend(token, token.created_ns + 9 * day * 10**9, "admin")
    assert within is not None
    assert within.expires_ns == token.created_ns + 9 * day * 10**9
    assert extend(token, token.created_ns + 11 * day * 10**9, "admin") is None
    assert extend(token, None, "admin") is None


def test_expiry_is_in_whole_seconds(token: Token) -> None:
    changed = act_on(token, ACTS[3])
    assert changed is not None
    assert changed.expires_ns == 2 * 10**18
