"""Who calls: token records decoded and checked, with the claims that follow from them.

Every call looks at the policy store anew. Records are read again when anything was committed to it since, and decoded
again when their stored bytes are others, so a changed record can never be served from memory. Facts are remembered,
decisions are not.
"""

import hmac
from typing import Protocol, TypeVar

import msgspec

from tollway.contract.life import OldSecret
from tollway.contract.policy import ApplicationRecord, TokenRecord, decode_application, decode_token
from tollway.gateway.claims import build_claims, combine
from tollway.gateway.life import WARNING_NS, Remarks, find_old_secret, look_closer
from tollway.gateway.ports import PolicyView, TokenHasher
from tollway.gateway.room import Claims
from tollway.kernel.errors import TollwayError
from tollway.policy.levels import says_something
from tollway.policy.token import ParsedToken
from tollway.policy.usability import NO_EPOCHS, Epochs, find_refusal, usable_window

REMEMBERED_MAX = 4_096
REFUSED_WHEN_PROVEN = frozenset(
    {
        "token.revoked",
        "token.expired",
        "token.disabled",
        "token.not_yet_valid",
        "token.replaced",
        "token.owner_disabled",
    }
)
"""Codes that only who holds a secret of the token is told."""
_DUMMY_MAC = bytes(32)
T = TypeVar("T")


class Presented(Protocol):
    """What a caller presents: a credential and its parsed form, and room for its proof."""

    credential: bytes | None
    token: ParsedToken | None
    proof: object


class Caller(msgspec.Struct, frozen=True, gc=False):
    """Who makes this call, checked at this instant. `claims` are what its own limits and its application's ask for."""

    token: TokenRecord
    application: ApplicationRecord | None
    claims: Claims
    remarks: Remarks | None = None
    """What is unusual about it; None nearly always."""
    is_ruled: bool = False
    """Whether the token or its application has rights of its own."""


class Subject(msgspec.Struct, frozen=True, gc=False):
    """A token record and what is derived from it alone: the caller it makes when it has no owner.

    In [usable_from_ns, usable_until_ns) nothing of the token itself refuses it and there is nothing to tell of it.
    """

    raw: bytes
    caller: Caller
    usable_from_ns: int
    usable_until_ns: int

    @property
    def token(self) -> TokenRecord:
        """The record."""
        return self.caller.token


class OldProof(msgspec.Struct, frozen=True, gc=False):
    """A credential is one of the replaced secrets of this very record."""

    subject: Subject
    secret: OldSecret


class Owner(msgspec.Struct, frozen=True, gc=False):
    """An application record and what is derived from it alone."""

    raw: bytes
    application: ApplicationRecord
    claims: Claims
    is_ruled: bool = False


class Standing(msgspec.Struct, frozen=True, gc=False):
    """A token's record and its application's as they are stored now, and the caller they make."""

    subject: Subject
    owner: Owner | None
    caller: Caller
    is_stopped: bool
    """Whether its application is gone or not active."""


class Subjects:
    """Turns a presented token into its Caller. Memory is bounded by REMEMBERED_MAX records of each kind."""

    def __init__(self, hasher: TokenHasher) -> None:
        self._mac = hasher.mac
        self._subjects: dict[str, Subject] = {}
        self._owners: dict[str, Owner] = {}
        self._pairs: dict[str, tuple[Subject, Owner, Caller]] = {}
        self._standings: dict[str, Standing] = {}
        self._commit = -1
        """What the standings were read at."""
        self._epochs = NO_EPOCHS

    def heed_epochs(self, epochs: Epochs) -> None:
        """Judge by these epochs from now on."""
        if epochs != self._epochs:
            self._epochs = epochs
            self._subjects.clear()
            self._standings.clear()

    def identify(self, inbound: Presented, view: PolicyView, now_ns: int) -> Caller:
        """Return who presents this token.

        A credential that was proven against the very record that is stored now need not be hashed again; every
        fact is read and every decision made anew. Raises token.invalid (the same for an unknown id and a wrong
        secret, after the same work), the code of `find_refusal`, token.replaced, or gateway.record_damaged.
        """
        parsed = inbound.token
        assert parsed is not None
        if view.commit != self._commit:
            self._standings.clear()
            self._commit = view.commit
        standing = self._standings.get(parsed.id) or self._read(parsed.id, view)
        subject = None if standing is None else standing.subject
        old = None
        if subject is None or inbound.proof is not subject:
            old = self._prove(inbound, subject)
        assert standing is not None and subject is not None
        if standing.is_stopped:
            application = None if standing.owner is None else standing.owner.application
            refusal = find_refusal(subject.caller.token, application, now_ns, self._epochs)
            raise TollwayError(refusal or "token.owner_disabled")
        if old is None and subject.usable_from_ns <= now_ns < subject.usable_until_ns:
            return standing.caller
        application = None if standing.owner is None else standing.owner.application
        remarks = look_closer(subject.caller.token, application, old, now_ns, self._epochs)
        return standing.caller if remarks is None else msgspec.structs.replace(standing.caller, remarks=remarks)

    def _read(self, token_id: str, view: PolicyView) -> Standing | None:
        """Return how a token stands, None when there is none. Raises gateway.record_damaged."""
        raw = view.find_token(token_id)
        if raw is None:
            return None
        subject = self._subject(token_id, raw)
        caller, owner, is_stopped = subject.caller, None, False
        application_id = caller.token.application_id
        if application_id is not None:
            stored = view.find_application(application_id)
            owner = None if stored is None else self._owner(application_id, stored)
            is_stopped = owner is None or owner.application.state != "active"
            if owner is not None:
                caller = self._pair(subject, owner)
        standing = Standing(subject, owner, caller, is_stopped)
        _remember(self._standings, token_id, standing)
        return standing

    def _prove(self, inbound: Presented, subject: Subject | None) -> OldSecret | None:
        """Return the replaced secret that was presented, None for the newest one. Raises token.invalid for neither."""
        proof = inbound.proof
        if type(proof) is OldProof and proof.subject is subject:
            return proof.secret
        credential = inbound.credential or b""
        version = 1 if subject is None else subject.caller.token.pepper_version
        mac = self._mac(credential, version)
        expected = _DUMMY_MAC if subject is None else subject.caller.token.mac
        if not hmac.compare_digest(mac or b"", expected) or subject is None:
            old = None if subject is None else find_old_secret(credential, subject.token, mac, self._mac)
            if subject is None or old is None:
                raise TollwayError("token.invalid")
            inbound.proof = OldProof(subject, old)
            return old
        inbound.proof = subject
        return None

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
        claims = combine(build_claims(token.limits, "token", token.id), token.limits.unbounded_output)
        usable_from_ns, usable_until_ns = usable_window(token, self._epochs)
        if token.expires_ns is not None:
            usable_until_ns = min(usable_until_ns, token.expires_ns - WARNING_NS)
        caller = Caller(token, None, claims, is_ruled=says_something(token))
        subject = Subject(raw, caller, usable_from_ns, usable_until_ns)
        _remember(self._subjects, token_id, subject)
        return subject

    def _pair(self, subject: Subject, owner: Owner) -> Caller:
        """Return the caller that a token and its application make together, worked out once a pair of records."""
        alone = subject.caller
        token = alone.token
        known = self._pairs.get(token.id)
        if known is not None and known[0] is subject and known[1] is owner:
            return known[2]
        claims = alone.claims
        if owner.claims.every or owner.application.limits.unbounded_output is not None:
            says = token.limits.unbounded_output or owner.application.limits.unbounded_output
            claims = combine(alone.claims.every + owner.claims.every, says)
        caller = Caller(token, owner.application, claims, None, alone.is_ruled or owner.is_ruled)
        _remember(self._pairs, token.id, (subject, owner, caller))
        return caller

    def _owner(self, application_id: str, raw: bytes) -> Owner:
        known = self._owners.get(application_id)
        if known is not None and known.raw == raw:
            return known
        try:
            application = decode_application(raw)
        except (ValueError, msgspec.DecodeError) as error:
            raise TollwayError("gateway.record_damaged", internal=f"application {application_id}: {error}") from error
        claims = combine(build_claims(application.limits, "application", application.id))
        owner = Owner(raw, application, claims, says_something(application))
        _remember(self._owners, application_id, owner)
        return owner


def proven_token(proof: object) -> TokenRecord | None:
    """Return the record that a credential was proven against; None when it was not."""
    if isinstance(proof, OldProof):
        return proof.subject.token
    return proof.token if isinstance(proof, Subject) else None


def is_proven_against(proof: object, raw: bytes) -> bool:
    """Whether a credential was proven against these very bytes, so that they need not be looked into again."""
    subject = proof.subject if isinstance(proof, OldProof) else proof
    return isinstance(subject, Subject) and subject.raw == raw


def _remember(known: dict[str, T], key: str, value: T) -> None:
    if len(known) >= REMEMBERED_MAX:
        known.pop(next(iter(known)))
    known[key] = value
