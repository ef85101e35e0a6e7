"""Stored objects in the document's own words, defaults left out. What is written here reads back unchanged."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import TypeAlias, Union

from tollway.contract.policy import DEFAULT_TIMEOUTS, Timeouts
from tollway.control.applications.model import Application
from tollway.control.configuration.entries import NEVER
from tollway.control.configuration.limits_shown import show_limits
from tollway.control.configuration.model import FieldChange
from tollway.control.services.model import DEFAULT_BEHAVIOUR, Service
from tollway.control.teams.model import Team
from tollway.control.tokens.model import Token
from tollway.control.upstreams.model import ALL_MODELS, STORED, Connection, Key, ModelOffer, Provider
from tollway.kernel.clock import NANOS_PER_SECOND

Plain: TypeAlias = Union[bool, int, float, str, "list[Plain]", "dict[str, Plain]", None]
Shown = dict[str, Plain]


def show_team(team: Team) -> Shown:
    """Return the entry of a team."""
    return {"name": team.name}


def show_application(application: Application, team_name: str) -> Shown:
    """Return the entry of an application."""
    return (
        {"name": application.name, "team": team_name}
        | _plan(application.plan_name)
        | show_limits(application.limits)
        | _state(application.state)
    )


def show_provider(provider: Provider, team_name: str | None = None) -> Shown:
    """Return the entry of a provider; `team_name` None: it belongs to the installation."""
    shown: Shown = {"name": provider.name, "kind": provider.kind}
    shown |= _place(provider.environment, team_name)
    shown |= _credentials(provider.keys)
    if provider.models != ALL_MODELS:
        shown["models"] = [_model(offer) for offer in provider.models]
    shown["priority"] = provider.priority
    return _with_connection(shown, provider.connection) | _state(provider.state)


def show_service(service: Service, team_name: str | None = None) -> Shown:
    """Return the entry of a service; `team_name` None: it belongs to the installation."""
    shown: Shown = {"name": service.name, "path_prefix": service.path_prefix}
    shown |= _place(service.environment, team_name)
    shown |= _credentials(service.keys)
    for field in fields(service.behaviour):
        value = getattr(service.behaviour, field.name)
        if value != getattr(DEFAULT_BEHAVIOUR, field.name):
            shown[field.name] = list(value) if isinstance(value, tuple) else value
    return _with_connection(shown, service.connection) | _state(service.state)


def show_token(token: Token, service_names: Mapping[str, str]) -> Shown:
    """Return the entry of a token: its metadata, never anything of its secret."""
    shown: Shown = {"name": token.name}
    if token.application_name is not None:
        shown["application"] = token.application_name
    if token.models is not None:
        shown["models"] = list(token.models)
    if token.services is not None:
        shown["services"] = [service_names.get(service_id, service_id) for service_id in token.services]
    if token.environment != "live":
        shown["environment"] = token.environment
    shown["expires"] = NEVER if token.expires_ns is None else format_instant(token.expires_ns)
    return shown | _plan(token.plan_name) | show_limits(token.limits) | _state(token.state)


def find_differences(before: Shown | None, after: Shown | None) -> tuple[FieldChange, ...]:
    """Return the fields that differ, mappings by their own fields, lists as a whole."""
    return tuple(_differences("", before or {}, after or {}))


def find_hidden_differences(before: object, after: object) -> tuple[FieldChange, ...]:
    """Return what changed of a provider or a service and is not shown: another key, another value of a header."""
    if not isinstance(before, Provider | Service) or not isinstance(after, Provider | Service):
        return ()
    now = dict(after.connection.headers)
    found = [
        FieldChange(f"headers.{name}", STORED, f"{STORED} (another value)")
        for name, value in before.connection.headers
        if now.get(name, value) != value
    ]
    if before.keys != after.keys and _credentials(before.keys) == _credentials(after.keys):
        found.insert(0, FieldChange("credential", STORED, f"{STORED} (another key)"))
    if _is_other_login(before.connection.proxy_key, after.connection.proxy_key):
        found.append(FieldChange("proxy_credential", STORED, f"{STORED} (another login)"))
    return tuple(found)


def format_instant(instant_ns: int) -> str:
    """Write an instant to the second."""
    return datetime.fromtimestamp(instant_ns // NANOS_PER_SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _differences(prefix: str, before: Shown, after: Shown) -> list[FieldChange]:
    found = []
    for name in before | after:
        old, new = before.get(name), after.get(name)
        if isinstance(old, dict) and isinstance(new, dict):
            found += _differences(f"{prefix}{name}.", old, new)
        elif old != new:
            found.append(FieldChange(prefix + name, old, new))
    return found


def _is_other_login(before: Key | None, after: Key | None) -> bool:
    """Whether a stored login took the place of a stored one."""
    return before is not None and after is not None and before != after and before.reference == after.reference


def _place(environment: str, team_name: str | None) -> Shown:
    shown: Shown = {} if environment == "live" else {"environment": environment}
    return shown if team_name is None else shown | {"team": team_name}


def _plan(name: str | None) -> Shown:
    return {} if name is None else {"plan": name}


def _state(state: str) -> Shown:
    return {} if state == "active" else {"state": state}


def _credentials(keys: tuple[Key, ...]) -> Shown:
    # `stored` stands for all stored keys, so it is written once.
    shown: list[Plain] = list(dict.fromkeys(key.reference or STORED for key in keys))
    if not shown:
        return {}
    return {"credential": shown[0]} if len(shown) == 1 else {"credentials": shown}


def _with_connection(shown: Shown, connection: Connection) -> Shown:
    shown["base_url"] = connection.base_url
    if connection.allow_private:
        shown["allow_private"] = True if connection.allow_private == ("*",) else list(connection.allow_private)
    if connection.ca_file is not None:
        shown["ca_file"] = connection.ca_file
    if connection.proxy_url is not None:
        shown["proxy_url"] = connection.proxy_url
    if connection.proxy_key is not None:
        shown["proxy_credential"] = connection.proxy_key.reference or STORED
    timeouts: dict[str, Plain] = {
        name: value
        for name in Timeouts.__struct_fields__
        if (value := getattr(connection.timeouts, name)) != getattr(DEFAULT_TIMEOUTS, name)
    }
    if timeouts:
        shown["timeouts"] = timeouts
    if connection.headers:
        # Their values may be secret, and are shown to nobody.
        shown["headers"] = dict.fromkeys((name for name, _ in connection.headers), STORED)
    return shown


def _model(offer: ModelOffer) -> Plain:
    if offer == ModelOffer(offer.name):
        return offer.name
    shown: Shown = {"name": offer.name}
    if offer.upstream_model is not None:
        shown["upstream_model"] = offer.upstream_model
    if offer.priority is not None:
        shown["priority"] = offer.priority
    if offer.price is not None:
        prices = ((field.name, getattr(offer.price, field.name)) for field in fields(offer.price))
        shown["price"] = {name: text for name, text in prices if text is not None}
    return shown
