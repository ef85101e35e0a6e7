"""What every command has in common: settings, output, the API, and how errors become exit codes.

`command` adds the options `--data`, `--config` and `--json` to a function whose first parameter is a
Session, so that no command can forget them.
"""

import functools
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from tollway.cli.answers import API, Answer, CommandError, ExitCode, decoded, target
from tollway.cli.output import Output
from tollway.kernel.errors import TollwayError
from tollway.settings.faults import InvalidSettings
from tollway.settings.load import Sources
from tollway.settings.model import Settings

_DATA = Annotated[Path | None, typer.Option("--data", metavar="DIR", help="The data directory.")]
_CONFIG = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="The settings file; default tollway.toml.")
]
_JSON = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]

_PAGE = 200


class Session:
    """One run of one command. Settings are read and the API is found when they are first needed."""

    def __init__(self, sources: Sources, output: Output, purpose: str) -> None:
        self.sources = sources
        self.output = output
        self.purpose = purpose
        self._settings: Settings | None = None
        self._api: API | None = None

    @property
    def settings(self) -> Settings:
        """The settings of this installation. Raises InvalidSettings."""
        if self._settings is None:
            self._settings = self.sources.load()
        return self._settings

    def send(self, method: str, path: str, *, query: Mapping[str, object] | None = None, body: object = None) -> Answer:
        """Send one request to the management API; `body` bytes are YAML, anything else is sent as JSON."""
        if self._api is None:
            from tollway.cli.connect import connect  # Late: commands that never call need no sockets or event loop.

            self._api = connect(self.settings, self.purpose)
        headers = {"accept": "application/json"}
        raw = b""
        if isinstance(body, bytes):
            raw, headers["content-type"] = body, "application/yaml"
        elif body is not None:
            raw, headers["content-type"] = msgspec.json.encode(body), "application/json"
        return self._api.request(method, target(path, query), headers, raw)

    def call(self, method: str, path: str, *, query: Mapping[str, object] | None = None, body: object = None) -> Any:
        """Return the JSON of a success. Raises CommandError with the problem's own words otherwise."""
        return decoded(self.send(method, path, query=query, body=body))

    def items(self, path: str, query: Mapping[str, object] | None = None) -> Iterator[dict[str, Any]]:
        """Yield every item of a list, page by page."""
        cursor: str | None = None
        while True:
            page = self.call("GET", path, query={"limit": _PAGE, **(query or {}), "cursor": cursor})
            yield from page["items"]
            cursor = page.get("next_cursor")
            if cursor is None:
                return

    def close(self) -> None:
        """Let go of the API. Idempotent."""
        if self._api is not None:
            self._api.close()
            self._api = None


def command(group: typer.Typer, name: str, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function `(session, …)` as a command of `group`."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def run(*, data: Path | None, config: Path | None, as_json: bool, **arguments: Any) -> None:
            flags = {flag: str(value) for flag, value in {"--data": data}.items() if value is not None}
            session = Session(Sources(config, flags), Output(as_json=as_json), f"tollway {purpose}")
            raise typer.Exit(_guarded(session, functools.partial(function, session, **arguments)))

        purpose = f"{group.info.name} {name}" if group.info.name else name
        run.__signature__ = _signature(function)  # type: ignore[attr-defined]  # what typer reads the options from
        group.command(name, no_args_is_help=False, **options)(run)
        return function

    return register


def _signature(function: Callable[..., Any]) -> inspect.Signature:
    own = list(inspect.signature(function).parameters.values())[1:]
    shared = [
        inspect.Parameter("data", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=_DATA),
        inspect.Parameter("config", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=_CONFIG),
        inspect.Parameter("as_json", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=_JSON),
    ]
    return inspect.Signature([p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own] + shared)


def _guarded(session: Session, work: Callable[[], int | None]) -> int:
    try:
        return int(work() or ExitCode.DONE)
    except CommandError as error:
        session.output.problem(str(error), error.problem)
        return error.code
    except TollwayError as error:
        session.output.problem(error.public, {"title": error.public, "status": error.status, "code": error.code.name})
        return ExitCode.UNAVAILABLE if error.status >= 500 else ExitCode.REFUSED
    except InvalidSettings as error:
        faults = [{"place": fault.place, "message": fault.message} for fault in error.faults]
        session.output.problem(
            f"the settings have faults:\n{error}", {"title": "the settings have faults", "faults": faults}
        )
        return ExitCode.USAGE
    except BrokenPipeError:
        # The reader of our output has gone, as `head` does. Python would complain once more at exit.
        sys.stdout = None
        return ExitCode.DONE
    finally:
        session.close()
