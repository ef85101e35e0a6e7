"""`tollway serve`: starts the whole gateway and stays in the foreground."""

from pathlib import Path
from typing import Annotated

import typer

from tollway.cli.session import Session, command
from tollway.settings.load import Sources

Listen = Annotated[str | None, typer.Option("--listen", metavar="ADDR", help="Where the gateway listens: host:port.")]
Console = Annotated[str | None, typer.Option("--console", metavar="ADDR", help="Where the console listens: host:port.")]
Workers = Annotated[str | None, typer.Option("--workers", metavar="N", help="Worker processes; default: one a core.")]


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    command(app, "serve")(serve)


def serve(session: Session, *, listen: Listen = None, console: Console = None, workers: Workers = None) -> int:
    """Run the gateway and the console until stopped.

    Prints `ready GATEWAY_URL CONSOLE_URL` once it answers. SIGTERM and Ctrl-C finish the calls in flight and exit
    with 0; SIGHUP reads the settings again.

    Example: tollway serve --listen 127.0.0.1:8080 --console 127.0.0.1:8081 --data ./data
    """
    flags = dict(session.sources.flags or {})
    given = {"--listen": listen, "--console": console, "--workers": workers}
    flags.update({flag: text for flag, text in given.items() if text is not None})
    session.sources = Sources(_absolute(session.sources.config), flags)
    _ = session.settings  # What is wrong with them is said here, in the words of all commands.
    from tollway.runtime.serving import become_supervisor  # Late, so that `serve --help` needs no runtime.

    become_supervisor(session.sources)


def _absolute(config: Path | None) -> Path | None:
    return config.absolute() if config is not None else None
