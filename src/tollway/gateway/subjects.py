"""Who calls: token records decoded and checked, with the claims that follow from them.

Decoding is remembered by the stored bytes themselves: every call reads the bytes anew from the policy store, so a
changed record can never be served from memory. Facts are remembered, decisions are not.
"""

import hmac
from typing import TypeVar

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


class Subject(msgspec.Struct, frozen=True, gc=False):
    """A token record and what is derived from it alone."""

    raw: bytes
    token: TokenRecord
    claims: tuple[Claim, ...]


class Owner(msgspec.Struct, frozen=True, gc=False):
    """An application record and what is derived from it alone."""

    raw: bytes
    application: ApplicationRecord
    claims: tuple[Claim, ...]


class Caller(msgspec.Struct, frozen=True, gc=False):
    """Who makes this call, checked at this instant. `claims` are all that its limits ask for."""

    token: TokenRecord
    application: ApplicationRecord | None
    claims: tuple[Claim, ...]
    has_budget: bool


class Subjects:
    """Turns a presented token into its Caller. Memory is bounded by REMEMBERED_MAX records of each kind."""

    def __init__(self, hasher: TokenHasher) -> None:
        self._mac = hasher.mac
        self._subjects: dict[str, Subject] = {}
        self._owners: dict[str, Owner] = {}

    def identify(self, presented: bytes, parsed: ParsedToken, view: PolicyView, now_ns: int) -> Caller:
        """Return who presents this token.

        Raises token.invalid (the same for an unknown id and a wrong secret, after the same work), the code of
        `find_refusal`, or gateway.record_damaged.
        """
        raw = view.find_token(parsed.id)
        subject = None if raw is None else self._subject(parsed.id, raw)
        version = 1 if subject is None else subject.token.pepper_version
        mac = self._mac(presented, version)
        expected = _DUMMY_MAC if subject is None else subject.token.mac
        if not hmac.compare_digest(mac or b"", expected) or subject is None:
            raise TollwayError("token.invalid")
        token = subject.token
        owner = None
        if token.application_id is not None:
            stored = view.find_application(token.application_id)
            owner = None if stored is None else self._owner(token.application_id, stored)
        application = None if owner is None else owner.application
        refusal = find_refusal(token, application, now_ns)
        if refusal is not None:
            raise TollwayError(refusal)
        claims = subject.claims if owner is None else subject.claims + owner.claims
        has_budget = bool(token.limits.budgets) or (application is not None and bool(application.limits.budgets))
        return Caller(token, application, claims, has_budget)

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
        subject = Subject(raw, token, build_claims(token.limits, "token", token.id))
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
