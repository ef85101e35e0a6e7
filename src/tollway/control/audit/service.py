"""Write entries, and look them up and check them.

Law: an act and its entry are one transaction, so that there is no change without an entry; what refuses an act writes
its entry in a transaction of its own, so that the refusal cannot take it back.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import msgspec

from tollway.control.actor import SETUP, Actor
from tollway.control.audit import chain
from tollway.control.audit.model import (
    CheckedPart,
    Checkpoint,
    Entry,
    Facts,
    Head,
    Link,
    Outcome,
    Refusal,
    Subject,
    Verdict,
    Wanted,
)
from tollway.control.audit.ports import AuditStore
from tollway.control.faults import refuse
from tollway.control.paging import bound_size
from tollway.control.ports import Transactions
from tollway.kernel.clock import Clock
from tollway.kernel.secret import SecretRing

NAME_CHARACTERS_MAX = 200
FACTS_CHARACTERS_MAX = 20_000
PRUNED_MAX = 1_000
"""Deleted in one transaction: some milliseconds, in which no other change is made."""


class Audit:
    """The audit log of this installation. Thread-safe."""

    def __init__(self, store: AuditStore, transactions: Transactions, clock: Clock, keys: SecretRing) -> None:
        self._store = store
        self._transactions = transactions
        self._clock = clock
        self._keys = keys

    def begin(self, actor: Actor) -> None:
        """Write the first entry unless there is one. Called at every start."""
        if self._store.head() is None:
            self.record(actor, "audit.begin", Subject("audit"))

    def record(
        self, actor: Actor, action: str, subject: Subject, before: Facts | None = None, after: Facts | None = None
    ) -> None:
        """Write that something was done, in the transaction of the caller or in its own.

        Of `before` and `after` only what differs is kept.
        """
        was, now = _differing(before, after)
        self._append(actor, action, subject, "done", ("", was, now))

    def refuse(self, actor: Actor, refusal: Refusal) -> None:
        """Write that something was refused, in a transaction of its own."""
        self._append(actor, refusal.action, refusal.subject, "refused", (refusal.code, None, None))

    def page(self, wanted: Wanted, *, before_seq: int | None = None, limit: int = 50) -> tuple[Entry, ...]:
        """Return entries, newest first, older than the entry `before_seq`."""
        return self._store.page(wanted, before_seq=before_seq, limit=bound_size(limit))

    def verify(self, since: tuple[int, bytes] | None = None) -> Verdict:
        """Check the whole log; `since` is a head that was kept elsewhere. Costs some microseconds an entry.

        Raises management.invalid when retention has deleted the entry of that head.
        """
        return self.verify_part(since).verdict

    def verify_part(
        self, since: chain.Place | None = None, *, behind: chain.Place | None = None, limit: int | None = None
    ) -> CheckedPart:
        """Check at most `limit` entries behind a place that an earlier part has reached; None: from the beginning.

        The verdict on a part that is not the last is about what was checked so far. Raises as `verify`.
        """
        while True:
            start = self._store.checkpoint()
            if start is not None and since is not None and since[0] < start.seq:
                raise refuse("query/since_seq", f"the entries up to {start.seq} were deleted by retention")
            part = self._check_part(start, since, behind, limit)
            # What retention deleted under our eyes is no fault: look again.
            if part.verdict.is_whole or self._store.checkpoint() == start:
                return part if part.next else replace(part, verdict=self._with_added(part.verdict))

    def _check_part(
        self, start: Checkpoint | None, since: chain.Place | None, behind: chain.Place | None, limit: int | None
    ) -> CheckedPart:
        # The head is read first: what is written meanwhile makes the log longer than it, never shorter.
        head = self._store.head()
        is_first = behind is None or (start is not None and start.seq >= behind[0])
        begin = chain.find_begin(start, self._keys, since) if behind is None or is_first else behind
        total = (head.seq if head else 0) - (start.seq if start else 0)
        if isinstance(begin, Verdict):
            return CheckedPart(chain.behind(begin, start), total)
        links: Iterator[Link] = self._store.iterate(after=None if is_first else begin[0])
        if head is not None:
            links = _until(links, head.seq)
        reached = chain.walk(islice(links, limit), begin, since)
        if isinstance(reached, Verdict):
            return CheckedPart(chain.behind(reached, start), total)
        if limit is not None and head is not None and begin[0] + limit <= reached[0] < head.seq:
            so_far = Verdict(reached[0], reached[0], reached[1].hex())
            return CheckedPart(chain.behind(so_far, start), total, reached)
        return CheckedPart(chain.behind(chain.check_end(reached, head, self._keys, since), start), total)

    def _with_added(self, verdict: Verdict) -> Verdict:
        """Return the verdict, which entries behind the head make bad: who appends moves the head with the entry."""
        added = self._store.find_after_head() if verdict.is_whole else None
        if added is None:
            return verdict
        return replace(verdict, fault=f"entry {added} was added by something else than this program", at=added)

    def delete_older(self, than_ns: int, *, limit: int = PRUNED_MAX) -> int:
        """Delete a batch of the oldest entries, all older than an instant, behind a sealed checkpoint.

        The last entry of the log stays. Return how many were deleted. One transaction with the entry that says so.
        """
        with self._transactions.write():
            head, before = self._store.head(), self._store.checkpoint()
            last = self._store.find_last_before(than_ns, limit=limit)
            if last is None or head is None or last.entry.seq >= head.seq or not self._may_move(head, before):
                return 0
            self._store.put_checkpoint(chain.seal_checkpoint(last.entry.seq, last.hash, self._keys.current()))
            deleted = self._store.delete_through(last.entry.seq)
            self.record(SETUP, "audit.delete", Subject("audit"), None, {"entries": deleted, "through": last.entry.seq})
        return deleted

    def seal_again(self, actor: Actor) -> None:
        """Seal both ends with the root key in use, by an entry that says so; what no accepted key sealed stays so."""
        with self._transactions.write():
            start = self._store.checkpoint()
            if start is not None and chain.is_checkpoint_sealed(start, *self._keys.all()):
                self._store.put_checkpoint(chain.seal_checkpoint(start.seq, start.hash, self._keys.current()))
            self.record(actor, "key.sealed", Subject("key"))

    def _may_move(self, head: Head, start: Checkpoint | None) -> bool:
        """Whether both ends are ours: a forged one must not get a seal by being moved."""
        return chain.is_sealed(head, self._keys) and (
            start is None or chain.is_checkpoint_sealed(start, *self._keys.all())
        )

    def has_old_seal(self) -> bool:
        """Whether one of the log's ends is sealed with an older root key than the one in use."""
        head, start, current = self._store.head(), self._store.checkpoint(), self._keys.current()
        return (head is not None and chain.is_sealed(head, self._keys) and not chain.is_sealed_with(head, current)) or (
            start is not None
            and chain.is_checkpoint_sealed(start, *self._keys.all())
            and not chain.is_checkpoint_sealed(start, current)
        )

    def _append(
        self, actor: Actor, action: str, subject: Subject, outcome: Outcome, what: tuple[str, str | None, str | None]
    ) -> None:
        code, before, after = what
        with self._transactions.write():
            head = self._store.head()
            entry = Entry(
                seq=(head.seq if head else 0) + 1,
                at_ns=self._clock.now_ns(),
                actor=str(actor),
                actor_name=actor.name[:NAME_CHARACTERS_MAX],
                role=actor.role,
                address=actor.address,
                request_id=actor.request_id,
                action=action,
                outcome=outcome,
                code=code,
                kind=subject.kind,
                object_id=subject.id[:NAME_CHARACTERS_MAX],
                object_name=subject.name[:NAME_CHARACTERS_MAX],
                before=before,
                after=after,
                token_id=actor.token_id,
            )
            last = chain.link(entry, head.hash if head else chain.START)
            # An end that somebody else has made keeps its false seal, or the next act would cover it up.
            seal = chain.seal(entry.seq, last, self._keys.current())
            if head is not None and not chain.is_sealed(head, self._keys):
                seal = head.seal
            self._store.append(entry, last, seal)


def _until(links: Iterator[Link], seq: int) -> Iterator[Link]:
    """Yield the log up to an entry; what was removed from the end is missing here too."""
    for one in links:
        if one.entry.seq > seq:
            return
        yield one


def _differing(before: Facts | None, after: Facts | None) -> tuple[str | None, str | None]:
    if before is None or after is None:
        return _text(before), _text(after)
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return _text({name: before.get(name) for name in names}), _text({name: after.get(name) for name in names})


def _text(facts: Facts | None) -> str | None:
    """Write facts as JSON with sorted names; what is too long is cut to the names of the facts."""
    if facts is None:
        return None
    text = msgspec.json.encode(facts, order="sorted").decode()
    if len(text) <= FACTS_CHARACTERS_MAX:
        return text
    return msgspec.json.encode(dict.fromkeys(facts, "…"), order="sorted").decode()
