"""Publish REST services behind path prefixes. When a method returns, the policy store has the change."""

import re
from dataclasses import dataclass, replace

from msgspec import UNSET

from tollway.control.actor import Actor
from tollway.control.audit.facts import pick
from tollway.control.audit.model import Facts
from tollway.control.faults import Faults, Invalid
from tollway.control.names import check_name
from tollway.control.ports import Touching, Trail, Transactions
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
from tollway.control.upstreams.configured import Configured, only_team
from tollway.control.upstreams.facts import connection_facts, key_facts
from tollway.control.upstreams.model import Connection
from tollway.control.upstreams.ports import TeamDirectory
from tollway.control.upstreams.reach import Reach, Reaching
from tollway.kernel.clock import Clock
from tollway.kernel.ids import SERVICE, new_id

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}", re.ASCII)
_SCHEME = re.compile(r"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100})?", re.ASCII)
_PARAMETER = re.compile(r"[A-Za-z0-9_.-]{1,100}", re.ASCII)
_METHOD = re.compile(r"[A-Z]{1,20}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ServiceParts:
    """What the service is built from."""

    store: ServiceStore
    teams: TeamDirectory
    reaching: Reaching
    touching: Touching
    transactions: Transactions
    trail: Trail
    clock: Clock


class RestServices(Configured[Service]):
    """The published REST services of this installation. Thread-safe."""

    def __init__(self, parts: ServiceParts) -> None:
        super().__init__(
            parts.store,
            teams=parts.teams,
            touching=parts.touching,
            transactions=parts.transactions,
            trail=parts.trail,
            clock=parts.clock,
            missing=service_not_found,
            kind="service",
            facts=_facts,
        )
        self._reaching = parts.reaching
        self._store = parts.store

    def create(self, new: NewService, actor: Actor) -> Service:
        """Publish a service. Raises management.invalid with all faults (also for a team that is unknown or out of
        sight), management.conflict (name or prefix taken).
        """
        with self._transactions.write():
            now = self._clock.now_ns()
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
            change = ServiceChange(
                name=new.name,
                path_prefix=new.path_prefix,
                credential=new.credential,
                behaviour=new.behaviour,
                connection=new.connection,
                environment=new.environment,
                team_id=only_team(actor.sight) if new.team_id is UNSET else new.team_id,
            )
            return self._add(self._changed(draft, change, actor).service, actor)

    def change(
        self, service_id: str, change: ServiceChange, actor: Actor, *, expected_version: int | None = None
    ) -> ChangedService:
        """Change what is given; a change of nothing leaves version and instants.

        A base URL with another scheme, host or port clears the key, unless a new one comes with it. Raises
        management.not_found, .precondition, .invalid, .conflict (name or prefix taken).
        """
        with self._transactions.write():
            before = self._at_version(service_id, actor, expected_version)
            changed = self._changed(before, change, actor)
            return replace(changed, service=self._save(before, changed.service, actor))

    def _changed(self, before: Service, change: ServiceChange, actor: Actor) -> ChangedService:
        faults = Faults()
        fields = self._place(change.environment, change.team_id, actor, faults)
        if change.name is not UNSET:
            check_name(change.name, "/name", faults)
            fields["name"] = change.name
        if change.path_prefix is not UNSET:
            check_path_prefix(change.path_prefix, faults)
            fields["path_prefix"] = change.path_prefix
        if change.behaviour is not UNSET:
            _check_behaviour(change.behaviour, faults)
            fields["behaviour"] = _canonical(change.behaviour)
        reach = self._reach(before, change, actor, faults)
        fields |= {"connection": reach.connection, "keys": reach.keys}
        changed = replace(before, **fields)  # type: ignore[arg-type]  # each value was typed where it was put in
        self._check_is_free(changed)
        return ChangedService(changed, credentials_cleared=reach.credentials_cleared)

    def _reach(self, before: Service, change: ServiceChange, actor: Actor, faults: Faults) -> Reach:
        """A service has one key, so that the place of its faults is `/credential`."""
        wanted = change.credential
        credentials = () if wanted is None else wanted if wanted is UNSET else (wanted,)
        try:
            return self._reaching.change(before, change.connection, credentials, faults, sight=actor.sight)
        except Invalid as error:
            own = [replace(fault, path=re.sub("^/credentials.*", "/credential", fault.path)) for fault in error.faults]
            raise Invalid(own) from None

    def _check_is_free(self, service: Service) -> None:
        other = self._store.find_named(service.name)
        if other is not None and other.id != service.id:
            raise service_name_taken()
        other = self._store.find_at(service.path_prefix)
        if other is not None and other.id != service.id:
            raise path_prefix_taken(other.name)


def _facts(service: Service) -> Facts:
    """Return what the audit log shows of a service."""
    shown = pick(service, "name", "path_prefix", "state", "environment", "team_id", "behaviour")
    return {**shown, **connection_facts(service.connection), "keys": key_facts(service.keys)}


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
