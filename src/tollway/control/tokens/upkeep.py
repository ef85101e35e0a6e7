"""What the program does with tokens by itself: tells of those that expire soon, and ends those that nobody uses.

Law: each notice is told once, whichever process looks and however often it is restarted. A token is ended for not being
used only on the word of a ledger that is up to date; while it is not, nothing is ended. Accurate to a look's interval
and GRACE_SECONDS, always later than asked for, never earlier.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from tollway.contract.ledger_api import HealthAnswer, LastUse
from tollway.control.actor import SETUP
from tollway.control.notices.ports import Notices, ToldStore
from tollway.control.ports import Transactions
from tollway.control.tokens.events import token_expiring_event, token_idle_event
from tollway.control.tokens.model import Token
from tollway.control.tokens.ports import TokenStore
from tollway.control.tokens.service import Tokens
from tollway.kernel.clock import NANOS_PER_SECOND, Clock

NOTICE_DAYS = (30, 7, 1)
GRACE_SECONDS = 120
"""Added to a token's idle time: what the ledger and a look may be late."""
LAG_BYTES_MAX = 4_194_304
"""Of journals that the ledger has not read yet: a second of heavy load."""
INGEST_SECONDS_MAX = 60
BATCH = 500
FULL_LOOK_SECONDS = 3_600
_DAY_NS = 86_400 * NANOS_PER_SECOND


class Uses(Protocol):
    """The ledger's word on when tokens were used."""

    def get_last_uses(self, token_ids: list[str]) -> dict[str, LastUse]:
        """Return the last use of each token that was ever used. Raises usage.unavailable."""
        ...

    def find_health(self) -> HealthAnswer | None:
        """Return how far the ledger is; None when it does not answer."""
        ...


@dataclass(frozen=True, slots=True)
class UpkeepParts:
    """What upkeep is built from. `write_to` sends word to a token's owner that it expires, or that it ends at an
    instant for not being used; it must not raise.
    """

    store: TokenStore
    tokens: Tokens
    uses: Uses
    told: ToldStore
    notices: Notices
    transactions: Transactions
    clock: Clock
    write_to: Callable[[Token, int, int | None], None] = lambda token, days, idle_ends_ns: None


class TokenUpkeep:
    """Looks when asked to. A look raises management.unavailable or usage.unavailable; the next one does the rest."""

    def __init__(self, parts: UpkeepParts) -> None:
        self._parts = parts
        self._told_until: dict[int, int] = {}
        self._saw_all_ns = 0

    def tell_expiring(self) -> int:
        """Tell of tokens that came within 30, 7 or 1 days of their expiry; return how many notices were new.

        A token that was issued for a shorter time than that is not told of: who issued it knows.
        """
        now = self._parts.clock.now_ns()
        told = 0
        if now - self._saw_all_ns >= FULL_LOOK_SECONDS * NANOS_PER_SECOND:
            self._told_until.clear()
            self._saw_all_ns = now
        for days in NOTICE_DAYS:
            until = now + days * _DAY_NS
            # Only what came into the range since the last look; a full look also finds what was changed into it.
            after = max(now, self._told_until.get(days, now))
            for token in self._expiring(after, until):
                if _is_for(token, days, now):
                    told += self._tell_once(token, days, now)
            self._told_until[days] = until
        return told

    def end_idle(self) -> int:
        """End the tokens that were not used for their idle time, and return how many; tell of those that soon will be.

        Told 30, 7 and 1 days before, as far as that is at most half of the idle time.
        """
        parts = self._parts
        now = parts.clock.now_ns()
        if not _is_up_to_date(parts.uses.find_health(), now):
            return 0
        ended = 0
        for batch in self._with_idle_time():
            uses = parts.uses.get_last_uses([token.id for token in batch])
            for token in batch:
                if _is_idle(token, uses.get(token.id), now):
                    ended += self._end_idle(token, now)
                elif (ends_ns := find_idle_end_ns(token, uses.get(token.id))) is not None:
                    self._tell_idle(token, ends_ns, now)
        return ended

    def _expiring(self, after_ns: int, until_ns: int) -> Iterator[Token]:
        while True:
            found = self._parts.store.expiring(after_ns=after_ns, until_ns=until_ns, limit=BATCH)
            yield from found
            if len(found) < BATCH:
                return
            last = found[-1].expires_ns
            # A whole batch of one instant is stepped over: the look after it would see the same again.
            after_ns = last - 1 if last is not None and last - 1 > after_ns else after_ns + NANOS_PER_SECOND

    def _tell_once(self, token: Token, days: int, now: int) -> int:
        parts = self._parts
        subject = f"token_expiry/{token.id}/{token.expires_ns}/{days}"
        if parts.told.find_until(subject) is not None:
            return 0
        with parts.transactions.write():
            if parts.told.find_until(subject) is not None:  # again: another node may have told it meanwhile
                return 0
            parts.told.put(subject, token.expires_ns or now)
            parts.notices.tell(token_expiring_event(token, days, now))
        parts.write_to(token, days, None)
        return 1

    def _tell_idle(self, token: Token, ends_ns: int, now: int) -> None:
        parts = self._parts
        days = next((days for days in reversed(NOTICE_DAYS) if now < ends_ns <= now + days * _DAY_NS), None)
        if days is None or 2 * days * 86_400 > (token.idle_seconds or 0) or token.state_at(now) != "active":
            return
        subject = f"token_idle/{token.id}/{ends_ns}/{days}"
        if parts.told.find_until(subject) is not None:
            return
        with parts.transactions.write():
            if parts.told.find_until(subject) is not None:  # again: another node may have told it meanwhile
                return
            parts.told.put(subject, ends_ns)
            parts.notices.tell(token_idle_event(token, days, ends_ns=ends_ns, now_ns=now))
        parts.write_to(token, days, ends_ns)

    def _with_idle_time(self) -> Iterator[tuple[Token, ...]]:
        after = ""
        while found := self._parts.store.with_idle_time(after_id=after, limit=BATCH):
            yield found
            after = found[-1].id

    def _end_idle(self, token: Token, now: int) -> int:
        with self._parts.transactions.write():
            current = self._parts.store.find(token.id)
            if current is None or current.version != token.version:
                return 0  # somebody changed it, which is a sign of life
            life = replace(current.life, idle_since_ns=now, expires_before_idle_ns=current.expires_ns)
            ended = replace(current, expires_ns=now // NANOS_PER_SECOND * NANOS_PER_SECOND, life=life)
            self._parts.tokens.save(current, ended, SETUP, "end_idle")
        return 1


def _is_for(token: Token, days: int, now: int) -> bool:
    """Return whether this is the notice of a token: of several that are due at once, the most urgent one."""
    assert token.expires_ns is not None, "it expires"
    left = token.expires_ns - now
    is_nearest = all(left > nearer * _DAY_NS for nearer in NOTICE_DAYS if nearer < days)
    return is_nearest and token.created_ns < token.expires_ns - days * _DAY_NS


def find_idle_end_ns(token: Token, use: LastUse | None) -> int | None:
    """Return when the token ends if it is not used before, GRACE_SECONDS not counted; None: it never ends so."""
    if token.idle_seconds is None:
        return None
    signs = (use.last_ns if use else 0, token.created_ns, token.updated_ns, token.not_before_ns or 0)
    return max(signs) + token.idle_seconds * NANOS_PER_SECOND


def _is_idle(token: Token, use: LastUse | None, now: int) -> bool:
    ends_ns = find_idle_end_ns(token, use)
    if ends_ns is None or token.state_at(now) != "active":
        return False
    return now - ends_ns >= GRACE_SECONDS * NANOS_PER_SECOND


def _is_up_to_date(health: HealthAnswer | None, now: int) -> bool:
    if health is None or health.problem:
        return False
    return health.lag_bytes <= LAG_BYTES_MAX and now - health.last_ingest_ns <= INGEST_SECONDS_MAX * NANOS_PER_SECOND
