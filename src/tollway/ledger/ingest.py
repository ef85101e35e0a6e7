"""Moves call records from the journals into the ledger database, each exactly once.

One `step` reads what is there, adds it up in memory and writes one transaction that also holds the new
positions; when that fails, memory is thrown away and read back. A call that was opened and whose writer died is
closed as `crashed` with the estimate it was admitted with. A file is deleted once its writer can add nothing and
the transaction that holds its last record survives power loss.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from tollway.contract.records import TallyRecord, encode
from tollway.kernel.codes import BY_NAME
from tollway.ledger.adding import Path, add_up, count_all
from tollway.ledger.cells import Counted
from tollway.ledger.charges import SpentKey
from tollway.ledger.condensing.condenser import Condenser
from tollway.ledger.model import DAY, FULL, MINUTE, RESOLUTIONS, Group, Sums, coarser
from tollway.ledger.ports import Batch, GroupCalls, JournalSource, LedgerStore, SumsKey
from tollway.ledger.reading import Reading, crash
from tollway.ledger.rollups import clean_text
from tollway.ledger.uses import SeenAddresses, address_uses, last_uses, secret_uses
from tollway.ledger.watching.watch import Watch

READ_BYTES = 8 * 1024 * 1024
"""Read of one file in one step: about 12,000 calls, 10 MB while they are added up, 30 MB where no two are alike."""
CACHED_MAX = 20_000
"""Groups and running sums kept in memory; above it they are read back from the database when needed."""
PART_BYTES = 256 * 1024
"""Read and taken apart at a time: so much that it stays in the processor's cache."""


class Ingested(NamedTuple):
    """What one step has taken in. `bodies` are the CloseRecords' bytes in order of ingest."""

    bodies: list[bytes]
    errors: int
    cost_nanos: int
    tokens: int
    is_more: bool
    """Whether a file had more than one step reads."""
    has_read: bool
    """Whether anything was read, also what makes no call. After a step without, all that is there is stored."""


class Ingest:
    """Owns the way from journals to database on this node; one thread."""

    def __init__(self, journal: JournalSource, store: LedgerStore) -> None:
        self._journal = journal
        self._store = store
        self._is_loaded = False
        self._positions: dict[str, int] = {}
        self._open_calls: dict[str, tuple[str, bytes]] = {}
        self._groups: dict[Group, int] = {}
        self._paths: dict[Group, Path] = {}
        self._next_group_id = 0
        self._sums: dict[int, dict[SumsKey, Sums]] = {}
        self.watch = Watch(store.watch)
        self._finished: set[str] = set()
        self._addresses = SeenAddresses()
        self.ingested = 0
        self.orphans = 0
        self.damaged = 0

    def step(self) -> Ingested:
        """Take in what is there. Raises what the store raises; the next step starts from what is stored."""
        if not self._is_loaded:
            self._load()
        try:
            return self._step()
        except BaseException:
            # The outcome of the transaction may be unknown, so memory is not trusted any more.
            self._is_loaded = False
            raise

    def condense(self, now_ns: int) -> bool:
        """Condense a piece of what is over, after a step; return whether there was any. Raises as `step` does."""
        if not self._is_loaded:
            return False
        try:
            return self._condenser.step(now_ns)
        except BaseException:
            self._is_loaded = False
            raise

    def open_bodies(self) -> list[bytes]:
        """Return the OpenRecords' bytes of the calls in flight. From any thread: the dict is replaced, not changed."""
        return [body for _, body in self._open_calls.values()]

    def lag_bytes(self) -> int:
        """Return how many journal bytes are not in the database yet."""
        lag = 0
        for name in self._journal.names():
            try:
                lag += max(self._journal.size(name) - self._positions.get(name, 0), 0)
            except FileNotFoundError:
                continue
        return lag

    def _load(self) -> None:
        state = self._store.load()
        self._positions, self._open_calls = state.positions, state.open_calls
        self._groups = {}
        self._paths = {}
        self._next_group_id = self._store.next_group_id()
        self._sums = {resolution: {} for resolution in RESOLUTIONS}
        self._addresses = SeenAddresses()
        self.watch.load()
        self._condenser = Condenser(self._store.condensed, self._find_or_name)
        self._is_loaded = True

    def _step(self) -> Ingested:
        names = self._journal.names()
        reading = self._read(names)
        crashed = self._close_orphans(reading, names)
        forgotten = [name for name in self._positions if name not in set(names)]
        counts = Sums().counts
        if reading.positions or forgotten or crashed:
            counts = self._write(reading, forgotten)
        self._delete_finished(names)
        self.orphans += crashed
        self.ingested += len(reading.bodies)
        self.damaged += reading.damaged
        _, _, client, server, _, tokens_in, tokens_out, _, cost, _, _ = counts
        return Ingested(
            reading.bodies,
            client + server,
            cost,
            tokens_in + tokens_out,
            reading.is_more,
            bool(reading.positions),
        )

    def _read(self, names: list[str]) -> Reading:
        """Read a part of each writer's oldest file that is not read to its end yet.

        A writer's files are read strictly one after the other, so that no close is seen before its open.
        """
        reading = Reading(self._open_calls)
        busy: set[str] = set()
        self._finished.clear()
        for name in names:
            writer = self._journal.writer_of(name)
            if writer in busy:
                continue
            # Asked before reading: what is read then is all there will ever be.
            is_finished = self._journal.is_finished(name)
            at_end = self._read_file(name, writer, reading)
            if is_finished and at_end:
                self._finished.add(name)
            else:
                busy.add(writer)
        return reading

    def _read_file(self, name: str, writer: str, reading: Reading) -> bool:
        """Read one file on; return whether there was nothing left to read."""
        start, end = self._positions.get(name, 0), self._journal.size(name)
        if end == start:
            return True
        self._journal.sync(name)
        reading.take(self._parts(name, start, reading.positions), writer)
        position = reading.positions.get(name)
        reading.is_more = reading.is_more or (position is not None and position < end)
        return position is None

    def _parts(self, name: str, start: int, positions: dict[str, int]) -> Iterator[list[bytes]]:
        """Yield what a step reads of a file, part by part, and note how far that is; nothing is noted at its end."""
        position, last = start, start + READ_BYTES
        while position < last:
            payloads, after = self._journal.read(name, position, min(PART_BYTES, last - position))
            if after == position:
                return
            positions[name] = position = after
            yield payloads

    def _close_orphans(self, reading: Reading, names: list[str]) -> int:
        """Close the calls of dead writers: all files finished, all read, and no new one has appeared meanwhile."""
        if not reading.opened:
            return 0
        alive = {self._journal.writer_of(name) for name in names if name not in self._finished}
        suspects = {writer for writer, _ in reading.opened.values()} - alive
        if not suspects:
            return 0
        known = set(names)
        suspects -= {self._journal.writer_of(name) for name in self._journal.names() if name not in known}
        orphans = [(key, body) for key, (writer, body) in reading.opened.items() if writer in suspects]
        for request_id, body in orphans:
            reading.close(request_id, encode(crash(body)))
        return len(orphans)

    def _write(self, reading: Reading, forgotten: list[str]) -> list[int]:
        """Write one transaction; return the counts of all calls in it, in the order of Sums.COLUMNS."""
        cells = reading.count()
        reading.damaged += sum([cell.damaged for cell in cells])
        tallied = _tally_sums(reading.tallies)
        new_groups = self._name_groups({cell.group for cell in cells} | {group for _, group in tallied})
        paths = self._paths
        parts = [(cell.minute_start, paths[cell.group], cell.sums) for cell in cells]
        parts += [(start, paths[group], sums) for (start, group), sums in tallied.items()]
        sums = add_up(parts)
        addresses = address_uses(cells)
        self._store.apply(
            Batch(
                positions=reading.positions,
                forgotten_files=forgotten,
                opened=[(key, *value) for key, value in reading.opened.items() if key not in self._open_calls],
                closed=[key for key in self._open_calls if key not in reading.opened],
                groups=new_groups,
                calls=self._calls(cells),
                sums=self._running(sums),
                spent=_spent(cells),
                uses=last_uses(cells),
                unpriced=_unpriced(cells),
                tallies=_tallies(reading.tallies),
                secrets=secret_uses(reading.old_secrets),
                addresses=addresses,
                crowded=self._addresses.find_crowded(addresses),
                findings=self.watch.look(cells, reading.tallies),
                unbuilt=self._condenser.touch({start for start, _, _ in parts}),
            )
        )
        self._open_calls = reading.opened
        self._positions.update(reading.positions)
        for name in forgotten:
            del self._positions[name]
        return count_all(sums[MINUTE])

    def _calls(self, cells: Iterable[Counted]) -> list[GroupCalls]:
        paths = self._paths
        return [GroupCalls(paths[cell.group][FULL], cell.starts, cell.request_ids, cell.bodies) for cell in cells]

    def _name_groups(self, groups: set[Group]) -> list[tuple[int, Group]]:
        """Give every group and its coarser ones an id; return those that are new to the database."""
        if len(self._groups) > CACHED_MAX:
            self._groups.clear()
            self._paths.clear()
        chains = {group: (group, *coarser(group)) for group in groups if group not in self._paths}
        if not chains:
            return []
        missing = {group for chain in chains.values() for group in chain if group not in self._groups}
        self._groups.update(self._store.find_groups(list(missing)))
        named: list[tuple[int, Group]] = []
        for group in missing:
            if group not in self._groups:
                self._groups[group] = self._next_group_id
                named.append((self._next_group_id, group))
                self._next_group_id += 1
        for group, chain in chains.items():
            self._paths[group] = tuple(self._groups[each] for each in chain)
        return named

    def _find_or_name(self, groups: Collection[Group]) -> tuple[dict[Group, int], list[tuple[int, Group]]]:
        """Return the ids of these groups alone, and those that are new; they are not kept in memory."""
        ids = self._store.find_groups(list(groups))
        named = list(enumerate((group for group in groups if group not in ids), self._next_group_id))
        self._next_group_id += len(named)
        return ids | {group: group_id for group_id, group in named}, named

    def _running(self, sums: dict[int, dict[SumsKey, Sums]]) -> dict[int, dict[SumsKey, Sums]]:
        """Add this batch's sums to the running ones, read back where not in memory, and return the new totals."""
        if sum(map(len, self._sums.values())) > CACHED_MAX:
            self._sums = {resolution: {} for resolution in RESOLUTIONS}
        totals: dict[int, dict[SumsKey, Sums]] = {}
        for resolution, changes in sums.items():
            running = self._sums[resolution]
            missing = [key for key in changes if key not in running]
            if missing:
                running.update(self._store.find_sums(resolution, missing))
            totals[resolution] = {
                key: Sums.of((running[key], change)) if key in running else change for key, change in changes.items()
            }
            running.update(totals[resolution])
        return totals

    def _delete_finished(self, names: list[str]) -> None:
        gone = [name for name in names if name in self._finished]
        if gone:
            self._store.make_durable()
            for name in gone:
                self._journal.delete(name, self._positions.get(name, 0))


def _spent(cells: Iterable[Counted]) -> dict[SpentKey, int]:
    spent: dict[SpentKey, int] = {}
    for cell in cells:
        for key, nanos in cell.spent.items():
            spent[key] = spent.get(key, 0) + nanos
    return spent


def _unpriced(cells: Iterable[Counted]) -> dict[tuple[int, str, str], tuple[int, int]]:
    unpriced: dict[tuple[int, str, str], tuple[int, int]] = {}
    for cell in cells:
        day_start = cell.minute_start - cell.minute_start % DAY
        for model, (calls, last_ns) in cell.unpriced.items():
            key = (day_start, cell.group.provider, model)
            known, known_ns = unpriced.get(key, (0, 0))
            unpriced[key] = (known + calls, max(known_ns, last_ns))
    return unpriced


def _tallies(records: Sequence[TallyRecord]) -> dict[tuple[int, str], int]:
    tallies: dict[tuple[int, str], int] = {}
    for record in records:
        for code, count in record.counts.items():
            key = (record.second - record.second % MINUTE, clean_text(code))
            tallies[key] = tallies.get(key, 0) + count
    return tallies


def _tally_sums(records: Sequence[TallyRecord]) -> dict[tuple[int, Group], Sums]:
    """Return the refusals without a token as groups without one, so that they show in the totals by status."""
    found: dict[tuple[int, Group], Sums] = {}
    for (minute_start, name), count in _tallies(records).items():
        code = BY_NAME.get(name)
        status = code.status if code else 0
        group = Group(FULL, "", "", "", "", "", "", "", "refused", "live", status)
        is_client = 400 <= status < 500
        counts = [count, count, count * is_client, count * (status >= 500), count * (status == 429)]
        into = found.setdefault((minute_start, group), Sums())
        into.add(Sums(counts + [0] * (len(Sums.COLUMNS) - len(counts))))
    return found
