"""Publish REST services behind path prefixes. When a method returns, the policy store has the change."""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from msgspec import UNSET

from tollway.contract.policy import State
from tollway.control.actor import Actor
from tollway.control.faults import Faults
from tollway.control.names import check_name
from tollway.control.paging import PAGE_SIZE, Page, Position, bound_size
from tollway.control.ports import Touching, Transactions
from tollway.control.services.errors import path_prefix_taken, service_name_taken, service_not_found
from tollway.control.services.model import (
    BODY_BYTES_MAX,
    Behaviour,
    ChangedService,
    NewService,
    Service,
    ServiceChange,
)
from tollway.control.services.paths import check_path_prefix
from tollway.control.services.ports import ServiceStore
from tollway.control.upstreams.connection import change_connection
from tollway.control.upstreams.credentials import Credentials
from tollway.control.upstreams.model import Connection, ConnectionChange, Key
from tollway.control.upstreams.service import keeps_credentials
from tollway.control.versions import check_version
from tollway.kernel.clock import Clock
from tollway.kernel.ids import SERVICE, new_id
from tollway.kernel.secret import Secret

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}", re.ASCII)
_SCHEME = re.compile(r"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100})?", re.ASCII)
_PARAMETER = re.compile(r"[A-Za-z0-9_.-]{1,100}", re.ASCII)
_METHOD = re.compile(r"[A-Z]{1,20}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ServiceParts:
    """What the service is built from."""

    store: ServiceStore
    credentials: Credentials
    touching: Touching
    transactions: Transactions
    clock: Clock


class RestServices:
    """The published REST services of this installation. Thread-safe."""

    def __init__(self, parts: ServiceParts) -> None:
        self._parts = parts
        self._store = parts.store
        self._transactions = parts.transactions

    def create(self, new: NewService, actor: Actor) -> Service:
        """Publish a service. Raises management.invalid with all faults, management.conflict (name or prefix taken)."""
        with self._transactions.write():
            now = self._parts.clock.now_ns()
            draft = Service(
                id=new_id(SERVICE),
                name="",
                path_prefix="",
                state="active",
                connection=Connection(""),
                behaviour=Behaviour(),
                keys=(),
                created_ns=now,
                created_by=str(actor),
                updated_ns=now,
                updated_by=str(actor),
            )
            asked = new.connection
            connection = ConnectionChange(
                asked.base_url, asked.allow_private, asked.ca_file, asked.proxy_url, asked.timeouts, asked.headers
            )
            change = ServiceChange(new.name, new.path_prefix, new.credential, new.behaviour, connection)
            service = self._changed(draft, change).service
            self._store.add(service)
            self._parts.touching.touch_snapshot()
            return service

    def get(self, service_id: str) -> Service:
        """Return the service. Raises management.not_found."""
        service = self._store.find(service_id)
        if service is None:
            raise service_not_found()
        return service

    def find_named(self, name: str) -> Service | None:
        """Return the service of that name (case ignored)."""
        return self._store.find_named(name)

    def page(self, *, after: Position | None = None, limit: int = PAGE_SIZE) -> Page[Service]:
        """Return a page of services, newest first."""
        return self._store.page(after=after, limit=bound_size(limit))

    def names(self, service_ids: Collection[str]) -> dict[str, str]:
        """Return the names of those ids that exist or existed."""
        return self._store.names(service_ids)

    def change(
        self, service_id: str, change: ServiceChange, actor: Actor, *, expected_version: int | None = None
    ) -> ChangedService:
        """Change what is given; a change of nothing leaves version and instants.

        A base URL with another scheme, host or port clears the key, unless a new one comes with it. Raises
        management.not_found, .precondition, .invalid, .conflict (name or prefix taken).
        """
        with self._transactions.write():
            before = self._at_version(service_id, expected_version)
            changed = self._changed(before, change)
            return replace(changed, service=self._save(before, changed.service, actor))

    def disable(self, service_id: str, actor: Actor, *, expected_version: int | None = None) -> Service:
        """Refuse the service's calls until it is enabled. Idempotent. Raises management.not_found."""
        return self._switch(service_id, "disabled", actor, expected_version)

    def enable(self, service_id: str, actor: Actor, *, expected_version: int | None = None) -> Service:
        """Undo `disable`. Idempotent. Raises management.not_found."""
        return self._switch(service_id, "active", actor, expected_version)

    def delete(self, service_id: str, actor: Actor, *, expected_version: int | None = None) -> None:
        """Delete the service and its key. Raises management.not_found, .precondition."""
        with self._transactions.write():
            self._at_version(service_id, expected_version)
            self._store.remove(service_id)
            self._parts.touching.touch_snapshot()

    def _switch(self, service_id: str, state: State, actor: Actor, expected_version: int | None) -> Service:
        with self._transactions.write():
            before = self._at_version(service_id, expected_version)
            self._parts.touching.touch_snapshot()
            return self._save(before, replace(before, state=state), actor)

    def _at_version(self, service_id: str, expected_version: int | None) -> Service:
        service = self.get(service_id)
        check_version(service.version, expected_version)
        return service

    def _save(self, before: Service, after: Service, actor: Actor) -> Service:
        if after == before:
            return before
        now = self._parts.clock.now_ns()
        saved = replace(after, updated_ns=now, updated_by=str(actor), version=before.version + 1)
        self._store.put(saved)
        self._parts.touching.touch_snapshot()
        return saved

    def _changed(self, before: Service, change: ServiceChange) -> ChangedService:
        faults = Faults()
        fields: dict[str, object] = {}
        if change.name is not UNSET:
            check_name(change.name, "/name", faults)
            fields["name"] = change.name
        if change.path_prefix is not UNSET:
            check_path_prefix(change.path_prefix, faults)
            fields["path_prefix"] = change.path_prefix
        if change.behaviour is not UNSET:
            _check_behaviour(change.behaviour, faults)
            fields["behaviour"] = _canonical(change.behaviour)
        connection = change_connection(before.connection, change.connection, faults)
        faults.check()
        kept = before.keys if keeps_credentials(before.connection, connection) else ()
        fields |= {"connection": connection, "keys": kept}
        if change.credential is not UNSET:
            fields["keys"] = self._keys(change.credential, kept)
        changed = replace(before, **fields)  # type: ignore[arg-type]  # each value was typed where it was put in
        self._check_is_free(changed)
        return ChangedService(changed, credentials_cleared=bool(before.keys) and not kept)

    def _keys(self, credential: Secret[str] | None, kept: tuple[Key, ...]) -> tuple[Key, ...]:
        found = Faults()
        keys = self._parts.credentials.build(() if credential is None else (credential,), kept, found)
        faults = Faults()
        for fault in found.found:
            faults.add("/credential", fault.message)
        faults.check()
        return keys

    def _check_is_free(self, service: Service) -> None:
        other = self._store.find_named(service.name)
        if other is not None and other.id != service.id:
            raise service_name_taken()
        other = self._store.find_at(service.path_prefix)
        if other is not None and other.id != service.id:
            raise path_prefix_taken(other.name)


def _canonical(behaviour: Behaviour) -> Behaviour:
    methods = tuple(dict.fromkeys(behaviour.methods))
    return replace(behaviour, methods=methods, credential_header=behaviour.credential_header.lower())


def _check_behaviour(behaviour: Behaviour, faults: Faults) -> None:
    for index, method in enumerate(behaviour.methods):
        if not _METHOD.fullmatch(method) or method == "CONNECT":
            faults.add(f"/methods/{index}", "use methods such as GET or POST; CONNECT cannot be forwarded")
    if not _TOKEN.fullmatch(behaviour.credential_header):
        faults.add("/credential_header", "this is not a header name")
    if not _SCHEME.fullmatch(behaviour.credential_scheme):
        faults.add("/credential_scheme", "use a word such as Bearer, or nothing")
    parameter = behaviour.query_token_parameter
    if parameter is not None and not _PARAMETER.fullmatch(parameter):
        faults.add("/query_token_parameter", "use letters, digits, `_`, `.` and `-`")
    if not 0 <= behaviour.body_bytes_max <= BODY_BYTES_MAX * 1_024:
        faults.add("/body_bytes_max", "use bytes from 0 to 1 TiB")
