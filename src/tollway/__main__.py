"""The `tollway` program: dispatches to the command line or, for the processes of a gateway, to the runtime.

Imports nothing heavy by itself, so that a worker starts without the command line's libraries and
`tollway --version` answers at once.
"""

import gc
import importlib
import os
import sys

from tollway import __version__

PROCESSES = {
    "_worker": "tollway.runtime.worker",
    "_ledger": "tollway.runtime.ledger",
    "_console": "tollway.runtime.console",
}
"""Hidden commands, used by the supervisor only: each module has `main(arguments: list[str]) -> int`."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 refused, 2 usage, 3 unavailable."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments in (["--version"], ["-V"]):
        print(f"tollway {__version__}")
        return 0
    gc.disable()  # Nothing that is loaded is garbage: looking for some takes the console 0.2 s.
    if arguments and arguments[0] in PROCESSES:
        process = importlib.import_module(PROCESSES[arguments[0]])
        gc.enable()
        return int(process.main(arguments[1:]))
    if (handed := os.environ.pop("_TOLLWAY_SERVE", None)) is not None and "serve" in arguments:
        serving = importlib.import_module("tollway.runtime.serving")
        gc.enable()
        return int(serving.main(handed))
    from tollway.cli.app import run  # Imported late: the command line's libraries take 0.2 s to load.

    gc.enable()
    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
