"""Proves a token that was presented to the management API, at this instant, and says what it may do.

Law: what refuses a call at the gateway refuses here too, from the same rows, and nothing is remembered between two
requests: a token that was revoked, disabled or has expired is refused by the next one. A token that is held back in
quarantine manages nothing.
"""

from dataclasses import dataclass

from tollway.control.access.grant import Grant
from tollway.control.access.scopes import narrow
from tollway.control.bearers.model import Bearer
from tollway.control.bearers.ports import (
    EpochDirectory,
    OwnerDirectory,
    Places,
    RightsOfRoles,
    TokenDirectory,
    TokenHasher,
    UseLog,
)
from tollway.control.sessions.keeping import Origin
from tollway.control.sessions.model import User
from tollway.control.tokens.model import Token
from tollway.control.tokens.proving import find_replaced, is_newest_secret, life_of
from tollway.kernel.clock import Clock
from tollway.kernel.errors import TollwayError
from tollway.policy.token import parse_token
from tollway.policy.usability import find_refusal, read_epochs

CHARACTERS_MAX = 200
AGENT_CHARS_MAX = 200


@dataclass(frozen=True, slots=True)
class BearerParts:
    """What the service is built from."""

    tokens: TokenDirectory
    owners: OwnerDirectory
    roles: RightsOfRoles
    epochs: EpochDirectory
    hasher: TokenHasher
    uses: UseLog
    places: Places
    clock: Clock


class Bearers:
    """Who asks by which token. Thread-safe. Blocking: call it in a thread."""

    def __init__(self, parts: BearerParts) -> None:
        self._parts = parts

    def identify(self, presented: str, origin: Origin) -> Bearer:
        """Return whose the token is and what it may do, and remember that it was used.

        Raises token.malformed, token.invalid (unknown, or another secret), token.replaced, token.revoked,
        token.expired, token.not_yet_valid, token.disabled, token.quarantined, token.owner_disabled,
        token.address_denied or token.outside_window (of its networks and hours, at every level), and
        management.forbidden for one that has no scope.
        """
        token = self._prove(presented)
        self._refuse_unusable(token)
        owner = None if token.owner_id is None else self._parts.owners.find_user(token.owner_id)
        if not token.scopes or token.application_id is not None or owner is None:
            raise TollwayError("management.forbidden", public="This token has no scope at the management API.")
        if owner.state != "active":
            raise TollwayError("token.owner_disabled", public="Whom the token belongs to is switched off.")
        self._parts.places.refuse_place(token.id, origin.address)
        self._parts.uses.note(
            token.id, self._parts.clock.now_ns(), address=origin.address, agent=origin.agent[:AGENT_CHARS_MAX]
        )
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
        is_newest = is_newest_secret(token, parsed.raw, hasher)
        old = None if token is None or is_newest else find_replaced(token, parsed.raw, hasher)
        if token is None or not (is_newest or old is not None):
            raise TollwayError("token.invalid")
        if old is not None and not old.works_at(self._parts.clock.now_ns()):
            raise TollwayError("token.replaced")
        return token

    def _refuse_unusable(self, token: Token) -> None:
        epochs = read_epochs(self._parts.epochs.all())
        # An application's token manages nothing, so that its application is not asked for.
        refusal = find_refusal(life_of(token), None, self._parts.clock.now_ns(), epochs)
        if refusal is not None and refusal != "token.owner_disabled":
            raise TollwayError(refusal)
        if token.state == "quarantined":
            raise TollwayError("token.quarantined")
