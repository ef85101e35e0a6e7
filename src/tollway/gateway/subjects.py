"""Who calls: token records decoded and checked, with the claims that follow from them.

Decoding is remembered by the stored bytes themselves: every call reads the bytes anew from the policy store, so a
changed record can never be served from memory. Facts are remembered, decisions are not.
"""

import hmac
from typing import Protocol, TypeVar

import msgspec

from tollway.contract.policy import ApplicationRecord, TokenRecord, decode_application, decode_token
from tollway.gateway.claims import build_claims
from tollway.gateway.ports import Claim, PolicyView, TokenHasher
from tollway.kernel.errors import TollwayError
from tollway.policy.token import ParsedToken
from tollway.policy.usability import find_refusal

REMEMBERED_MAX = 4_096
_DUMMY_MAC = bytes(32)
T = TypeVar("T")


class Presented(Protocol):
    """What a caller presents: a credential and its parsed form, and room for its proof."""

    credential: bytes | None
    token: ParsedToken | None
    proof: object


class Caller(msgspec.Struct, frozen=True, gc=False):
    """Who makes this call, checked at this instant. `claims` are all that its limits ask for."""

    token: TokenRecord
    application: ApplicationRecord | None
    claims: tuple[Claim, ...]
    has_budget: bool


class Subject(msgspec.Struct, frozen=True, gc=False):
    """A token record and what is derived from it alone: the caller it makes when it has no owner."""

    raw: bytes
    caller: Caller

    @property
    def token(self) -> TokenRecord:
        """The record."""
        return self.caller.token


class Owner(msgspec.Struct, frozen=True, gc=False):
    """An application record and what is derived from it alone."""

    raw: bytes
    application: ApplicationRecord
    claims: tuple[Claim, ...]


class Subjects:
    """Turns a presented token into its Caller. Memory is bounded by REMEMBERED_MAX records of each kind."""

    def __init__(self, hasher: TokenHasher) -> None:
        self._mac = hasher.mac
        self._subjects: dict[str, Subject] = {}
        self._owners: dict[str, Owner] = {}

    def identify(self, inbound: Presented, view: PolicyView, now_ns: int) -> Caller:
        """Return who presents this token.

        A credential that was proven against the very record that is stored now need not be hashed again; every
        fact is read and every decision made anew. Raises token.invalid (the same for an unknown id and a wrong
        secret, after the same work), the code of `find_refusal`, or gateway.record_damaged.
        """
        parsed = inbound.token
        assert parsed is not None
        raw = view.find_token(parsed.id)
        subject = None if raw is None else self._subject(parsed.id, raw)
        if subject is None or inbound.proof is not subject:
            self._prove(inbound, subject)
        assert subject is not None
        token = subject.token
        if token.application_id is None:
            refusal = find_refusal(token, None, now_ns)
            if refusal is not None:
                raise TollwayError(refusal)
            return subject.caller
        stored = view.find_application(token.application_id)
        owner = None if stored is None else self._owner(token.application_id, stored)
        application = None if owner is None else owner.application
        refusal = find_refusal(token, application, now_ns)
        if refusal is not None or owner is None:
            raise TollwayError(refusal or "token.owner_disabled")
        has_budget = subject.caller.has_budget or bool(owner.application.limits.budgets)
        return Caller(token, application, subject.caller.claims + owner.claims, has_budget)

    def _prove(self, inbound: Presented, subject: Subject | None) -> None:
        version = 1 if subject is None else subject.caller.token.pepper_version
        mac = self._mac(inbound.credential or b"", version)
        expected = _DUMMY_MAC if subject is None else subject.caller.token.mac
        if not hmac.compare_digest(mac or b"", expected) or subject is None:
            raise TollwayError("token.invalid")
        inbound.proof = subject

    def _subject(self, token_id: str, raw: bytes) -> Subject:
        known = self._subjects.get(token_id)
        if known is not None and known.raw == raw:
            return known
        try:
            token = decode_token(raw)
        except (ValueError, msgspec.DecodeError) as error:
            raise TollwayError("gateway.record_damaged", internal=f"token {token_id}: {error}") from error
        if token.id != token_id:
            raise TollwayError("gateway.record_damaged", internal=f"token {token_id} holds the record of another")
        claims = build_claims(token.limits, "token", token.id)
        subject = Subject(raw, Caller(token, None, claims, bool(token.limits.budgets)))
        _remember(self._subjects, token_id, subject)
        return subject

    def _owner(self, application_id: str, raw: bytes) -> Owner:
        known = self._owners.get(application_id)
        if known is not None and known.raw == raw:
            return known
        try:
            application = decode_application(raw)
        except (ValueError, msgspec.DecodeError) as error:
            raise TollwayError("gateway.record_damaged", internal=f"application {application_id}: {error}") from error
        owner = Owner(raw, application, build_claims(application.limits, "application", application.id))
        _remember(self._owners, application_id, owner)
        return owner


def _remember(known: dict[str, T], key: str, value: T) -> None:
    if len(known) >= REMEMBERED_MAX:
        known.pop(next(iter(known)))
    known[key] = value
