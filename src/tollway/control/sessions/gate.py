"""The one gate before every check of a password, code, passkey or link: attempts are counted there and nowhere else.

Law: nothing that a person could guess is looked at before `enter` counted the attempt, in a transaction of its own, and
an attempt is given back only by what was proved (tokens.md R36).
"""

from dataclasses import dataclass

from tollway.control.sessions import errors
from tollway.control.sessions.model import User
from tollway.control.sessions.ports import ThrottleStore
from tollway.control.sessions.throttle import Bucket, account_bucket, code_bucket, global_bucket, source_bucket
from tollway.kernel.clock import NANOS_PER_SECOND, Clock


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt, counted in `places` (source and all), in `account`, and in `codes` where a code is guessed."""

    places: tuple[Bucket, ...]
    account: Bucket | None = None
    codes: Bucket | None = None

    @property
    def buckets(self) -> tuple[Bucket, ...]:
        """Every counter it is in."""
        return (*self.places, *(one for one in (self.account, self.codes) if one is not None))


class Gate:
    """Counts attempts. Thread-safe, and exact between processes."""

    def __init__(self, throttle: ThrottleStore, clock: Clock) -> None:
        self._throttle = throttle
        self._clock = clock

    def enter(self, address: str, name_key: str | None = None) -> Attempt:
        """Count an attempt from there, on this account if one is meant. Raises management.throttled."""
        account = None if name_key is None else account_bucket(name_key, address)
        return self._enter(Attempt((source_bucket(address), global_bucket()), account))

    def enter_with_code(self, address: str, user: User) -> Attempt:
        """Count an attempt on a code of six digits, which is guessable from many places at once.

        So all places together have one more counter for each person. Raises management.throttled.
        """
        places = (source_bucket(address), global_bucket())
        return self._enter(Attempt(places, account_bucket(user.name_key, address), code_bucket(user.id)))

    def ask(self, bucket: Bucket) -> None:
        """Count something that is no attempt but has to be bounded. Raises management.throttled."""
        self._enter(Attempt((bucket,)))

    def passed(self, attempt: Attempt, *, name_key: str | None = None, address: str = "") -> None:
        """Give a proved attempt back, and forget the account's failures from there.

        `name_key` where the account was known only afterwards.
        """
        cleared = attempt.account or (account_bucket(name_key, address) if name_key is not None else None)
        self._throttle.give_back(attempt.buckets, cleared=cleared)

    def halfway(self, attempt: Attempt) -> None:
        """Give back what the first of two proofs earns: the account's counter stays, until the second is there.

        Otherwise whoever knows the password could empty it between guesses of the code.
        """
        self._throttle.give_back(attempt.places, cleared=None)

    def _enter(self, attempt: Attempt) -> Attempt:
        wait_ns = self._throttle.take(attempt.buckets, self._clock.now_ns())
        if wait_ns:
            raise errors.throttled(wait_ns / NANOS_PER_SECOND)
        return attempt
