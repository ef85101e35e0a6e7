"""The rules of the installation and of teams, what is expected, and what the ledger watches by.

Law: every change raises the revision, so that the ledger learns of it; the same rules always make the same policy.
"""

from dataclasses import dataclass, replace

import msgspec

from tollway.contract.watching import LADDER, NOTIFY_ONLY, Expected, WatchPolicy
from tollway.control.actor import Actor
from tollway.control.audit.model import Subject
from tollway.control.faults import refuse
from tollway.control.ports import Trail, Transactions
from tollway.control.security.model import DEFAULT_RULES, Expectation, SecurityRules, TeamRules
from tollway.control.security.ports import RuleStore
from tollway.control.versions import check_version
from tollway.kernel.clock import Clock
from tollway.kernel.errors import TollwayError

UNDO_HOURS_MAX = 24 * 31
LIMIT_MAX = 100_000
EXPECTATIONS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class RuleParts:
    """What the service is built from."""

    store: RuleStore
    transactions: Transactions
    trail: Trail
    clock: Clock


class WatchRules:
    """The rules. Thread-safe."""

    def __init__(self, parts: RuleParts) -> None:
        self._parts = parts
        self._store = parts.store

    def find(self, team_id: str) -> SecurityRules:
        """Return the rules that hold for a team: its own, else the installation's, else the built-in ones."""
        for each in dict.fromkeys((team_id, "")):
            found = self._store.find_rules(each)
            if found is not None:
                return found.rules
        return DEFAULT_RULES

    def get(self, team_id: str) -> TeamRules:
        """Return a team's own rules, or the installation's (""), which are the built-in ones until they are changed.

        Raises management.not_found for a team without rules of its own.
        """
        found = self._store.find_rules(team_id)
        if found is None and team_id:
            raise TollwayError("management.not_found", public="This team has no rules of its own.")
        return found or TeamRules("", DEFAULT_RULES, version=0)

    def all(self) -> tuple[TeamRules, ...]:
        """Return the rules of the installation first, then those of teams that have their own."""
        return (self.get(""), *(each for each in self._store.all_rules() if each.team_id))

    def put(
        self, team_id: str, rules: SecurityRules, actor: Actor, *, expected_version: int | None = None
    ) -> TeamRules:
        """Store the rules of a team or of the installation. Raises management.invalid, management.precondition."""
        _check(rules)
        with self._parts.transactions.write():
            before = self._store.find_rules(team_id)
            check_version(before.version if before else 0, expected_version)
            saved = TeamRules(
                team_id, rules, self._parts.clock.now_ns(), str(actor), (before.version if before else 0) + 1
            )
            self._store.put_rules(saved)
            self._changed(actor, "security.rules", team_id, (before.rules if before else None, rules))
            return saved

    def remove(self, team_id: str, actor: Actor) -> None:
        """Forget the rules: a team then has the installation's, the installation the built-in ones. Idempotent."""
        with self._parts.transactions.write():
            before = self._store.find_rules(team_id)
            if before is not None:
                self._store.remove_rules(team_id)
                self._changed(actor, "security.rules_removed", team_id, (before.rules, None))

    def expect(self, expectation: Expectation, actor: Actor) -> None:
        """Find this no more. Raises management.invalid when there are too many. Inside or outside a transaction."""
        with self._parts.transactions.write():
            if len(self._store.expectations()) >= EXPECTATIONS_MAX:
                raise refuse("", f"at most {EXPECTATIONS_MAX} things are expected; remove some")
            self._store.put_expectation(expectation)
            self._raise_revision()
            facts = {"kind": expectation.kind, "detail": expectation.detail}
            self._parts.trail.record(actor, "security.expect", Subject("token", expectation.subject), None, facts)

    def expectations(self) -> tuple[Expectation, ...]:
        """Return what is expected, oldest first."""
        return self._store.expectations()

    def forget(self, expectation: Expectation, actor: Actor) -> None:
        """Find it again. Idempotent."""
        with self._parts.transactions.write():
            self._store.remove_expectation(expectation)
            self._raise_revision()
            facts = {"kind": expectation.kind, "detail": expectation.detail}
            self._parts.trail.record(actor, "security.forget", Subject("token", expectation.subject), facts, None)

    def raise_revision(self) -> None:
        """Have the ledger learn of a change that was made beside this service. Inside a transaction."""
        self._raise_revision()

    def build_policy(self) -> WatchPolicy:
        """Return what the ledger is to watch by now."""
        own = {each.team_id: each.rules.thresholds for each in self._store.all_rules()}
        return WatchPolicy(
            revision=self._store.cursor().revision,
            thresholds=own.pop("", DEFAULT_RULES.thresholds),
            teams=own,
            decoys=tuple(decoy.token_id for decoy in self._store.decoys()),
            expected=tuple(Expected(each.kind, each.subject, each.detail) for each in self._store.expectations()),
        )

    def _raise_revision(self) -> None:
        cursor = self._store.cursor()
        self._store.put_cursor(replace(cursor, revision=cursor.revision + 1))

    def _changed(
        self, actor: Actor, action: str, team_id: str, change: tuple[SecurityRules | None, SecurityRules | None]
    ) -> None:
        self._raise_revision()
        before, after = (None if each is None else msgspec.to_builtins(each) for each in change)
        subject = Subject("team", team_id) if team_id else Subject("installation")
        self._parts.trail.record(actor, action, subject, before, after)


def _check(rules: SecurityRules) -> None:
    if not 0 <= rules.undo_hours <= UNDO_HOURS_MAX:
        raise refuse("/undo_hours", f"from 0 to {UNDO_HOURS_MAX}")
    if not 1 <= rules.limit_requests_per_minute <= LIMIT_MAX:
        raise refuse("/limit_requests_per_minute", f"from 1 to {LIMIT_MAX}")
    for name in rules.thresholds.__struct_fields__:
        rule = rules.thresholds.rule(name)  # type: ignore[arg-type]  # the fields are the detectors
        most = rule.act_most or rule.act
        if name in NOTIFY_ONLY and (rule.act != "notify" or most != "notify"):
            raise refuse(f"/thresholds/{name}/act", "others do this without a working secret: it can only be told")
        if LADDER.index(most) < LADDER.index(rule.act):
            raise refuse(f"/thresholds/{name}/act_most", "not lower than the first act")
