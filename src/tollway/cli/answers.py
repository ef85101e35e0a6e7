"""What the management API answered, and the errors that decide a command's exit code."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Protocol
from urllib.parse import urlencode

import msgspec

API_PREFIX = "/api/v1"


class ExitCode(IntEnum):
    """What scripts may rely on."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    UNAVAILABLE = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class API(Protocol):
    """One way to the management API."""

    def request(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send one request and return the whole answer. Raises CommandError(UNAVAILABLE) when none can be had."""
        ...

    def close(self) -> None:
        """Let go of connections and locks. Idempotent."""
        ...


class CommandError(Exception):
    """A command cannot go on: `code` decides the exit, `problem` is shown as JSON with --json."""

    def __init__(self, code: ExitCode, message: str, problem: Mapping[str, Any] | None = None) -> None:
        self.code = code
        self.problem = dict(problem) if problem else {"title": message, "detail": message}
        super().__init__(message)


def target(path: str, query: Mapping[str, object] | None = None) -> str:
    """Return the origin-form target of an API path; query values of None are left out."""
    pairs = [(name, value) for name, value in (query or {}).items() if value is not None]
    return API_PREFIX + path + (f"?{urlencode(pairs, doseq=True)}" if pairs else "")


def checked(answer: Answer) -> Answer:
    """Return the answer when it is a success. Raises CommandError with the problem's own words otherwise."""
    if 200 <= answer.status < 300:
        return answer
    try:
        problem = msgspec.json.decode(answer.body, type=dict[str, Any])
    except msgspec.DecodeError:
        problem = {"title": f"the server answered {answer.status}", "status": answer.status}
    faults = problem.get("errors") or ()
    # With a list of faults, the detail says the same again in one line.
    text = str((None if faults else problem.get("detail")) or problem.get("title") or answer.status)
    for fault in faults:
        text += f"\n  {fault.get('pointer') or '(body)'}: {fault.get('message')}"
    code = ExitCode.UNAVAILABLE if answer.status >= 500 else ExitCode.REFUSED
    raise CommandError(code, text, problem)


def decoded(answer: Answer) -> Any:
    """Return the JSON of a success; None for an empty body."""
    body = checked(answer).body
    return msgspec.json.decode(body) if body else None
