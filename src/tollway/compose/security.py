"""Builds the security domain: what finds, what acts, what takes reports."""

from dataclasses import dataclass

from tollway.adapters.secrets import KeyRing
from tollway.adapters.secrets.report_signatures import ReportSignatures
from tollway.adapters.storage.config_database import ConfigDatabase
from tollway.adapters.storage.life import SQLEpochStore
from tollway.adapters.storage.security import SQLEventStore, SQLReportStore, SQLRuleStore
from tollway.control.accounts.model import UserFilter
from tollway.control.accounts.ports import AccountStore
from tollway.control.actor import Actor
from tollway.control.notices.ports import Notices
from tollway.control.ports import Trail
from tollway.control.security.decoys import DecoyParts, Decoys
from tollway.control.security.events import EventParts, SecurityEvents
from tollway.control.security.leaks import LeakParts, Leaks
from tollway.control.security.letters import RECIPIENTS_MAX, SecurityLetters
from tollway.control.security.model import AddressesKept, SecurityEvent
from tollway.control.security.noticing import Noticing, NoticingParts
from tollway.control.security.ports import Ledger, TokenActs
from tollway.control.security.rules import RuleParts, WatchRules
from tollway.control.security.service import SecurityDesk
from tollway.control.security.throttle import ReportThrottle
from tollway.control.tokens.ends import Hold, TokenEnds
from tollway.control.tokens.model import IssuedToken, NewToken, Token
from tollway.control.tokens.ports import TokenStore
from tollway.control.tokens.service import Tokens
from tollway.kernel.clock import Clock


@dataclass(frozen=True, slots=True)
class SecurityParts:
    """What the domain is built from."""

    database: ConfigDatabase
    token_store: TokenStore
    keys: KeyRing
    tokens: Tokens
    ledger: Ledger
    notices: Notices
    trail: Trail
    clock: Clock
    signatures: ReportSignatures
    letters: SecurityLetters
    addresses: AddressesKept


class Looking:
    """Finds who is written to about an event: the token's owner, else the owners and administrators."""

    def __init__(self, accounts: AccountStore) -> None:
        self._accounts = accounts

    def find(self, event: SecurityEvent) -> list[str]:
        """Return their addresses; those without one get no letter."""
        owner = None if event.owner_id is None else self._accounts.find(event.owner_id)
        if owner is not None and owner.state == "active" and owner.email:
            return [owner.email]
        found: list[str] = []
        for role in ("owner", "admin"):
            page = self._accounts.page(UserFilter(state="active", role=role), after=None, limit=RECIPIENTS_MAX)
            found += [user.email for user in page.items if user.email]
        return found


class TokenHands:
    """Implements TokenActs with the services of the tokens domain."""

    def __init__(self, tokens: Tokens, ends: TokenEnds, store: TokenStore) -> None:
        self._tokens = tokens
        self._ends = ends
        self._store = store

    def find(self, token_id: str) -> Token | None:
        """Return the token."""
        return self._store.find(token_id)

    def issue(self, new: NewToken, actor: Actor) -> IssuedToken:
        """Make a token."""
        return self._tokens.issue(new, actor)

    def limit(self, token_id: str, requests_per_minute: int, actor: Actor, reason: str) -> Token:
        """Hold the token back without refusing it any act."""
        return self._ends.quarantine(token_id, Hold((), requests_per_minute, reason), actor)

    def quarantine(self, token_id: str, actor: Actor, reason: str) -> Token:
        """Hold the token back as the program does it by itself."""
        return self._ends.quarantine(token_id, Hold(reason=reason), actor)

    def release(self, token_id: str, actor: Actor) -> Token:
        """Undo both."""
        return self._ends.release(token_id, actor)

    def disable(self, token_id: str, actor: Actor) -> Token:
        """Switch the token off."""
        return self._tokens.disable(token_id, actor)

    def enable(self, token_id: str, actor: Actor) -> Token:
        """Switch it on."""
        return self._tokens.enable(token_id, actor)

    def revoke(self, token_id: str, actor: Actor, reason: str) -> Token:
        """End it for ever."""
        return self._tokens.revoke(token_id, actor, reason=reason)


def build_security(parts: SecurityParts) -> SecurityDesk:
    """Return the domain's services."""
    ends = TokenEnds(parts.tokens, SQLEpochStore(parts.database), parts.tokens.parts)
    hands = TokenHands(parts.tokens, ends, parts.token_store)
    events, store = SQLEventStore(parts.database), SQLRuleStore(parts.database)
    rules = WatchRules(RuleParts(store, parts.database, parts.trail, parts.clock))
    noticing = Noticing(
        NoticingParts(
            events=events,
            rules=store,
            watch_rules=rules,
            tokens=hands,
            ledger=parts.ledger,
            notices=parts.notices,
            transactions=parts.database,
            clock=parts.clock,
            letters=parts.letters,
        )
    )
    leaks = Leaks(
        LeakParts(
            reports=SQLReportStore(parts.database),
            rules=store,
            box=parts.keys.notices,
            tokens=hands,
            proof=parts.keys,
            noticing=noticing,
            transactions=parts.database,
            trail=parts.trail,
            clock=parts.clock,
        )
    )
    return SecurityDesk(
        events=SecurityEvents(EventParts(events, rules, hands, parts.database, parts.trail, parts.clock)),
        rules=rules,
        leaks=leaks,
        decoys=Decoys(DecoyParts(store, rules, hands, parts.database, parts.trail, parts.clock)),
        noticing=noticing,
        signatures=parts.signatures,
        throttle=ReportThrottle(parts.clock),
        addresses=parts.addresses,
    )


_: type[TokenActs] = TokenHands
