"""Entries of the audit log, what may be asked of it, and what a check of it finds.

Facts are what is shown of an object, by the domain that owns it; no secret is ever among them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["done", "refused"]
Facts = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Subject:
    """What was acted on. `id` "" where there is no such thing (yet)."""

    kind: str
    id: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An act that was refused, as far as it is known: the operation, its object, and the error's code."""

    action: str
    subject: Subject
    code: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One act. `actor` is `kind:id`; `actor_name`, `role` and `address` are as they were at the time. `token_id` is the
    token by which the actor asked, "" for none.

    `before` and `after` are JSON of the facts that changed, None where there was nothing. `code` is the error of a
    refused act.
    """

    seq: int
    at_ns: int
    actor: str
    actor_name: str
    role: str
    address: str
    request_id: str
    action: str
    outcome: Outcome
    code: str
    kind: str
    object_id: str
    object_name: str
    before: str | None
    after: str | None
    token_id: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A stored entry with its hash, which covers the entry and the hash before it."""

    entry: Entry
    hash: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """Where the log ends: the last entry's number and hash, under a seal that only the root key makes."""

    seq: int
    hash: bytes
    seal: bytes


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where the log begins after retention: the number and hash of the last entry that was deleted, under a seal."""

    seq: int
    hash: bytes
    seal: bytes


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries to list. `action` is a whole action or its part before the dot; `search` begins a name or an id;
    `about_token` is the id of a token that was acted on or acted with."""

    actor: str | None = None
    action: str | None = None
    kind: str | None = None
    object_id: str | None = None
    outcome: Outcome | None = None
    request_id: str | None = None
    token_id: str | None = None
    search: str | None = None
    about_token: str | None = None
    since_ns: int | None = None
    until_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found. `fault` "" means that the log is whole; else `at` is the first entry that is not right.

    `deleted_through` is the last entry that retention has deleted, 0 for none: what follows it is proven.
    """

    checked: int
    head_seq: int
    head_hash: str
    fault: str = ""
    at: int | None = None
    deleted_through: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether nothing was changed, removed, moved or cut off."""
        return not self.fault


@dataclass(frozen=True, slots=True)
class CheckedPart:
    """What was found up to a place, of a log of `total` entries. `next` None: this was the last part."""

    verdict: Verdict
    total: int
    next: tuple[int, bytes] | None = None
