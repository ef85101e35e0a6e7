"""Change the root key while everything runs, in steps that each leave the installation whole.

A new key is first made known to every process and used by none; then it is used, while the older ones still open and
verify; then what they have sealed is sealed again. The file says how far a change is, so whoever comes next after a
crash goes on from there: `advance` takes the next step, whatever it is.

Law: a key leaves the file only when nothing needs it, which `retire` counts anew each time.
"""

import threading
from collections import Counter
from collections.abc import Sequence

import msgspec

from tollway.control.actor import SETUP, Actor
from tollway.control.audit.model import Subject
from tollway.control.keys import errors
from tollway.control.keys.model import Key, KeyName, KeyState, Left, Step
from tollway.control.keys.ports import KeyFile, KeysInUse, KeyUses, SealedPlace
from tollway.control.ports import Trail, Transactions

BATCH = 64
KEYS_MAX = 8


class KeyParts(msgspec.Struct, frozen=True):
    """What the service is built from. `places` are looked through in their order."""

    file: KeyFile
    in_use: KeysInUse
    places: Sequence[SealedPlace]
    uses: KeyUses
    transactions: Transactions
    trail: Trail


class RootKeys:
    """The root keys of this installation. Thread-safe; one step is taken at a time."""

    def __init__(self, parts: KeyParts) -> None:
        self._parts = parts
        self._lock = threading.Lock()

    def show(self) -> KeyState:
        """Return which keys there are and what hangs on each. Counts what is sealed, which may take seconds."""
        names = self._parts.file.names()
        left = self._left() if len(names) > 1 else ()
        return KeyState(_step(names, left), tuple(self._key(name, names[0]) for name in names), left)

    def rotate(self, actor: Actor) -> KeyName:
        """Begin a change: draw a new key, which `advance` brings into use. A change that is under way is not begun
        anew. Returns the newest key. Raises management.conflict when there are too many keys already.
        """
        with self._lock:
            names = self._parts.file.names()
            newest = max(names, key=lambda name: name.generation)
            if newest != names[0] or any(place.count_old() for place in self._places(names)):
                return newest
            if len(names) >= KEYS_MAX:
                raise errors.too_many_keys(len(names))
            with self._parts.transactions.write():
                made = self._parts.file.add()
                self._record(actor, "key.rotate", made)
            return made

    def advance(self) -> bool:
        """Take one bounded step of a change that is under way; False when there is none to take.

        Raises management.unavailable; then nothing is lost and the step can be tried again.
        """
        with self._lock:
            names = self._parts.file.names()
            if tuple(name.generation for name in names) != self._parts.in_use.generations():
                self._parts.in_use.hand_over()
                return True
            if _has_next(names):
                self._promote(names)
                return True
            return any(place.reseal(BATCH) for place in self._places(names))

    def retire(self, actor: Actor) -> KeyState:
        """Remove every key but the one in use. Raises management.conflict while anything needs an older one."""
        with self._lock:
            names = self._parts.file.names()
            if len(names) == 1:
                raise errors.nothing_to_retire()
            # A process that still seals with an older key would go on adding to what is counted here.
            self._parts.in_use.hand_over()
            state = self.show()
            if state.step != "in_use":
                raise errors.still_sealed(state)
            needed = tuple(key for key in state.older if key.tokens.count or key.passwords.count)
            if needed:
                raise errors.still_used(needed)
            with self._parts.transactions.write():
                for key in state.older:
                    self._record(actor, "key.retire", key.name)
                self._parts.file.retire()
            self._parts.in_use.hand_over()
            return self.show()

    def _promote(self, names: Sequence[KeyName]) -> None:
        # Not one process may meet what the new key has sealed before it has that key.
        self._parts.in_use.hand_over()
        with self._parts.transactions.write():
            self._record(SETUP, "key.use", max(names, key=lambda name: name.generation))
            self._parts.file.promote()
        self._parts.in_use.hand_over()

    def _places(self, names: Sequence[KeyName]) -> Sequence[SealedPlace]:
        return self._parts.places if len(names) > 1 else ()

    def _left(self) -> tuple[Left, ...]:
        counts: Counter[str] = Counter()
        for place in self._parts.places:
            counts[place.name] += place.count_old()
        return tuple(Left(name, count) for name, count in counts.items() if count)

    def _key(self, name: KeyName, current: KeyName) -> Key:
        uses = self._parts.uses
        return Key(name, name == current, uses.tokens(name.generation), uses.passwords(name.generation))

    def _record(self, actor: Actor, action: str, name: KeyName) -> None:
        self._parts.trail.record(actor, action, Subject("key", str(name.generation), name.fingerprint))


def _has_next(names: Sequence[KeyName]) -> bool:
    return any(name.generation > names[0].generation for name in names)


def _step(names: Sequence[KeyName], left: Sequence[Left]) -> Step:
    if len(names) == 1:
        return "settled"
    if _has_next(names):
        return "handing_over"
    return "sealing" if left else "in_use"
