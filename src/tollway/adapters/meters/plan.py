"""What calls with the same claims read and write in the meters file, worked out once: the usual way to let a call in.

A plan knows the word of every fact that its places rest on (no cell was taken away, each ring still has buckets of its
length, each record is still of its period and generation) and of every count. `take` compares all facts at once, reads
all counts at once, and writes only what changed. Whatever is unusual (a fact that no longer holds, a limit without
room for all that is wanted) is left to Admissions, which goes claim by claim. The caller holds the locks of all claims.

Reading: one `struct` with gaps covers words that are far apart, so that a step of C fetches them all. Writing goes word
by word: `pack_into` clears what it is about to write, and a kill in between would forget counts.
"""

from collections.abc import Callable, Iterable, Sequence
from operator import add, itemgetter, sub
from struct import Struct
from typing import Any

from tollway.adapters.meters.layout import (
    FIRST_RECORD,
    GENERATION,
    IN_FLIGHT,
    LENGTH,
    PLACE_BITS,
    RESERVED,
    RING_RESERVED,
    RING_TAG,
    SECOND_RECORD,
    SLOTS_TAG,
    SPAN,
    SPENT,
    STAMP,
    TAKEN,
    TOTAL,
    UNUSED,
    WORD,
)
from tollway.adapters.meters.rings import Rings
from tollway.adapters.meters.rows import Rows
from tollway.adapters.meters.sections import Sections
from tollway.contract.records import Charge
from tollway.gateway.room import CALLS, NO_AMOUNTS, Amounts, Claim, Claims, Hold
from tollway.kernel.structs import filled_in
from tollway.policy.budget import HOUR_NS, NEVER_NS

FACTS_AT = TAKEN * WORD
"""Where facts begin: the word that all plans rest on comes before all cells."""


@filled_in
class RowHold(Hold, gc=False):
    """What a call holds: of each thing the word that counts it, its tag, and its unit, of which it holds what was
    granted.
    """

    held: Sequence[tuple[int, int, int]] = ()


class Plan:
    """For calls with the very same `claims`, any that have places which stay. Made by `build_plan` in plans.py."""

    __slots__ = (
        "_beside", "_buckets", "_buckets_until_ns", "_charge_ids", "_charged", "_counts_at", "_facts", "_from_ns",
        "_held", "_instants", "_limits", "_owner_ids", "_places", "_raised", "_read_counts", "_read_facts", "_rings",
        "_row", "_rows", "_sections", "_tagged", "_until_ns", "_wanted", "calls", "claims", "draft", "is_stale",
        "since_ns",
    )  # fmt: skip

    def __init__(self, claims: Claims, draft: "Draft", sections: Sections, rows: Rows) -> None:
        self.claims = claims
        self.draft = draft
        self.is_stale = False
        """Whether its facts were found changed, so that another has to be made."""
        self.calls = self.since_ns = 0
        """How many calls it has let in since an instant: both are for whoever looks how many there are."""
        self._sections = sections
        self._rows = rows
        self._from_ns, self._until_ns = draft.from_ns, draft.until_ns
        """While periods, top-ups and the hour that charges are noted in are the same."""
        self._read_facts, _ = build_reader([TAKEN, *draft.facts])
        self._facts = draft.seen = self._read_facts(sections.memory, FACTS_AT)
        # Of each claim two words are counted against its limit: one that is raised by a call, and one beside it.
        words = sorted(draft.raised + draft.beside)
        self._read_counts, self._counts_at = build_reader(words)
        self._raised = picker(words.index(word) for word in draft.raised)
        self._beside = picker(words.index(word) for word in draft.beside)
        self._places = tuple(draft.raised)
        self._limits = tuple(draft.limits)
        self._wanted = picker(claim.unit for claim in claims.every)
        self._rings = tuple(draft.rings)
        self._buckets: list[int] = []
        """Of each ring of calls the number of its present bucket."""
        self._buckets_until_ns = -1
        self._held = tuple(draft.held)
        self._tagged = tuple([tag << PLACE_BITS | word for word, tag, _ in draft.held])
        # A row is place and amount of each thing in turn, taken from amounts and places that were joined.
        at = len(NO_AMOUNTS)
        pairs = [place for number, (_, _, unit) in enumerate(draft.held) for place in (at + number, unit)]
        self._row = itemgetter(*pairs) if pairs else None
        self._owner_ids = tuple([claim.owner_id for claim, _ in draft.charged])
        self._charge_ids = tuple([claim.charge_id for claim, _ in draft.charged])
        self._instants = tuple([instant for _, instant in draft.charged])
        self._charged = picker([claim.unit for claim, _ in draft.charged] or [0])

    def take(self, want: Amounts) -> Hold | None:
        """Let a call in that is granted all it wants; None, and nothing is taken, when that is not plainly possible.

        Raises gateway.meters_unavailable; nothing is taken then.
        """
        sections = self._sections
        memory = sections.memory
        if not self._from_ns <= sections.now_ns() < self._until_ns or self._read_facts(memory, FACTS_AT) != self._facts:
            self.is_stale = True
            return None
        if self._rings and self._buckets_until_ns <= sections.monotonic_ns():
            self._bring_up(sections.monotonic_ns())
        counts = self._read_counts(memory, self._counts_at)
        raised = list(map(add, self._raised(counts), self._wanted(want)))
        left = list(map(sub, map(sub, self._limits, self._beside(counts)), raised))
        if min(left) < 0:
            return None
        # From here on a kill leaves a row that says what may have been taken.
        number = self._rows.publish(self._row(want + self._tagged)) if self._row is not None else -1
        words = sections.words
        for place, count in zip(self._places, raised):  # noqa: B905  # a picker pads what it picks
            words[place] = count
        numbers = sections.numbers
        for place in self._buckets:
            numbers[place] += 1
        charges: tuple[Charge, ...] = ()
        if self._instants:
            charges = tuple(map(Charge, self._owner_ids, self._charge_ids, self._instants, self._charged(want)))
        return RowHold(number, self.claims, want, charges, left, True, None, self._held)

    def _bring_up(self, mono_ns: int) -> None:
        """Bring the rings to the present. Until one has a next bucket, nobody brings one further than this."""
        for rings, cell, length in self._rings:
            rings.bring_up(cell, length, mono_ns)
        self._buckets = [
            rings.place(cell, mono_ns // length) for rings, cell, length in self._rings if rings is self._sections.calls
        ]
        self._buckets_until_ns = min([(mono_ns // length + 1) * length for _, _, length in self._rings])


class Draft:
    """A plan while it is made: words and facts, claim by claim."""

    def __init__(self, sections: Sections, now_ns: int) -> None:
        self._sections = sections
        self._now_ns = now_ns
        self.from_ns, self.until_ns = 0, NEVER_NS
        self.facts: list[int] = []
        self.seen: tuple[int, ...] = ()
        """What TAKEN and the facts said when the plan was made."""
        self.raised: list[int] = []
        self.beside: list[int] = []
        self.limits: list[int] = []
        self.rings: list[tuple[Rings, int, int]] = []
        self.held: list[tuple[int, int, int]] = []
        self.charged: list[tuple[Claim, int]] = []

    def add(self, claim: Claim, cell: int) -> bool:
        """Add a claim that counts in this cell; False when its place is not one that stays."""
        for top in claim.top_ups:
            self._hold_until(top.from_ns)
            self._hold_until(top.until_ns)
        self.limits.append(claim.limit_at(self._now_ns))
        match claim.kind:
            case "rate":
                return self._add_ring(claim, cell, self._sections.calls, raised=TOTAL, beside=RING_RESERVED)
            case "ring":
                self.held.append((cell + RING_RESERVED, RING_TAG, claim.unit))
                return self._add_ring(claim, cell, self._sections.amounts, raised=RING_RESERVED, beside=TOTAL)
            case "slots":
                self.raised.append(cell + IN_FLIGHT)
                self.beside.append(cell + UNUSED)
                self.held.append((cell + IN_FLIGHT, SLOTS_TAG, CALLS))
            case _:
                return self._add_period(claim, cell)
        return True

    def _add_ring(self, claim: Claim, cell: int, rings: Rings, *, raised: int, beside: int) -> bool:
        self.facts.append(cell + LENGTH)
        self.raised.append(cell + raised)
        self.beside.append(cell + beside)
        self.rings.append((rings, cell, claim.bucket_ns))
        if claim.is_charged:
            hour_ns = self._now_ns - self._now_ns % HOUR_NS
            self._hold_until(hour_ns)
            self._hold_until(hour_ns + HOUR_NS)
            self.charged.append((claim, hour_ns))
        return self._sections.words[cell + LENGTH] == claim.bucket_ns

    def _add_period(self, claim: Claim, cell: int) -> bool:
        """What counts by the calendar is always charged in the records of calls."""
        words = self._sections.words
        start, end = self._sections.calendar.span(claim.span, claim.period, claim.zone, self._now_ns)
        self._hold_until(start)
        self._hold_until(end)
        records = [cell + at for at in (FIRST_RECORD, SECOND_RECORD) if words[cell + at + STAMP] == start + 1]
        if not records or words[cell + SPAN] != claim.span:
            return False
        record = records[0]
        self.facts += cell + SPAN, record + STAMP, record + GENERATION
        if claim.kind == "count":
            self.raised.append(record + SPENT)
            self.beside.append(cell + UNUSED)
        else:
            self.raised.append(record + RESERVED)
            self.beside.append(record + SPENT)
            self.held.append((record + RESERVED, words[record + GENERATION], claim.unit))
        self.charged.append((claim, start))
        return True

    def _hold_until(self, instant_ns: int) -> None:
        """What was worked out is of this side of an instant alone."""
        if instant_ns <= self._now_ns:
            self.from_ns = max(self.from_ns, instant_ns)
        else:
            self.until_ns = min(self.until_ns, instant_ns)


def build_reader(words: Iterable[int]) -> tuple[Callable[..., tuple[int, ...]], int]:
    """Return what reads these words in one step, in ascending order, and the byte that it is to begin at."""
    ordered = sorted(words)
    parts, at = ["="], ordered[0]
    for word in ordered:
        parts.append(f"{(word - at) * WORD}xq")
        at = word + 1
    return Struct("".join(parts)).unpack_from, ordered[0] * WORD


def picker(places: Iterable[int]) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """Return what picks these places of a tuple. A single one is picked twice, since `itemgetter` would return it bare:
    whoever pairs what was picked with something else stops at the end of the other.
    """
    listed = tuple(places)
    return itemgetter(*(listed if len(listed) > 1 else listed * 2))
