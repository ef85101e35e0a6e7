"""Runs many commands, each in a process of its own forked from one that has loaded the program: real exit codes,
without two seconds of imports for each.
"""

import importlib
import json
import os
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

from kit.command_line import Result

_LOADED = ("tollway.cli.app", "tollway.compose.console", "tollway.runtime.restoring", "tollway.adapters.prober")


class Commands:
    """One loaded program, from the start of a `with` to its end."""

    def __enter__(self) -> "Commands":
        self._process = subprocess.Popen(
            [sys.executable, "-m", "kit.fork_commands"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
        )  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=20)

    def run(self, arguments: tuple[str, ...], folder: Path, environment: dict[str, str]) -> Result:
        """Run one command in a folder, with these variables beside the usual ones."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        order = {"arguments": arguments, "folder": str(folder), "environment": environment}
        print(json.dumps(order), file=self._process.stdin, flush=True)
        return Result(*json.loads(self._process.stdout.readline()))


def _run(order: dict[str, object]) -> tuple[int, str, str]:
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        pid = os.fork()
        if not pid:
            _be_the_command(order, out.fileno(), err.fileno())
        _, status = os.waitpid(pid, 0)
        out.seek(0)
        err.seek(0)
        return os.waitstatus_to_exitcode(status), out.read(), err.read()


def _be_the_command(order: dict[str, object], out: int, err: int) -> None:
    from tollway.__main__ import main

    code: object = 70
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(out, 1)
        os.dup2(err, 2)
        os.chdir(order["folder"])
        os.environ.update(order["environment"])
        code = main(list(order["arguments"]))
    except SystemExit as error:
        code = error.code
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)


if __name__ == "__main__":
    for _name in _LOADED:
        importlib.import_module(_name)
    for _line in sys.stdin:
        print(json.dumps(_run(json.loads(_line))), flush=True)
