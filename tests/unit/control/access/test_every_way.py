"""Whatever way rights come to be, come back or change hands: never more than whoever does it may give.

Of each way the property is two-sided: with what lies within one's bound it works, and with anything beyond it changes
nothing. The bound is somebody's who asks by a session or by a token; the program itself made what is acted on.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kit.control import ACTOR, ControlPlane
from tollway.contract.rights import NameRights, NetworkRights
from tollway.contract.rights import Rights as CallRights
from tollway.control.access.grant import Grant, excess
from tollway.control.access.model import EVERYWHERE, Permission, Reach, RoleChange
from tollway.control.accounts.model import NewUser, UserChange
from tollway.control.actor import Actor
from tollway.control.bulk.model import Act, Wanted
from tollway.control.rights.model import RightsChange
from tollway.control.service_accounts.model import NewServiceAccount, ServiceAccountChange
from tollway.control.tokens.ends import Hold
from tollway.control.tokens.model import NewToken, Token, TokenChange, TokenFilter
from tollway.control.tokens.service import grant_of
from tollway.kernel.clock import NANOS_PER_SECOND
from tollway.kernel.errors import TollwayError

DAY_NS = 86_400 * NANOS_PER_SECOND
SCOPES = (Permission.TOKENS_READ, Permission.USERS_WRITE)
FEW = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@dataclass(frozen=True)
class Made:
    """A token that the program made, and what was done to it so that the way has something to give back."""

    plane: ControlPlane
    token_id: str
    account_id: str

    @property
    def token(self) -> Token:
        return self.plane.tokens.get(self.token_id)


def _bulk(act: Act, prepare: Callable[[Made], object] = lambda made: None) -> "Way":
    def run(made: Made, actor: Actor) -> None:
        made.plane.clock.advance(1)
        job = made.plane.bulk.start(Wanted(TokenFilter(search=made.token.name), EVERYWHERE), act, actor)
        while job.state == "running":
            job = made.plane.bulk.step(job.id)

    return Way(run, prepare)


def _undo(made: Made, actor: Actor) -> None:
    (job,) = made.plane.bulk.page(limit=1).items
    undo = made.plane.bulk.undo(job.id, actor)
    while undo.state == "running":
        undo = made.plane.bulk.step(undo.id)


@dataclass(frozen=True)
class Way:
    """One way; `prepare` is done by the program before it."""

    run: Callable[[Made, Actor], object]
    prepare: Callable[[Made], object] = lambda made: None


def _disable(made: Made) -> None:
    made.plane.tokens.disable(made.token_id, ACTOR)


def _rotate(made: Made) -> None:
    made.plane.token_desk.secrets.rotate(made.token_id, ACTOR, overlap_seconds=60)


def _lull(made: Made) -> None:
    """Let it end for not being used."""
    token = made.token
    life = replace(token.life, idle_since_ns=made.plane.clock.now_ns(), expires_before_idle_ns=token.expires_ns)
    with made.plane.database.write():
        made.plane.tokens.save(
            token, replace(token, expires_ns=made.plane.clock.now_ns(), life=life), ACTOR, "end_idle"
        )


OF_TOKENS: dict[str, Way] = {
    "change": Way(lambda made, actor: made.plane.tokens.change(made.token_id, TokenChange(name="new"), actor)),
    "enable": Way(lambda made, actor: made.plane.tokens.enable(made.token_id, actor), _disable),
    "rotate": Way(lambda made, actor: made.plane.token_desk.secrets.rotate(made.token_id, actor, overlap_seconds=0)),
    "cancel_rotation": Way(lambda made, actor: made.plane.token_desk.secrets.cancel(made.token_id, actor), _rotate),
    "release": Way(
        lambda made, actor: made.plane.token_desk.ends.release(made.token_id, actor),
        lambda made: made.plane.token_desk.ends.quarantine(made.token_id, Hold(), ACTOR),
    ),
    "wake": Way(lambda made, actor: made.plane.token_desk.ends.wake(made.token_id, actor), _lull),
    "bulk_enable": _bulk(Act("enable"), _disable),
    "bulk_extend": _bulk(Act("extend", expires_ns=1_800_000_000 * NANOS_PER_SECOND + 2 * DAY_NS)),
    "bulk_set_plan": _bulk(Act("set_plan", plan_id=None), lambda made: _give_plan(made)),
    "bulk_undo": Way(_undo, lambda made: _bulk(Act("disable")).run(made, ACTOR)),
}


def _give_plan(made: Made) -> None:
    from tollway.control.plans.model import NewPlan

    plan = made.plane.plans.create(NewPlan(f"plan-{made.token_id}"), ACTOR)
    made.plane.tokens.change(made.token_id, TokenChange(plan_id=plan.id), ACTOR)


_names = st.none() | st.sampled_from([("a",), ("b",), ("a", "b")])
_expiries = st.none() | st.sampled_from([DAY_NS, 3 * DAY_NS])
_rights = st.dictionaries(st.sampled_from(SCOPES), st.sampled_from(Reach), max_size=2)
_call_rights = st.sampled_from([CallRights(), CallRights(networks=NetworkRights(("10.0.0.0/8",)))])


@pytest.fixture(scope="module")
def made_plane(tmp_path_factory: pytest.TempPathFactory) -> ControlPlane:
    from kit.control import open_surroundings

    return ControlPlane(open_surroundings(tmp_path_factory.mktemp("ways"))).start()


@pytest.mark.parametrize("way", OF_TOKENS)
@FEW
@given(
    models=_names,
    own=_expiries,
    scopes=_rights,
    bound_models=_names,
    bound=_expiries,
    bound_rights=_rights,
    call=st.tuples(_call_rights, _call_rights),
)
def test_r18_no_way_gives_a_token_more_than_its_giver_may(
    made_plane: ControlPlane,
    way: str,
    *,
    models: tuple[str, ...] | None,
    own: int | None,
    scopes: dict[Permission, Reach],
    bound_models: tuple[str, ...] | None,
    bound: int | None,
    bound_rights: dict[Permission, Reach],
    call: tuple[CallRights, CallRights],
) -> None:
    plane = made_plane
    now = plane.clock.now_ns()
    account_id = _account(plane)
    allowed = {name: reach for name, reach in scopes.items() if reach in _reaches(name)}
    new = NewToken(
        f"t{plane.token_store.count_live(now_ns=now)}-{way}",
        owner_id=account_id,
        models=models,
        expires_ns=None if own is None else now + own,
        scopes=allowed,
    )
    made = Made(plane, plane.tokens.issue(new, ACTOR).token.id, account_id)
    OF_TOKENS[way].prepare(made)
    giver = plane.accounts.invite(NewUser(f"giver of {made.token_id}", "viewer"), ACTOR).user.id
    for level, owner_id, rights in (("token", made.token_id, call[0]), ("user", giver, call[1])):
        plane.rights.change(level, owner_id, RightsChange(networks=rights.networks), ACTOR)  # type: ignore[arg-type]
    limit = Grant(bound_models, None, None if bound is None else now + bound, rights=bound_rights)
    actor = Actor(giver, "user", bound=limit)
    before = made.token
    try:
        OF_TOKENS[way].run(made, actor)
    except TollwayError as error:
        assert error.code.name == "management.forbidden", error
        assert made.token == before
    beyond = excess(grant_of(_after(way, before), actor), limit)
    is_wider = call[1] != CallRights() and call[0] == CallRights() and way != "change"
    assert (made.token == before) == bool(beyond or is_wider), (beyond, is_wider)


def _after(way: str, before: Token) -> Token:
    """Return the token as the way would leave it, as far as what it permits goes."""
    if way == "wake":
        return replace(before, expires_ns=before.life.expires_before_idle_ns)
    if way == "bulk_extend":
        return replace(before, expires_ns=1_800_000_000 * NANOS_PER_SECOND + 2 * DAY_NS)
    return before


def _reaches(name: Permission) -> tuple[Reach, ...]:
    from tollway.control.access.model import REGISTRY

    return REGISTRY[name].reaches


def _account(plane: ControlPlane) -> str:
    """Return the service account whose tokens these are."""
    found = plane.account_store.find_named("svc")
    if found is not None:
        return found.id
    team = plane.teams.create("red", ACTOR)
    person = plane.accounts.invite(NewUser("keeper", "viewer", (team.id,)), ACTOR).user
    with plane.database.write():
        plane.account_store.put(replace(person, state="active", password_hash="$argon2id$"))
    return plane.service_accounts.create(NewServiceAccount("svc", "admin", team.id, person.id), ACTOR).id


def test_r20_what_a_token_makes_has_its_rights_and_it_cannot_widen_its_own(plane: ControlPlane) -> None:
    person = plane.accounts.invite(NewUser("ada", "admin"), ACTOR).user
    scopes = {Permission.TOKENS_WRITE: Reach.OWN}
    own = plane.tokens.issue(NewToken("own", scopes=scopes), Actor(person.id, "user")).token
    narrow = NetworkRights(("10.0.0.0/8",))
    plane.rights.change("token", own.id, RightsChange(networks=narrow), ACTOR)
    actor = Actor(person.id, "user", bound=Grant(rights=scopes), token_id=own.id)
    child = plane.tokens.issue(NewToken("child"), actor).token
    assert plane.rights.get("token", child.id).rights == CallRights(networks=narrow)
    for token_id in (own.id, child.id):
        with pytest.raises(TollwayError, match=r"^management\.forbidden.*networks"):
            plane.rights.change("token", token_id, RightsChange(networks=NetworkRights()), actor)
    plane.rights.change("user", person.id, RightsChange(models=NameRights(("a",))), ACTOR)
    application_owner = _account(plane)
    with pytest.raises(TollwayError, match=r"^management\.forbidden"):
        plane.tokens.issue(NewToken("of another", owner_id=application_owner), actor)


OF_ROLES: dict[str, Callable[[ControlPlane, str, str, Actor], object]] = {
    "invite": lambda plane, role, user, actor: plane.accounts.invite(NewUser(f"new {role}", role), actor),
    "change": lambda plane, role, user, actor: plane.accounts.change(user, UserChange(role=role), actor),
    "link": lambda plane, role, user, actor: plane.accounts.issue_link(_with(plane, user, role), actor),
    "reactivate": lambda plane, role, user, actor: plane.accounts.reactivate(_with(plane, user, role), actor),
    "join": lambda plane, role, user, actor: plane.members.join(_team(plane), _with(plane, user, role), actor),
    "create_role": lambda plane, role, user, actor: plane.roles.create(
        f"copy of {role}", "", plane.roles.rights_of(role), actor
    ),
    "change_role": lambda plane, role, user, actor: plane.roles.change(
        plane.roles.create(f"empty {role}", "", {Permission.GATEWAY_READ: Reach.ALL}, ACTOR).id,
        RoleChange(rights=plane.roles.rights_of(role)),
        actor,
    ),
    "service_account": lambda plane, role, user, actor: plane.service_accounts.change(
        _account(plane), ServiceAccountChange(role=role), actor
    ),
}


@pytest.mark.parametrize("way", OF_ROLES)
@pytest.mark.parametrize("mine", [Reach.TEAM, Reach.ALL])
@pytest.mark.parametrize("given_reach", [Reach.TEAM, Reach.ALL])
def test_r18_no_way_gives_a_person_more_than_its_giver_may(
    plane: ControlPlane, way: str, mine: Reach, given_reach: Reach
) -> None:
    role = plane.roles.create("given", "", {Permission.TEAMS_READ: given_reach}, ACTOR).id
    user = plane.accounts.invite(NewUser("somebody", "viewer"), ACTOR).user.id
    plain = plane.roles.create("plain", "", {Permission.TEAMS_READ: Reach.TEAM}, ACTOR).id
    plane.accounts.change(user, UserChange(role=plain), ACTOR)
    plane.service_accounts.change(_account(plane), ServiceAccountChange(role=plain), ACTOR)
    bound = {Permission.TEAMS_READ: mine, Permission.GATEWAY_READ: Reach.ALL}
    actor = Actor("user_giver", "user", bound=Grant(rights=bound))
    is_beyond = given_reach is Reach.ALL and mine is Reach.TEAM
    # Into a team that is not one's own, what a role reaches by teams is given by who reaches all.
    is_beyond |= way in ("join", "service_account") and mine is Reach.TEAM
    if is_beyond:
        with pytest.raises(TollwayError, match=r"^management\.forbidden"):
            OF_ROLES[way](plane, role, user, actor)
    else:
        OF_ROLES[way](plane, role, user, actor)


def _with(plane: ControlPlane, user_id: str, role: str) -> str:
    """Give a person the role, and switch them off."""
    user = plane.accounts.change(user_id, UserChange(role=role), ACTOR)
    return user.id


def _team(plane: ControlPlane) -> str:
    account = plane.account_store.find(_account(plane))
    assert account is not None and account.team_id is not None
    return account.team_id
