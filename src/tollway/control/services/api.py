"""Published REST services over HTTP."""

from dataclasses import fields, replace
from typing import Annotated

from fastapi import APIRouter, Path, Query
from msgspec import UNSET
from pydantic import Field

from tollway.control.paging import Page as Found
from tollway.control.paging import Position
from tollway.control.services.model import BODY_BYTES_MAX, Behaviour, NewService, Service, ServiceChange
from tollway.kernel.secret import Secret
from tollway.web.asking import Asking, FreshServices, ReadServices, WriteServices
from tollway.web.etags import ExpectedVersion
from tollway.web.fields import Instant, Name, absent, format_instant
from tollway.web.paging import NamedQuery, Page
from tollway.web.upstreams import (
    ConnectionInput,
    ConnectionOutput,
    ConnectionPatch,
    Credential,
    Url,
    read_connection,
    read_connection_change,
    show_key,
    show_login,
    show_networks,
    show_timeouts,
)

router = APIRouter(prefix="/services", tags=["services"])

_BEHAVIOUR = {field.name for field in fields(Behaviour)}

ServiceId = Annotated[str, Path(pattern=r"^[0-9A-Za-z_]{1,64}$")]
PathPrefix = Annotated[str, Field(min_length=2, max_length=200, examples=["/weather"])]
Methods = Annotated[list[Annotated[str, Field(min_length=1, max_length=20)]], Field(max_length=20)]
HeaderName = Annotated[str, Field(min_length=1, max_length=100)]
Scheme = Annotated[str, Field(max_length=100)]
Parameter = Annotated[str, Field(min_length=1, max_length=100)]
BodyBytes = Annotated[int, Field(ge=0, le=2**50)]


class ServiceInput(ConnectionInput):
    """A service to publish. `methods` empty: all. `credential` is sent in `credential_header` after its scheme."""

    name: Name
    path_prefix: PathPrefix
    base_url: Url
    strip_prefix: bool = True
    methods: Methods = Field(default=[])
    credential: Credential | None = None
    credential_header: HeaderName = "authorization"
    credential_scheme: Scheme = "Bearer"
    query_token_parameter: Parameter | None = None
    allow_set_cookie: bool = False
    sandbox_answers: bool = True
    allow_websocket: bool = False
    allow_anonymous: bool = False
    body_bytes_max: BodyBytes = BODY_BYTES_MAX


class ServicePatch(ConnectionPatch):
    """Fields to change; those left out stay as they are."""

    name: Name = absent()
    path_prefix: PathPrefix = absent()
    strip_prefix: bool = absent()
    methods: Methods = absent()
    credential: Credential | None = absent()
    credential_header: HeaderName = absent()
    credential_scheme: Scheme = absent()
    query_token_parameter: Parameter | None = absent()
    allow_set_cookie: bool = absent()
    sandbox_answers: bool = absent()
    allow_websocket: bool = absent()
    allow_anonymous: bool = absent()
    body_bytes_max: BodyBytes = absent()


class ServiceOutput(ConnectionOutput):
    """A published service."""

    id: str
    name: str
    path_prefix: str
    strip_prefix: bool
    methods: list[str]
    credential_header: str
    credential_scheme: str
    query_token_parameter: str | None
    allow_set_cookie: bool
    sandbox_answers: bool
    allow_websocket: bool
    allow_anonymous: bool
    body_bytes_max: int
    created_at: Instant


class ChangedServiceOutput(ServiceOutput):
    """A service after a change. `credentials_cleared`: it now points elsewhere, so key and headers were removed."""

    credentials_cleared: bool


@router.get("")
def list_services(query: Annotated[NamedQuery, Query()], ask: ReadServices) -> Page[ServiceOutput]:
    """List services, newest first."""
    services = ask.services.rest_services

    def fetch(after: Position | None, limit: int) -> Found[tuple[Service, str | None]]:
        page = services.page(search=query.search, sight=ask.sight, after=after, limit=limit)
        return Found(tuple(_with_team(page.items, ask)), page.next)

    return ask.page(query, fetch, lambda pair: show_service(*pair))


@router.post("", status_code=201)
def create_service(body: ServiceInput, ask: FreshServices) -> ServiceOutput:
    """Publish a service behind a path prefix."""
    new = NewService(
        name=body.name,
        path_prefix=body.path_prefix,
        connection=read_connection(body.base_url, body),
        credential=Secret(body.credential) if body.credential else None,
        behaviour=Behaviour(
            strip_prefix=body.strip_prefix,
            methods=tuple(body.methods),
            credential_header=body.credential_header,
            credential_scheme=body.credential_scheme,
            query_token_parameter=body.query_token_parameter,
            allow_set_cookie=body.allow_set_cookie,
            sandbox_answers=body.sandbox_answers,
            allow_websocket=body.allow_websocket,
            allow_anonymous=body.allow_anonymous,
            body_bytes_max=body.body_bytes_max,
        ),
        environment=body.environment,
        team_id=body.team_id,
    )
    return _answer(ask.services.rest_services.create(new, ask.actor), ask)


@router.get("/{service_id}")
def get_service(service_id: ServiceId, ask: ReadServices) -> ServiceOutput:
    """Show a service."""
    return _answer(ask.services.rest_services.get(service_id, ask.sight), ask)


@router.patch("/{service_id}")
def change_service(
    service_id: ServiceId, body: ServicePatch, expected: ExpectedVersion, ask: FreshServices
) -> ChangedServiceOutput:
    """Change a service. A base URL with another scheme, host or port clears the key, unless a new one comes with it."""
    services = ask.services.rest_services
    before = services.get(service_id, ask.sight)
    given = body.model_fields_set
    behaviour = {name: getattr(body, name) for name in given & _BEHAVIOUR}
    if "methods" in behaviour:
        behaviour["methods"] = tuple(body.methods)
    change = ServiceChange(
        name=body.name,
        path_prefix=body.path_prefix,
        credential=_credential(body) if "credential" in given else UNSET,
        behaviour=replace(before.behaviour, **behaviour) if behaviour else UNSET,
        connection=read_connection_change(body),
        environment=body.environment,
        team_id=body.team_id,
    )
    # The behaviour was merged into what was read just now, so the change holds for that version alone.
    version = before.version if expected is None and behaviour else expected
    changed = services.change(service_id, change, ask.actor, expected_version=version)
    return ChangedServiceOutput(
        **dict(iter(_answer(changed.service, ask))), credentials_cleared=changed.credentials_cleared
    )


@router.delete("/{service_id}", status_code=204)
def delete_service(service_id: ServiceId, expected: ExpectedVersion, ask: WriteServices) -> None:
    """Unpublish a service and delete its key."""
    ask.services.rest_services.delete(service_id, ask.actor, expected_version=expected)


@router.post("/{service_id}/disable")
def disable_service(service_id: ServiceId, expected: ExpectedVersion, ask: WriteServices) -> ServiceOutput:
    """Refuse the service's calls until it is enabled again."""
    return _answer(ask.services.rest_services.disable(service_id, ask.actor, expected_version=expected), ask)


@router.post("/{service_id}/enable")
def enable_service(service_id: ServiceId, expected: ExpectedVersion, ask: FreshServices) -> ServiceOutput:
    """Accept the service's calls again."""
    return _answer(ask.services.rest_services.enable(service_id, ask.actor, expected_version=expected), ask)


def show_service(service: Service, team_name: str | None) -> ServiceOutput:
    """Write a service without anything secret."""
    connection, behaviour = service.connection, service.behaviour
    return ServiceOutput(
        id=service.id,
        name=service.name,
        path_prefix=service.path_prefix,
        state=service.state,
        base_url=connection.base_url,
        keys=[show_key(key) for key in service.keys],
        allow_private=show_networks(connection.allow_private),
        ca_file=connection.ca_file,
        proxy_url=connection.proxy_url,
        proxy_credential=show_login(connection.proxy_key),
        timeouts=show_timeouts(connection.timeouts),
        headers=[name for name, _ in connection.headers],
        environment=service.environment,
        team_id=service.team_id,
        team_name=team_name,
        strip_prefix=behaviour.strip_prefix,
        methods=list(behaviour.methods),
        credential_header=behaviour.credential_header,
        credential_scheme=behaviour.credential_scheme,
        query_token_parameter=behaviour.query_token_parameter,
        allow_set_cookie=behaviour.allow_set_cookie,
        sandbox_answers=behaviour.sandbox_answers,
        allow_websocket=behaviour.allow_websocket,
        allow_anonymous=behaviour.allow_anonymous,
        body_bytes_max=behaviour.body_bytes_max,
        created_at=format_instant(service.created_ns),
    )


def _answer(service: Service, ask: Asking) -> ServiceOutput:
    ask.tag(service.version)
    (pair,) = _with_team((service,), ask)
    return show_service(*pair)


def _with_team(items: tuple[Service, ...], ask: Asking) -> list[tuple[Service, str | None]]:
    """Return each with the name of its team, None where it belongs to the installation."""
    names = ask.services.teams.names({item.team_id for item in items if item.team_id is not None})
    return [(item, None if item.team_id is None else names.get(item.team_id)) for item in items]


def _credential(body: ServicePatch) -> Secret[str] | None:
    return Secret(body.credential) if body.credential is not None else None
