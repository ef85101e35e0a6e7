"""Proves a token that was presented to the management API, at this instant, and says what it may do.

Law: what refuses a call at the gateway refuses here too, from the same rows, and nothing is remembered between two
requests: a token that was revoked, disabled or has expired is refused by the next one. A token that is held back in
quarantine manages nothing.
"""

import hmac
from dataclasses import dataclass

from tollway.control.access.grant import Grant
from tollway.control.access.scopes import narrow
from tollway.control.bearers.model import Bearer
from tollway.control.bearers.ports import EpochDirectory, OwnerDirectory, RightsOfRoles, TokenDirectory, TokenHasher
from tollway.control.sessions.model import User
from tollway.control.tokens.model import Token
from tollway.kernel.clock import Clock
from tollway.kernel.errors import TollwayError
from tollway.policy.token import parse_token
from tollway.policy.usability import Life, find_refusal, read_epochs

CHARACTERS_MAX = 200
_DUMMY_MAC = bytes(32)


@dataclass(frozen=True, slots=True)
class BearerParts:
    """What the service is built from."""

    tokens: TokenDirectory
    owners: OwnerDirectory
    roles: RightsOfRoles
    epochs: EpochDirectory
    hasher: TokenHasher
    clock: Clock


class Bearers:
    """Who asks by which token. Thread-safe. Blocking: call it in a thread."""

    def __init__(self, parts: BearerParts) -> None:
        self._parts = parts

    def identify(self, presented: str) -> Bearer:
        """Return whose the token is and what it may do.

        Raises token.malformed, token.invalid (unknown, or another secret), token.replaced, token.revoked,
        token.expired, token.not_yet_valid, token.disabled, token.quarantined, token.owner_disabled, and
        management.forbidden for one that has no scope.
        """
        token = self._prove(presented)
        self._refuse_unusable(token)
        owner = None if token.owner_id is None else self._parts.owners.find_user(token.owner_id)
        if not token.scopes or token.application_id is not None or owner is None:
            raise TollwayError("management.forbidden", public="This token has no scope at the management API.")
        if owner.state != "active":
            raise TollwayError("token.owner_disabled", public="Whom the token belongs to is switched off.")
        return self._bearer(token, owner)

    def _bearer(self, token: Token, owner: User) -> Bearer:
        rights = narrow(self._parts.roles.rights_of(owner.role), token.scopes)
        team_ids = self._teams_of(owner)
        return Bearer(
            token_id=token.id,
            token_name=token.name,
            owner=owner,
            rights=rights,
            team_ids=team_ids,
            bound=Grant(token.models, token.services, token.expires_ns, (token.environment,), rights, team_ids),
        )

    def _teams_of(self, owner: User) -> frozenset[str]:
        if owner.kind == "service":
            return frozenset() if owner.team_id is None else frozenset({owner.team_id})
        return self._parts.owners.team_ids(owner.id)

    def _prove(self, presented: str) -> Token:
        """Return the token that the secret is of; unknown ids and wrong secrets cost the same and are told the same."""
        hasher = self._parts.hasher
        parsed = parse_token(presented) if len(presented) <= CHARACTERS_MAX else None
        if parsed is None:
            raise TollwayError("token.malformed")
        token = self._parts.tokens.find(parsed.id)
        found = hasher.mac(parsed.raw, hasher.pepper_version if token is None else token.pepper_version)
        if hmac.compare_digest(found or b"", _DUMMY_MAC if token is None else token.mac) and token is not None:
            return token
        now_ns = self._parts.clock.now_ns()
        for old in () if token is None else token.life.old_secrets:
            if hmac.compare_digest(hasher.mac(parsed.raw, old.pepper_version) or b"", old.mac) and token is not None:
                if not old.works_at(now_ns):
                    raise TollwayError("token.replaced")
                return token
        raise TollwayError("token.invalid")

    def _refuse_unusable(self, token: Token) -> None:
        life = Life(
            token.state,
            token.not_before_ns or 0,
            token.expires_ns,
            token.created_ns,
            token.team_id,
            token.owner_id,
            token.application_id,
        )
        epochs = read_epochs(self._parts.epochs.all())
        # An application's token manages nothing, so that its application is not asked for.
        refusal = find_refusal(life, None, self._parts.clock.now_ns(), epochs)
        if refusal is not None and refusal != "token.owner_disabled":
            raise TollwayError(refusal)
        if token.state == "quarantined":
            raise TollwayError("token.quarantined")
