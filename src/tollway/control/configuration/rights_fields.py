"""Reads the rights of a configuration document.

An entry says all rights of its owner: a part that is left out says nothing. Hours are as on the command line
(`mon-fri 09:00-17:30`).
"""

from dataclasses import dataclass
from typing import Literal, cast

from msgspec import UNSET, UnsetType

from tollway.contract.rights import (
    HourRights,
    NameRights,
    NetworkMode,
    NetworkRights,
    ParameterRights,
    Rights,
    RouteRights,
)
from tollway.control.configuration.fields import Fields
from tollway.control.rights.hours import parse_hours, to_windows

RightsLevel = Literal["installation", "team", "user", "application", "plan", "token"]
LEVELS: tuple[RightsLevel, ...] = ("installation", "team", "user", "application", "plan", "token")
_FLAGS = ("no_tools", "no_images", "streaming_only")


@dataclass(frozen=True, slots=True)
class Lists:
    """An allow and a deny list."""

    allow: tuple[str, ...] | None = None
    deny: tuple[str, ...] = ()


def read_level(name: str, fields: Fields) -> tuple[RightsLevel, str]:
    """Read `token ci` into level and name of the owner; the installation has none."""
    level, _, owner = name.partition(" ")
    owner = owner.strip()
    if level not in LEVELS or bool(owner) == (level == "installation"):
        fields.faults.add(
            f"{fields.path}/name",
            f"use `installation`, or one of {', '.join(LEVELS[1:])} and its name: `team payments`",
        )
        return "installation", ""
    return level, owner


def read_rights(fields: Fields) -> Rights:
    """Read the parts of an entry's rights."""
    models, services, routes = (_lists(fields.mapping(name)) for name in ("models", "services", "routes"))
    return Rights(
        scopes=_optional(fields.texts("scopes")),
        models=NameRights(models.allow, models.deny),
        services=NameRights(services.allow, services.deny),
        routes=RouteRights(routes.allow, routes.deny),
        networks=_networks(fields.mapping("networks")),
        hours=_hours(fields.mapping("hours")),
        parameters=_parameters(fields.mapping("parameters")),
    )


def _lists(part: Fields | None) -> Lists:
    if part is None:
        return Lists()
    allow, deny = None if part.is_null("allow") else part.texts("allow"), part.texts("deny")
    part.close()
    return Lists(_optional(allow), () if deny is UNSET else deny)


def _networks(part: Fields | None) -> NetworkRights:
    if part is None:
        return NetworkRights()
    mode = part.text("mode")
    lists = _lists(part)
    return NetworkRights(lists.allow, lists.deny, cast("NetworkMode", "enforce" if mode is UNSET else mode))


def _hours(part: Fields | None) -> HourRights:
    if part is None:
        return HourRights()
    zone, texts = part.text("zone"), None if part.is_null("windows") else part.texts("windows")
    part.close()
    hours = []
    for index, text in enumerate(texts or ()):
        try:
            hours.append(parse_hours(text))
        except ValueError as error:
            part.faults.add(f"{part.path}/windows/{index}", str(error))
    windows = None if texts is UNSET or texts is None else to_windows(hours)
    return HourRights("UTC" if zone is UNSET else zone, windows)


def _parameters(part: Fields | None) -> ParameterRights:
    if part is None:
        return ParameterRights()
    most, flags = part.integer("output_tokens_max"), [part.flag(name) for name in _FLAGS]
    part.close()
    no_tools, no_images, streaming_only = (flag is True for flag in flags)
    return ParameterRights(None if most is UNSET else most, no_tools, no_images, streaming_only)


def _optional(texts: tuple[str, ...] | UnsetType | None) -> tuple[str, ...] | None:
    return None if texts is UNSET else texts
