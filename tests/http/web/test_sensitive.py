"""The rule of sensitive acts, over the whole table of routes: every act that changes something is on one side of it.

docs/guides/sign-in.md has the rule. Here each act stands with the part of the rule that makes it sensitive, or with why
it is not; an act that is new fails until somebody decides. What follows from its shape is checked by itself.
"""

import re

from fastapi.routing import APIRoute

from tollway.control.access.model import Permission
from tollway.web.access import Needs, NeedsFresh, Open, policies_of
from tollway.web.routers import api_routes

Act = tuple[str, str]

RIGHTS: set[Act] = {
    ("PATCH", "/applications/{application_id}/rights"),
    ("POST", "/applications/{application_id}/enable"),
    ("POST", "/configuration"),
    ("PUT", "/limits/{level}/{owner_id}"),
    ("POST", "/limits/{level}/{owner_id}/top-ups"),
    ("DELETE", "/limits/{level}/{owner_id}/top-ups/{top_up_id}"),
    ("PUT", "/lifetime-rules"),
    ("DELETE", "/lifetime-rules"),
    ("POST", "/model-groups"),
    ("PATCH", "/model-groups/{group_name}"),
    ("DELETE", "/model-groups/{group_name}"),
    ("POST", "/plans"),
    ("PATCH", "/plans/{plan_id}"),
    ("DELETE", "/plans/{plan_id}"),
    ("PATCH", "/plans/{plan_id}/rights"),
    ("POST", "/providers/{provider_id}/enable"),
    ("PATCH", "/rights"),
    ("POST", "/roles"),
    ("PATCH", "/roles/{role_id}"),
    ("DELETE", "/roles/{role_id}"),
    ("POST", "/security/events/{event_id}/undo"),
    ("POST", "/service-accounts"),
    ("PATCH", "/service-accounts/{account_id}"),
    ("POST", "/service-accounts/{account_id}/reactivate"),
    ("POST", "/services/{service_id}/enable"),
    ("DELETE", "/teams/{team_id}"),
    ("PUT", "/teams/{team_id}/members/{user_id}"),
    ("DELETE", "/teams/{team_id}/members/{user_id}"),
    ("PATCH", "/teams/{team_id}/rights"),
    ("PATCH", "/tokens/{token_id}"),
    ("PATCH", "/tokens/{token_id}/rights"),
    ("POST", "/tokens/{token_id}/enable"),
    ("POST", "/tokens/{token_id}/release"),
    ("POST", "/tokens/{token_id}/wake"),
    ("PATCH", "/users/{user_id}"),
    ("PATCH", "/users/{user_id}/rights"),
    ("POST", "/users/{user_id}/reactivate"),
}
"""Says what somebody or some token may do, how much and until when, or gives back what was taken away."""
SECRETS: set[Act] = {
    ("POST", "/account/password"),
    ("POST", "/account/totp"),
    ("POST", "/account/totp/confirm"),
    ("DELETE", "/account/totp"),
    ("POST", "/account/passkeys"),
    ("POST", "/account/passkeys/options"),
    ("DELETE", "/account/passkeys/{passkey_id}"),
    ("POST", "/account/recovery-codes"),
    ("POST", "/providers"),
    ("PATCH", "/providers/{provider_id}"),
    ("POST", "/rotation-policies"),
    ("PATCH", "/rotation-policies/{policy_id}"),
    ("DELETE", "/rotation-policies/{policy_id}"),
    ("POST", "/security/decoys"),
    ("POST", "/services"),
    ("PATCH", "/services/{service_id}"),
    ("POST", "/tokens"),
    ("POST", "/tokens/{token_id}/cancel-rotation"),
    ("POST", "/tokens/{token_id}/collect"),
    ("POST", "/tokens/{token_id}/link"),
    ("POST", "/tokens/{token_id}/replace"),
    ("POST", "/tokens/{token_id}/rotate"),
    ("POST", "/users"),
    ("POST", "/users/{user_id}/link"),
    ("POST", "/users/{user_id}/reset-factors"),
    ("PUT", "/mail"),
    ("POST", "/webhooks"),
    ("PATCH", "/webhooks/{webhook_id}"),
    ("POST", "/webhooks/{webhook_id}/enable"),
    ("POST", "/webhooks/{webhook_id}/secret"),
}
"""Makes, replaces, reveals or moves a secret, or says where secrets and notices are sent."""
GUARDS: set[Act] = {
    ("DELETE", "/mail"),
    ("DELETE", "/security/decoys"),
    ("POST", "/security/events/{event_id}/expected"),
    ("PUT", "/security/rules"),
    ("DELETE", "/security/rules"),
    ("POST", "/webhooks/{webhook_id}/disable"),
    ("DELETE", "/webhooks/{webhook_id}"),
}
"""Loosens or silences what watches and tells."""
MANY: set[Act] = {
    ("POST", "/applications"),
    ("PATCH", "/applications/{application_id}"),
    ("DELETE", "/applications/{application_id}"),
    ("POST", "/applications/{application_id}/disable"),
    ("DELETE", "/service-accounts/{account_id}"),
    ("POST", "/service-accounts/{account_id}/deactivate"),
    ("POST", "/service-accounts/acts"),
    ("POST", "/teams/{team_id}/members/acts"),
    ("POST", "/users/acts"),
    ("POST", "/token-jobs"),
    ("POST", "/token-jobs/{job_id}/undo"),
    ("POST", "/tokens/revoke-all"),
    ("DELETE", "/users/{user_id}"),
    ("POST", "/users/{user_id}/deactivate"),
    ("POST", "/users/{user_id}/hand-over"),
}
"""Is about all tokens of somebody or something at once, those to come too."""
SENSITIVE = RIGHTS | SECRETS | GUARDS | MANY

OPEN: set[Act] = {
    ("POST", "/rotations/collect"),
    ("POST", "/rotations/self"),
    ("POST", "/session"),
    ("POST", "/session/passkey"),
    ("POST", "/session/passkey/options"),
    ("POST", "/session/second-step"),
    ("POST", "/session/second-step/options"),
    ("POST", "/setup"),
    ("POST", "/welcome"),
}
"""Is itself the proof: the secret or link that comes along is all there is to show."""
PROVING: set[Act] = {("POST", "/session/step-up"), ("POST", "/session/step-up/options")}
"""Is how the proof is given."""
MACHINE: set[Act] = {
    ("POST", "/backup"),
    ("POST", "/backup/begin"),
    ("POST", "/keys/advance"),
    ("POST", "/keys/retire"),
    ("POST", "/keys/rotate"),
    ("POST", "/setup/link"),
}
"""Is asked by the machine's socket alone, where each request is the proof."""
TAKING: set[Act] = {
    ("DELETE", "/account/sessions/{session_id}"),
    ("POST", "/account/sessions/end-others"),
    ("DELETE", "/providers/{provider_id}"),
    ("POST", "/providers/{provider_id}/disable"),
    ("POST", "/security/events/{event_id}/act"),
    ("POST", "/security/expected/forget"),
    ("POST", "/security/reports"),
    ("DELETE", "/services/{service_id}"),
    ("POST", "/services/{service_id}/disable"),
    ("DELETE", "/session"),
    ("POST", "/token-jobs/{job_id}/cancel"),
    ("POST", "/tokens/{token_id}/disable"),
    ("POST", "/tokens/{token_id}/end-overlap"),
    ("POST", "/tokens/{token_id}/quarantine"),
    ("POST", "/tokens/{token_id}/revoke"),
    ("DELETE", "/users/{user_id}/sessions/{session_id}"),
    ("POST", "/users/{user_id}/sessions/end"),
}
"""Only takes away from one: who sees a token misused must not look for their telephone first."""
NAMING: set[Act] = {
    ("PATCH", "/account/passkeys/{passkey_id}"),
    ("POST", "/alerts/acknowledge"),
    ("POST", "/alerts/reopen"),
    ("POST", "/security/events/{event_id}/acknowledge"),
    ("POST", "/teams"),
    ("PATCH", "/teams/{team_id}"),
}
"""Names or notes something."""
TRYING: set[Act] = {
    ("POST", "/mail/test"),
    ("POST", "/providers/{provider_id}/test"),
    ("POST", "/security/lookup"),
    ("POST", "/service-accounts/acts/preview"),
    ("POST", "/teams/{team_id}/members/acts/preview"),
    ("POST", "/users/acts/preview"),
    ("POST", "/token-jobs/preview"),
    ("POST", "/token-jobs/{job_id}/advance"),
    ("POST", "/webhooks/{webhook_id}/deliveries/{delivery_id}/resend"),
    ("POST", "/webhooks/{webhook_id}/test"),
}
"""Looks, tries, or goes on with what was confirmed."""
NOT_SENSITIVE = (OPEN, PROVING, MACHINE, TAKING, NAMING, TRYING)

SHOWS_A_SECRET = re.compile(r"(Issued|Secret|Link|Invited|RecoveryCodes|FactorChange|DecoyText)\w*Output$")
GIVES_BACK = ("/enable", "/reactivate", "/release", "/undo", "/wake")
OF_RIGHTS = {
    Permission.BULK_WRITE,
    Permission.CONFIGURATION_WRITE,
    Permission.LIMITS_WRITE,
    Permission.MEMBERS_WRITE,
    Permission.PLANS_WRITE,
    Permission.ROLES_WRITE,
    Permission.SERVICE_ACCOUNTS_WRITE,
    Permission.USERS_WRITE,
}
"""Whatever these permit is sensitive, but for what tries or takes away."""


def acts() -> dict[Act, APIRoute]:
    """Return every act that may change something."""
    return {(method, route.path): route for route in api_routes() for method in route.methods or () if method != "GET"}


def test_every_act_is_on_one_side_of_the_rule() -> None:
    sides = [RIGHTS, SECRETS, GUARDS, MANY, *NOT_SENSITIVE]
    found = [act for side in sides for act in side]
    assert len(found) == len(set(found)), "an act stands twice"
    assert set(found) == acts().keys()


def test_sensitive_acts_declare_it_in_their_policy() -> None:
    assert {act for act, route in acts().items() if is_sensitive(route)} == SENSITIVE


def test_what_shows_a_secret_is_sensitive_and_nothing_that_only_reads_does() -> None:
    showing = {act for act, route in acts().items() if SHOWS_A_SECRET.search(name_of_answer(route))}
    assert len(showing) > 12
    assert showing - MACHINE <= SENSITIVE
    reading = [route for route in api_routes() if "GET" in (route.methods or ())]
    assert not [route.path for route in reading if SHOWS_A_SECRET.search(name_of_answer(route))]


def test_what_gives_back_or_sets_rights_is_sensitive() -> None:
    for act, route in acts().items():
        permission = permission_of(route)
        if act[1].endswith(GIVES_BACK) or act[1].endswith("/rights"):
            assert act in SENSITIVE, act
        if permission in OF_RIGHTS:
            assert act in SENSITIVE | TRYING | TAKING | NAMING, act


def test_what_needs_no_proof_given_lately_needs_a_caller_unless_it_is_open() -> None:
    for act, route in acts().items():
        (policy,) = policies_of(route.dependant)
        assert isinstance(policy, Open) == (act in OPEN), act
        assert (permission_of(route) is Permission.MACHINE_OPERATE) == (act in MACHINE), act


def is_sensitive(route: APIRoute) -> bool:
    return any(isinstance(policy, NeedsFresh) for policy in policies_of(route.dependant))


def permission_of(route: APIRoute) -> Permission | None:
    (policy,) = policies_of(route.dependant)
    return policy.permission if isinstance(policy, Needs) else None


def name_of_answer(route: APIRoute) -> str:
    return getattr(route.response_model, "__name__", "")
