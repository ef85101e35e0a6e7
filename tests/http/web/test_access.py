"""The authorisation matrix: every route declares one policy, and every role is let through to exactly its own rows.

The matrix is generated from the routes: each is asked by each role about an object of the caller's own, of a team mate,
of another team, and one that was deleted. What must happen follows from the role's rights and reach, and from nothing
else; a route that is new is in it by itself, and fails until its objects are known here.
"""

import json
import re
from collections import Counter

import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from kit.console import PASSWORD, Console
from kit.generated_requests import document_text
from kit.matrix import OBJECTS, World, build_world
from tollway.control.access.model import REGISTRY, Permission, Reach, Rights
from tollway.control.access.roles import BUILT_IN
from tollway.control.access.scopes import NEVER
from tollway.web.access import Needs, Open, policies_of
from tollway.web.routers import PREFIX, api_routes

OPEN = {
    ("POST", "/rotations/collect"),
    ("POST", "/rotations/self"),
    ("POST", "/session"),
    ("POST", "/session/passkey"),
    ("POST", "/session/passkey/options"),
    ("POST", "/session/second-step"),
    ("POST", "/session/second-step/options"),
    ("GET", "/setup"),
    ("POST", "/setup"),
    ("POST", "/welcome"),
}
ENDLESS = {"/live"}


def each() -> list[tuple[str, APIRoute]]:
    return [(method, route) for route in api_routes() for method in sorted(route.methods or ())]


def name(case: object) -> str:
    return case.path if isinstance(case, APIRoute) else str(case)


def permission_of(route: APIRoute) -> Permission | None:
    (policy,) = policies_of(route.dependant)
    return policy.permission if isinstance(policy, Needs) else None


@pytest.mark.parametrize(("method", "route"), each(), ids=name)
def test_r7_every_route_declares_one_policy_and_those_open_to_anybody_are_a_list(method: str, route: APIRoute) -> None:
    policies = policies_of(route.dependant)
    assert len(policies) == 1, f"{method} {route.path} declares {policies}"
    assert isinstance(policies[0], Open) == ((method, route.path) in OPEN)


@pytest.mark.parametrize(("method", "route"), each(), ids=name)
def test_what_reads_needs_a_permission_to_read_and_what_changes_needs_another(method: str, route: APIRoute) -> None:
    permission = permission_of(route)
    if permission is None or permission in (Permission.ACCOUNT_USE, Permission.MACHINE_OPERATE):
        return  # One's own account, and the machine by its socket, are used: there is nobody who may only look.
    assert permission.value.endswith(".read") == (method == "GET"), f"{method} {route.path} needs {permission}"


def test_every_permission_guards_something() -> None:
    used = {permission_of(route) for _, route in each()}
    assert set(REGISTRY) - used == {Permission.INSTALLATION_OWN}


USUAL_ROLES = ("viewer",)
"""Asked in every run; the others in the slow one."""


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "role", [role if role in USUAL_ROLES else pytest.param(role, marks=pytest.mark.slow) for role in BUILT_IN]
)
def test_r18_the_matrix_of_every_route_and_every_role(console: Console, role: str) -> None:
    """Prints its size with `pytest -s`; with all roles it has more than a thousand cells."""
    world = build_world(console, role)
    wrong, counted = [], Counter[str]()
    for method, route in each():
        permission = permission_of(route)
        if permission is None or route.path in ENDLESS or permission is Permission.ACCOUNT_USE:
            continue
        for which in OBJECTS if "{" in route.path else ("own",):
            expected = expect(BUILT_IN[role].rights, permission, route, which)
            found = ask(world, role, method, route, which)
            counted[found] += 1
            if found != expected:
                wrong.append(f"{method} {route.path} {role} {which}: {found}, not {expected}")
    cells = counted.total()
    told = ", ".join(f"{count} {found}" for found, count in sorted(counted.items()))
    print(f"{role:<10} {cells} cells ({told}), {len(wrong)} unexpected")
    assert cells * len(BUILT_IN) > 1_000
    assert not wrong, "\n".join(wrong)


def expect(rights: Rights, permission: Permission, route: APIRoute, which: str) -> str:
    """Say what must happen: `forbidden` without the permission, `hidden` out of its reach, else `reached`."""
    reach = rights.get(permission)
    if reach is None:
        return "forbidden"
    if "{" not in route.path:
        return "reached"
    if which == "deleted":
        return "hidden"
    if reach is Reach.ALL:
        return "reached"
    if which == "own":
        return "reached"
    if which == "team":
        return "reached" if reach is Reach.TEAM else "hidden"
    return "hidden"


def ask(world: World, role: str, method: str, route: APIRoute, which: str, *, client: TestClient | None = None) -> str:
    """Ask about an object in a way that changes nothing: an If-Match that cannot match, a body that cannot be."""
    path = PREFIX + route.path.format_map(world.ids(role, route.path, which))
    headers = {"if-match": '"v999999"'}
    answer = (client or world.client(role)).request(method, path, headers=headers, **world.body(method, route.path))
    is_problem = answer.headers.get("content-type") == "application/problem+json"
    problem = answer.json() if is_problem else {}
    if problem.get("code") == "management.forbidden" and "needs the permission" in problem["detail"]:
        return "forbidden"
    if answer.status_code == 404:
        return "hidden"
    assert answer.status_code < 500, answer.text
    return "reached"


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("role", "is_reading"),
    [pytest.param("api_owner", False, marks=pytest.mark.slow), pytest.param("owner", True, marks=pytest.mark.slow)],
)
def test_r18_the_matrix_by_token(console: Console, role: str, is_reading: bool) -> None:
    """A token is let through to what its scopes and its owner's role both permit, on every route as its owner is."""
    world = build_world(console, role)
    scopes = {
        name: reach
        for name, reach in BUILT_IN[role].rights.items()
        if name not in NEVER and (name.value.endswith(".read") or not is_reading)
    }
    client, wrong = by_token(world, role, scopes), []
    for method, route in each():
        permission = permission_of(route)
        if permission is None or route.path in ENDLESS or permission is Permission.ACCOUNT_USE:
            continue
        for which in OBJECTS if "{" in route.path else ("own",):
            expected = expect(scopes, permission, route, which)
            found = ask(world, role, method, route, which, client=client)
            if found != expected:
                wrong.append(f"{method} {route.path} {role} {which}: {found}, not {expected}")
    assert not wrong, "\n".join(wrong)


def by_token(world: World, role: str, scopes: Rights) -> TestClient:
    """Return a script that asks by a token of the role's person."""
    client = world.console.client()
    client.headers.pop("sec-fetch-site")
    body = {"name": "script", "scopes": [{"permission": name, "reach": reach} for name, reach in scopes.items()]}
    token = world.client(role).post(f"{PREFIX}/tokens", json=body)
    assert token.status_code == 201, token.text
    client.headers["authorization"] = f"Bearer {token.json()['token']}"
    return client


def test_every_route_is_in_the_matrix_or_is_open_or_is_about_oneself() -> None:
    """What the matrix leaves out is the stream, and what everybody may do about themselves, below two paths."""
    left_out = {route.path for _, route in each() if permission_of(route) is Permission.ACCOUNT_USE} | ENDLESS
    strays = {path for path in left_out - ENDLESS if not path.startswith(("/account/", "/session"))}
    assert not strays
    assert len({route.path for _, route in each()} - left_out) > 100


def test_who_is_not_signed_in_reaches_nothing_that_is_not_open(console: Console) -> None:
    """Every route, also those about oneself and the stream; a token that nobody issued is nobody, too."""
    nobody, forger = console.client(), console.client()
    forger.headers["authorization"] = "Bearer tws_0123456789ab" + "A" * 40
    wrong = []
    for client in (nobody, forger):
        for method, route in each():
            if permission_of(route) is None:
                continue
            answer = client.request(method, somewhere(route))
            if answer.status_code != 401:
                wrong.append(f"{method} {route.path}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def test_no_token_uses_an_account_or_operates_the_machine(console: Console) -> None:
    world = build_world(console, "owner")
    scopes = {name: reach for name, reach in BUILT_IN["owner"].rights.items() if name not in NEVER}
    client, asked = by_token(world, "owner", scopes), 0
    for method, route in each():
        if permission_of(route) in (Permission.ACCOUNT_USE, Permission.MACHINE_OPERATE):
            asked += 1
            assert client.request(method, somewhere(route)).status_code == 403, f"{method} {route.path}"
    assert asked > 15


def somewhere(route: APIRoute) -> str:
    """Return a route's path with something for each id: who asks is looked at before what is asked for."""
    return PREFIX + re.sub(r"\{\w+\}", "x", route.path)


def inputs() -> list[tuple[str, str]]:
    """Every field of every body that a route takes, as (schema, field)."""
    schemas = json.loads(document_text())["components"]["schemas"]
    named = [name for name in schemas if name.endswith(("Input", "Patch", "Body"))]
    return sorted((name, field) for name in named for field in schemas[name].get("properties", {}))


SOMEBODY = re.compile(r"(?:^|_)(?:users?|owner|account|actor|subject|sub|creator|member|person|role|admin|by)(?:_|$)")
WHO_IS_NAMED = {
    "AccountsActInput.owner_id": "a member of its team, for each account by itself",
    "AccountsActInput.role": "bounded by the changer's own rights, for each account by itself",
    "AssertionInput.user_handle": "what the passkey says; compared with whose passkey it is",
    "ExpectationBody.subject": "which token or network a finding was about; of an event in sight",
    "FilterInput.owner_id": "a filter: only what the caller sees is found",
    "HandOverInput.to_user_id": "who gets what another leaves; users.write",
    "InviteInput.role": "bounded by the inviter's own rights",
    "PeopleActInput.role": "bounded by the changer's own rights, for each person by itself",
    "ServiceAccountInput.owner_id": "a member of its team",
    "ServiceAccountInput.role": "bounded by the maker's own rights",
    "ServiceAccountPatch.owner_id": "a member of its team",
    "ServiceAccountPatch.role": "bounded by the changer's own rights",
    "TokenInput.owner_id": "a service account in sight whose rights are within the issuer's",
    "UserPatch.role": "bounded by the changer's own rights",
}
"""Every field that names somebody else or what they may do, and by what it is bounded. None says who acts."""


def test_r19_no_field_says_who_acts_and_those_that_name_others_are_a_list() -> None:
    found = {f"{schema}.{field}" for schema, field in inputs() if SOMEBODY.search(field)}
    assert found == set(WHO_IS_NAMED), "say by what it is bounded, and test that beside R18's tests"


def test_r19_who_acts_is_who_asks_whatever_the_request_says(console: Console) -> None:
    world = build_world(console, "developer")
    client, stranger = world.client("developer"), world.objects["user_id"]["other"]
    me = client.get(f"{PREFIX}/session").json()["user"]["id"]
    path = f"{PREFIX}/tokens"
    for field in ("user_id", "userId", "sub", "created_by", "actor", "team_id", "role", "is_admin", "id", "kind"):
        answer = client.post(path, json={"name": "mine", field: stranger})
        assert (answer.status_code, answer.json()["code"]) == (422, "management.invalid"), field
    refused = client.post(path, json={"name": "mine", "owner_id": stranger})
    assert refused.status_code in (403, 404, 422)
    claims = {"x-user": stranger, "x-user-id": stranger, "x-remote-user": stranger, "x-forwarded-user": stranger,
              "x-tollway-user": stranger, "remote-user": stranger, "x-auth-user": "admin"}  # fmt: skip
    made = client.post(f"{path}?user_id={stranger}&owner_id={stranger}", json={"name": "mine"}, headers=claims)
    assert made.status_code in (201, 422)
    made = client.post(path, json={"name": "mine"}, headers=claims)
    assert (made.status_code, made.json()["created_by"], made.json()["owner_id"]) == (201, f"user:{me}", me)
    theirs = [token for token in console.plane.tokens.page().items if token.created_by == f"user:{stranger}"]
    assert theirs == []


PREVIEWS = {
    ("POST", "/token-jobs/preview"): ("POST", "/token-jobs"),
    ("POST", "/users/acts/preview"): ("POST", "/users/acts"),
    ("POST", "/teams/{team_id}/members/acts/preview"): ("POST", "/teams/{team_id}/members/acts"),
    ("POST", "/service-accounts/acts/preview"): ("POST", "/service-accounts/acts"),
    ("POST", "/providers/{provider_id}/test"): ("PATCH", "/providers/{provider_id}"),
    ("POST", "/webhooks/{webhook_id}/test"): ("PATCH", "/webhooks/{webhook_id}"),
    ("POST", "/webhooks/{webhook_id}/deliveries/{delivery_id}/resend"): ("PATCH", "/webhooks/{webhook_id}"),
    ("POST", "/mail/test"): ("PUT", "/mail"),
}
"""What tries something out, and the act that it tries."""


def test_r21_what_tries_an_act_out_needs_the_permission_of_the_act() -> None:
    """A dry run of `apply` is the same route as the act, which has one policy."""
    permissions = {(method, route.path): permission_of(route) for method, route in each()}
    trying = re.compile(r"/(?:test|preview|try|dry-?run|validate|check|resend|probe|simulate)$")
    assert {key for key in permissions if trying.search(key[1])} == set(PREVIEWS)
    for preview, act in PREVIEWS.items():
        assert permissions[preview] == permissions[act], preview


def test_r21_a_dry_run_is_refused_to_who_may_only_read(console: Console) -> None:
    world = build_world(console, "viewer")
    for query in ("", "?dry_run=true"):
        answer = world.client("viewer").post(f"{PREFIX}/configuration{query}", content="version: 1\n")
        assert answer.status_code == 403


def test_r21_nothing_takes_a_command_a_module_or_a_path_of_the_machine() -> None:
    """But where a backup goes, for whoever owns the machine, and the file of an authority, of which certificates alone
    are read. `path_prefix` is a path of a URL."""
    risky = re.compile(r"command|cmd|module|(?<!de)script|exec|class|plugin|callable|path|file|template|program")
    found = {f"{schema}.{field}" for schema, field in inputs() if risky.search(field)}
    authorities = {"ProviderInput.ca_file", "ProviderPatch.ca_file", "ServiceInput.ca_file", "ServicePatch.ca_file"}
    assert found == {"BackupInput.path", "ServiceInput.path_prefix", "ServicePatch.path_prefix"} | authorities
    backups = [route for _, route in each() if route.path.startswith("/backup")]
    assert {permission_of(backup) for backup in backups} == {Permission.MACHINE_OPERATE}


def test_nobody_signs_in_as_the_operator(console: Console) -> None:
    assert not [role.id for role in BUILT_IN.values() if Permission.MACHINE_OPERATE in role.rights]
    assert console.signed_in().post(f"{PREFIX}/backup").status_code == 403
    assert console.operator().post(f"{PREFIX}/backup").status_code == 201


def test_a_role_that_is_gone_permits_nothing(console: Console, browser: TestClient) -> None:
    from sqlalchemy import update

    from tollway.adapters.storage.sessions_schema import users

    with console.plane.database.write():
        console.plane.database.writing().execute(update(users).values(role="role_gone"))
    assert browser.get(f"{PREFIX}/tokens").status_code == 403
    assert browser.get(f"{PREFIX}/session").status_code == 403
    assert PASSWORD, "signing in is not what is refused"
