"""Rights: what a caller may do, as published for the workers.

Each level (installation, team, person, application, plan, token) has one set. A call must be permitted by every set
that applies to it. Within a set a deny wins over an allow, an allow of None permits all and an empty one nothing. A
set that says nothing is not there: it costs nothing and refuses nothing.
"""

from typing import Literal

import msgspec

Scope = Literal["generate", "embed", "count", "models", "services", "responses"]
SCOPES: tuple[Scope, ...] = ("generate", "embed", "count", "models", "services", "responses")
"""What the gateway does for a caller: text, vectors, counts of tokens, lists of models, REST services, and responses
that are kept."""
NetworkMode = Literal["enforce", "watch"]
GROUP_PREFIX = "group:"
ANY_METHOD = "*"
OwnerKind = Literal["team", "user"]


class NameRights(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Which names may be used.

    Models: exact names, globs in which `*` stands for any run of characters, or `group:<name>` for the group of that
    name. Services: their ids.
    """

    allow: tuple[str, ...] | None = None
    deny: tuple[str, ...] = ()


class RouteRights(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Which routes may be called: `GET /orders/{id}`, method or `*`, one space, template of the gateway's own path.

    `{name}` stands for one segment or a part of one; `/**` at the end for everything below. GET is HEAD as well.
    """

    allow: tuple[str, ...] | None = None
    deny: tuple[str, ...] = ()


class NetworkRights(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """From which addresses calls may come, in CIDR notation; an IPv4-mapped IPv6 block is the IPv4 block in it.

    `watch` lets every call pass and notes in its record that it would have been refused.
    """

    allow: tuple[str, ...] | None = None
    deny: tuple[str, ...] = ()
    mode: NetworkMode = "enforce"


class Window(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Hours of a week by the clock on the wall: on `day` (0 is Monday) from `start_minute` up to `end_minute`.

    Minutes count from midnight, 0 to 1440, the start before the end.
    """

    day: int
    start_minute: int
    end_minute: int


class HourRights(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """When calls may be made: inside one of the windows, on a clock in the IANA zone `zone`. None: at any time."""

    zone: str = "UTC"
    windows: tuple[Window, ...] | None = None


class ParameterRights(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What a request to a model may ask for. `output_tokens_max` (>= 1) bounds its output over all choices."""

    output_tokens_max: int | None = None
    no_tools: bool = False
    no_images: bool = False
    streaming_only: bool = False


ALL_NAMES = NameRights()
ALL_ROUTES = RouteRights()
ALL_NETWORKS = NetworkRights()
ALL_HOURS = HourRights()
ALL_PARAMETERS = ParameterRights()


class Rights(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One level's set of rights. What is left out is permitted."""

    scopes: tuple[str, ...] | None = None
    models: NameRights = ALL_NAMES
    services: NameRights = ALL_NAMES
    routes: RouteRights = ALL_ROUTES
    networks: NetworkRights = ALL_NETWORKS
    hours: HourRights = ALL_HOURS
    parameters: ParameterRights = ALL_PARAMETERS


ALL_RIGHTS = Rights()
"""Says nothing."""


class ModelGroup(msgspec.Struct, frozen=True, gc=False):
    """Models under one name: exact names and globs, no groups."""

    name: str
    models: tuple[str, ...]
