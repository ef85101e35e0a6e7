"""The rights of the installation, teams, people, applications and tokens.

Law: when a method returns, every worker's next call is judged by the change. Nobody gives more than they have
(`granting.py`).
"""

from dataclasses import dataclass, replace

from tollway.contract.rights import ALL_RIGHTS, Rights
from tollway.control.access.model import EVERYWHERE, Sight
from tollway.control.actor import Actor
from tollway.control.audit.facts import pick
from tollway.control.audit.model import Subject
from tollway.control.faults import Faults
from tollway.control.ports import Touching, Trail, Transactions
from tollway.control.rights.checks import find_faults, name_services
from tollway.control.rights.errors import owner_not_found
from tollway.control.rights.granting import check_rights_grant, find_excess
from tollway.control.rights.model import INSTALLATION, OwnedRights, OwnerLevel, RightsChange
from tollway.control.rights.ports import GroupStore, Owner, RightsOwners, RightsStore, ServiceDirectory, sees
from tollway.control.tokens.keeping_rights import RightsKeeper
from tollway.control.tokens.model import Token
from tollway.control.versions import check_version
from tollway.kernel.clock import Clock


@dataclass(frozen=True, slots=True)
class RightsParts:
    """What the service is built from."""

    store: RightsStore
    groups: GroupStore
    owners: RightsOwners
    services: ServiceDirectory
    touching: Touching
    transactions: Transactions
    trail: Trail
    clock: Clock


class RightsDesk:
    """Reads and changes rights at every level. Thread-safe."""

    def __init__(self, parts: RightsParts) -> None:
        self._parts = parts
        self._store = parts.store

    def get(self, level: OwnerLevel, owner_id: str, sight: Sight = EVERYWHERE) -> OwnedRights:
        """Return the owner's rights, which may say nothing. Raises management.not_found, also out of sight."""
        self.owner(level, owner_id, sight)
        return self._store.find(level, owner_id) or OwnedRights(level, owner_id)

    def all(self, level: OwnerLevel) -> tuple[OwnedRights, ...]:
        """Return the rights that were given at a level, by owner."""
        return self._store.of_level(level)

    def find_owner(self, level: OwnerLevel, owner_id: str) -> Owner | None:
        """Return who has the rights; None when they are gone."""
        return self._parts.owners.find(level, owner_id)

    def owner(self, level: OwnerLevel, owner_id: str, sight: Sight = EVERYWHERE) -> Owner:
        """Return who has the rights. Raises management.not_found, also out of sight."""
        owner = self._parts.owners.find(level, owner_id)
        if owner is None or not sees(sight, level, owner_id, owner):
            raise owner_not_found()
        return owner

    def change(
        self,
        level: OwnerLevel,
        owner_id: str,
        change: RightsChange,
        actor: Actor,
        *,
        expected_version: int | None = None,
    ) -> OwnedRights:
        """Change the parts that are given. A change of nothing leaves the version.

        Raises management.not_found, .precondition, .invalid (each fault with its pointer), .forbidden.
        """
        with self._parts.transactions.write():
            owner = self.owner(level, owner_id, actor.sight)
            before = self._store.find(level, owner_id) or OwnedRights(level, owner_id)
            check_version(before.version, expected_version)
            rights = self.checked(change.apply(before.rights))
            if rights == before.rights:
                return before
            self.check_grant(rights, actor)
            return self._save(replace(before, rights=rights), before, owner, actor)

    def checked(self, rights: Rights) -> Rights:
        """Return rights with ids in place of names of services. Raises management.invalid."""
        faults = Faults()
        groups = {group.name for group in self._parts.groups.all()} if _names_groups(rights) else set()
        faults.extend("", find_faults(rights, groups))
        services = name_services(rights.services, self._parts.services.find_id, faults)
        faults.check()
        return Rights(
            rights.scopes, rights.models, services, rights.routes, rights.networks, rights.hours, rights.parameters
        )

    def check_grant(self, rights: Rights, actor: Actor) -> None:
        """Raise management.forbidden unless these rights are within those of the one who gives them."""
        for bound in self._bounds(actor):
            check_rights_grant(rights, bound)

    def bind(self, token: Token, actor: Actor) -> None:
        """Give a token the rights of the one who gives it, unless it has narrower ones (see RightsKeeper).

        In the transaction of the caller, who publishes the token. Raises management.forbidden.
        """
        bounds = self._bounds(actor, token)
        if not bounds:
            return
        before = self._store.find("token", token.id) or OwnedRights("token", token.id)
        given = _narrowest(bounds) if before.rights == ALL_RIGHTS else before.rights
        for bound in bounds:
            check_rights_grant(given, bound)
        if given != before.rights:
            owner = Owner(token.name, token.owner_id, token.team_id)
            self._save(replace(before, rights=given), before, owner, actor)

    def check(self, token: Token, actor: Actor) -> None:
        """Raise management.forbidden when the token's own rights go beyond the actor's (see RightsKeeper)."""
        bounds = self._bounds(actor, token)
        own = self._rights_of("token", token.id) if bounds else ALL_RIGHTS
        for bound in bounds:
            check_rights_grant(own, bound)

    def copy(self, token: Token, to: Token, actor: Actor) -> None:
        """Give one token the rights of another (see RightsKeeper)."""
        rights = self._rights_of("token", token.id)
        if rights != ALL_RIGHTS:
            before = OwnedRights("token", to.id)
            self._save(replace(before, rights=rights), before, Owner(to.name, to.owner_id, to.team_id), actor)

    def _bounds(self, actor: Actor, token: Token | None = None) -> tuple[Rights, ...]:
        """Return the sets of rights each of which bounds what an actor gives: a person's own, and those of the token by
        which they ask. The program and its operator have all.

        A person's own hold for their own tokens at each call, so that they need not be repeated for such a `token`.
        """
        if actor.user_id is None:
            return ()
        holders: list[tuple[OwnerLevel, str]] = []
        if token is None or token.owner_id != actor.user_id:
            holders.append(("user", actor.user_id))
        if actor.token_id:
            holders.append(("token", actor.token_id))
        found = [self._rights_of(level, owner_id) for level, owner_id in holders]
        return tuple(rights for rights in found if rights != ALL_RIGHTS)

    def _rights_of(self, level: OwnerLevel, owner_id: str) -> Rights:
        found = self._store.find(level, owner_id)
        return ALL_RIGHTS if found is None else found.rights

    def _save(self, after: OwnedRights, before: OwnedRights, owner: Owner, actor: Actor) -> OwnedRights:
        parts = self._parts
        saved = replace(after, updated_ns=parts.clock.now_ns(), updated_by=str(actor), version=before.version + 1)
        self._store.put(saved)
        match saved.level:
            case "token":
                parts.touching.touch_token(saved.owner_id)
            case "application":
                parts.touching.touch_application(saved.owner_id)
            case _:
                parts.touching.touch_snapshot()
        subject = Subject(saved.level, saved.owner_id, owner.name)
        parts.trail.record(actor, "rights.change", subject, pick(before, "rights"), pick(saved, "rights"))
        return saved


def _narrowest(bounds: tuple[Rights, ...]) -> Rights:
    """Return the set that is within all others; where there is none, the first, which is then refused by another."""
    for one in bounds:
        if not any(find_excess(one, other) for other in bounds):
            return one
    return bounds[0]


def _names_groups(rights: Rights) -> bool:
    return any(text.startswith("group:") for text in (*(rights.models.allow or ()), *rights.models.deny))


_: type[RightsKeeper] = RightsDesk

__all__ = ["INSTALLATION", "RightsDesk", "RightsParts"]
