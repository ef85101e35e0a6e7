"""How long tokens may live: rules of the installation, of teams and of roles, and what they mean for one token.

Law: the shortest of the rules that apply counts. What a token may live at most is fixed when it is issued, counted from
then; neither a later expiry, nor another owner, nor any number of rotations goes beyond it, and a rule that came later
can only make it shorter.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from tollway.control.actor import Actor
from tollway.control.audit.facts import pick
from tollway.control.audit.model import Subject
from tollway.control.faults import Faults
from tollway.control.ports import Trail, Transactions
from tollway.control.tokens.model import LifetimeRule, RuleScope
from tollway.control.tokens.ports import LifetimeStore
from tollway.control.versions import check_version
from tollway.kernel.clock import NANOS_PER_SECOND, Clock
from tollway.kernel.errors import TollwayError

DEFAULT_SECONDS = 90 * 86_400
"""How long a token lives when neither who issues it nor a rule says so."""
SECONDS_MIN = 60
SECONDS_MAX = 100 * 366 * 86_400


@dataclass(frozen=True, slots=True)
class Lifetime:
    """What all rules together say. `default_seconds` never exceeds `max_seconds`; None: no bound."""

    default_seconds: int = DEFAULT_SECONDS
    max_seconds: int | None = None
    idle_seconds: int | None = None

    def last_ns(self, issued_ns: int) -> int | None:
        """Return the last instant until which a token issued then may live; None: for ever."""
        return None if self.max_seconds is None else issued_ns + self.max_seconds * NANOS_PER_SECOND


class LifetimeBook(Protocol):
    """What a token may live."""

    def find(self, *, team_id: str | None, role: str) -> Lifetime:
        """Return what holds for a token of that team, issued or changed by a person of that role."""
        ...


class NoLifetimes:
    """A book without rules."""

    def find(self, *, team_id: str | None, role: str) -> Lifetime:
        """Return what holds where nothing is said."""
        return Lifetime()


class Lifetimes:
    """The rules of this installation (implements LifetimeBook). Thread-safe."""

    def __init__(self, store: LifetimeStore, transactions: Transactions, trail: Trail, clock: Clock) -> None:
        self._store = store
        self._transactions = transactions
        self._trail = trail
        self._clock = clock

    def all(self) -> tuple[LifetimeRule, ...]:
        """Return every rule, by scope and id."""
        return self._store.all()

    def find(self, *, team_id: str | None, role: str) -> Lifetime:
        """Return what holds for a token of that team, issued or changed by a person of that role."""
        wanted = {("installation", ""), ("team", team_id or ""), ("role", role)}
        return combine(rule for rule in self._store.all() if (rule.scope, rule.scope_id) in wanted)

    def put(self, rule: LifetimeRule, actor: Actor, *, expected_version: int | None = None) -> LifetimeRule:
        """Say what holds in a scope. Raises management.invalid, management.precondition."""
        _check(rule)
        with self._transactions.write():
            before = self._store.find(rule.scope, rule.scope_id)
            check_version(before.version if before else 0, expected_version)
            saved = LifetimeRule(
                rule.scope,
                rule.scope_id,
                rule.default_seconds,
                rule.max_seconds,
                rule.idle_seconds,
                self._clock.now_ns(),
                str(actor),
                before.version + 1 if before else 1,
            )
            self._store.put(saved)
            self._record(actor, "set", saved, before, saved)
        return saved

    def remove(self, scope: RuleScope, scope_id: str, actor: Actor, *, expected_version: int | None = None) -> None:
        """Drop what holds in a scope. Raises management.not_found, management.precondition."""
        with self._transactions.write():
            before = self._store.find(scope, scope_id)
            if before is None:
                raise TollwayError("management.not_found", public="There is no rule for this.")
            check_version(before.version, expected_version)
            self._store.remove(scope, scope_id)
            self._record(actor, "remove", before, before, None)

    def _record(
        self, actor: Actor, act: str, rule: LifetimeRule, before: LifetimeRule | None, after: LifetimeRule | None
    ) -> None:
        subject = Subject("lifetime", f"{rule.scope}:{rule.scope_id}", rule.scope)
        self._trail.record(actor, f"lifetime.{act}", subject, _facts(before), _facts(after))


def combine(rules: Iterable[LifetimeRule]) -> Lifetime:
    """Return what several rules say together: the shortest of each."""
    found = tuple(rules)
    longest = _shortest(rule.max_seconds for rule in found)
    default = _shortest(rule.default_seconds for rule in found)
    return Lifetime(
        min(DEFAULT_SECONDS if default is None else default, SECONDS_MAX if longest is None else longest),
        longest,
        _shortest(rule.idle_seconds for rule in found),
    )


def _shortest(seconds: Iterable[int | None]) -> int | None:
    return min((each for each in seconds if each is not None), default=None)


def _check(rule: LifetimeRule) -> None:
    faults = Faults()
    if (rule.scope == "installation") != (rule.scope_id == ""):
        faults.add("/scope_id", "name the team or the role; the installation has no id")
    for name in ("default_seconds", "max_seconds", "idle_seconds"):
        value = getattr(rule, name)
        if value is not None and not SECONDS_MIN <= value <= SECONDS_MAX:
            faults.add(f"/{name}", f"from {SECONDS_MIN} seconds to 100 years")
    if rule.default_seconds is not None and rule.max_seconds is not None and rule.default_seconds > rule.max_seconds:
        faults.add("/default_seconds", "not longer than the longest life")
    if rule.default_seconds is None and rule.max_seconds is None and rule.idle_seconds is None:
        faults.add("/max_seconds", "a rule says something; remove it to say nothing")
    faults.check()


def _facts(rule: LifetimeRule | None) -> dict[str, object] | None:
    return None if rule is None else pick(rule, "default_seconds", "max_seconds", "idle_seconds")
