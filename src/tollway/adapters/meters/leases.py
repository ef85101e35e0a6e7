"""Room taken ahead for the calls of one plan in one process, while these are many and every limit is far.

A lease takes room for up to 256 calls under the locks at once. Calls then draw from it, and settle into it, without a
lock: that is arithmetic on numbers of this process, and one store into the lease's row, which says what is left of it.
What was not drawn goes back, and what was used is counted, after 10 ms, or with the bucket or period that the calls are
counted in if that ends before.

Law: everybody else sees what is leased as reserved, and calls that are leased as made, so that no limit is exceeded; a
lease has no more than a 256th of what any of its limits had left. A process that is killed is charged what its calls
had reserved or used, since its row tells what was not drawn. Writes are ordered: a kill in between can only admit less.
"""

from collections.abc import Callable, Sequence
from operator import add, sub
from struct import Struct
from typing import TypeAlias

from tollway.adapters.meters.layout import (
    COUNTED_MAX,
    GENERATION,
    LEASE_THINGS_MAX,
    RING_TAG,
    SLOTS_TAG,
    SPENT,
    TAKEN,
    WORD,
)
from tollway.adapters.meters.locks import RangeLocks
from tollway.adapters.meters.plan import FACTS_AT, Draft, Plan, build_reader, picker
from tollway.adapters.meters.rows import Counted, Rows
from tollway.adapters.meters.sections import Sections
from tollway.contract.records import Charge
from tollway.gateway.room import CALLS, Amounts, Claims, Hold, MetersBusy
from tollway.kernel.structs import filled_in

CALLS_AHEAD = 256
CALLS_AHEAD_MIN = 4
"""A lease for fewer is not worth its two visits to the meters."""
FAR = 256
"""A lease takes at most so small a part of what any limit has left."""
LEASE_NS = 10_000_000
BUSY_CALLS = 8
"""A plan that lets in so many calls in the time of a lease gets one, and keeps it while each lets in as many."""
CALLS_NEAR = 1_000
"""So many calls go one by one before a plan that was near a limit is looked at again."""
NO_ROW, LEASED = -1, -2
"""Rows of calls that have none of their own: they hold nothing, or are part of a lease."""

_SLOTS = 6
"""The place of slots, beside the units of amounts."""
_NOTHING: Amounts = (0, 0, 0, 0, 0, 0)
_PLENTY = 2**60
_pack = Struct("=6q").pack
_EMPTY = _pack(*_NOTHING)
_REST_BYTES = len(_EMPTY)


@filled_in
class LeasedHold(Hold, gc=False):
    """What a call drew from a lease."""

    lease: "Lease | None" = None


class Lease:
    """For calls with the very same `claims`, whose plan has this draft. Made under the locks of the claims."""

    __slots__ = (
        "_at", "_bases", "_beside", "_calls", "_charge_ids", "_charged", "_count_words", "_counted", "_counts_at",
        "_draft", "_ended", "_facts", "_held", "_instants", "_is_limited", "_limits", "_memory", "_monotonic_ns",
        "_owner_ids", "_pick", "_raised", "_read_counts", "_read_facts", "_rest", "_row", "_rows", "_sections",
        "_slots", "_slots_taken", "_table", "_taken", "_usual", "_wanted", "claims", "is_listed", "until_ns",
    )  # fmt: skip

    def __init__(self, claims: Claims, draft: Draft, sections: Sections, rows: Rows) -> None:
        self.claims = claims
        self.until_ns = 0
        """Until when calls may draw from it (monotonic)."""
        self.is_listed = False
        """Whether somebody is going to give back what is not drawn."""
        self._draft = draft
        self._sections = sections
        self._memory = sections.memory
        self._monotonic_ns = sections.monotonic_ns
        self._rows = rows
        self._row = NO_ROW
        self._held = tuple(draft.held)
        self._count_words = tuple(
            [word for word, claim in zip(draft.raised, claims.every, strict=True) if claim.kind == "count"]
        )
        self._counted: list[Counted] = []
        self._table = 0
        """What TAKEN said when calls were counted there."""
        self._read_facts, _ = build_reader([TAKEN, *draft.facts])
        self._facts = draft.seen
        words = sorted(draft.raised + draft.beside)
        self._read_counts, self._counts_at = build_reader(words)
        self._raised = picker(words.index(word) for word in draft.raised)
        self._beside = picker(words.index(word) for word in draft.beside)
        self._limits = tuple(draft.limits)
        self._wanted = picker(claim.unit for claim in claims.every)
        self._pick = picker(_SLOTS if claim.kind == "slots" else claim.unit for claim in claims.every)
        units = {CALLS, *(claim.unit for claim in claims.every)}
        self._is_limited = [unit in units for unit in range(len(_NOTHING))]
        self._owner_ids = tuple([claim.owner_id for claim, _ in draft.charged])
        self._charge_ids = tuple([claim.charge_id for claim, _ in draft.charged])
        self._instants = tuple([instant for _, instant in draft.charged])
        self._charged = picker([claim.unit for claim, _ in draft.charged] or [0])
        self._bases: list[int] = []
        """What each claim has left beside what is left of the lease."""
        self._at = slice(0, 0)
        # What was taken is what is left, what calls in flight hold, and what those that ended have used.
        self._rest = self._ended = self._taken = _NOTHING
        self._slots = self._slots_taken = 0
        self._calls = 0
        """For how many it was taken."""
        self._usual = _NOTHING
        """What calls that ended have used, each."""

    def draw(self, want: Amounts) -> Hold | None:
        """Let a call in that is granted all it wants; None, and nothing is taken, when the lease is over or used up."""
        if self._monotonic_ns() >= self.until_ns:
            return None
        rest = tuple(map(sub, self._rest, want))
        if min(rest) < 0:
            return None
        self._rest = rest
        self._slots = slots = self._slots - 1
        self._memory[self._at] = _pack(*rest)
        left = list(map(add, self._bases, self._pick((*rest, slots))))
        charges: tuple[Charge, ...] = ()
        if self._instants:
            charges = tuple(map(Charge, self._owner_ids, self._charge_ids, self._instants, self._charged(want)))
        return LeasedHold(LEASED, self.claims, want, charges, left, True, None, self)

    def settle(self, granted: Amounts, used: Amounts) -> None:
        """Note that a call ended, which drew `granted`. It is counted when the lease is given back."""
        self._rest = rest = tuple(map(sub, map(add, self._rest, granted), used))
        self._ended = tuple(map(add, self._ended, used))
        self._slots += 1
        self._memory[self._at] = _pack(*rest)

    def take_ahead(self, want: Amounts) -> bool:
        """Take room for several calls like this one, of which it is the first; False, and nothing is taken, when a
        limit is not far away. The caller holds all locks, and has given back what was left.

        Raises gateway.meters_unavailable; nothing is taken then.
        """
        sections, draft = self._sections, self._draft
        now_ns, mono_ns = sections.now_ns(), self._monotonic_ns()
        memory = sections.memory
        if not draft.from_ns <= now_ns < draft.until_ns or self._read_facts(memory, FACTS_AT) != self._facts:
            return False
        until_ns = mono_ns + min(LEASE_NS, draft.until_ns - now_ns)
        for rings, cell, length in draft.rings:
            rings.bring_up(cell, length, mono_ns)
            if rings is sections.calls:
                until_ns = min(until_ns, (mono_ns // length + 1) * length)
        counts = self._read_counts(memory, self._counts_at)
        raised = self._raised(counts)
        room = list(map(sub, map(sub, self._limits, self._beside(counts)), raised))
        # Of bytes, and of what was estimated, calls use more than they want: as much as those before them, it seems.
        likely = tuple(map(max, want, self._usual))
        wanted = zip(room, self._wanted(likely), strict=False)  # a picker pads what it picks
        calls = min([CALLS_AHEAD, *[left // (FAR * much) for left, much in wanted if much]])
        if calls < CALLS_AHEAD_MIN:
            return False
        units = zip(likely, self._is_limited, strict=True)
        ahead = tuple([much * calls if is_limited else _PLENTY for much, is_limited in units])
        self._take(calls, ahead, raised, mono_ns)  # type: ignore[arg-type]  # six again
        self._bases = list(map(sub, room, self._wanted(ahead)))
        self.until_ns = until_ns
        return True

    def give_back(self) -> int:
        """Count what was used, give back what was not drawn, and keep what calls in flight hold; return how many calls
        drew. The caller holds all locks. Nothing is drawn from then on, until more is taken ahead.
        """
        self.until_ns = 0
        if self._row == NO_ROW:
            return 0
        rest, ended, taken, slots_taken = self._rest, self._ended, self._taken, self._slots_taken
        in_flight = slots_taken - self._slots
        kept = tuple(map(sub, map(sub, taken, rest), ended))
        drawn, self._calls = self._calls - rest[CALLS], 0
        if ended[CALLS]:
            self._usual = tuple([much // ended[CALLS] for much in ended])  # type: ignore[assignment]  # six again
        # From here on a kill charges all that was taken.
        self._rest = _NOTHING
        self._memory[self._at] = _EMPTY
        for word, tag, unit in self._held:
            back = self._slots if tag == SLOTS_TAG else taken[unit] - kept[unit]
            self._sections.settle(word, tag, back, ended[unit])
        if rest[CALLS] > 0 and self._sections.words[TAKEN] == self._table:
            for each in self._counted:
                self._sections.uncount(each, rest[CALLS])
        self._taken, self._ended = kept, _NOTHING
        self._slots, self._slots_taken = 0, in_flight
        if in_flight:
            self._rows.hold(self._row, self._amounts())
        else:
            self._rows.free(self._row)
            self._row = NO_ROW
        return drawn

    def _take(self, calls: int, ahead: Amounts, raised: Sequence[int], mono_ns: int) -> None:
        """Take room for so many calls: the row first, then what they hold, then the calls that it may give back."""
        sections, rows, words = self._sections, self._rows, self._sections.words
        self._taken = tuple(map(add, self._taken, ahead))
        self._slots_taken += calls
        if self._row == NO_ROW:
            self._row = rows.publish_lease(self._held, self._amounts())
            start = rows.rest_of(self._row) * WORD
            self._at = slice(start, start + _REST_BYTES)
        else:
            rows.hold(self._row, self._amounts())
        for word, count, much in zip(self._draft.raised, raised, self._wanted(ahead), strict=False):
            words[word] = count + much
        self._counted = [Counted(words[word - SPENT + GENERATION], word) for word in self._count_words]
        for rings, cell, length in self._draft.rings:
            if rings is sections.calls:
                bucket = mono_ns // length
                sections.numbers[rings.place(cell, bucket)] += calls
                self._counted.append(Counted(RING_TAG, cell, bucket, length))
        self._table = words[TAKEN]
        rows.note_counted(self._row, self._table, self._counted)
        self._calls = self._slots = calls
        self._rest = ahead
        self._memory[self._at] = _pack(*ahead)

    def _amounts(self) -> list[int]:
        """Return what was taken of each thing that is held."""
        taken, slots = self._taken, self._slots_taken
        return [slots if tag == SLOTS_TAG else taken[unit] for _, tag, unit in self._held]


Build: TypeAlias = Callable[[Claims, Draft, Sections, Rows], Lease]


def can_lease(claims: Claims, draft: Draft) -> bool:
    """Whether calls with these claims can share a lease. What holds nothing is let in as fast without."""
    counted = sum([claim.kind in ("rate", "count") for claim in claims.every])
    return 0 < len(draft.held) <= LEASE_THINGS_MAX and counted <= COUNTED_MAX


class Leases:
    """The leases of one process. Whoever calls `begin` or `renew` holds all locks of the claims."""

    def __init__(
        self, sections: Sections, rows: Rows, locks: RangeLocks, *, build: "Build", tell: Callable[[], None]
    ) -> None:
        """`build` makes empty leases; `tell` is called when something is to be given back soon, by `give_back_late`."""
        self.of: dict[int, Lease] = {}
        """Those that calls draw from, by the identity of their claims."""
        self._sections = sections
        self._rows = rows
        self._locks = locks
        self._build = build
        self._tell = tell
        self._out: list[Lease] = []

    def begin(self, plan: Plan, want: Amounts) -> Hold | None:
        """Let a call in by a new lease, if calls come so fast that one is worth it and no limit is near.

        Raises gateway.meters_unavailable; nothing is taken then.
        """
        now_ns = self._sections.monotonic_ns()
        is_busy = now_ns - plan.since_ns < LEASE_NS
        plan.calls, plan.since_ns = 0, now_ns
        claims = plan.claims
        if not is_busy or not can_lease(claims, plan.draft):
            return None
        hold = self._take(lease := self._build(claims, plan.draft, self._sections, self._rows), want)
        if hold is None:
            plan.calls = -CALLS_NEAR
        else:
            self.of[id(claims)] = lease
        return hold

    def renew(self, lease: Lease, want: Amounts) -> Hold | None:
        """Give back what is left of a lease, and let a call in by it if it is still worth it.

        Raises gateway.meters_unavailable; nothing is taken then.
        """
        drawn = lease.give_back()
        hold = self._take(lease, want) if drawn >= BUSY_CALLS else None
        if hold is None:
            del self.of[id(lease.claims)]
        return hold

    def settle(self, hold: LeasedHold, used: Amounts) -> None:
        """Settle a call that drew from a lease: at once when no more calls draw from it, a limit being near maybe."""
        lease = hold.lease
        assert lease is not None
        lease.settle(hold.granted, used)
        if lease.is_listed and lease.until_ns:
            return  # it is drawn from, and somebody is going to give back the rest
        is_drawn = self.of.get(id(lease.claims)) is lease
        if (is_drawn or not self._give_back(lease)) and not lease.is_listed:
            self._list(lease)

    def give_back_late(self) -> None:
        """Give back what is left of leases that are over. Never raises; of what is not over, or held up, it tells
        again.
        """
        out, self._out = self._out, []
        for lease in out:
            lease.is_listed = False
            if lease.until_ns > self._sections.monotonic_ns() or not self._give_back(lease):
                self._list(lease)

    def end(self) -> None:
        """Give back what is left of every lease, as far as its locks can be had."""
        self.of.clear()
        for lease in self._out:
            self._give_back(lease)

    def _take(self, lease: Lease, want: Amounts) -> Hold | None:
        if not lease.take_ahead(want):
            return None
        hold = lease.draw(want)
        if hold is None:
            # The process was put aside for so long that the lease is over before its first call.
            lease.give_back()
        elif not lease.is_listed:
            self._list(lease)
        return hold

    def _list(self, lease: Lease) -> None:
        lease.is_listed = True
        self._out.append(lease)
        self._tell()

    def _give_back(self, lease: Lease) -> bool:
        """Return whether its locks could be had."""
        stripes = lease.claims.stripes
        try:
            self._locks.lock_stripes(stripes)
        except MetersBusy:
            return False
        try:
            drawn = lease.give_back()
        finally:
            self._locks.unlock_stripes(stripes)
        if drawn < BUSY_CALLS and self.of.get(id(lease.claims)) is lease:
            del self.of[id(lease.claims)]
        return True
