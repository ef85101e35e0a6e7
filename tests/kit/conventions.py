"""What each route of the management API is sent by the tests of its conventions: well-formed bodies, by route.

A route that is new and makes or changes something has to be named here, or the tests fail.
"""

from typing import Any

Body = dict[str, Any]
Ids = dict[str, str]

CREATES: dict[str, Body] = {
    "/applications": {"name": "made"},
    "/backup": {},
    "/limits/{level}/{owner_id}/top-ups": {"limit": "month", "amount_usd": "1", "ends_at": "2027-01-16T00:00:00Z"},
    "/model-groups": {"name": "made", "models": ["gpt-4o"]},
    "/plans": {"name": "made"},
    "/providers": {"name": "made", "kind": "openai"},
    "/roles": {"name": "made", "rights": [{"permission": "gateway.read", "reach": "all"}]},
    "/rotation-policies": {"name": "made", "scope": "installation", "every_seconds": 86_400},
    "/security/decoys": {"name": "made"},
    "/service-accounts": {"name": "made", "role": "viewer", "team_id": "{team_id}", "owner_id": "{user_id}"},
    "/services": {"name": "made", "path_prefix": "/made", "base_url": "https://api.example"},
    "/teams": {"name": "made"},
    "/token-jobs": {"filter": {"search": "none"}, "act": {"kind": "disable"}},
    "/tokens": {"name": "made"},
    "/tokens/{token_id}/link": {},
    "/tokens/{token_id}/rotate": {},
    "/tokens/{token_id}/replace": {"revoke": True},
    "/users": {"name": "invited", "role": "viewer"},
    "/users/{user_id}/link": {},
    "/webhooks": {"name": "made", "url": "https://hooks.example/made"},
}
"""What a POST that answers 201 is sent. `{…}` in a value is the id of an object."""

CREATES_ELSEWHERE = {
    "/account/passkeys": "a passkey's proof is made for one challenge, which works once",
    "/account/recovery-codes": "new codes replace the old ones; tests/http/control/factors",
    "/account/totp": "a new secret replaces the one that was not confirmed; tests/http/control/factors",
    "/rotations/self": "by the token itself, which has no session; tests/http/control/rotations",
    "/setup/link": "a new link replaces the old one; tests/http/control/sessions",
    "/token-jobs/{job_id}/undo": "only of a job that has ended and changed something; tests/http/control/bulk",
    "/tokens/{token_id}/collect": "only once there is a new secret to collect; tests/http/control/rotations",
}
"""Why a POST that answers 201 is not among the above."""

CHANGES: dict[str, Body | None] = {
    "PATCH /rights": {},
    "PATCH /model-groups/{group_name}": {"description": "changed"},
    "PUT /limits/{level}/{owner_id}": {},
    "PUT /mail": {"host": "mail.example", "from_address": "tollway@example.com"},
    "PUT /lifetime-rules": {"scope": "team", "scope_id": "{team_id}", "max_seconds": 86_400},
    "PUT /security/rules": {"rules": {}},
    "POST /limits/{level}/{owner_id}/top-ups": CREATES["/limits/{level}/{owner_id}/top-ups"],
    "POST /security/events/{event_id}/act": {"act": "revoke"},
}
"""What changes are sent that need more than a new name."""

QUERIES = {"DELETE /lifetime-rules": {"scope": "team", "scope_id": "{team_id}"}}
"""What is asked for in the query of a change."""

WITHOUT_VERSION = {
    "POST /providers/{provider_id}/test": "changes nothing of the object",
    "POST /tokens/{token_id}/collect": "hands out what there is, once",
    "POST /users/{user_id}/hand-over": "changes other objects than the person",
    "POST /users/{user_id}/link": "makes a link, and leaves the person as it is",
    "POST /users/{user_id}/reset-factors": "takes everything away, whatever it was",
    "POST /webhooks/{webhook_id}/test": "changes nothing of the object",
}
"""Why a change below an object with an ETag takes no If-Match."""

WHOLE = {
    "/account/sessions": "one's own",
    "/attention": "at most some dozens, the most urgent",
    "/budgets": "the fullest, at most `limit`",
    "/lifetime-rules": "at most one a role and a team",
    "/limits": "all of it is in the snapshot that workers read",
    "/model-groups": "at most 1,000",
    "/models": "what is offered, which one document describes",
    "/models/unpriced": "at most 1,000",
    "/provider-kinds": "fixed",
    "/roles": "at most 200",
    "/roles/permissions": "fixed",
    "/rotation-policies": "at most 1,000",
    "/security/decoys": "at most 1,000",
    "/security/expected": "at most 10,000",
    "/security/rules": "at most one a team",
    "/upstreams": "one a provider",
    "/usage": "at most `limit` rows",
    "/users/{user_id}/sessions": "one person's",
    "/webhooks": "at most 50",
    "/webhooks/events": "fixed",
}
"""Lists that are answered whole, and what bounds them."""


def fill(value: Any, ids: Ids) -> Any:
    """Return a body with the ids of objects in their places."""
    if isinstance(value, dict):
        return {name: fill(item, ids) for name, item in value.items()}
    if isinstance(value, str) and value.startswith("{"):
        return value.format_map(ids)
    return value
