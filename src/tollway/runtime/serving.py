"""`tollway serve` begun afresh: the same process and the same words, without the command line's libraries.

The command line reads the settings and says what is wrong with them. Then its process becomes the supervisor by running
the program once more, which keeps some 13 MB of libraries out of memory for as long as the gateway runs.
"""

import os
import sys
from pathlib import Path
from typing import NoReturn

import msgspec

from tollway.settings.faults import InvalidSettings
from tollway.settings.load import Sources

VARIABLE = "_TOLLWAY_SERVE"
"""Set for the second run alone, with where its settings come from."""

EXIT_USAGE = 2


class _Handed(msgspec.Struct):
    config: str | None
    flags: dict[str, str]


def become_supervisor(sources: Sources) -> NoReturn:
    """Replace this program, in its process, by the supervisor, which reads the same sources. Raises OSError."""
    handed = _Handed(None if sources.config is None else str(sources.config), dict(sources.flags or {}))
    sys.stdout.flush()
    sys.stderr.flush()
    environment = os.environ | {VARIABLE: msgspec.json.encode(handed).decode()}
    os.execve(sys.executable, sys.orig_argv, environment)  # noqa: S606 - this very program


def main(handed: str) -> int:
    """Run the supervisor, told by `become_supervisor` where its settings come from; returns the exit code."""
    told = msgspec.json.decode(handed, type=_Handed)
    sources = Sources(None if told.config is None else Path(told.config), told.flags)
    try:
        settings = sources.load()
    except InvalidSettings as error:  # They were whole a moment ago.
        print(f"tollway: the settings have faults:\n{error}", file=sys.stderr)  # noqa: T201 - for who started us
        return EXIT_USAGE
    from tollway.runtime import supervisor  # Late: the first run needs none of it.

    return supervisor.serve(settings, sources.load)
