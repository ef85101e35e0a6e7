"""Runs traffic that is written in a file through the detectors: to see what would be found, and with which thresholds.

A file has one JSON object a line, each a row of calls or of refusals that may repeat. Nothing is read or changed but
the lines given. Pure.
"""

import heapq
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Annotated

import msgspec

from tollway.contract.records import Refused, RefusedKind
from tollway.contract.watching import Finding, Thresholds, WatchPolicy
from tollway.policy.detect.profile import Profile, Row
from tollway.policy.detect.source import Guesses
from tollway.policy.detect.token import look, look_at_decoy

TIMES_MAX = 200_000
MARKS = 4_096
APART = 509
"""Between the credentials of one line and the next, so that lines have different ones."""
_Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Calls at `at`, and again every `every_seconds` for `times` times in all.

    With `refused`, they are refusals without a token that works: each time with `different` new credentials, and for
    `unknown` with as many new ids.
    """

    at: Annotated[datetime, msgspec.Meta(tz=True)]
    token: str = ""
    team: str = ""
    address: str = "192.0.2.1"
    client: str = ""
    calls: Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)] = 1
    errors: _Count = 0
    guesses: _Count = 0
    targets: tuple[str, ...] = ()
    cost_nanos: _Count = 0
    bytes: Annotated[int, msgspec.Meta(ge=0, le=2**53)] = 0
    ended: _Count = 0
    replaced: _Count = 0
    refused: RefusedKind | None = None
    different: Annotated[int, msgspec.Meta(ge=1, le=16)] = 1
    every_seconds: Annotated[int, msgspec.Meta(ge=0, le=31 * 86_400)] = 0
    times: Annotated[int, msgspec.Meta(ge=1, le=TIMES_MAX)] = 1


def read_lines(text: bytes) -> list[Line]:
    """Read a file. Raises ValueError that names the line."""
    lines: list[Line] = []
    for number, raw in enumerate(text.splitlines(), start=1):
        if not raw.strip() or raw.startswith(b"#"):
            continue
        try:
            lines.append(msgspec.json.decode(raw, type=Line))
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise ValueError(f"line {number}: {error}") from error
    return lines


def run_replay(lines: Iterable[Line], policy: WatchPolicy) -> Iterator[Finding]:
    """Yield what is found, in order of time."""
    profiles: dict[str, Profile] = {}
    guesses, decoys = Guesses(), frozenset(policy.decoys)
    for second, index, number, line in heapq.merge(*(_repeat(index, line) for index, line in enumerate(lines))):
        rules = find_rules(policy, line.team)
        if line.refused is not None:
            yield from guesses.look(second, _refused(line, line.refused, index * APART + number), rules)
            continue
        row = _row(line, second)
        if row.token_id in decoys:
            yield look_at_decoy(row)
        else:
            yield from look(row, profiles.setdefault(row.token_id, Profile()), rules)


def find_rules(policy: WatchPolicy, team_id: str) -> Thresholds:
    """Return the thresholds of a team: its own, or the installation's."""
    return policy.teams.get(team_id, policy.thresholds)


def _repeat(index: int, line: Line) -> Iterator[tuple[int, int, int, Line]]:
    second = int(line.at.timestamp())
    for number in range(line.times):
        yield second + number * line.every_seconds, index, number, line


def _row(line: Line, second: int) -> Row:
    return Row(
        token_id=line.token,
        team_id=line.team,
        second=second,
        address=line.address,
        agent=line.client,
        calls=line.calls,
        errors=line.errors,
        guesses=line.guesses,
        targets=line.targets,
        cost_nanos=line.cost_nanos,
        ended=line.ended,
        replaced=line.replaced,
        bytes=line.bytes,
    )


def _refused(line: Line, kind: RefusedKind, number: int) -> list[Refused]:
    first = number * line.different
    fresh = range(first, first + line.different)
    if kind != "unknown":
        marks = tuple(each % MARKS for each in fresh)
        return [Refused(line.address, kind, line.token, line.calls, marks, line.client)]
    return [Refused(line.address, kind, f"id{each:010d}", line.calls, (each % MARKS,), line.client) for each in fresh]
