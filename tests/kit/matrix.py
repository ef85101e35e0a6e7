"""A console with somebody of a role, two teams, and objects of every kind on both sides of the line between them."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
from starlette.testclient import TestClient

from kit.console import PASSWORD, Console
from kit.control import ACTOR
from tollway.contract.records import CloseRecord
from tollway.control.access.model import Permission, Reach
from tollway.control.access.roles import BUILT_IN
from tollway.control.accounts.model import NewUser
from tollway.control.actor import Actor
from tollway.control.applications.model import NewApplication
from tollway.control.bulk.model import Act, Wanted
from tollway.control.limits.model import BudgetRule, LimitRules
from tollway.control.limits.top_ups import NewTopUp
from tollway.control.notices.model import DeliveryFilter, NewWebhook
from tollway.control.plans.model import NewPlan
from tollway.control.rights.model import Group
from tollway.control.rotations.model import NewRotationPolicy, Scope
from tollway.control.service_accounts.model import NewServiceAccount
from tollway.control.services.model import NewService
from tollway.control.sessions.model import Session
from tollway.control.tokens.model import NewToken, TokenFilter
from tollway.control.upstreams.model import ConnectionChange, NewProvider
from tollway.kernel.clock import NANOS_PER_SECOND
from tollway.kernel.ids import SESSION, new_id

OBJECTS = ("own", "team", "other", "deleted")
SIGN_IN = "/api/v1/session"


@dataclass
class World:
    """Who asks, and what there is. `objects` has the id of each kind and side; `own` those of each role's person."""

    console: Console
    clients: dict[str, TestClient] = field(default_factory=dict)
    objects: dict[str, dict[str, str]] = field(default_factory=dict)
    own: dict[str, dict[str, str]] = field(default_factory=dict)

    def client(self, role: str) -> TestClient:
        """Return the browser of the person with this role."""
        return self.clients[role]

    def ids(self, role: str, path: str, which: str) -> dict[str, str]:
        """Return the path parameters of an object on this side. A membership is made anew, since acts may end it."""
        found = {kind: sides[which] for kind, sides in self.objects.items()}
        if which == "own":
            found |= self.own[role]
        if "/members/" in path and which != "deleted":
            self.console.plane.members.join(found["team_id"], found["user_id"], ACTOR)
        if "/sessions/" in path:
            found["session_id"] = self._sign_in(found["user_id"]) if which != "deleted" else "sess_gone"
        return found

    def _sign_in(self, user_id: str) -> str:
        """Sign a person in somewhere, and return the session's id."""
        now_ns = self.console.clock.now_ns()
        hashed = secrets.token_bytes(32)
        session = Session(new_id(SESSION), hashed, user_id, now_ns, now_ns, now_ns + 10**15, "::1", "curl", now_ns)
        self.console.session_store.add_session(session, replaced_hash=None, idle_before_ns=0)
        return session.id

    def body(self, method: str, path: str) -> dict[str, Any]:
        """Return a body that is well formed where an object is looked up, and changes nothing."""
        if method == "PATCH" and (path.endswith("/rights") or path.startswith("/model-groups")):
            return {"json": {}}
        if method == "PATCH":
            return {"json": {"name": "renamed"}}
        if path.endswith(("/members/acts", "/members/acts/preview")):
            return {"json": {"kind": "leave", "ids": ["user_none"]}}
        if path.endswith("/hand-over"):
            return {"json": {"to_user_id": "user_none"}}
        if path.endswith("/top-ups"):
            return {"json": {"limit": "none", "amount": 1, "ends_at": "2027-06-01T00:00:00Z"}}
        return {"json": {}} if method == "PUT" or (method == "POST" and "{" not in path) else {}


def add_person(console: Console, name: str, role: str, team_ids: tuple[str, ...] = ()) -> str:
    """Make somebody who can sign in with PASSWORD, and return their id."""
    plane = console.plane
    user = plane.accounts.invite(NewUser(name, role, team_ids), ACTOR).user
    with plane.database.write():
        plane.account_store.put(replace(user, state="active", password_hash=console.hasher.hash(PASSWORD)))
    return user.id


def sign_in(console: Console, name: str) -> TestClient:
    """Return a browser in which that person is signed in."""
    client = console.client()
    answer = client.post(SIGN_IN, json={"name": name, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    client.headers["x-tollway-csrf"] = answer.json()["csrf"]
    return client


def build_world(console: Console, role: str) -> World:
    """Make everything, and somebody with the role."""
    world = World(console)
    plane = console.plane
    red, blue, gone = (plane.teams.create(name, ACTOR).id for name in ("red", "blue", "gone"))
    applications = {
        name: plane.applications.create(NewApplication(name, team), ACTOR).id for name, team in _pairs(red, blue)
    }
    tokens = {side: plane.tokens.issue(NewToken(side, app), ACTOR).token.id for side, app in applications.items()}
    mate, stranger, leaver = (
        add_person(console, name, "developer", (team,))
        for name, team in (("mate", red), ("stranger", blue), ("leaver", red))
    )
    console.ledger.calls = [_call("team", red), _call("other", blue)]
    world.objects = {
        "token_id": {**tokens, "own": "", "deleted": "AAAAAAAAAAAA"},
        "policy_id": {
            **{side: _policy(console, side, "application", app) for side, app in applications.items()},
            "own": "",
            "deleted": "rot_none",
        },
        "application_id": _sides(applications["team"], applications["other"], _buried(console, red)),
        "team_id": _sides(red, blue, gone),
        "level": _sides("team", "team", "team"),
        "owner_id": _sides(red, blue, gone),
        "top_up_id": _sides(*("top_0123456789abcdef",) * 3),
        "user_id": _sides(mate, stranger, leaver),
        "request_id": _sides("req_team", "req_other", "req_gone"),
        "event_id": _sides(
            _noticed(console, tokens["team"], red), _noticed(console, tokens["other"], blue), "sec_none"
        ),
        **_of_teams(console, red, blue),
        "account_id": _service_accounts(console, red, blue),
        **_for_all(console),
        "job_id": _jobs(console),
        **_webhooks(console),
    }
    for team in (red, blue):
        top_up_id = _topped_up(console, team)
        world.objects["top_up_id"] |= {"own": top_up_id, "team": top_up_id} if team == red else {"other": top_up_id}
    plane.teams.delete(gone, ACTOR)
    plane.accounts.delete(leaver, ACTOR)
    _settle(world, role, red)
    return world


def _jobs(console: Console) -> dict[str, str]:
    """Make a job that has ended."""
    job = console.plane.bulk.start(Wanted(TokenFilter(search="none")), Act("disable"), ACTOR)
    console.plane.bulk.step(job.id)
    return _sides(job.id, job.id, "job_none")


def _noticed(console: Console, token_id: str, team_id: str | None) -> str:
    """Have something noticed about a token, and return the event's id."""
    console.security.find("spike", token_id, team_id=team_id or "")
    return console.security.events()[0].id


def _topped_up(console: Console, team_id: str) -> str:
    """Give a team a budget that is topped up, and return the top-up's id."""
    plane = console.plane
    rules = LimitRules(budgets=(BudgetRule("month", 5, "month"),))
    plane.limit_owners.change("team", team_id, rules, ACTOR)
    new = NewTopUp("month", 1, plane.clock.now_ns() + 3_600 * NANOS_PER_SECOND)
    return plane.top_ups.give("team", team_id, new, ACTOR).limits[0].top_ups[0].id


def _settle(world: World, role: str, team_id: str) -> None:
    """Make the person of a role, a token of theirs and a call by it."""
    console = world.console
    user_id = add_person(console, f"the {role}", role, (team_id,))
    token = console.plane.tokens.issue(NewToken(f"of {role}"), Actor(user_id, "user")).token
    console.ledger.calls.append(msgspec.structs.replace(_call(role, ""), token_id=token.id))
    is_seeing = Permission.TOKENS_READ in BUILT_IN[role].rights
    policy_id = _policy(console, role, "token", token.id)
    world.own[role] = {
        "token_id": token.id,
        "policy_id": policy_id,
        **({"request_id": f"req_{role.replace('_', '')}"} if is_seeing else {}),
    }
    world.own[role]["event_id"] = _noticed(console, token.id, None)
    world.clients[role] = sign_in(console, f"the {role}")


def _policy(console: Console, name: str, scope: Scope, scope_id: str) -> str:
    """Make a rotation policy for one thing."""
    return console.plane.rotations.policies.create(NewRotationPolicy(name, scope, 86_400, scope_id), ACTOR).id


def _of_teams(console: Console, red: str, blue: str) -> dict[str, dict[str, str]]:
    """Make a provider and a service of each team, and one of each kind that is deleted."""
    plane = console.plane
    makes: dict[str, Callable[[str, str], str]] = {
        "provider_id": lambda name, team: plane.providers.create(NewProvider(name, "openai", team_id=team), ACTOR).id,
        "service_id": lambda name, team: (
            plane.services.create(
                NewService(name, f"/{name}", ConnectionChange("http://10.0.0.1"), team_id=team), ACTOR
            ).id
        ),
    }
    found = {}
    for kind, make in makes.items():
        sides = [make(name, team) for name, team in (("team", red), ("other", blue), ("gone", red))]
        (plane.providers if kind == "provider_id" else plane.services).delete(sides[2], ACTOR)
        found[kind] = _sides(*sides)
    return found


def _service_accounts(console: Console, red: str, blue: str) -> dict[str, str]:
    """Make a service account of each team, and one that is deleted; its role permits what everybody may do."""
    plane = console.plane
    role = plane.roles.create("service", "", {Permission.GATEWAY_READ: Reach.ALL}, ACTOR).id
    owner = add_person(console, "keeper", "viewer", (red, blue))
    made = [
        plane.service_accounts.create(NewServiceAccount(name, role, team, owner), ACTOR).id
        for name, team in (("svc team", red), ("svc other", blue), ("svc gone", red))
    ]
    plane.service_accounts.delete(made[2], ACTOR)
    return _sides(*made)


def _for_all(console: Console) -> dict[str, dict[str, str]]:
    """Make what belongs to no team: there the reach is always `all`."""
    plane = console.plane
    makes: dict[str, tuple[Callable[[str], str], Callable[[str], object]]] = {
        "plan_id": (
            lambda name: plane.plans.create(NewPlan(name), ACTOR).id,
            lambda object_id: plane.plans.delete(object_id, ACTOR),
        ),
        "group_name": (
            lambda name: plane.model_groups.create(Group(name, ("gpt-4o",)), ACTOR).name,
            lambda name: plane.model_groups.delete(name, ACTOR),
        ),
        "role_id": (
            lambda name: plane.roles.create(name, "", {Permission.GATEWAY_READ: Reach.ALL}, ACTOR).id,
            lambda object_id: plane.roles.delete(object_id, ACTOR),
        ),
    }
    found = {}
    for kind, (make, delete) in makes.items():
        kept, gone = make("kept"), make("gone")
        delete(gone)
        found[kind] = _sides(kept, kept, gone)
    return found


def _webhooks(console: Console) -> dict[str, dict[str, str]]:
    """Make a webhook with a delivery, and one that is deleted with its own."""
    found = []
    for name in ("kept", "gone"):
        webhook = console.notices.webhooks.create(NewWebhook(name, "https://hooks.example/"), ACTOR).webhook
        console.notices.deliveries.test(webhook.id, ACTOR)
        (delivery,) = console.notices.deliveries.page(webhook.id, DeliveryFilter()).items
        found.append((webhook.id, delivery.id))
    kept, gone = found
    console.notices.webhooks.delete(gone[0], ACTOR)
    return {
        "webhook_id": _sides(kept[0], kept[0], gone[0]),
        "delivery_id": _sides(kept[1], kept[1], gone[1]),
    }


def _pairs(red: str, blue: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return (("team", red), ("other", blue))


def _sides(team: str, other: str, deleted: str) -> dict[str, str]:
    return {"own": team, "team": team, "other": other, "deleted": deleted}


def _buried(console: Console, team_id: str) -> str:
    application = console.plane.applications.create(NewApplication("buried", team_id), ACTOR)
    console.plane.applications.delete(application.id, ACTOR)
    return application.id


def _call(name: str, team_id: str) -> CloseRecord:
    request_id = f"req_{name.replace('_', '')}"
    return CloseRecord(request_id, 10**18, 5, 200, "ok", "chat", team_id=team_id, method="POST", route="/v1")
