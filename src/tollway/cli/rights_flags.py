"""Rights from flags: `--allow-model 'gpt-*' --hours 'mon-fri 09:00-17:30'`, as the management API takes them."""

from typing import Annotated, Any

import typer

from tollway.control.rights.hours import parse_hours

Scope = Annotated[
    list[str] | None,
    typer.Option("--scope", help="generate, embed, count, models, services or responses. Repeatable."),
]
AllowModel = Annotated[
    list[str] | None, typer.Option("--allow-model", help="A name, a pattern with `*`, or group:NAME. Repeatable.")
]
DenyModel = Annotated[
    list[str] | None, typer.Option("--deny-model", help="A name, a pattern with `*`, or group:NAME. Repeatable.")
]
AllowService = Annotated[list[str] | None, typer.Option("--allow-service", help="A service's name or id. Repeatable.")]
DenyService = Annotated[list[str] | None, typer.Option("--deny-service", help="A service's name or id. Repeatable.")]
AllowRoute = Annotated[
    list[str] | None, typer.Option("--allow-route", help="Such as 'GET /orders/{id}' or '* /shop/**'. Repeatable.")
]
DenyRoute = Annotated[list[str] | None, typer.Option("--deny-route", help="Such as 'DELETE /orders/**'. Repeatable.")]
AllowNetwork = Annotated[
    list[str] | None, typer.Option("--allow-network", help="A CIDR block, IPv4 or IPv6. Repeatable.")
]
DenyNetwork = Annotated[
    list[str] | None, typer.Option("--deny-network", help="A CIDR block, IPv4 or IPv6. Repeatable.")
]
Hours = Annotated[
    list[str] | None, typer.Option("--hours", help="Such as 'mon-fri 09:00-17:30' or 'sat,sun'. Repeatable.")
]
Clear = Annotated[
    list[str] | None,
    typer.Option("--clear", metavar="PART", help="A part that is to say nothing, such as models or hours. Repeatable."),
]
Watch = Annotated[
    bool | None, typer.Option("--watch/--enforce", help="Only note whom the networks would refuse, or refuse them.")
]
Zone = Annotated[str | None, typer.Option("--zone", metavar="ZONE", help="Of the hours, such as Europe/Berlin.")]
OutputMax = Annotated[int | None, typer.Option("--output-tokens-max", metavar="N", min=1, help="The most output.")]
NoTools = Annotated[bool | None, typer.Option("--no-tools/--tools", help="Whether requests may bring tools.")]
NoImages = Annotated[bool | None, typer.Option("--no-images/--images", help="Whether requests may bring pictures.")]
Streaming = Annotated[bool | None, typer.Option("--streaming-only/--any-answer", help="Whether answers must stream.")]


def build_list(before: dict[str, Any], allow: list[str] | None, deny: list[str] | None) -> dict[str, Any]:
    """Return a part with the lists that were given in place of its own."""
    return {**before, "allow": allow or before["allow"], "deny": deny or before["deny"]}


def build_window(text: str) -> dict[str, Any]:
    """Read `mon-fri 09:00-17:30`; without a time it is the whole day. Raises a usage error that names the flag."""
    try:
        days, start, end = parse_hours(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--hours") from error
    return {"days": list(days), "start": start, "end": end}


def build_cleared(before: dict[str, Any], parts: list[str] | None) -> dict[str, None]:
    """Return the parts that are to say nothing. Raises a usage error for one that there is not."""
    for part in parts or ():
        if part not in before:
            raise typer.BadParameter(f"no part of rights: use one of {', '.join(before)}", param_hint="--clear")
    return dict.fromkeys(parts or ())
