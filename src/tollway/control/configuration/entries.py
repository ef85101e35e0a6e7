"""The document's entries, typed. What an entry does not state stays as it is, or has its default when it is made."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar, cast

from msgspec import UNSET, UnsetType, structs

from tollway.contract.policy import DEFAULT_TIMEOUTS, Environment, Timeouts
from tollway.contract.rights import Rights
from tollway.control.configuration.account_fields import (
    RoleEntry,
    ServiceAccountEntry,
    read_role,
    read_service_account,
)
from tollway.control.configuration.entry import Entry, read_presence, read_state
from tollway.control.configuration.fields import Fields
from tollway.control.configuration.life_fields import LifetimeFields, RotationFields, read_lifetime, read_rotation
from tollway.control.configuration.limit_fields import read_limits
from tollway.control.configuration.rights_fields import RightsLevel, read_level, read_rights
from tollway.control.configuration.security_fields import DecoyEntry, SecurityEntry, read_decoy, read_security
from tollway.control.configuration.tree import Node
from tollway.control.faults import Faults
from tollway.control.limits.model import LEVELS, Level, LimitRules
from tollway.control.limits.parse import parse_duration_seconds
from tollway.control.notices.model import Security
from tollway.control.upstreams.model import STORED, ConnectionChange, ModelOffer, PriceOverride, StatedHeaders
from tollway.kernel.clock import NANOS_PER_SECOND
from tollway.kernel.secret import Secret

T = TypeVar("T")
VERSION = 1
NEVER = "never"
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[Zz]|[+-][0-9]{2}:[0-9]{2}))?", re.ASCII
)
_BEHAVIOUR_FLAGS = ("strip_prefix", "allow_set_cookie", "sandbox_answers", "allow_websocket", "allow_anonymous")


@dataclass(frozen=True, slots=True)
class ApplicationEntry(Entry):
    """`team` is a name."""

    team: str | UnsetType
    limits: LimitRules | UnsetType
    plan: str | UnsetType | None = UNSET


@dataclass(frozen=True, slots=True)
class Place:
    """For which tokens something is, and whose: `team` is a name, None the installation."""

    environment: Environment | UnsetType = UNSET
    team: str | UnsetType | None = UNSET


@dataclass(frozen=True, slots=True)
class ProviderEntry(Entry):
    """One provider."""

    kind: str | UnsetType
    credentials: tuple[Secret[str], ...] | UnsetType
    models: tuple[ModelOffer, ...] | UnsetType
    priority: int | UnsetType
    connection: ConnectionChange
    place: Place


@dataclass(frozen=True, slots=True)
class ServiceEntry(Entry):
    """One service. `behaviour` holds the fields that are stated."""

    path_prefix: str | UnsetType
    credential: Secret[str] | UnsetType | None
    behaviour: dict[str, object]
    connection: ConnectionChange
    place: Place


@dataclass(frozen=True, slots=True)
class TokenEntry(Entry):
    """`application` and `services` are names. `lifetime_seconds` counts from the token's making."""

    application: str | UnsetType | None
    models: tuple[str, ...] | UnsetType | None
    services: tuple[str, ...] | UnsetType | None
    expires_ns: int | UnsetType | None
    lifetime_seconds: int | UnsetType
    environment: Environment | UnsetType
    limits: LimitRules | UnsetType
    plan: str | UnsetType | None = UNSET


@dataclass(frozen=True, slots=True)
class PlanEntry(Entry):
    """One plan."""

    description: str | UnsetType
    limits: LimitRules | UnsetType


@dataclass(frozen=True, slots=True)
class LevelEntry(Entry):
    """All limits of one owner at a level; its name is the level's and the owner's: `team payments`."""

    level: Level
    owner: str
    limits: LimitRules | UnsetType


@dataclass(frozen=True, slots=True)
class GroupEntry(Entry):
    """One group of models."""

    models: tuple[str, ...] | UnsetType
    description: str | UnsetType


@dataclass(frozen=True, slots=True)
class RightsEntry(Entry):
    """All rights of one owner; its name is the level's and the owner's: `token ci`."""

    level: RightsLevel
    owner: str
    rights: Rights


@dataclass(frozen=True, slots=True)
class WebhookEntry(Entry):
    """One webhook. `events` None: all of them. `url` may be `stored`, which leaves it as it is."""

    url: str | UnsetType
    events: tuple[str, ...] | UnsetType | None
    allow_private: tuple[str, ...] | UnsetType


@dataclass(frozen=True, slots=True)
class RotationEntry(Entry):
    """One rotation policy."""

    fields: RotationFields


@dataclass(frozen=True, slots=True)
class LifetimeEntry(Entry):
    """One rule of lifetimes; its name is the scope's and the owner's: `team payments`."""

    fields: LifetimeFields


@dataclass(frozen=True, slots=True)
class MailEntry(Entry):
    """How mail is sent; there is one at most."""

    host: str | UnsetType
    port: int | UnsetType
    security: Security | UnsetType
    username: str | UnsetType
    credential: Secret[str] | UnsetType
    from_address: str | UnsetType
    from_name: str | UnsetType


@dataclass(frozen=True, slots=True)
class Document:
    """All entries, in the order of the document."""

    teams: tuple[Entry, ...]
    applications: tuple[ApplicationEntry, ...]
    providers: tuple[ProviderEntry, ...]
    services: tuple[ServiceEntry, ...]
    tokens: tuple[TokenEntry, ...]
    model_groups: tuple[GroupEntry, ...] = ()
    rights: tuple[RightsEntry, ...] = ()
    plans: tuple[PlanEntry, ...] = ()
    limits: tuple[LevelEntry, ...] = ()
    webhooks: tuple[WebhookEntry, ...] = ()
    mail: tuple[MailEntry, ...] = ()
    rotations: tuple[RotationEntry, ...] = ()
    lifetimes: tuple[LifetimeEntry, ...] = ()
    roles: tuple[RoleEntry, ...] = ()
    service_accounts: tuple[ServiceAccountEntry, ...] = ()
    security: tuple[SecurityEntry, ...] = ()
    decoys: tuple[DecoyEntry, ...] = ()


def read_document(tree: Node, faults: Faults) -> Document:
    """Read a document's tree; every fault is added."""
    top = Fields(tree, "", faults)
    if top.integer("version") != VERSION:
        faults.add("/version", f"this program reads `version: {VERSION}`")
    document = Document(
        teams=_entries(top, "teams", _team),
        applications=_entries(top, "applications", _application),
        providers=_entries(top, "providers", _provider),
        services=_entries(top, "services", _service),
        tokens=_entries(top, "tokens", _token),
        model_groups=_entries(top, "model_groups", _group),
        rights=_entries(top, "rights", _rights),
        plans=_entries(top, "plans", _plan),
        limits=_entries(top, "limits", _level),
        webhooks=_entries(top, "webhooks", _webhook),
        mail=_mail(top),
        rotations=_entries(top, "rotations", _rotation),
        lifetimes=_entries(top, "lifetimes", _lifetime),
        roles=_entries(top, "roles", read_role),
        service_accounts=_entries(top, "service_accounts", read_service_account),
        security=_entries(top, "security", read_security),
        decoys=_entries(top, "decoys", read_decoy),
    )
    top.close()
    return document


def _entries(top: Fields, name: str, read: Callable[[Fields, str], T]) -> tuple[T, ...]:
    entries: dict[str, T] = {}
    for path, node in top.items(name):
        fields = Fields(node, path, top.faults)
        entry_name = fields.text("name")
        if entry_name is UNSET:
            top.faults.add(path, "a name is needed")
            entry_name = ""
        elif entry_name in entries:
            top.faults.add(f"{path}/name", f"{entry_name!r} is named twice")
        entries[entry_name] = read(fields, entry_name)
        fields.close()
    return tuple(entries.values())


def _webhook(fields: Fields, name: str) -> WebhookEntry:
    return WebhookEntry(
        name=name,
        path=fields.path,
        state=read_state(fields),
        url=fields.text("url"),
        events=None if fields.is_null("events") else fields.texts("events"),
        allow_private=_allow_private(fields),
    )


def _rotation(fields: Fields, name: str) -> RotationEntry:
    return RotationEntry(name, fields.path, read_state(fields), read_rotation(fields))


def _lifetime(fields: Fields, name: str) -> LifetimeEntry:
    return LifetimeEntry(name, fields.path, read_presence(fields, "a rule"), read_lifetime(fields, name))


def _mail(top: Fields) -> tuple[MailEntry, ...]:
    """Read the one mapping `mail`."""
    fields = top.mapping("mail")
    if fields is None:
        return ()
    security, credential = fields.text("security"), fields.text("credential")
    if security not in (UNSET, "starttls", "tls", "none"):
        fields.faults.add(f"{fields.path}/security", "use starttls, tls or none")
    entry = MailEntry(
        name="mail",
        path=fields.path,
        state=read_presence(fields, "mail"),
        host=fields.text("host"),
        port=fields.integer("port"),
        security=cast("Security | UnsetType", security),
        username=fields.text("username"),
        credential=credential if credential is UNSET else Secret(credential),
        from_address=fields.text("from_address"),
        from_name=fields.text("from_name"),
    )
    fields.close()
    return (entry,)


def _team(fields: Fields, name: str) -> Entry:
    return Entry(name, fields.path, read_presence(fields, "a team"))


def _application(fields: Fields, name: str) -> ApplicationEntry:
    plan = fields.optional_text("plan")
    return ApplicationEntry(name, fields.path, read_state(fields), fields.text("team"), read_limits(fields), plan)


def _provider(fields: Fields, name: str) -> ProviderEntry:
    return ProviderEntry(
        name=name,
        path=fields.path,
        state=read_state(fields),
        kind=fields.text("kind"),
        credentials=_credentials(fields),
        models=_models(fields),
        priority=fields.integer("priority"),
        connection=_connection(fields),
        place=_place(fields),
    )


def _service(fields: Fields, name: str) -> ServiceEntry:
    credential = fields.optional_text("credential")
    behaviour: dict[str, object] = {flag: fields.flag(flag) for flag in _BEHAVIOUR_FLAGS}
    behaviour |= {
        "methods": fields.texts("methods"),
        "credential_header": fields.text("credential_header"),
        "credential_scheme": "" if fields.is_null("credential_scheme") else fields.text("credential_scheme"),
        "query_token_parameter": fields.optional_text("query_token_parameter"),
        "body_bytes_max": fields.integer("body_bytes_max"),
    }
    return ServiceEntry(
        name=name,
        path=fields.path,
        state=read_state(fields),
        path_prefix=fields.text("path_prefix"),
        credential=Secret(credential) if isinstance(credential, str) else credential,
        behaviour={key: value for key, value in behaviour.items() if value is not UNSET},
        connection=_connection(fields),
        place=_place(fields),
    )


def _token(fields: Fields, name: str) -> TokenEntry:
    expires, lifetime = _expiry(fields)
    return TokenEntry(
        name=name,
        path=fields.path,
        state=read_state(fields),
        application=fields.optional_text("application"),
        models=None if fields.is_null("models") else fields.texts("models"),
        services=None if fields.is_null("services") else fields.texts("services"),
        expires_ns=expires,
        lifetime_seconds=lifetime,
        environment=_environment(fields),
        limits=read_limits(fields),
        plan=fields.optional_text("plan"),
    )


def _group(fields: Fields, name: str) -> GroupEntry:
    return GroupEntry(
        name, fields.path, read_presence(fields, "a group"), fields.texts("models"), fields.text("description")
    )


def _plan(fields: Fields, name: str) -> PlanEntry:
    return PlanEntry(
        name, fields.path, read_presence(fields, "a plan"), fields.text("description"), read_limits(fields)
    )


def _level(fields: Fields, name: str) -> LevelEntry:
    word, _, owner = name.partition(" ")
    level, owner = "global" if word == "installation" else word, owner.strip()
    if level not in LEVELS or bool(owner) == (level == "global"):
        words = ", ".join(LEVELS[1:])
        fields.faults.add(f"{fields.path}/name", f"use `installation`, or one of {words} and its name: `team payments`")
        level = "global"
    return LevelEntry(
        name, fields.path, read_presence(fields, "a set of limits"), cast("Level", level), owner, read_limits(fields)
    )


def _rights(fields: Fields, name: str) -> RightsEntry:
    level, owner = read_level(name, fields)
    return RightsEntry(name, fields.path, read_presence(fields, "a set of rights"), level, owner, read_rights(fields))


def _place(fields: Fields) -> Place:
    return Place(_environment(fields), fields.optional_text("team"))


def _environment(fields: Fields) -> Environment | UnsetType:
    environment = fields.text("environment")
    if environment not in (UNSET, "live", "test"):
        fields.faults.add(f"{fields.path}/environment", "use live or test")
    return cast("Environment | UnsetType", environment)


def _credentials(fields: Fields) -> tuple[Secret[str], ...] | UnsetType:
    one, several = fields.optional_text("credential"), fields.texts("credentials")
    if one is not UNSET and several is not UNSET:
        fields.faults.add(f"{fields.path}/credentials", "give `credential` or `credentials`")
    if several is not UNSET:
        return tuple(map(Secret, several))
    if one is UNSET:
        return UNSET
    return () if one is None else (Secret(one),)


def _connection(fields: Fields) -> ConnectionChange:
    login = fields.optional_text("proxy_credential")
    return ConnectionChange(
        base_url=fields.text("base_url"),
        allow_private=_allow_private(fields),
        ca_file=fields.optional_text("ca_file"),
        proxy_url=fields.optional_text("proxy_url"),
        proxy_credential=Secret(login) if isinstance(login, str) else login,
        timeouts=_timeouts(fields),
        headers=_headers(fields),
    )


def _allow_private(fields: Fields) -> tuple[str, ...] | UnsetType:
    node = fields.find("allow_private")
    if node is not None and isinstance(node.value, bool):
        return ("*",) if node.value else ()
    return fields.texts("allow_private")


def _timeouts(fields: Fields) -> Timeouts | UnsetType:
    timeouts = fields.mapping("timeouts")
    if timeouts is None:
        return UNSET
    stated = {name: timeouts.seconds(name) for name in Timeouts.__struct_fields__}
    timeouts.close()
    return structs.replace(DEFAULT_TIMEOUTS, **{name: value for name, value in stated.items() if value is not UNSET})


def _headers(fields: Fields) -> StatedHeaders | UnsetType:
    headers = fields.mapping("headers")
    if headers is None:
        return UNSET
    stated = [(name, headers.text(name)) for name in headers.names()]
    return tuple((name, UNSET if value == STORED else value) for name, value in stated if value is not UNSET)


def _models(fields: Fields) -> tuple[ModelOffer, ...] | UnsetType:
    node = fields.find("models")
    if node is None:
        return UNSET
    if node.value == "*":
        return (ModelOffer("*"),)
    return tuple(_model(path, item, fields.faults) for path, item in fields.items("models"))


def _model(path: str, node: Node, faults: Faults) -> ModelOffer:
    if isinstance(node.value, str):
        return ModelOffer(node.value)
    item = Fields(node, path, faults)
    name, upstream, priority = item.text("name"), item.optional_text("upstream_model"), item.integer("priority")
    price = item.mapping("price")
    item.close()
    if name is UNSET:
        faults.add(path, "use a model's name, or a mapping with `name`")
        name = ""
    return ModelOffer(
        name,
        None if upstream is UNSET else upstream,
        None if priority is UNSET else priority,
        None if price is None else _price(price),
    )


def _price(fields: Fields) -> PriceOverride:
    stated = {name: fields.text(name) for name in PriceOverride.__slots__}
    fields.close()
    return PriceOverride(**{name: value for name, value in stated.items() if value is not UNSET})


def _expiry(fields: Fields) -> tuple[int | UnsetType | None, int | UnsetType]:
    text = fields.optional_text("expires")
    if text is UNSET:
        return UNSET, UNSET
    if text is None or text == NEVER:
        return None, UNSET
    try:
        if _INSTANT.fullmatch(text):
            instant = datetime.fromisoformat(text.upper())
            instant = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
            return int(instant.timestamp()) * NANOS_PER_SECOND, UNSET
        return UNSET, parse_duration_seconds(text)
    except (ValueError, OverflowError):
        fields.faults.add(
            f"{fields.path}/expires", f"use an instant (2027-01-31T00:00:00Z), a duration (90d) or {NEVER}"
        )
        return UNSET, UNSET
