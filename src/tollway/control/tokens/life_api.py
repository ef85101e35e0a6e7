"""The life of a token over HTTP: new secrets, quarantine, ending many, and what is known of its use."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from tollway.contract.ledger_api import AddressUse
from tollway.contract.life import ALWAYS_NS, Act, EpochKind
from tollway.control.tokens.api import IssuedOutput, TokenId, TokenOutput, answer_token, show_token
from tollway.control.tokens.ends import Hold, WideEnd
from tollway.control.tokens.evidence import SecretEvidence, weigh
from tollway.control.tokens.model import IssuedToken, Token
from tollway.control.tokens.replacing import Replacing
from tollway.control.tokens.unused import Use, find_unused
from tollway.control.tokens.upkeep import find_idle_end_ns
from tollway.kernel.clock import NANOS_PER_SECOND
from tollway.web.asking import Asking, FreshTokens, ReadTokens, WriteTokens
from tollway.web.etags import ExpectedVersion
from tollway.web.fields import Input, Instant, InstantInput, Output, Text, format_instant, format_instant_or_none

router = APIRouter(prefix="/tokens", tags=["tokens"])


class RotateInput(Input):
    """`overlap_seconds`: how long the old secret goes on working."""

    overlap_seconds: Annotated[int, Field(ge=0, le=366 * 86_400)] = 86_400


class ReplaceInput(Input):
    """What becomes of the token that is replaced: revoked in the same act, or left as it is held back.

    `is_compromised`: somebody else has its secret, so that its calls in flight end as well; only with `revoke`.
    """

    revoke: bool = False
    is_compromised: bool = False
    reason: Text = ""


class QuarantineInput(Input):
    """What a quarantine refuses and how far it slows. null: as the program does by itself."""

    denied: list[Act] | None = None
    requests_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    reason: Text = ""


class RevokeAllInput(Input):
    """Whose tokens end. `id` "" for the installation; `issued_before` null: all there are now.

    `is_compromised`: their calls in flight end as well.
    """

    kind: EpochKind
    id: Annotated[str, Field(max_length=100)] = ""
    issued_before: InstantInput | None = None
    is_compromised: bool = False
    reason: Text = ""


class RevokedOutput(Output):
    """How many tokens were ended."""

    revoked: int


class OldSecretOutput(Output):
    """A secret that was replaced, and its use since. `works_until` null: until the new one was collected.

    `quiet_since`: since when it was not used; `is_safe_to_end`: for a day, or half of its overlap.
    """

    generation: int
    replaced_at: Instant
    replaced_by: str
    works_until: Instant | None
    is_working: bool
    ended_by: str | None
    calls: int
    last_used_at: Instant | None
    last_address: str | None
    last_agent: str | None
    quiet_since: Instant
    is_safe_to_end: bool


class AddressOutput(Output):
    """A token's use from one address."""

    address: str
    agent: str
    first_used_at: Instant
    last_used_at: Instant
    calls: int


class HeldOutput(Output):
    """A quarantine."""

    denied: list[Act]
    requests_per_minute: int
    since: Instant
    by: str
    reason: str | None


class WaitingOutput(Output):
    """A new secret that waits to be collected; the old one works until then.

    `mail_to`: whom its link goes to by mail; `is_mailed`: the mail server took the letter.
    """

    generation: int
    until: Instant
    by_webhook: bool
    mail_to: str | None
    is_mailed: bool


class UseOutput(Output):
    """`granted` null: all. `is_too_wide`: it could be narrowed to `used`."""

    granted: list[str] | None
    used: list[str]
    unused: list[str]
    is_too_wide: bool


class UnusedOutput(Output):
    """What was used since an instant: 90 days ago, or the token's issue. Services by id."""

    since: Instant
    models: UseOutput
    services: UseOutput


class LifeOutput(Output):
    """The life of a token. `secrets` and `addresses` null: the ledger does not answer.

    `expires_max_at`: no change of its expiry goes beyond this. `idle_since`: when it ended for not being used;
    `idle_ends_at`: when it will, if it is not used before. `replaces`, `replaced_by`: ids of tokens with its rights.
    """

    generation: int
    secret_since: Instant
    secrets: list[OldSecretOutput] | None
    addresses: list[AddressOutput] | None
    quarantine: HeldOutput | None
    waiting: WaitingOutput | None
    expires_max_at: Instant | None
    idle_since: Instant | None
    idle_ends_at: Instant | None
    replaces: str | None
    replaced_by: str | None


@router.post("/revoke-all")
def revoke_all(body: RevokeAllInput, ask: FreshTokens) -> RevokedOutput:
    """End every token of a person, team, application or of the installation that was issued before an instant."""
    wanted = WideEnd(body.kind, body.id, body.issued_before, body.reason, body.is_compromised)
    return RevokedOutput(revoked=ask.services.token_desk.ends.end_all(wanted, ask.actor))


@router.post("/{token_id}/rotate", status_code=201)
def rotate_token(
    token_id: TokenId, expected: ExpectedVersion, ask: FreshTokens, body: RotateInput | None = None
) -> IssuedOutput:
    """Give the token a new secret; the answer shows it once. Id, rights, limits, budgets and use stay."""
    ask.show_once()
    overlap = (body or RotateInput()).overlap_seconds
    issued = ask.services.token_desk.secrets.rotate(
        token_id, ask.actor, overlap_seconds=overlap, expected_version=expected
    )
    return show_issued(issued, ask)


@router.post("/{token_id}/replace", status_code=201)
def replace_token(
    token_id: TokenId, expected: ExpectedVersion, ask: FreshTokens, body: ReplaceInput | None = None
) -> IssuedOutput:
    """Issue a token with the same rights, limits, owner and end in the place of one that leaked or was revoked.

    The answer shows its secret once. It counts anew; to keep what was counted, rotate the token instead.
    """
    ask.show_once()
    asked = body or ReplaceInput()
    wanted = Replacing(asked.revoke, asked.is_compromised, asked.reason)
    replacements = ask.services.token_desk.replacements
    return show_issued(replacements.replace(token_id, wanted, ask.actor, expected_version=expected), ask)


@router.post("/{token_id}/end-overlap")
def end_overlap(token_id: TokenId, expected: ExpectedVersion, ask: WriteTokens) -> TokenOutput:
    """Refuse the token's replaced secrets from the next call on."""
    return answer_token(
        ask.services.token_desk.secrets.end_overlap(token_id, ask.actor, expected_version=expected), ask
    )


@router.post("/{token_id}/cancel-rotation")
def cancel_rotation(token_id: TokenId, expected: ExpectedVersion, ask: FreshTokens) -> TokenOutput:
    """Go back to the secret before the last rotation, while it still works; the new one is refused."""
    return answer_token(ask.services.token_desk.secrets.cancel(token_id, ask.actor, expected_version=expected), ask)


@router.post("/{token_id}/collect", status_code=201)
def collect_secret(token_id: TokenId, ask: FreshTokens) -> IssuedOutput:
    """Take over the new secret that a rotation policy made, once; the old one's overlap begins."""
    ask.show_once()
    collected = ask.services.rotations.handovers.collect_as(token_id, ask.actor)
    return show_issued(IssuedToken(collected.token, collected.secret), ask)


@router.post("/{token_id}/quarantine")
def quarantine_token(
    token_id: TokenId, expected: ExpectedVersion, ask: WriteTokens, body: QuarantineInput | None = None
) -> TokenOutput:
    """Refuse the token some acts and slow the others, until it is released."""
    asked = body or QuarantineInput()
    hold = Hold(asked.denied, asked.requests_per_minute, asked.reason)
    ends = ask.services.token_desk.ends
    return answer_token(ends.quarantine(token_id, hold, ask.actor, expected_version=expected), ask)


@router.post("/{token_id}/release")
def release_token(token_id: TokenId, expected: ExpectedVersion, ask: FreshTokens) -> TokenOutput:
    """Let a quarantined token do again what it may."""
    return answer_token(ask.services.token_desk.ends.release(token_id, ask.actor, expected_version=expected), ask)


@router.post("/{token_id}/wake")
def wake_token(token_id: TokenId, expected: ExpectedVersion, ask: FreshTokens) -> TokenOutput:
    """Bring back a token that ended for not being used, with the expiry it had."""
    return answer_token(ask.services.token_desk.ends.wake(token_id, ask.actor, expected_version=expected), ask)


@router.get("/{token_id}/life")
def get_token_life(token_id: TokenId, ask: ReadTokens) -> LifeOutput:
    """Show the token's secrets with the evidence of their use, its last addresses, and what holds it back."""
    token = ask.services.tokens.get(token_id, ask.sight)
    origins = ask.services.usage.find_origins(token.id)
    now = ask.services.clock.now_ns()
    life = token.life
    held, waiting = life.quarantine, ask.services.rotations.handovers.find_waiting(token.id)
    return LifeOutput(
        generation=life.generation,
        secret_since=format_instant(life.secret_since_ns or token.created_ns),
        secrets=None if origins is None else [_show_secret(each) for each in weigh(token, origins, now)],
        addresses=None if origins is None else [_show_address(each) for each in origins.addresses],
        quarantine=None
        if held is None
        else HeldOutput(
            denied=list(held.denied),
            requests_per_minute=held.requests_per_minute,
            since=format_instant(held.since_ns),
            by=held.by,
            reason=held.reason,
        ),
        waiting=None
        if waiting is None
        else WaitingOutput(
            generation=waiting.generation,
            until=format_instant(waiting.expires_ns),
            by_webhook=waiting.delivery_id is not None,
            mail_to=waiting.mail_to or None,
            is_mailed=waiting.mail_attempts > 0 and waiting.mail_due_ns is None,
        ),
        expires_max_at=format_instant_or_none(life.expires_max_ns),
        idle_since=format_instant_or_none(life.idle_since_ns),
        idle_ends_at=None if origins is None else format_instant_or_none(_idle_end_ns(token, ask)),
        replaces=life.replaces,
        replaced_by=life.replaced_by,
    )


@router.get("/{token_id}/unused")
def get_unused_rights(token_id: TokenId, ask: ReadTokens) -> UnusedOutput:
    """Show which models and services the token may use and did not for 90 days. Narrow it by changing it."""
    token = ask.services.tokens.get(token_id, ask.sight)
    found = find_unused(token, ask.services.usage, ask.services.clock.now_ns())
    return UnusedOutput(
        since=format_instant(found.since_ns), models=_show_use(found.models), services=_show_use(found.services)
    )


def _idle_end_ns(token: Token, ask: Asking) -> int | None:
    if token.idle_seconds is None or token.state in ("revoked", "disabled"):
        return None
    return find_idle_end_ns(token, ask.services.usage.get_last_uses([token.id]).get(token.id))


def show_issued(issued: IssuedToken, ask: Asking) -> IssuedOutput:
    """Write a token with its secret."""
    ask.tag(issued.token.version)
    shown = show_token(issued.token, None, ask.services.clock.now_ns())
    return IssuedOutput(**dict(iter(shown)), token=issued.secret.reveal())


def old_secret_until_ns(token: Token, now_ns: int) -> int | None:
    """Return until when a replaced secret of the token works; None: none does."""
    return max((old.valid_until_ns for old in token.life.working(now_ns)), default=None)


def _show_use(use: Use) -> UseOutput:
    granted = None if use.granted is None else list(use.granted)
    return UseOutput(granted=granted, used=list(use.used), unused=list(use.unused), is_too_wide=use.is_too_wide)


def _show_secret(evidence: SecretEvidence) -> OldSecretOutput:
    old, use = evidence.secret, evidence.use
    return OldSecretOutput(
        generation=old.generation,
        replaced_at=format_instant(old.replaced_ns),
        replaced_by=old.replaced_by,
        works_until=None if old.valid_until_ns >= ALWAYS_NS else format_instant(old.valid_until_ns),
        is_working=evidence.is_working,
        ended_by=old.ended_by,
        calls=use.calls if use else 0,
        last_used_at=format_instant(use.last_ns) if use else None,
        last_address=use.last_address if use else None,
        last_agent=use.last_agent if use else None,
        quiet_since=format_instant(evidence.quiet_ns // NANOS_PER_SECOND * NANOS_PER_SECOND),
        is_safe_to_end=evidence.is_safe_to_end,
    )


def _show_address(use: AddressUse) -> AddressOutput:
    return AddressOutput(
        address=use.address,
        agent=use.last_agent,
        first_used_at=format_instant(use.first_ns),
        last_used_at=format_instant(use.last_ns),
        calls=use.calls,
    )
