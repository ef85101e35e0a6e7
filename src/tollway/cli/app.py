"""The command line: collects the commands and turns every end into an exit code.

0 done, 1 refused, 2 usage, 3 unavailable. Results go to standard output, everything else to standard error.
"""

import typer

from tollway import __version__
from tollway.cli import (
    alerts,
    audit,
    budgets,
    bulk,
    calls,
    configuration,
    keys,
    model_groups,
    notices,
    owners,
    people,
    plans,
    rights,
    roles,
    rotations,
    scan,
    security,
    serve,
    service_accounts,
    services,
    tokens,
    upkeep,
    upstreams,
    usage,
)
from tollway.cli.answers import ExitCode

_ACCESS = (
    tokens,
    rotations,
    owners,
    plans,
    budgets,
    alerts,
    bulk,
    rights,
    model_groups,
    people,
    roles,
    service_accounts,
)
COMMANDS = (
    serve,
    keys,
    configuration,
    *_ACCESS,
    audit,
    notices,
    upstreams,
    services,
    usage,
    calls,
    upkeep,
    scan,
    security,
)


def build() -> typer.Typer:
    """Return the program with all its commands."""
    app = typer.Typer(
        name="tollway",
        help="A self-hosted AI gateway, API gateway and token desk.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.info.name = ""

    @app.callback(invoke_without_command=False, epilog=f"tollway {__version__}")
    def program() -> None:
        """A self-hosted AI gateway, API gateway and token desk."""

    for module in COMMANDS:
        module.register(app)
    return app


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code. A fault of the program itself shows its trace."""
    try:
        build()(arguments, prog_name="tollway")
    except SystemExit as exit:
        return exit.code if isinstance(exit.code, int) else ExitCode.REFUSED
    return ExitCode.DONE
