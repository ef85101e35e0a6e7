"""Rotation policies: make, change, list and remove them."""

from dataclasses import dataclass, replace

from msgspec import UNSET

from tollway.control.access.model import EVERYWHERE, Sight
from tollway.control.actor import Actor
from tollway.control.audit.facts import pick
from tollway.control.audit.model import Subject
from tollway.control.faults import Faults, refuse
from tollway.control.names import check_name
from tollway.control.notices.mail import is_address
from tollway.control.ports import Trail, Transactions
from tollway.control.rotations.errors import name_taken, policy_not_found
from tollway.control.rotations.model import NewRotationPolicy, RotationPolicy, RotationPolicyChange
from tollway.control.rotations.ports import RotationPolicyStore, WebhookBook
from tollway.control.tokens.ports import Owners, TokenStore
from tollway.control.versions import check_version
from tollway.kernel.clock import Clock
from tollway.kernel.ids import ROTATION, new_id

EVERY_SECONDS_MIN = 10
SECONDS_MAX = 10 * 366 * 86_400
POLICIES_MAX = 1_000
"""All of them are looked at for each token, and shown in one answer."""


@dataclass(frozen=True, slots=True)
class PolicyParts:
    """What the service is built from."""

    store: RotationPolicyStore
    webhooks: WebhookBook
    tokens: TokenStore
    owners: Owners
    transactions: Transactions
    trail: Trail
    clock: Clock


class RotationPolicies:
    """The policies of this installation. Thread-safe."""

    def __init__(self, parts: PolicyParts) -> None:
        self._parts = parts
        self._store = parts.store

    def all(self, sight: Sight = EVERYWHERE) -> tuple[RotationPolicy, ...]:
        """Return every policy in sight, by name."""
        return tuple(policy for policy in self._store.all() if self._is_seen(policy, sight))

    def get(self, policy_id: str, sight: Sight = EVERYWHERE) -> RotationPolicy:
        """Return the policy. Raises management.not_found, also for one that is out of sight."""
        policy = self._store.find(policy_id)
        if policy is None or not self._is_seen(policy, sight):
            raise policy_not_found()
        return policy

    def create(self, new: NewRotationPolicy, actor: Actor) -> RotationPolicy:
        """Make a policy. Raises management.invalid (also for a scope out of sight), management.conflict (the name)."""
        now = self._parts.clock.now_ns()
        policy = RotationPolicy(
            new_id(ROTATION),
            new.name.strip(),
            "active",
            new.scope,
            new.scope_id,
            new.every_seconds,
            new.overlap_seconds,
            new.delivery,
            new.webhook_id,
            now,
            str(actor),
            now,
            str(actor),
            mail_to=new.mail_to.strip(),
        )
        with self._parts.transactions.write():
            if len(self._store.all()) >= POLICIES_MAX:
                raise refuse("", f"an installation has at most {POLICIES_MAX} rotation policies")
            self._check(policy, actor)
            self._store.put(policy)
            self._record(actor, "create", policy, None, policy)
        return policy

    def change(
        self, policy_id: str, change: RotationPolicyChange, actor: Actor, *, expected_version: int | None = None
    ) -> RotationPolicy:
        """Change what is given. Raises management.not_found, .precondition, .invalid, .conflict."""
        with self._parts.transactions.write():
            before = self.get(policy_id, actor.sight)
            check_version(before.version, expected_version)
            fields = {name: value for name in change.__slots__ if (value := getattr(change, name)) is not UNSET}
            after = replace(before, **fields)
            if after == before:
                return before
            self._check(after, actor)
            saved = replace(
                after, updated_ns=self._parts.clock.now_ns(), updated_by=str(actor), version=before.version + 1
            )
            self._store.put(saved)
            self._record(actor, "change", saved, before, saved)
        return saved

    def follow(self, token_id: str, to: str, actor: Actor) -> None:
        """Have the policies for one token rotate the one that took its place, in the transaction of the caller."""
        for before in self._store.all():
            if before.scope == "token" and before.scope_id == token_id:
                now = self._parts.clock.now_ns()
                saved = replace(before, scope_id=to, updated_ns=now, updated_by=str(actor), version=before.version + 1)
                self._store.put(saved)
                self._record(actor, "change", saved, before, saved)

    def remove(self, policy_id: str, actor: Actor, *, expected_version: int | None = None) -> None:
        """Delete the policy; secrets that wait to be collected still can be. Raises management.not_found."""
        with self._parts.transactions.write():
            before = self.get(policy_id, actor.sight)
            check_version(before.version, expected_version)
            self._store.remove(policy_id)
            self._record(actor, "remove", before, before, None)

    def _check(self, policy: RotationPolicy, actor: Actor) -> None:
        faults = Faults()
        check_name(policy.name, "/name", faults)
        if not EVERY_SECONDS_MIN <= policy.every_seconds <= SECONDS_MAX:
            faults.add("/every_seconds", f"from {EVERY_SECONDS_MIN} seconds to ten years")
        if not 0 <= policy.overlap_seconds <= policy.every_seconds:
            faults.add("/overlap_seconds", "not longer than the time between two rotations")
        if (policy.scope == "installation") != (policy.scope_id == ""):
            faults.add("/scope_id", "name the team, application or token; the installation has no id")
        elif not self._is_seen(policy, actor.sight):
            faults.add("/scope_id", f"there is no such {policy.scope}")
        webhook = None if policy.webhook_id is None else self._parts.webhooks.find(policy.webhook_id)
        if policy.delivery == "webhook" and webhook is None:
            faults.add("/webhook_id", "there is no such webhook")
        if policy.delivery != "webhook" and policy.webhook_id is not None:
            faults.add("/webhook_id", f"by {policy.delivery} no webhook is needed")
        if policy.delivery != "mail" and policy.mail_to:
            faults.add("/mail_to", f"by {policy.delivery} nobody is written to")
        elif policy.mail_to and not is_address(policy.mail_to):
            faults.add("/mail_to", "this is not an e-mail address")
        faults.check()
        named = self._store.find_named(policy.name)
        if named is not None and named.id != policy.id:
            raise name_taken()

    def _is_seen(self, policy: RotationPolicy, sight: Sight) -> bool:
        match policy.scope:
            case "installation":
                return sight.covers()
            case "team":
                return sight.covers(team_id=policy.scope_id)
            case "application":
                owner = self._parts.owners.find(policy.scope_id)
                return sight.covers(team_id=None if owner is None else owner.team_id)
            case "token":
                token = self._parts.tokens.find(policy.scope_id)
                return token is not None and sight.covers(owner_id=token.owner_id, team_id=token.team_id)

    def _record(
        self,
        actor: Actor,
        act: str,
        policy: RotationPolicy,
        before: RotationPolicy | None,
        after: RotationPolicy | None,
    ) -> None:
        subject = Subject("rotation_policy", policy.id, policy.name)
        self._parts.trail.record(actor, f"rotation_policy.{act}", subject, _facts(before), _facts(after))


def _facts(policy: RotationPolicy | None) -> dict[str, object] | None:
    names = (
        "name",
        "state",
        "scope",
        "scope_id",
        "every_seconds",
        "overlap_seconds",
        "delivery",
        "webhook_id",
        "mail_to",
    )
    return None if policy is None else pick(policy, *names)
