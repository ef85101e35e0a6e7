"""Whatever the management API does, the command line does too, or it is said here why not.

The table is compared with docs/openapi.json and with the commands, in both directions, so that neither gets an
operation that the other has not.
"""

import json
import re
from pathlib import Path
from typing import Any

from typer.main import get_command

from tollway.cli import app

OF_A_BROWSER = (
    "account/",
    "session",
    "welcome",
    "GET /setup",
    "POST /setup",
)
"""One person's own sign-in: the command line is whoever can open the data directory, and signs nobody in."""

NOT_FOR_COMMANDS = {
    "GET /live": "events as they happen, for pages that stay open",
    "GET /summary": "figures of the home page: `usage` has them",
    "GET /upstreams": "health on the home page: `doctor` and `provider test` say it",
    "GET /savings": "a figure of the home page: `usage` has what it is made of",
    "GET /attention": "what the home page gathers from lists that have commands",
    "GET /checklist": "first steps in the console",
    "GET /alerts/summary": "the badge of the bell: `alert list` has them",
    "GET /security/summary": "the badge of the page: `security list` has them",
    "GET /users/acts/matching": "what a page chooses by; commands filter themselves",
    "GET /service-accounts/acts/matching": "what a page chooses by; commands filter themselves",
    "POST /security/reports": "for those who scan code of others, by their signature",
    "POST /rotations/self": "for a token that rotates itself, by its own secret",
}

COMMANDS = """
GET /alerts: alert list
POST /alerts/acknowledge: alert acknowledge
POST /alerts/reopen: alert reopen
GET /audit: audit list
GET /audit/export: audit export
GET /audit/verify: audit verify
GET /backup: backup
POST /backup: backup
POST /backup/begin: backup
GET /budgets: budget list
GET /calls: call list
GET /calls/{request_id}: call show
GET /configuration: export
POST /configuration: apply
GET /gateway: doctor
GET /keys: key show
POST /keys/advance: key rotate
POST /keys/retire: key retire
POST /keys/rotate: key rotate
GET /lifetime-rules: lifetime list
PUT /lifetime-rules: lifetime set
DELETE /lifetime-rules: lifetime remove
GET /limits: limit list
GET /limits/{level}/{owner_id}: limit show
PUT /limits/{level}/{owner_id}: limit set
GET /limits/{level}/{owner_id}/meters: limit show
POST /limits/{level}/{owner_id}/top-ups: budget top-up
DELETE /limits/{level}/{owner_id}/top-ups/{top_up_id}: budget end-top-up
GET /mail: mail show
PUT /mail: mail set
DELETE /mail: mail remove
POST /mail/test: mail test
GET /model-groups: model-group list
POST /model-groups: model-group set
GET /model-groups/{group_name}: model-group set
PATCH /model-groups/{group_name}: model-group set
DELETE /model-groups/{group_name}: model-group remove
GET /models: model list
GET /models/unpriced: model unpriced
GET /provider-kinds: provider kinds
POST /providers/{provider_id}/test: provider test
GET /rights: rights show
PATCH /rights: rights set
GET /roles/permissions: role permissions
GET /rotation-policies: rotation list
POST /rotation-policies: rotation add
GET /rotation-policies/{policy_id}: rotation list
PATCH /rotation-policies/{policy_id}: rotation enable
DELETE /rotation-policies/{policy_id}: rotation remove
POST /rotations/collect: token collect
GET /security/decoys: security decoys
POST /security/decoys: security decoy
DELETE /security/decoys: security remove-decoy
GET /security/events: security list
GET /security/events/{event_id}: security show
POST /security/events/{event_id}/acknowledge: security acknowledge
POST /security/events/{event_id}/act: security act
POST /security/events/{event_id}/expected: security expect
POST /security/events/{event_id}/undo: security undo
GET /security/expected: security expected
POST /security/expected/forget: security forget
POST /security/lookup: scan
GET /security/rules: security rules
PUT /security/rules: security set-rules
DELETE /security/rules: security remove-rules
POST /service-accounts: service-account create
POST /service-accounts/acts: bulk accounts
POST /service-accounts/acts/preview: bulk accounts
PATCH /service-accounts/{account_id}: service-account role
POST /setup/link: setup-link
GET /teams/{team_id}/members: team members
POST /teams/{team_id}/members/acts: bulk people
POST /teams/{team_id}/members/acts/preview: bulk people
PUT /teams/{team_id}/members/{user_id}: team join
DELETE /teams/{team_id}/members/{user_id}: team leave
PATCH /teams/{team_id}: team rename
POST /token-jobs: bulk tokens
GET /token-jobs: bulk list
POST /token-jobs/preview: bulk tokens
GET /token-jobs/{job_id}: bulk show
POST /token-jobs/{job_id}/advance: bulk tokens
POST /token-jobs/{job_id}/cancel: bulk cancel
POST /token-jobs/{job_id}/undo: bulk undo
POST /tokens: token issue
POST /tokens/revoke-all: token revoke
GET /tokens/{token_id}/rights/effective: token rights
GET /usage: usage
GET /usage.csv: usage
POST /users: user invite
POST /users/acts: bulk people
POST /users/acts/preview: bulk people
PATCH /users/{user_id}: user role
GET /users/{user_id}/sessions: user sessions
POST /users/{user_id}/sessions/end: user sign-out
DELETE /users/{user_id}/sessions/{session_id}: user sign-out
POST /webhooks: webhook add
GET /webhooks/events: webhook events
GET /webhooks/{webhook_id}/deliveries: webhook deliveries
GET /webhooks/{webhook_id}/deliveries/{delivery_id}: webhook delivery
POST /webhooks/{webhook_id}/deliveries/{delivery_id}/resend: webhook resend
"""
"""What the rules below do not say."""

KINDS = "application|plan|provider|role|service|service-account|team|token|user|webhook"
RULES = (
    (rf"(?:GET|PATCH) /(?:{KINDS})s/{{\w+}}/rights", "rights show"),
    (rf"GET /(?:{KINDS})s/{{\w+}}/meters", "limit show"),
    (rf"GET /({KINDS})s", "{} list"),
    (rf"GET /({KINDS})s/{{\w+}}", "{} show"),
    (r"POST /(provider|service)s", "{} add"),
    (rf"POST /({KINDS})s", "{} create"),
    (rf"PATCH /({KINDS})s/{{\w+}}", "{} change"),
    (rf"DELETE /({KINDS})s/{{\w+}}", "{} remove"),
    (rf"(?:GET|POST) /({KINDS})s/{{\w+}}/([\w-]+)", "{} {}"),
)
"""Operations in the usual form, and the usual name of their command."""


def command_of(operation: str) -> str:
    """Return the command for an operation; "" when none is said."""
    stated = dict(line.rsplit(": ", 1) for line in COMMANDS.strip().splitlines())
    if operation in stated:
        return stated[operation]
    found = ((re.fullmatch(pattern, operation), name) for pattern, name in RULES)
    return next((name.format(*match.groups()) for match, name in found if match), "")


def is_of_a_browser(operation: str) -> bool:
    return operation in OF_A_BROWSER or operation.partition(" /")[2].startswith(OF_A_BROWSER)


def leaves(node: Any, name: str = "") -> set[str]:
    below = getattr(node, "commands", None)
    return (
        {name} if below is None else {leaf for one, it in below.items() for leaf in leaves(it, f"{name} {one}".strip())}
    )


def operations(root: Path) -> set[str]:
    document = json.loads((root / "docs" / "openapi.json").read_text())
    return {
        f"{method.upper()} {path.removeprefix('/api/v1')}"
        for path, methods in document["paths"].items()
        for method in methods
    }


def test_every_operation_has_a_command_or_a_reason_why_not(project_root: Path) -> None:
    there = leaves(get_command(app.build()))
    asked = [one for one in operations(project_root) if not is_of_a_browser(one) and one not in NOT_FOR_COMMANDS]
    missing = sorted(f"{one}: {command_of(one) or 'nothing is said'}" for one in asked if command_of(one) not in there)
    assert not missing, "no command for:\n" + "\n".join(missing)


def test_nothing_is_said_of_what_is_not_there(project_root: Path) -> None:
    said = {line.rsplit(": ", 1)[0] for line in COMMANDS.strip().splitlines()} | NOT_FOR_COMMANDS.keys()
    assert sorted(said - operations(project_root)) == []
