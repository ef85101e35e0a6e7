"""Range locks on the meters file: one byte an owner stripe, released by the kernel when their process dies.

POSIX locks belong to the process, not to a thread or object: all of this is for one thread. Locks lie beyond
the data, at offsets of their own. Stripes are taken in ascending order, the table last, so nobody waits in a
circle. Waiting here holds up everything else of the process, so that it ends after 2 ms with MetersBusy: whoever
can wait without holding up others tries again (gateway/patience.py). Holders that died hold nothing any more; one that
is held for longer was put aside by a busy machine, or stopped. Until such a lock was had again, or for a second,
every try is a single one, so that the calls of one owner do not hold up those of all others.
"""

import time
from collections.abc import Sequence
from fcntl import LOCK_EX, LOCK_NB, LOCK_UN, lockf

from tollway.gateway.room import MetersBusy

WAIT_SECONDS = 0.002
ALL_WAIT_SECONDS = 0.05
"""For every stripe at once, which is seldom asked for, and which under load somebody or other nearly always holds."""
STUCK_SECONDS = 1.0
STRIPES_MAX = 2**20
_STRIPES_AT = 2**40
_TABLE_AT = _STRIPES_AT + STRIPES_MAX
_PROCESSES_AT = _TABLE_AT + 1
_TRY = LOCK_EX | LOCK_NB
_YIELDS = 20
_NAP_SECONDS = 0.0002


class RangeLocks:
    """The locks of one process on one open file."""

    __slots__ = ("_fd", "_stuck")

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._stuck: dict[tuple[int, int], float] = {}
        """Until when it is no use to wait, by what was waited for in vain."""

    def lock_stripe(self, stripe: int) -> None:
        """Take one stripe. Raises MetersBusy after 2 ms, at once while others wait in vain."""
        self.lock_stripes((stripe,))

    def unlock_stripe(self, stripe: int) -> None:
        """Release one stripe."""
        lockf(self._fd, LOCK_UN, 1, _STRIPES_AT + stripe)

    def lock_stripes(self, stripes: Sequence[int]) -> None:
        """Take several stripes, given in ascending order, or none. Raises MetersBusy as `lock_stripe`."""
        fd = self._fd
        try:
            for stripe in stripes:
                lockf(fd, _TRY, 1, _STRIPES_AT + stripe)
        except OSError:
            self._wait_for(stripes)
        if self._stuck:
            # Whoever held them was not stopped after all, but only put aside for long.
            for stripe in stripes:
                self._stuck.pop((_STRIPES_AT + stripe, 1), None)

    def unlock_stripes(self, stripes: Sequence[int]) -> None:
        """Release several stripes, given in ascending order: all of the range at once, since no others are held."""
        if stripes:
            first = stripes[0]
            lockf(self._fd, LOCK_UN, stripes[-1] - first + 1, _STRIPES_AT + first)

    def try_stripe(self, stripe: int) -> bool:
        """Take one stripe if it is free at this instant."""
        return self._try(_STRIPES_AT + stripe, 1)

    def lock_all_stripes(self) -> None:
        """Take every stripe: nobody else changes any count. Raises MetersBusy after 50 ms."""
        self._wait(_STRIPES_AT, STRIPES_MAX, ALL_WAIT_SECONDS)

    def unlock_all_stripes(self) -> None:
        """Release every stripe."""
        lockf(self._fd, LOCK_UN, STRIPES_MAX, _STRIPES_AT)

    def lock_table(self) -> None:
        """Take the right to give cells away; after any stripe. Raises MetersBusy as `lock_stripe`."""
        self._wait(_TABLE_AT, 1)

    def unlock_table(self) -> None:
        """Release the right to give cells away."""
        lockf(self._fd, LOCK_UN, 1, _TABLE_AT)

    def try_process(self, slot: int) -> bool:
        """Take the byte that a living process holds on its slot. Always succeeds for the own slot."""
        return self._try(_PROCESSES_AT + slot, 1)

    def unlock_process(self, slot: int) -> None:
        """Release the byte of a slot."""
        lockf(self._fd, LOCK_UN, 1, _PROCESSES_AT + slot)

    def _try(self, offset: int, length: int) -> bool:
        try:
            lockf(self._fd, _TRY, length, offset)
        except OSError:
            return False
        return True

    def _wait_for(self, stripes: Sequence[int]) -> None:
        """Take stripes of which one was held a moment ago; those that were had are taken again for nothing."""
        try:
            for stripe in stripes:
                if not self._try(_STRIPES_AT + stripe, 1):
                    self._wait(_STRIPES_AT + stripe, 1)
        except MetersBusy:
            self.unlock_stripes(stripes)
            raise

    def _wait(self, offset: int, length: int, seconds: float = WAIT_SECONDS) -> None:
        began = time.monotonic()
        is_stuck = self._stuck.get((offset, length), 0.0) > began
        deadline = began if is_stuck else began + seconds
        tries = 0
        while not self._try(offset, length):
            if time.monotonic() >= deadline:
                if not is_stuck:
                    self._stuck[offset, length] = deadline + STUCK_SECONDS
                raise MetersBusy(f"lock {offset - _STRIPES_AT} is held")
            tries += 1
            # Locks are held for microseconds; yielding is enough unless the holder was put aside.
            time.sleep(0 if tries < _YIELDS else _NAP_SECONDS)
        self._stuck.pop((offset, length), None)
