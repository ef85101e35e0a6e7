"""A replacement has the rights, limits and owner of what it replaces, another identity, and no more life."""

from dataclasses import replace

import pytest

from kit.control import ACTOR, ControlPlane
from tollway.contract.rights import NameRights
from tollway.control.access.grant import Grant
from tollway.control.access.model import Permission, Reach, Sight
from tollway.control.accounts.model import NewUser
from tollway.control.actor import Actor
from tollway.control.applications.model import NewApplication
from tollway.control.audit.model import Wanted
from tollway.control.limits.model import BudgetRule, LimitRules, RequestRule
from tollway.control.limits.service import to_rules
from tollway.control.plans.model import NewPlan
from tollway.control.rights.model import RightsChange
from tollway.control.tokens.ends import Hold
from tollway.control.tokens.model import IssuedToken, LifetimeRule, NewToken, Token, TokenChange
from tollway.control.tokens.replacing import Replacing
from tollway.kernel.errors import TollwayError
from tollway.policy.token import parse_token

DAY = 86_400
NANOS = 10**9
LIMITS = LimitRules(requests=(RequestRule("per-minute", 5, 60),), budgets=(BudgetRule("monthly", 5 * NANOS, "month"),))


@pytest.fixture
def leaked(plane: ControlPlane) -> Token:
    """A token with everything a token has, held back as a leaked one is."""
    team = plane.teams.create("payments", ACTOR)
    application = plane.applications.create(NewApplication("shop", team.id), ACTOR)
    plan = plane.plans.create(NewPlan("gold", limits=LIMITS), ACTOR)
    new = NewToken(
        "leaky",
        application.id,
        models=("gpt-4o",),
        limits=LIMITS,
        plan_id=plan.id,
        idle_seconds=30 * DAY,
        may_rotate=True,
    )
    token = plane.tokens.issue(new, ACTOR).token
    plane.rights.change("token", token.id, RightsChange(models=NameRights(deny=("gpt-4",))), ACTOR)
    return plane.token_desk.ends.quarantine(token.id, Hold(), ACTOR)


def do(plane: ControlPlane, token: Token, actor: Actor = ACTOR, **how: object) -> IssuedToken:
    return plane.token_desk.replacements.replace(token.id, Replacing(**how), actor)  # type: ignore[arg-type]


def code_of(plane: ControlPlane, token: Token, actor: Actor = ACTOR, **how: object) -> str:
    with pytest.raises(TollwayError) as caught:
        do(plane, token, actor, **how)
    return caught.value.code.name


def test_everything_but_the_identity_is_as_it_was(plane: ControlPlane, leaked: Token) -> None:
    plane.clock.advance(DAY)
    issued = do(plane, leaked)
    new, parsed = issued.token, parse_token(issued.secret.reveal())
    assert parsed is not None and parsed.id == new.id != leaked.id
    kept = ("name", "application_id", "team_id", "owner_id", "environment", "models", "services", "scopes", "plan_id")
    for field in (*kept, "expires_ns", "idle_seconds"):
        assert getattr(new, field) == getattr(leaked, field), field
    assert (new.state, new.created_ns, new.created_by) == ("active", plane.clock.now_ns(), str(ACTOR))
    assert to_rules(new.limits) == to_rules(leaked.limits)
    assert (new.life.may_rotate, new.life.quarantine, new.life.replaces) == (True, None, leaked.id)
    record = plane.policy.token(new.id)
    assert record.mac == plane.keys.mac(issued.secret.reveal().encode(), plane.keys.pepper_version)
    assert record.rights.models.deny == ("gpt-4",) and record.state == "active" and record.quarantine is None
    assert {entry.action for entry in plane.audit.page(Wanted(), limit=10)} >= {"token.issue", "token.replace"}


def test_what_is_not_revoked_stays_held_back_and_gives_up_its_name(plane: ControlPlane, leaked: Token) -> None:
    """So that the name means one token, and an application goes on until it has the new one."""
    new = do(plane, leaked).token
    old = plane.tokens.get(leaked.id)
    assert (old.state, old.name, old.life.replaced_by) == ("quarantined", "leaky (replaced)", new.id)
    assert plane.policy.token(old.id).quarantine is not None
    assert plane.tokens.find_named("leaky") == new
    long = plane.tokens.issue(NewToken("x" * 100), ACTOR).token
    plane.tokens.disable(long.id, ACTOR)
    do(plane, long)
    assert plane.tokens.get(long.id).name == "x" * 89 + " (replaced)"


def test_one_act_revokes_and_replaces(plane: ControlPlane) -> None:
    token = plane.tokens.issue(NewToken("ci"), ACTOR).token
    new = do(plane, token, revokes=True, is_compromised=True).token
    old = plane.tokens.get(token.id)
    assert (old.state, old.life.is_compromised, old.name) == ("revoked", True, "ci")
    assert old.revoked_reason == f"replaced by {new.masked}"
    assert plane.policy.token(token.id).is_compromised


def test_a_revoked_token_is_replaced_as_well(plane: ControlPlane, leaked: Token) -> None:
    plane.tokens.revoke(leaked.id, ACTOR, reason="in a repository")
    new = do(plane, leaked, revokes=True).token
    old = plane.tokens.get(leaked.id)
    assert (old.revoked_reason, old.life.replaced_by, new.name) == ("in a repository", new.id, "leaky")


def test_a_token_that_works_is_not_doubled_by_accident(plane: ControlPlane) -> None:
    token = plane.tokens.issue(NewToken("ci"), ACTOR).token
    assert code_of(plane, token) == "management.conflict"
    assert plane.tokens.get(token.id) == token and plane.tokens.count_live() == 1


def test_one_token_has_one_replacement_until_that_is_revoked(plane: ControlPlane, leaked: Token) -> None:
    first = do(plane, leaked).token
    assert code_of(plane, leaked, revokes=True) == "management.conflict"
    plane.tokens.revoke(first.id, ACTOR)
    assert do(plane, leaked).token.id != first.id


def test_r44_no_number_of_replacements_lives_longer_than_the_first(plane: ControlPlane) -> None:
    plane.lifetimes.put(LifetimeRule("installation", "", 30 * DAY, 30 * DAY), ACTOR)
    first = plane.tokens.issue(NewToken("ci"), ACTOR).token
    end = first.created_ns + 30 * DAY * NANOS
    token = first
    for _ in range(3):
        plane.clock.advance(5 * DAY)
        token = do(plane, token, revokes=True).token
        assert token.life.expires_max_ns == end and token.expires_ns is not None and token.expires_ns <= end
        with pytest.raises(TollwayError, match="a rule lets this token live"):
            plane.tokens.change(token.id, TokenChange(expires_ns=end + NANOS), ACTOR)
    plane.clock.advance(16 * DAY)
    assert code_of(plane, token, revokes=True) == "management.conflict"


def test_a_rule_that_came_later_holds_for_the_replacement(plane: ControlPlane) -> None:
    token = plane.tokens.issue(NewToken("ci", expires_ns=None), ACTOR).token
    plane.lifetimes.put(LifetimeRule("installation", "", None, 60 * DAY, 7 * DAY), ACTOR)
    new = do(plane, token, revokes=True).token
    assert new.expires_ns == token.created_ns + 60 * DAY * NANOS and new.idle_seconds == 7 * DAY


def test_a_token_that_ended_for_not_being_used_is_replaced_with_the_end_it_had(plane: ControlPlane) -> None:
    token = plane.tokens.issue(NewToken("ci"), ACTOR).token
    now = plane.clock.now_ns()
    life = replace(token.life, idle_since_ns=now, expires_before_idle_ns=token.expires_ns)
    with plane.database.write():
        plane.tokens.save(token, replace(token, expires_ns=now, life=life), ACTOR, "idle")
    assert do(plane, token, revokes=True).token.expires_ns == token.expires_ns


def test_r18_who_may_not_give_it_does_not_replace_it(plane: ControlPlane, leaked: Token) -> None:
    narrow = replace(ACTOR, bound=Grant(models=("gpt-4o-mini",)))
    assert code_of(plane, leaked, narrow) == "management.forbidden"
    elsewhere = Actor("user_2", "user", sight=Sight(Reach.OWN, "user_2"))
    assert code_of(plane, leaked, elsewhere) == "management.not_found"
    user = plane.accounts.invite(NewUser("ada", "developer"), ACTOR).user
    person = replace(ACTOR, id=user.id)
    plane.rights.change("user", user.id, RightsChange(models=NameRights(deny=("gpt-4", "o1"))), ACTOR)
    assert code_of(plane, leaked, person) == "management.forbidden", (
        "the token's own rights are wider than the person's"
    )
    assert plane.tokens.get(leaked.id).life.replaced_by is None and plane.tokens.count_live() == 1


def test_r18_nobody_gets_anothers_scopes_by_replacing(plane: ControlPlane) -> None:
    scoped = NewToken("mine", scopes={Permission.TOKENS_READ: Reach.OWN})
    token = plane.tokens.issue(scoped, ACTOR).token
    assert do(plane, token, revokes=True).token.scopes == token.scopes
    other = Actor("user_2", "user", bound=Grant(rights={Permission.TOKENS_READ: Reach.TEAM}))
    current = plane.tokens.find_named("mine")
    assert current is not None
    assert code_of(plane, current, other, revokes=True) == "management.forbidden"


def test_a_version_that_was_not_seen_is_refused(plane: ControlPlane, leaked: Token) -> None:
    with pytest.raises(TollwayError) as caught:
        plane.token_desk.replacements.replace(leaked.id, Replacing(), ACTOR, expected_version=1)
    assert caught.value.code.name == "management.precondition"
