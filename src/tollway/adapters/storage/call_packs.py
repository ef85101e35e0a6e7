"""How single calls lie in the ledger database: one to a row, or many in a row, a pack.

A row with its entries in three indexes costs a third of what taking in a call costs, whatever it holds. So calls that
are read together, are of one group and began within a second of each other share a row. Pure.

Law: a row's key, (started_ns, request_id), is that of its newest call; a pack has MARK after the request id. So rows
sort as their newest calls do, and a call is in no row whose start is before its own, or PACK_NS or more after it.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from tollway.kernel.clock import NANOS_PER_SECOND
from tollway.kernel.ids import BASE62
from tollway.ledger.ports import CallsRange, GroupCalls, StoredCall

CallRow = tuple[int, int, str, bytes]
"""(started_ns, group id, request id, body), as the table has them."""

PACKED_MAX: Final = 64
PACK_NS: Final = NANOS_PER_SECOND
MARK: Final = "+"
"""Follows the request id of a pack; no request id has it."""
MILLISECOND_NS: Final = 1_000_000

_DIGITS: Final = {character: number for number, character in enumerate(BASE62)}
_PREFIX: Final = "req_"
_TIME_END: Final = len(_PREFIX) + 11


class _Head(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="c"):
    """The first fields of a CloseRecord."""

    request_id: str
    started_ns: int


_split = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode
_read_head = msgspec.msgpack.Decoder(_Head).decode


def pack_calls(calls: GroupCalls) -> Iterator[CallRow]:
    """Yield the rows of a group's calls, each call in one of them.

    Calls whose request ids do not say when they began (see `began_at`), as none of a gateway's, get a row each.
    """
    group_id, starts, ids, bodies = calls
    is_wide = max(starts) - min(starts) >= PACK_NS
    if is_wide:
        order = sorted(range(len(starts)), key=starts.__getitem__)
        starts, ids = [starts[at] for at in order], [ids[at] for at in order]
        bodies = [bodies[at] for at in order]
    first, count = 0, len(starts)
    while first < count:
        after = min(first + PACKED_MAX, count)
        if is_wide:
            after = bisect_left(starts, starts[first] + PACK_NS, first, after)
        yield from _rows(group_id, starts[first:after], ids[first:after], bodies[first:after])
        first = after


def _rows(group_id: int, starts: list[int], ids: list[str], bodies: list[bytes]) -> Iterator[CallRow]:
    """Yield one pack, or a row for each call. The ids of one gateway are made alike, so two of them are looked at."""
    if len(starts) == 1 or not (_tells(ids[0], starts[0]) and _tells(ids[-1], starts[-1])):
        for started_ns, request_id, body in zip(starts, ids, bodies, strict=True):
            yield started_ns, group_id, request_id, body
        return
    started_ns, request_id = max(zip(starts, ids, strict=True))
    yield started_ns, group_id, request_id + MARK, _head_of(len(bodies)) + b"".join(bodies)


def unpack(started_ns: int, request_id: str, body: bytes) -> list[StoredCall]:
    """Return the calls of a row."""
    if not request_id.endswith(MARK):
        return [(started_ns, request_id, body)]
    found: list[StoredCall] = []
    for raw in _split(body):
        each = bytes(raw)
        head = _read_head(each)
        found.append((head.started_ns, head.request_id, each))
    return found


def newest_calls(rows: Sequence[StoredCall], within: CallsRange, limit: int) -> list[StoredCall]:
    """Return the newest calls in some rows that a range has, at most `limit`, newest first, ties by request id."""
    found = [call for row in rows for call in unpack(*row) if _is_within(call, within)]
    found.sort(reverse=True)
    return found[:limit]


def began_at(request_id: str) -> int | None:
    """Return the start of the millisecond in which a call began, by its id; None when the id does not say."""
    digits = request_id[len(_PREFIX) : _TIME_END]
    if not request_id.startswith(_PREFIX) or len(digits) < _TIME_END - len(_PREFIX):
        return None
    number = 0
    for character in digits:
        digit = _DIGITS.get(character)
        if digit is None:
            return None
        number = number * len(BASE62) + digit
    return number - number % MILLISECOND_NS


def _tells(request_id: str, started_ns: int) -> bool:
    return not request_id.endswith(MARK) and began_at(request_id) == started_ns - started_ns % MILLISECOND_NS


def _is_within(call: StoredCall, within: CallsRange) -> bool:
    started_ns, request_id, _ = call
    return (
        started_ns >= within.since_ns
        and (within.until_ns is None or started_ns < within.until_ns)
        and (within.before is None or (started_ns, request_id) < within.before)
    )


def _head_of(count: int) -> bytes:
    """Return how MessagePack begins an array of up to 65,535."""
    return b"\xdc" + count.to_bytes(2, "big")
