"""Rotation by policy over HTTP, and what collects a new secret: without a session, by a token that works once."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header, Request, Response
from msgspec import UNSET
from pydantic import Field

from tollway.control.rotations.model import NewRotationPolicy, RotationPolicy, RotationPolicyChange
from tollway.control.rotations.service import EVERY_SECONDS_MIN, SECONDS_MAX
from tollway.kernel.errors import TollwayError
from tollway.web.access import Open
from tollway.web.asking import Asking, FreshTokens, ReadTokens, services_of
from tollway.web.etags import ExpectedVersion
from tollway.web.fields import Input, Instant, Name, Output, absent, format_instant
from tollway.web.identity import request_id_of, source_of

router = APIRouter(tags=["rotations"])

_wrap_is_the_credential = Depends(Open("the token in the body is the credential, and works once"))
_token_is_the_credential = Depends(Open("a gateway token asks for a new secret of its own"))

Scope = Literal["installation", "team", "application", "token"]
Every = Annotated[int, Field(ge=EVERY_SECONDS_MIN, le=SECONDS_MAX)]
MailTo = Annotated[str, Field(max_length=254)]
Overlap = Annotated[int, Field(ge=0, le=SECONDS_MAX)]


class RotationPolicyInput(Input):
    """A policy to make. `scope_id` "" for the installation; `mail_to` "" for each token's owner."""

    name: Name
    scope: Scope
    scope_id: Annotated[str, Field(max_length=100)] = ""
    every_seconds: Every
    overlap_seconds: Overlap = 86_400
    delivery: Literal["link", "mail", "webhook"] = "link"
    webhook_id: str | None = None
    mail_to: MailTo = ""


class RotationPolicyPatch(Input):
    """Fields to change; those left out stay as they are."""

    name: Name = absent()
    state: Literal["active", "disabled"] = absent()
    every_seconds: Every = absent()
    overlap_seconds: Overlap = absent()
    delivery: Literal["link", "mail", "webhook"] = absent()
    webhook_id: str | None = absent()
    mail_to: MailTo = absent()


class RotationPolicyOutput(Output):
    """A policy."""

    id: str
    name: str
    state: Literal["active", "disabled"]
    scope: Scope
    scope_id: str
    every_seconds: int
    overlap_seconds: int
    delivery: Literal["link", "mail", "webhook"]
    webhook_id: str | None
    mail_to: str
    created_at: Instant
    created_by: str


class RotationPoliciesOutput(Output):
    """Every policy in sight."""

    items: list[RotationPolicyOutput]


class CollectInput(Input):
    """The one-time token of a link or webhook, if it is not in the Authorization header."""

    collect_token: Annotated[str, Field(max_length=200)] = ""


class CollectedOutput(Output):
    """The new secret, shown this once; the old one works for `overlap_seconds` more."""

    id: str
    name: str
    token: str


class OwnRotationInput(Input):
    """How long the secret that asks goes on working."""

    overlap_seconds: Annotated[int, Field(ge=0, le=366 * 86_400)] = 3_600


@router.get("/rotation-policies")
def list_rotation_policies(ask: ReadTokens) -> RotationPoliciesOutput:
    """List the policies by which tokens get new secrets, by name."""
    return RotationPoliciesOutput(items=[_show(policy) for policy in ask.services.rotations.policies.all(ask.sight)])


@router.post("/rotation-policies", status_code=201)
def create_rotation_policy(body: RotationPolicyInput, ask: FreshTokens) -> RotationPolicyOutput:
    """Rotate the tokens of a scope from now on."""
    new = NewRotationPolicy(
        body.name,
        body.scope,
        body.every_seconds,
        body.scope_id,
        body.overlap_seconds,
        body.delivery,
        body.webhook_id,
        body.mail_to,
    )
    return _answer(ask.services.rotations.policies.create(new, ask.actor), ask)


@router.get("/rotation-policies/{policy_id}")
def get_rotation_policy(policy_id: str, ask: ReadTokens) -> RotationPolicyOutput:
    """Show a policy."""
    return _answer(ask.services.rotations.policies.get(policy_id, ask.sight), ask)


@router.patch("/rotation-policies/{policy_id}")
def change_rotation_policy(
    policy_id: str, body: RotationPolicyPatch, expected: ExpectedVersion, ask: FreshTokens
) -> RotationPolicyOutput:
    """Change a policy."""
    change = RotationPolicyChange(
        name=body.name,
        state=body.state,
        every_seconds=body.every_seconds,
        overlap_seconds=body.overlap_seconds,
        delivery=body.delivery,
        webhook_id=body.webhook_id if "webhook_id" in body.model_fields_set else UNSET,
        mail_to=body.mail_to,
    )
    policies = ask.services.rotations.policies
    return _answer(policies.change(policy_id, change, ask.actor, expected_version=expected), ask)


@router.delete("/rotation-policies/{policy_id}", status_code=204)
def remove_rotation_policy(policy_id: str, expected: ExpectedVersion, ask: FreshTokens) -> None:
    """Rotate no more by this policy; new secrets that wait can still be collected."""
    ask.services.rotations.policies.remove(policy_id, ask.actor, expected_version=expected)


@router.post("/rotations/collect", dependencies=[_wrap_is_the_credential])
def collect(
    request: Request,
    response: Response,
    authorization: Annotated[str, Header(max_length=300)] = "",
    body: CollectInput | None = None,
) -> CollectedOutput:
    """Collect a new secret with its one-time token (`Authorization: Bearer`, or in the body from a page).

    A second try finds nothing: then somebody else was first.
    """
    response.headers["cache-control"] = "no-store"
    presented = _bearer(authorization) or (body.collect_token if body else "")
    collected = services_of(request).rotations.handovers.collect(
        presented, address=source_of(request.scope), request_id=request_id_of(request.scope)
    )
    token = collected.token
    return CollectedOutput(id=token.id, name=token.name, token=collected.secret.reveal())


@router.post("/rotations/self", status_code=201, dependencies=[_token_is_the_credential])
def rotate_self(
    request: Request,
    response: Response,
    authorization: Annotated[str, Header(max_length=300)] = "",
    idempotency_key: Annotated[str, Header(max_length=200)] = "",
    body: OwnRotationInput | None = None,
) -> CollectedOutput:
    """Give the token that asks (`Authorization: Bearer`) a new secret, if it may. The same `Idempotency-Key` gets the
    same answer for ten minutes, also with the old secret.
    """
    response.headers["cache-control"] = "no-store"
    presented = _bearer(authorization)
    if not presented:
        raise TollwayError("token.missing")
    overlap = (body or OwnRotationInput()).overlap_seconds
    collected = services_of(request).rotations.own.rotate(
        presented,
        idempotency_key,
        overlap_seconds=overlap,
        address=source_of(request.scope),
        request_id=request_id_of(request.scope),
    )
    token = collected.token
    return CollectedOutput(id=token.id, name=token.name, token=collected.secret.reveal())


def _bearer(authorization: str) -> str:
    """Return what is presented by the scheme Bearer, "" for nothing."""
    scheme, _, presented = authorization.partition(" ")
    return presented if scheme.lower() == "bearer" else ""


def _answer(policy: RotationPolicy, ask: Asking) -> RotationPolicyOutput:
    ask.tag(policy.version)
    return _show(policy)


def _show(policy: RotationPolicy) -> RotationPolicyOutput:
    return RotationPolicyOutput(
        id=policy.id,
        name=policy.name,
        state=policy.state,
        scope=policy.scope,
        scope_id=policy.scope_id,
        every_seconds=policy.every_seconds,
        overlap_seconds=policy.overlap_seconds,
        delivery=policy.delivery,
        webhook_id=policy.webhook_id,
        mail_to=policy.mail_to,
        created_at=format_instant(policy.created_ns),
        created_by=policy.created_by,
    )
