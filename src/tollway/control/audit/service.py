"""Write entries, and look them up and check them.

Law: an act and its entry are one transaction, so that there is no change without an entry; what refuses an act writes
its entry in a transaction of its own, so that the refusal cannot take it back.
"""

from collections.abc import Iterator

import msgspec

from tollway.control.actor import Actor
from tollway.control.audit import chain
from tollway.control.audit.model import Entry, Facts, Link, Outcome, Refusal, Subject, Verdict, Wanted
from tollway.control.audit.ports import AuditStore
from tollway.control.paging import bound_size
from tollway.control.ports import Transactions
from tollway.kernel.clock import Clock
from tollway.kernel.secret import SecretRing

NAME_CHARACTERS_MAX = 200
FACTS_CHARACTERS_MAX = 20_000


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
        """Check the whole log; `since` is a head that was kept elsewhere. Costs some microseconds an entry."""
        # The head is read first: what is written meanwhile makes the log longer than it, never shorter.
        head = self._store.head()
        links: Iterator[Link] = self._store.iterate()
        if head is not None:
            links = _until(links, head.seq)
        return chain.check(links, head, self._keys, since=since)

    def has_old_seal(self) -> bool:
        """Whether the log's end is sealed with an older root key than the one in use."""
        head = self._store.head()
        return head is not None and not chain.is_sealed_with(head, self._keys.current())

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
            self._store.append(entry, last, chain.seal(entry.seq, last, self._keys.current()))


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
