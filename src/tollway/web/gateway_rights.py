"""Rights of callers as the management API shows and takes them, shared by everything that has rights.

Only shapes and their translation to and from the domain; what a right means is decided there. Permissions of people at
the management API are in rights.py.
"""

from typing import Annotated, Literal, cast

from msgspec import UNSET, UnsetType
from pydantic import Field

from tollway.contract.rights import (
    HourRights,
    NameRights,
    NetworkMode,
    NetworkRights,
    ParameterRights,
    Rights,
    RouteRights,
    Scope,
    Window,
)
from tollway.control.rights.hours import Hours, from_windows, to_windows
from tollway.control.rights.model import RightsChange
from tollway.web.fields import Input, Output, absent

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Entry = Annotated[str, Field(min_length=1, max_length=500)]
Entries = Annotated[list[Entry], Field(max_length=1_000)]
TimeOfDay = Annotated[str, Field(pattern=r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$", examples=["09:00"])]


class ListInput(Input):
    """What may be used. `allow` null permits all, an empty one nothing; `deny` wins."""

    allow: Entries | None = None
    deny: Entries = Field(default=[])


class NetworkInput(ListInput):
    """CIDR blocks calls may come from. `watch` refuses nothing and notes whom it would have refused."""

    mode: NetworkMode = "enforce"


class WindowInput(Input):
    """Hours of these days on the clock of the zone; an end at or before the start is on the next day."""

    days: Annotated[list[Day], Field(min_length=1, max_length=7)]
    start: TimeOfDay = "00:00"
    end: TimeOfDay = "24:00"


class HoursInput(Input):
    """When calls may be made. `windows` null: at any time; empty: never."""

    zone: Annotated[str, Field(min_length=1, max_length=64)] = "UTC"
    windows: Annotated[list[WindowInput], Field(max_length=50)] | None = None


class ParametersInput(Input):
    """What requests to models may ask for. `output_tokens_max` is set where a request names no bound of its own."""

    output_tokens_max: Annotated[int, Field(ge=1, le=2**31)] | None = None
    no_tools: bool = False
    no_images: bool = False
    streaming_only: bool = False


class RightsInput(Input):
    """Rights to give. A part that is left out stays as it is, null makes it say nothing.

    Models: names, patterns with `*`, `group:<name>`. Services: ids or names. Routes: `GET /orders/{id}`, `* /shop/**`.
    """

    scopes: list[Scope] | None = absent()
    models: ListInput | None = absent()
    services: ListInput | None = absent()
    routes: ListInput | None = absent()
    networks: NetworkInput | None = absent()
    hours: HoursInput | None = absent()
    parameters: ParametersInput | None = absent()


class ListOutput(Output):
    """What may be used. `allow` null permits all; `deny` wins."""

    allow: list[str] | None
    deny: list[str]


class NetworkOutput(ListOutput):
    """CIDR blocks calls may come from. `watch` refuses nothing and notes whom it would have refused."""

    mode: NetworkMode


class WindowOutput(Output):
    """Hours of these days on the clock of the zone."""

    days: list[Day]
    start: str
    end: str


class HoursOutput(Output):
    """When calls may be made. `windows` null: at any time."""

    zone: str
    windows: list[WindowOutput] | None


class ParametersOutput(Output):
    """What requests to models may ask for."""

    output_tokens_max: int | None
    no_tools: bool
    no_images: bool
    streaming_only: bool


class RightsOutput(Output):
    """One set of rights. What it says nothing about is permitted."""

    scopes: list[str] | None
    models: ListOutput
    services: ListOutput
    routes: ListOutput
    networks: NetworkOutput
    hours: HoursOutput
    parameters: ParametersOutput


def read_rights(body: RightsInput) -> RightsChange:
    """Turn rights that the caller sent into a change."""
    return RightsChange(
        scopes=_scopes(body.scopes) if "scopes" in body.model_fields_set else UNSET,
        models=_names(body.models),
        services=_names(body.services),
        routes=_routes(body.routes),
        networks=_networks(body.networks),
        hours=_hours(body.hours),
        parameters=_parameters(body.parameters),
    )


def show_rights(rights: Rights) -> RightsOutput:
    """Write rights for the API."""
    networks, parameters = rights.networks, rights.parameters
    return RightsOutput(
        scopes=None if rights.scopes is None else list(rights.scopes),
        models=_show_list(rights.models),
        services=_show_list(rights.services),
        routes=_show_list(rights.routes),
        networks=NetworkOutput(
            allow=None if networks.allow is None else list(networks.allow),
            deny=list(networks.deny),
            mode=networks.mode,
        ),
        hours=HoursOutput(zone=rights.hours.zone, windows=show_windows(rights.hours.windows)),
        parameters=ParametersOutput(
            output_tokens_max=parameters.output_tokens_max,
            no_tools=parameters.no_tools,
            no_images=parameters.no_images,
            streaming_only=parameters.streaming_only,
        ),
    )


def read_windows(windows: list[WindowInput]) -> tuple[Window, ...]:
    """Turn windows into the domain's."""
    return to_windows(Hours(tuple(window.days), window.start, window.end) for window in windows)


def show_windows(windows: tuple[Window, ...] | None) -> list[WindowOutput] | None:
    """Write windows, the days of the same hours together."""
    if windows is None:
        return None
    return [
        WindowOutput(days=list(cast("tuple[Day, ...]", hours.days)), start=hours.start, end=hours.end)
        for hours in from_windows(windows)
    ]


def read_networks(body: NetworkInput) -> NetworkRights:
    """Turn rules for networks into the domain's."""
    return NetworkRights(None if body.allow is None else tuple(body.allow), tuple(body.deny), body.mode)


def _scopes(scopes: list[Scope] | None) -> tuple[str, ...] | None:
    return None if scopes is None else tuple(dict.fromkeys(scopes))


def _names(part: ListInput | UnsetType | None) -> NameRights | UnsetType | None:
    if isinstance(part, ListInput):
        return NameRights(None if part.allow is None else _once(part.allow), _once(part.deny))
    return part


def _routes(part: ListInput | UnsetType | None) -> RouteRights | UnsetType | None:
    if isinstance(part, ListInput):
        return RouteRights(None if part.allow is None else _once(part.allow), _once(part.deny))
    return part


def _networks(part: NetworkInput | UnsetType | None) -> NetworkRights | UnsetType | None:
    return read_networks(part) if isinstance(part, NetworkInput) else part


def _hours(part: HoursInput | UnsetType | None) -> HourRights | UnsetType | None:
    if isinstance(part, HoursInput):
        return HourRights(part.zone, None if part.windows is None else read_windows(part.windows))
    return part


def _parameters(part: ParametersInput | UnsetType | None) -> ParameterRights | UnsetType | None:
    if isinstance(part, ParametersInput):
        return ParameterRights(part.output_tokens_max, part.no_tools, part.no_images, part.streaming_only)
    return part


def _once(entries: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(entries))


def _show_list(rights: NameRights | RouteRights) -> ListOutput:
    return ListOutput(allow=None if rights.allow is None else list(rights.allow), deny=list(rights.deny))
