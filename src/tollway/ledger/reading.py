"""What one step reads from the journals: calls by cell, tallies, and the calls that are in flight.

Law: the opening of a call that is closed in the same batch is never decoded, only matched by its bytes, where the
call's id has the usual length; one that stays open is, so that what is damaged is found before it is stored.
"""

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from tollway.contract.records import CloseRecord, OpenRecord, TallyRecord, decode, encode
from tollway.ledger.cells import MINUTE_NS, Cell, CellKey, Counted, count_cell, key_of
from tollway.ledger.rollups import CallFacts
from tollway.ledger.uses import EMPTY_TEXT, find_old_secret


class OpenSeen(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="o"):
    """What is needed of an OpenRecord whose call is closed soon."""

    request_id: str


_decode_close = msgspec.msgpack.Decoder(CallFacts).decode
_decode_any = msgspec.msgpack.Decoder(CallFacts | OpenSeen | TallyRecord).decode

FEW_CELLS = 64
LARGE_CELL = 256
"""Calls of a cell that are added up before the step has read all: where there are many cells, few are so large."""

_USUAL_ID = "-" * 28
_OPENED = encode(OpenRecord(_USUAL_ID, 0, "", "", ""))[:6]
_CLOSED = encode(CloseRecord(_USUAL_ID, 0, 0, 0, "ok", ""))[:6]
"""How records begin whose request id has the usual length: an array's length, the tag and the id's length. The id
follows, in both kinds, in bytes 6 to 33."""


class Reading:
    """What a step has read so far. `opened`: request id -> (writer, the OpenRecord's bytes)."""

    def __init__(self, opened: dict[str, tuple[str, bytes]]) -> None:
        self.positions: dict[str, int] = {}
        self._cells: defaultdict[CellKey, Cell] = defaultdict(Cell)
        self._counted: list[Counted] = []
        self.bodies: list[bytes] = []
        """Of the calls that ended, in order of ingest."""
        self.tallies: list[TallyRecord] = []
        self.old_secrets: list[CloseRecord] = []
        self.opened = dict(opened)
        self.is_more = False
        self.damaged = 0

    def take(self, parts: Iterable[list[bytes]], writer: str) -> None:
        """Take in what was read of one writer's file, part by part."""
        begun: dict[bytes, bytes] = {}
        for payloads in parts:
            self._take_part(payloads, writer, begun)
            if len(self._cells) <= FEW_CELLS:
                self._count_large()
        for payload in begun.values():
            self._take_other(payload, writer, begun)

    def count(self) -> list[Counted]:
        """Return what was read, added up. The calls of a cell may be in several of these."""
        self._counted += [count_cell(*each) for each in self._cells.items()]
        self._cells.clear()
        return self._counted

    def _count_large(self) -> None:
        """Add up the cells with many calls and let their facts go, while both are in the processor's cache."""
        large = [(key, cell) for key, cell in self._cells.items() if len(cell.facts) >= LARGE_CELL]
        for key, cell in large:
            self._counted.append(count_cell(key, cell))
            del self._cells[key]

    def _take_part(self, payloads: list[bytes], writer: str, begun: dict[bytes, bytes]) -> None:
        """Take in some records; `begun` are those opened before. Runs for every record, so it is one loop."""
        cells, add_body, opened, closed = self._cells, self.bodies.append, _OPENED, _CLOSED
        decode_close, cell_key = _decode_close, key_of
        for payload in payloads:
            head = payload[:6]
            if head == opened:
                begun[payload[6:34]] = payload
                continue
            if head != closed:
                self._take_other(payload, writer, begun)
                continue
            try:
                facts = decode_close(payload)
            except ValueError:
                self.damaged += 1
                continue
            cell = cells[facts.started_ns // MINUTE_NS, cell_key(facts)]
            cell.facts.append(facts)
            cell.bodies.append(payload)
            add_body(payload)
            if begun.pop(payload[6:34], None) is None:
                self.opened.pop(facts.request_id, None)
            if payload[-1] != EMPTY_TEXT:
                self._keep_old_secret(payload)

    def close(self, request_id: str, body: bytes) -> None:
        """Take in the end of a call whose writer is dead."""
        del self.opened[request_id]
        self._add(_decode_close(body), body)

    def _take_other(self, payload: bytes, writer: str, begun: dict[bytes, bytes]) -> None:
        """Take in a tally, an opening that stays, and what older programs have written."""
        try:
            record = _decode_any(payload)
        except ValueError:
            self.damaged += 1
            return
        match record:
            case OpenSeen():
                self.opened[record.request_id] = (writer, payload)
            case TallyRecord():
                self.tallies.append(record)
            case CallFacts():
                begun.pop(record.request_id.encode(), None)
                self.opened.pop(record.request_id, None)
                self._add(record, payload)
                self._keep_old_secret(payload)

    def _add(self, facts: CallFacts, body: bytes) -> None:
        cell = self._cells[facts.started_ns // MINUTE_NS, key_of(facts)]
        cell.facts.append(facts)
        cell.bodies.append(body)
        self.bodies.append(body)

    def _keep_old_secret(self, body: bytes) -> None:
        old = find_old_secret(body)
        if old is not None:
            self.old_secrets.append(old)


def crash(body: bytes) -> CloseRecord:
    """Return how a call ends whose process died: with its estimate, marked so. How long it took is not known: 0."""
    opened = decode(body)
    assert isinstance(opened, OpenRecord)
    return CloseRecord(
        request_id=opened.request_id,
        started_ns=opened.started_ns,
        duration_us=0,
        method=opened.method,
        route=opened.route,
        operation=opened.operation,
        status=0,
        outcome="crashed",
        token_id=opened.token_id,
        application_id=opened.application_id,
        team_id=opened.team_id,
        environment=opened.environment,
        service_id=opened.service_id,
        model=opened.model,
        provider_id=opened.provider_id,
        upstream_model=opened.upstream_model,
        was_opened=True,
        usage=msgspec.structs.replace(opened.estimate, is_estimated=True),
        cost_nanos=opened.estimate_nanos,
        charges=opened.charges,
        trace_id=opened.trace_id,
    )
