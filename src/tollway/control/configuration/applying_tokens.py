"""Bring a token's metadata to what its entry says. A token that does not exist is issued; absent means revoked."""

from collections.abc import Iterator

from msgspec import UNSET, UnsetType

from tollway.control.actor import Actor
from tollway.control.applications.service import Applications
from tollway.control.configuration.applying import find_plan_id, read_all
from tollway.control.configuration.entries import TokenEntry
from tollway.control.configuration.shown import Shown, show_token
from tollway.control.faults import refuse
from tollway.control.limits.model import NO_RULES
from tollway.control.paging import PAGE_SIZE_MAX
from tollway.control.plans.service import Plans
from tollway.control.services.service import RestServices
from tollway.control.tokens.model import NewToken, Token, TokenChange, TokenFilter
from tollway.control.tokens.service import Tokens
from tollway.kernel.clock import NANOS_PER_SECOND, Clock
from tollway.kernel.secret import Secret


class TokenStep:
    """Implements Step for tokens."""

    def __init__(
        self, tokens: Tokens, applications: Applications, services: RestServices, plans: Plans, *, clock: Clock
    ) -> None:
        self._tokens = tokens
        self._applications = applications
        self._services = services
        self._plans = plans
        self._clock = clock

    def find(self, entry: TokenEntry) -> Token | None:
        """Return the unrevoked token of that name. Raises management.conflict for several."""
        return self._tokens.find_named(entry.name)

    def create(self, entry: TokenEntry, actor: Actor) -> tuple[Token, Secret[str]]:
        """Issue the token."""
        application_id = self._application_id(entry)
        plan_id = find_plan_id(self._plans, entry.plan)
        new = NewToken(
            name=entry.name,
            application_id=None if application_id is UNSET else application_id,
            models=None if entry.models is UNSET else entry.models,
            services=None if entry.services is UNSET else entry.services,
            expires_ns=_expires_ns(entry, self._clock.now_ns()),
            limits=NO_RULES if entry.limits is UNSET else entry.limits,
            environment="live" if entry.environment is UNSET else entry.environment,
            plan_id=None if plan_id is UNSET else plan_id,
        )
        issued = self._tokens.issue(new, actor)
        return self._switch(issued.token, entry, actor), issued.secret

    def change(self, found: Token, entry: TokenEntry, actor: Actor) -> Token:
        """Bring the token to what the entry states. A duration counts from when the token was made."""
        if entry.environment not in (UNSET, found.environment):
            raise refuse("/environment", "a token's environment never changes; issue another token")
        change = TokenChange(
            name=entry.name,
            application_id=self._application_id(entry),
            models=entry.models,
            services=entry.services,
            expires_ns=_expires_ns(entry, found.created_ns),
            limits=entry.limits,
            plan_id=find_plan_id(self._plans, entry.plan),
        )
        return self._switch(self._tokens.change(found.id, change, actor), entry, actor)

    def remove(self, found: Token, actor: Actor) -> None:
        """Revoke the token."""
        self._tokens.revoke(found.id, actor, reason="absent in the configuration")

    def show(self, item: Token) -> Shown:
        """Return the entry."""
        return show_token(item, self._services.names(item.services or ()))

    def show_all(self) -> Iterator[Shown]:
        """Return all tokens that are not revoked."""
        wanted = TokenFilter()
        tokens = read_all(lambda after: self._tokens.page(wanted, after=after, limit=PAGE_SIZE_MAX))
        return (self.show(token) for token in tokens if token.state != "revoked")

    def _application_id(self, entry: TokenEntry) -> str | UnsetType | None:
        if entry.application is UNSET or entry.application is None:
            return entry.application
        application = self._applications.find_named(entry.application)
        if application is None:
            raise refuse("/application", f"there is no application {entry.application!r}")
        return application.id

    def _switch(self, item: Token, entry: TokenEntry, actor: Actor) -> Token:
        if entry.state in (UNSET, item.state):
            return item
        act = self._tokens.disable if entry.state == "disabled" else self._tokens.enable
        return act(item.id, actor)


def _expires_ns(entry: TokenEntry, made_ns: int) -> int | UnsetType | None:
    if entry.lifetime_seconds is UNSET:
        return entry.expires_ns
    return (made_ns // NANOS_PER_SECOND + entry.lifetime_seconds) * NANOS_PER_SECOND
