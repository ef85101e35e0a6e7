"""Roles: the built-in ones, and those that an installation makes for itself.

Law: a role never comes to permit more than whoever makes or changes it may do, and nobody changes a role that permits
more than they may do themselves (`grant.check_grant`).
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from msgspec import UNSET

from tollway.control.access.errors import role_in_use, role_is_built_in, role_name_taken, role_not_found
from tollway.control.access.grant import Grant, check_grant, of_role
from tollway.control.access.model import NO_RIGHTS, REGISTRY, Permission, Reach, Rights, Role, RoleChange
from tollway.control.access.ports import RoleStore
from tollway.control.access.roles import BUILT_IN
from tollway.control.actor import Actor
from tollway.control.audit.model import Subject
from tollway.control.faults import Faults
from tollway.control.model import name_key
from tollway.control.names import check_name
from tollway.control.ports import Trail, Transactions
from tollway.control.versions import check_version
from tollway.kernel.clock import Clock
from tollway.kernel.ids import ROLE, new_id

DESCRIPTION_CHARACTERS_MAX = 200
ROLES_MAX = 200


class Roles:
    """The roles of this installation. Thread-safe."""

    def __init__(self, store: RoleStore, transactions: Transactions, trail: Trail, clock: Clock) -> None:
        self._store = store
        self._transactions = transactions
        self._trail = trail
        self._clock = clock

    def rights_of(self, role_id: str) -> Rights:
        """Return what holders of the role may do; nothing when there is no such role. Read at every request."""
        role = BUILT_IN.get(role_id) or self._store.find(role_id)
        return NO_RIGHTS if role is None else role.rights

    def all(self) -> tuple[Role, ...]:
        """Return the built-in roles, then the custom ones, oldest first."""
        return (*BUILT_IN.values(), *self._store.all())

    def get(self, role_id: str) -> Role:
        """Return the role. Raises management.not_found."""
        role = BUILT_IN.get(role_id) or self._store.find(role_id)
        if role is None:
            raise role_not_found()
        return role

    def find(self, role_id: str) -> Role | None:
        """Return the role."""
        return BUILT_IN.get(role_id) or self._store.find(role_id)

    def count_holders(self) -> Mapping[str, int]:
        """Return how many people hold each role; roles that nobody holds are left out."""
        return self._store.count_holders()

    def create(self, name: str, description: str, rights: Rights, actor: Actor) -> Role:
        """Make a role. Raises management.invalid, .conflict (name taken), .forbidden (more than the maker may do)."""
        with self._transactions.write():
            now = self._clock.now_ns()
            draft = Role(new_id(ROLE), "", "", NO_RIGHTS, now, str(actor), now, str(actor))
            role = self._changed(draft, RoleChange(name, description, rights), actor)
            faults = Faults()
            if len(self._store.all()) >= ROLES_MAX:
                faults.add("", f"an installation has at most {ROLES_MAX} roles of its own")
            faults.check()
            self._store.add(role)
            self._record(actor, "create", None, role)
            return role

    def change(self, role_id: str, change: RoleChange, actor: Actor, *, expected_version: int | None = None) -> Role:
        """Change what is given; in force at the next request of everybody who holds the role.

        Raises management.not_found, .precondition, .invalid, .conflict (name taken, built in), .forbidden.
        """
        with self._transactions.write():
            before = self._changeable(role_id, actor, expected_version)
            after = self._changed(before, change, actor)
            if after == before:
                return before
            now = self._clock.now_ns()
            after = replace(after, updated_ns=now, updated_by=str(actor), version=before.version + 1)
            self._store.put(after)
            self._record(actor, "change", before, after)
            return after

    def delete(self, role_id: str, actor: Actor, *, expected_version: int | None = None) -> None:
        """Delete a role that nobody holds. Raises management.not_found, .precondition, .conflict, .forbidden."""
        with self._transactions.write():
            role = self._changeable(role_id, actor, expected_version)
            if holders := self._store.count_holders().get(role_id, 0):
                raise role_in_use(holders)
            self._store.remove(role_id)
            self._record(actor, "delete", role, None)

    def _record(self, actor: Actor, act: str, before: Role | None, after: Role | None) -> None:
        found = after or before
        assert found is not None, "something was made, changed or deleted"
        facts = [None if one is None else _facts(one) for one in (before, after)]
        self._trail.record(actor, f"role.{act}", Subject("role", found.id, found.name), *facts)

    def _changeable(self, role_id: str, actor: Actor, expected_version: int | None) -> Role:
        role = self.get(role_id)
        if role_id in BUILT_IN:
            raise role_is_built_in()
        check_version(role.version, expected_version)
        check_grant(_grant(role.rights), actor.bound)
        return role

    def _changed(self, role: Role, change: RoleChange, actor: Actor) -> Role:
        faults = Faults()
        if change.name is not UNSET:
            check_name(change.name, "/name", faults)
            role = replace(role, name=change.name)
        if change.description is not UNSET:
            if len(change.description) > DESCRIPTION_CHARACTERS_MAX:
                faults.add("/description", f"at most {DESCRIPTION_CHARACTERS_MAX} characters")
            role = replace(role, description=change.description)
        if change.rights is not UNSET:
            _check_rights(change.rights, faults)
            role = replace(role, rights=_canonical(change.rights))
        faults.check()
        self._check_name_is_free(role)
        check_grant(_grant(role.rights), actor.bound)
        return role

    def _check_name_is_free(self, role: Role) -> None:
        key = name_key(role.name)
        if any(key in (name_key(one.name), one.id) for one in BUILT_IN.values()):
            raise role_name_taken()
        other = self._store.find_named(role.name)
        if other is not None and other.id != role.id:
            raise role_name_taken()


def _facts(role: Role) -> dict[str, object]:
    """Return what the audit log shows of a role."""
    rights = {permission.value: reach.value for permission, reach in role.rights.items()}
    return {"name": role.name, "description": role.description, "rights": rights}


def _grant(rights: Rights) -> Grant:
    """Return the rights as a grant without teams: a role by itself reaches into none."""
    return of_role(rights)


def _check_rights(rights: Rights, faults: Faults) -> None:
    for permission, reach in rights.items():
        if permission is Permission.MACHINE_OPERATE:
            faults.add(f"/rights/{permission}", "only the local command line may do this")
        elif reach not in REGISTRY[permission].reaches:
            allowed = ", ".join(REGISTRY[permission].reaches)
            faults.add(f"/rights/{permission}", f"this permission reaches: {allowed}")


def _canonical(rights: Rights) -> Rights:
    """Return the rights in the registry's order, with the one that everybody who signs in has."""
    held = {**rights, Permission.ACCOUNT_USE: Reach.OWN}
    return MappingProxyType({permission: held[permission] for permission in REGISTRY if permission in held})
