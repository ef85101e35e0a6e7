"""Rings of the meters file: what was counted in a window that slides (policy/rate.py).

Two sections have them: calls, in numbers of 4 bytes, and amounts, in numbers of 8, which can also be reserved. Whoever
changes a ring holds its stripe. Writes are ordered: a kill between any two can only make more of the limit seem used.
"""

from collections import Counter
from collections.abc import Iterable

from tollway.adapters.meters.layout import LAST, LENGTH, RING_RESERVED, TOTAL
from tollway.gateway.room import AMOUNT_MAX
from tollway.kernel.clock import Clock
from tollway.policy.rate import SLOTS, advance, rebucket, remaining_at


class Rings:
    """The rings of one section. `ring` is the number of a cell's words before its ring, `per_word` how many of the
    section's numbers are in a word.
    """

    def __init__(
        self, words: "memoryview[int]", numbers: "memoryview[int]", clock: Clock, *, ring: int, per_word: int
    ) -> None:
        self.words = words
        self.numbers = numbers
        self._clock = clock
        self._ring_at = ring * per_word
        self._per_word = per_word

    def bring_up(self, cell: int, length_ns: int, now_ns: int) -> int:
        """Bring a ring to the present, and to buckets of this length; return its sum."""
        words = self.words
        if words[cell + LENGTH] != length_ns:
            return self._rebucket(cell, length_ns, now_ns)
        current, last = now_ns // length_ns, words[cell + LAST]
        if current > last:
            # The sum is stored before the bucket: whoever finds the old bucket does all of this again.
            words[cell + TOTAL] = advance(self.ring(cell), last, current)
            words[cell + LAST] = current
        return words[cell + TOTAL]

    def spend(self, cell: int, amount: int) -> None:
        """Add to what is counted now."""
        words, numbers = self.words, self.numbers
        length = words[cell + LENGTH]
        now_ns = self._clock.monotonic_ns()
        current = now_ns // length
        if current > words[cell + LAST]:
            self.bring_up(cell, length, now_ns)
        at = cell * self._per_word + self._ring_at + current % SLOTS
        count, total = numbers[at] + amount, words[cell + TOTAL] + amount
        numbers[at] = count if count < AMOUNT_MAX else AMOUNT_MAX
        words[cell + TOTAL] = total if total < AMOUNT_MAX else AMOUNT_MAX

    def take_back(self, cell: int, length_ns: int, bucket: int, amount: int) -> None:
        """Take back what was counted in a bucket of this length, unless it has left the ring or its buckets are others.

        A kill in between leaves the sum too high until the next bucket.
        """
        words = self.words
        if words[cell + LENGTH] == length_ns and words[cell + LAST] - bucket < SLOTS:
            at = self.place(cell, bucket)
            amount = min(amount, self.numbers[at])
            self.numbers[at] -= amount
            words[cell + TOTAL] -= amount

    def raise_to(self, cell: int, length_ns: int, amount: int) -> None:
        """Let a ring's sum be at least `amount`, as if the rest was counted now. Idempotent."""
        mono_ns = self._clock.monotonic_ns()
        missing = amount - self.bring_up(cell, length_ns, mono_ns)
        if missing > 0:
            self.numbers[self.place(cell, mono_ns // length_ns)] += missing
            self.words[cell + TOTAL] += missing

    def raise_before(self, cell: int, amounts: Iterable[tuple[int, int]]) -> None:
        """Raise what was counted so many nanoseconds ago to at least these amounts. Idempotent."""
        words = self.words
        length, now_ns = words[cell + LENGTH], self._clock.monotonic_ns()
        self.bring_up(cell, length, now_ns)
        sums: Counter[int] = Counter()
        for age_ns, amount in amounts:
            bucket = (now_ns - age_ns) // length
            if bucket + SLOTS > now_ns // length:
                sums[bucket] += amount
        for bucket, amount in sums.items():
            at = self.place(cell, bucket)
            self.numbers[at] = max(self.numbers[at], min(amount, AMOUNT_MAX))
        words[cell + TOTAL] = sum(self.ring(cell))

    def place(self, cell: int, bucket: int) -> int:
        """Return the place of a bucket's number."""
        return cell * self._per_word + self._ring_at + bucket % SLOTS

    def ring(self, cell: int) -> "memoryview[int]":
        """Return the numbers of a ring."""
        at = cell * self._per_word + self._ring_at
        return self.numbers[at : at + SLOTS]

    def used(self, cell: int) -> int:
        """Return the sum of a ring at this instant, without changing it."""
        words = self.words
        length = words[cell + LENGTH]
        if not length:
            return words[cell + TOTAL]
        return remaining_at(self.ring(cell), words[cell + LAST], self._clock.monotonic_ns() // length)

    def is_idle(self, cell: int) -> bool:
        """Whether a ring may be forgotten."""
        words = self.words
        length = words[cell + LENGTH]
        if not length or (self._per_word == 1 and words[cell + RING_RESERVED]):
            return False
        return words[cell + LAST] + SLOTS < self._clock.monotonic_ns() // length

    def _rebucket(self, cell: int, length_ns: int, now_ns: int) -> int:
        """Give a ring buckets of another length. Without a length it was being changed when its process was killed:
        then all of its sum counts as if just now.
        """
        words = self.words
        old_ns = words[cell + LENGTH]
        current = now_ns // length_ns
        if old_ns:
            self.bring_up(cell, old_ns, now_ns)
            counts = rebucket(self.ring(cell), now_ns // old_ns, old_ns=old_ns, new_ns=length_ns, now_ns=now_ns)
            words[cell + TOTAL] = total = sum(counts)
            words[cell + LENGTH] = 0
        else:
            total = words[cell + TOTAL]
            counts = [0] * SLOTS
            counts[current % SLOTS] = total
        for bucket, count in enumerate(counts):
            self.numbers[self.place(cell, bucket)] = count
        words[cell + LAST] = current
        words[cell + LENGTH] = length_ns
        return total
