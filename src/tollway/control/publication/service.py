"""Keeps the policy store equal to the config database.

Law: the policy store is the last word, and nothing else writes it. A transaction notes what it touched; the
notes are committed with it, and published before the writer's lock is given back and the answer goes out.
A crash or a failed write in between leaves the notes, which the next change or the next start publishes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tollway.contract.policy import LAYOUT, Snapshot, decode_snapshot, encode
from tollway.contract.rights import ALL_RIGHTS
from tollway.control.applications.model import Application
from tollway.control.model import Damaged
from tollway.control.ports import Transactions
from tollway.control.publication.errors import not_published
from tollway.control.publication.model import Dirty, Options, Problem, Published
from tollway.control.publication.ports import (
    PolicyWriter,
    PublicationStore,
    PublishedApplications,
    PublishedTokens,
    Stored,
)
from tollway.control.publication.records import encode_application, encode_token
from tollway.control.publication.snapshot import SnapshotBuilder
from tollway.control.rights.ports import NoPublishedRights, PublishedRights
from tollway.control.tokens.model import Token
from tollway.kernel.errors import TollwayError

BATCH = 2_000
"""Rows read at a time while everything is published."""


@dataclass(frozen=True, slots=True)
class PublisherParts:
    """What the publisher is built from."""

    store: PublicationStore
    writer: PolicyWriter
    tokens: PublishedTokens
    applications: PublishedApplications
    snapshots: SnapshotBuilder
    transactions: Transactions
    rights: PublishedRights = field(default_factory=NoPublishedRights)


class Publisher:
    """Publishes what transactions touch (implements `control.ports.Touching`). Thread-safe."""

    def __init__(self, parts: PublisherParts, options: Options) -> None:
        self._parts = parts
        self._options = options
        self._published_through = 0
        self._forgotten_through = 0
        self._snapshot: Snapshot | None = None
        self._snapshot_problems: tuple[Problem, ...] = ()
        self._record_problems: dict[tuple[str, str], Problem] = {}

    def touch_token(self, token_id: str) -> None:
        """Note that the token was made or changed."""
        self._touch(Dirty(0, "token", token_id))

    def touch_tokens(self, token_ids: Sequence[str]) -> None:
        """Note that many tokens were changed."""
        self._forget_published()
        self._parts.store.add_many_dirty("token", token_ids)
        self._parts.transactions.after_commit(self._publish)

    def touch_application(self, application_id: str) -> None:
        """Note that the application was made, changed or deleted."""
        self._touch(Dirty(0, "application", application_id))

    def touch_snapshot(self) -> None:
        """Note that a provider or service was made, changed or deleted."""
        self._touch(Dirty(0, "snapshot", ""))

    def reconcile(self) -> Published:
        """Make the policy store equal to the database at start: what was left undone, and a fresh snapshot.

        A store that is empty, damaged, ahead of the database, another installation's or written by a program of
        another layout is rebuilt. Also reads references again. Raises management.unavailable.
        """
        if not self._is_ours():
            return self.rebuild()
        with self._parts.transactions.write():
            self.touch_snapshot()
            left = self._parts.store.dirty()
        return self._report(was_rebuilt=False, left=left)

    def rebuild(self) -> Published:
        """Replace the whole policy store, at once, by what is in the database. Raises management.unavailable."""
        parts = self._parts
        everything = _Everything(self)
        with parts.transactions.write():
            # Workers compare revisions: a store that is ahead of its database is not left behind.
            parts.store.raise_revision(above=self._found_revision())
            snapshot = self._build_snapshot()
            notes = parts.store.dirty()
            self._record_problems.clear()
            try:
                parts.writer.rebuild(everything, encode(snapshot))
            except TollwayError as error:
                raise not_published(error) from error
            self._snapshot = snapshot
            if notes:
                parts.store.forget_dirty(notes[-1].seq)
        return Published(snapshot.revision, True, everything.tokens, everything.applications, self.problems())

    def reconfigure(self, options: Options) -> Published:
        """Publish with other settings (SIGHUP), reading references again. Raises management.unavailable."""
        self._options = options
        with self._parts.transactions.write():
            self.touch_snapshot()
        return self._report(was_rebuilt=False, left=())

    def snapshot(self) -> Snapshot:
        """Return the snapshot published last. Raises gateway.not_ready before the first."""
        if self._snapshot is None:
            raise TollwayError("gateway.not_ready")
        return self._snapshot

    def has_model(self, name: str) -> bool:
        """Whether workers are told of a model of that name, or will be once what is stored is published.

        The latter is what a transaction that makes a provider needs to know of the provider's models.
        """
        published = () if self._snapshot is None else self._snapshot.models
        return any(model.name == name for model in published) or self._parts.snapshots.offers(name)

    def problems(self) -> tuple[Problem, ...]:
        """Return what could not be published, as of the last publication of each."""
        return (*self._snapshot_problems, *self._record_problems.values())

    def has_unpublished(self) -> bool:
        """Whether a stored change has not reached the policy store, which the next change will try again."""
        return any(note.seq > self._published_through for note in self._parts.store.dirty())

    def _touch(self, note: Dirty) -> None:
        store = self._parts.store
        self._forget_published()
        if note.kind == "snapshot":
            store.raise_revision()
        store.add_dirty(note.kind, note.id)
        self._parts.transactions.after_commit(self._publish)

    def _forget_published(self) -> None:
        """Delete notes of what was published, in this transaction rather than in one of its own: one commit less."""
        if self._published_through > self._forgotten_through:
            self._forgotten_through = self._published_through
            self._parts.store.forget_dirty(self._forgotten_through)

    def _publish(self) -> None:
        """Write everything noted so far. Runs after the commit with the writer's lock held."""
        notes = self._parts.store.dirty()
        try:
            self._publish_records(notes)
            if any(note.kind == "snapshot" for note in notes):
                snapshot = self._build_snapshot()
                self._parts.writer.publish_snapshot(encode(snapshot))
                self._snapshot = snapshot
        except TollwayError as error:
            raise not_published(error) from error
        self._published_through = max((note.seq for note in notes), default=self._published_through)

    def _publish_records(self, notes: tuple[Dirty, ...]) -> None:
        parts = self._parts
        token_ids = {note.id for note in notes if note.kind == "token"}
        application_ids = {note.id for note in notes if note.kind == "application"}
        records = [*self._tokens(parts.tokens.many(token_ids))]
        records += self._applications(parts.applications.many(application_ids))
        if records:
            parts.writer.put_many(records)
        found = {record[1] for record in records}
        for token_id in sorted(token_ids - found):
            parts.writer.delete_token(token_id)
        for application_id in sorted(application_ids - found):
            parts.writer.delete_application(application_id)

    def _build_snapshot(self) -> Snapshot:
        store = self._parts.store
        snapshot, self._snapshot_problems = self._parts.snapshots.build(
            self._options, revision=store.revision(), installation=store.installation()
        )
        return snapshot

    def _tokens(self, tokens: tuple[Token | Damaged, ...]) -> Iterator[Stored]:
        rights = self._parts.rights.many("token", [token.id for token in tokens])
        for token in tokens:
            self._note_damage("token", token)
            yield "token", token.id, encode_token(token, rights.get(token.id, ALL_RIGHTS))

    def _applications(self, applications: tuple[Application | Damaged, ...]) -> Iterator[Stored]:
        rights = self._parts.rights.many("application", [application.id for application in applications])
        for application in applications:
            self._note_damage("application", application)
            yield "application", application.id, encode_application(application, rights.get(application.id, ALL_RIGHTS))

    def _note_damage(self, kind: Literal["token", "application"], row: Token | Application | Damaged) -> None:
        self._record_problems.pop((kind, row.id), None)
        if isinstance(row, Damaged):
            self._record_problems[kind, row.id] = Problem(kind, row.id, row.name, row.detail)

    def _is_ours(self) -> bool:
        found = self._found_snapshot()
        store = self._parts.store
        if found is None or found.layout != LAYOUT:
            return False
        return found.installation == store.installation() and found.revision <= store.revision()

    def _found_revision(self) -> int:
        found = self._found_snapshot()
        return 0 if found is None else found.revision

    def _found_snapshot(self) -> Snapshot | None:
        try:
            raw = self._parts.writer.snapshot()
            return None if raw is None else decode_snapshot(raw)
        except TollwayError as error:
            raise not_published(error) from error
        except ValueError:
            return None

    def _report(self, *, was_rebuilt: bool, left: tuple[Dirty, ...]) -> Published:
        tokens = len({note.id for note in left if note.kind == "token"})
        applications = len({note.id for note in left if note.kind == "application"})
        return Published(self.snapshot().revision, was_rebuilt, tokens, applications, self.problems())


class _Everything:
    """All records, read from the database anew whenever they are iterated."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self.tokens = 0
        self.applications = 0

    def __iter__(self) -> Iterator[Stored]:
        self.tokens = self.applications = 0
        parts = self._publisher._parts
        for owners in parts.applications.iterate(batch=BATCH):
            self.applications += len(owners)
            yield from self._publisher._applications(owners)
        for tokens in parts.tokens.iterate(batch=BATCH):
            self.tokens += len(tokens)
            yield from self._publisher._tokens(tokens)
