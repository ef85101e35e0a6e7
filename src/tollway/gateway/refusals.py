"""Who presented a credential that no token is known by: added up for a second, at a bounded cost and in bounded room.

A flood of refusals costs one look into a dict each. What finds no room is counted by its code all the same (see
`Gateway.tally`); only where it came from is then not known. No credential is kept: a mark of 12 bits tells different
ones apart, and nothing can be told from it.
"""

from zlib import crc32

import msgspec

from tollway.contract.records import Refused, RefusedKind

KEYS_MAX = 256
MARKS_MAX = 16
"""Different credentials that are told apart of one key in one second."""
_MARK_BITS = 0xFFF

Key = tuple[str, RefusedKind, str]


class Counted(msgspec.Struct, gc=False):
    """What one source presented in the running second."""

    agent: str
    calls: int = 0
    marks: dict[int, None] = {}


class Refusals:
    """The running second of one worker."""

    __slots__ = ("_counted",)

    def __init__(self) -> None:
        self._counted: dict[Key, Counted] = {}

    def note(self, address: str, kind: RefusedKind, token_id: str, presented: tuple[bytes, str]) -> None:
        """Count one refusal; `presented` are the credential and the client's name, `token_id` "" when it has none."""
        key = (address, kind, token_id)
        counted = self._counted.get(key)
        credential, agent = presented
        if counted is None:
            if len(self._counted) >= KEYS_MAX:
                return
            counted = self._counted[key] = Counted(agent)
        counted.calls += 1
        if len(counted.marks) < MARKS_MAX:
            counted.marks[crc32(credential) & _MARK_BITS] = None

    def take(self) -> tuple[Refused, ...]:
        """Return what was counted since the last time, and begin anew."""
        counted, self._counted = self._counted, {}
        return tuple(
            Refused(address, kind, token_id, each.calls, tuple(each.marks), each.agent)
            for (address, kind, token_id), each in counted.items()
        )
