"""Every act of the management API on tokens and on what bounds them, done once over HTTP."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.testclient import TestClient

from kit.console import ORIGIN, Console
from kit.matrix import add_person, sign_in
from tollway.contract.ledger_api import HealthAnswer
from tollway.control.gateway.ports import UsedBudget

DAY = 86_400
SOON = "2027-06-01T00:00:00Z"


@dataclass
class Doer:
    """Does acts, by the owner unless told otherwise, and keeps the id of the request of each in `done`."""

    console: Console
    browser: TestClient
    done: dict[str, str] = field(default_factory=dict)

    def act(self, name: str, method: str, path: str, body: object = None, **how: Any) -> Any:
        """Do the act that has this operation id; return its answer. How to send it: `client`, `headers`."""
        client = how.pop("client", self.browser)
        answer = client.request(method, f"/api/v1{path}", **({} if body is None else {"json": body}), **how)
        assert answer.status_code < 300, f"{name}: {answer.text}"
        self.done[name] = answer.headers["x-request-id"]
        return answer.json() if answer.content else {}

    def get(self, path: str) -> Any:
        """Return what is there."""
        answer = self.browser.get(f"/api/v1{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def make(self, path: str, **fields: object) -> Any:
        """Make what an act needs; this is not one of the acts."""
        answer = self.browser.post(f"/api/v1{path}", json=fields)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def pass_time(self, seconds: float) -> None:
        """Let time go by, and sign in again."""
        self.console.plane.clock.advance(seconds)
        self.browser = self.console.signed_in()


def do_all(doer: Doer) -> None:
    """Do them all."""
    groups: tuple[Callable[[Doer], None], ...] = (
        acts_of_life,
        acts_of_rotation,
        acts_of_plans,
        acts_of_jobs,
        acts_on_several,
        acts_of_rights,
        acts_of_security,
        acts_of_security_rules,
        acts_of_service_accounts,
        acts_of_sessions,
    )
    for group in groups:
        group(doer)


def acts_of_life(doer: Doer) -> None:
    """Do every act of the life of a token once, but for those by policy."""
    rule = {"scope": "installation", "max_seconds": 100 * 366 * DAY}
    doer.act("set_lifetime_rule", "PUT", "/lifetime-rules", rule)
    doer.act("remove_lifetime_rule", "DELETE", "/lifetime-rules?scope=installation")
    path = f"/tokens/{doer.make('/tokens', name='alive')['id']}"
    doer.act("rotate_token", "POST", f"{path}/rotate", {"overlap_seconds": 600})
    doer.act("cancel_rotation", "POST", f"{path}/cancel-rotation")
    doer.act("rotate_token", "POST", f"{path}/rotate", {"overlap_seconds": 600})
    doer.act("end_overlap", "POST", f"{path}/end-overlap")
    doer.act("quarantine_token", "POST", f"{path}/quarantine", {"reason": "odd"})
    doer.act("release_token", "POST", f"{path}/release")
    doer.act("replace_token", "POST", f"{path}/replace", {"revoke": True})
    idle = doer.make("/tokens", name="idle", idle_seconds=60, expires_at=None)["id"]
    doer.pass_time(DAY)
    now_ns = doer.console.plane.clock.now_ns()
    doer.console.ledger.health = HealthAnswer(0, 0, now_ns, 0)
    assert doer.console.services.upkeep.end_idle() == 1
    doer.act("wake_token", "POST", f"/tokens/{idle}/wake")
    user = add_person(doer.console, "lea", "developer")
    issued = sign_in(doer.console, "lea").post("/api/v1/tokens", json={"name": "last"})
    assert issued.status_code == 201, issued.text
    assert doer.act("revoke_all", "POST", "/tokens/revoke-all", {"kind": "user", "id": user}) == {"revoked": 1}


def acts_of_rotation(doer: Doer) -> None:
    """Do every act of rotation by policy and by the tokens themselves once."""
    rotations = doer.console.plane.rotations
    hook = doer.make("/webhooks", name="vault", url="https://vault.example/")["id"]
    first, second = (doer.make("/tokens", name=name)["id"] for name in ("shown", "sent"))
    machine = doer.make("/tokens", name="machine", may_rotate=True)
    every = {"scope": "token", "every_seconds": 10 * DAY}
    body = {"name": "shown", "scope_id": first, **every}
    policy = doer.act("create_rotation_policy", "POST", "/rotation-policies", body)
    doer.make("/rotation-policies", name="sent", scope_id=second, delivery="webhook", webhook_id=hook, **every)
    doer.pass_time(10 * DAY)
    assert rotations.scheduler.look() == 2
    doer.act("collect_secret", "POST", f"/tokens/{first}/collect")
    waiting = rotations.handovers.find_waiting(second)
    delivery = doer.console.plane.delivery_store.find(waiting.delivery_id or "") if waiting else None
    assert delivery is not None
    collecting = json.loads(delivery.body)["data"]["collect_token"]
    stranger = TestClient(doer.console.app, base_url=ORIGIN)
    headers = {"authorization": f"Bearer {collecting}"}
    doer.act("collect", "POST", "/rotations/collect", client=stranger, headers=headers)
    doer.act("make_link", "POST", f"/tokens/{first}/link")
    headers = {"authorization": f"Bearer {machine['token']}", "idempotency-key": "k1"}
    doer.act("rotate_self", "POST", "/rotations/self", client=stranger, headers=headers)
    doer.act("change_rotation_policy", "PATCH", f"/rotation-policies/{policy['id']}", {"name": "renamed"})
    doer.act("remove_rotation_policy", "DELETE", f"/rotation-policies/{policy['id']}")


def acts_of_plans(doer: Doer) -> None:
    """Do every act with plans, limits and top-ups once."""
    plan = doer.act("create_plan", "POST", "/plans", {"name": "interns"})
    doer.act("change_plan", "PATCH", f"/plans/{plan['id']}", {"description": "for the summer"})
    doer.act("change_plan_rights", "PATCH", f"/plans/{plan['id']}/rights", {"scopes": ["generate"]})
    doer.act("delete_plan", "DELETE", f"/plans/{plan['id']}")
    doer.act("put_limits", "PUT", "/limits/team/team_default", {"budgets": [{"limit_usd": "200"}]})
    top_ups = "/limits/team/team_default/top-ups"
    given = doer.act("give_top_up", "POST", top_ups, {"limit": "month", "amount_usd": "2.50", "ends_at": SOON})
    (top_up,) = given["limits"]["budgets"][0]["top_ups"]
    doer.act("end_top_up", "DELETE", f"{top_ups}/{top_up['id']}")
    acts_on_alerts(doer)


def acts_on_alerts(doer: Doer) -> None:
    """Do every act on alerts once."""
    notices, ends_ns = doer.console.notices, doer.console.clock.now_ns() + 10**12
    notices.states.budgets = [UsedBudget("token", "t1", "ci", "month", 10**9, 10**9, None, "bud_1", ends_ns)]
    notices.watch.look_at_budgets()
    notices.states.budgets = []
    alerts = {"ids": [doer.get("/alerts")["items"][0]["id"]]}
    doer.act("acknowledge_alerts", "POST", "/alerts/acknowledge", alerts)
    doer.act("reopen_alerts", "POST", "/alerts/reopen", alerts)


def acts_of_jobs(doer: Doer) -> None:
    """Do every act on many tokens once."""
    doer.make("/tokens", name="nightly-build")
    job = {"filter": {"search": "nightly-"}, "act": {"kind": "disable"}}
    started = doer.act("start_token_job", "POST", "/token-jobs", job)
    while started["state"] == "running":
        answer = doer.browser.post(f"/api/v1/token-jobs/{started['id']}/advance")
        assert answer.status_code == 200, answer.text
        started = answer.json()
    undoing = doer.act("undo_token_job", "POST", f"/token-jobs/{started['id']}/undo")
    doer.act("cancel_token_job", "POST", f"/token-jobs/{undoing['id']}/cancel")


def acts_on_several(doer: Doer) -> None:
    """Do every act on several people, members and service accounts once."""
    person = doer.make("/users", name="several", role="viewer")["user"]["id"]
    team = doer.make("/teams", name="several")["id"]
    account = doer.make("/service-accounts", name="several-bot", role="viewer", team_id=team)["id"]
    doer.act("act_on_many_people", "POST", "/users/acts", {"kind": "set_role", "role": "auditor", "ids": [person]})
    doer.act("act_on_many_members", "POST", f"/teams/{team}/members/acts", {"kind": "join", "ids": [person]})
    body = {"kind": "set_role", "role": "developer", "ids": [account]}
    doer.act("act_on_service_accounts", "POST", "/service-accounts/acts", body)


def acts_of_rights(doer: Doer) -> None:
    """Do every act with the rights of each level, and with groups of models, once; that of plans is with plans."""
    doer.act("create_group", "POST", "/model-groups", {"name": "cheap", "models": ["gpt-4o-mini"]})
    doer.act("change_group", "PATCH", "/model-groups/cheap", {"models": ["o3-mini"]})
    doer.act("delete_group", "DELETE", "/model-groups/cheap")
    application = doer.make("/applications", name="kiosk")["id"]
    token = doer.make("/tokens", name="narrow")["id"]
    user = add_person(doer.console, "uma", "developer")
    paths = {
        "installation": "/rights",
        "team": "/teams/team_default/rights",
        "user": f"/users/{user}/rights",
        "application": f"/applications/{application}/rights",
        "token": f"/tokens/{token}/rights",
    }
    for level, path in paths.items():
        doer.act(f"change_{level}_rights", "PATCH", path, {"models": {"deny": [f"by-{level}"]}})


def acts_of_security(doer: Doer) -> None:
    """Do every act with security events once, and report a token."""
    security, token = doer.console.security, doer.make("/tokens", name="watched")
    security.find("spike", token["id"], "high", detail="requests")
    path = f"/security/events/{security.events()[0].id}"
    doer.act("act_on_security_event", "POST", f"{path}/act", {"act": "limit"})
    doer.act("undo_security_act", "POST", f"{path}/undo")
    doer.act("mark_security_event_expected", "POST", f"{path}/expected")
    expected = {"kind": "spike", "subject": token["id"], "detail": "requests"}
    doer.act("forget_security_expectation", "POST", "/security/expected/forget", expected)
    security.find("scanning", "192.0.2.9")
    doer.act("acknowledge_security_event", "POST", f"/security/events/{security.events()[0].id}/acknowledge")
    found = doer.act("report_tokens", "POST", "/security/reports", {"tokens": [{"token": token["token"]}]})
    assert found["items"][0]["state"] == "quarantined"


def acts_of_security_rules(doer: Doer) -> None:
    """Do every act with rules and decoys once."""
    rules = {"thresholds": {"spike": {"factor": 9.5}}}
    doer.act("put_security_rules", "PUT", "/security/rules", {"rules": rules})
    doer.act("remove_security_rules", "DELETE", "/security/rules")
    decoy = doer.act("issue_decoy", "POST", "/security/decoys", {"name": "bait", "place": "wiki"})
    doer.act("remove_decoy", "DELETE", f"/security/decoys?token_id={decoy['token_id']}")


def acts_of_service_accounts(doer: Doer) -> None:
    """Do every act with service accounts once."""
    account = {"name": "ci", "role": "developer", "team_id": "team_default"}
    made = doer.act("create_service_account", "POST", "/service-accounts", account)
    path = f"/service-accounts/{made['id']}"
    doer.act("change_service_account", "PATCH", path, {"name": "builder"})
    doer.act("deactivate_service_account", "POST", f"{path}/deactivate")
    doer.act("reactivate_service_account", "POST", f"{path}/reactivate")
    doer.act("delete_service_account", "DELETE", path)


def acts_of_sessions(doer: Doer) -> None:
    """End the sessions of somebody else, one and all."""
    user = add_person(doer.console, "otto", "developer")
    for _ in range(2):
        sign_in(doer.console, "otto")
    path = f"/users/{user}/sessions"
    session = doer.get(path)["items"][0]["id"]
    doer.act("end_user_session", "DELETE", f"{path}/{session}")
    assert doer.act("end_user_sessions", "POST", f"{path}/end") == {"sessions": 1}
