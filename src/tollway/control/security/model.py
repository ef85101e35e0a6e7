"""Security events, the rules by which they are found and acted on, decoys, and reports of leaked tokens."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from tollway.contract.watching import DEFAULTS, Act, Facts, Rule, Severity, Thresholds

LEAKED = "leaked"
"""The one kind of event that no detector finds: somebody reports a token."""

AddressesKept = Literal["whole", "hashed", "none"]
"""What records hold of callers' addresses. none: no detector sees where a call came from."""
EventState = Literal["open", "acknowledged", "expected"]
ActState = Literal["none", "would", "done", "failed", "undone", "final"]
"""none: only told. would: a dry run. done: can be undone. final: a revocation whose undo window is over."""
TokenStanding = Literal["unknown", "active", "disabled", "quarantined", "revoked", "expired", "not_yet_valid", "decoy"]
"""What a whole token is, to who holds it. A replaced secret that still works is `active`, one that ended `revoked`."""


class SecurityRules(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What is found, and what is done. `undo_hours`: how long a revocation by rule can be undone; 0: not at all."""

    thresholds: Thresholds = DEFAULTS
    leaked: Rule = Rule(act="quarantine")
    undo_hours: int = 24
    limit_requests_per_minute: int = 10
    """How often a token may call once the act `limit` was taken."""

    def rule(self, kind: str) -> Rule:
        """Return the rule of a kind of event."""
        return self.leaked if kind == LEAKED else self.thresholds.rule(kind)  # type: ignore[arg-type]  # a Detector


DEFAULT_RULES = SecurityRules()


@dataclass(frozen=True, slots=True)
class TeamRules:
    """The rules of one team, or of the installation ("")."""

    team_id: str
    rules: SecurityRules
    updated_ns: int = 0
    updated_by: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class SecurityEvent:
    """One thing that was noticed. While it is open, the same again is counted in it.

    `subject` is a token id or a source; `detail` tells one episode from another. `act` is what was decided, and
    `act_state` what became of it; `act_before` is what undoing restores.
    """

    id: str
    kind: str
    severity: Severity
    subject: str
    subject_name: str
    is_token: bool
    team_id: str | None
    owner_id: str | None
    detail: str
    facts: Facts
    state: EventState
    created_ns: int
    last_ns: int
    count: int = 1
    act: Act = "notify"
    act_state: ActState = "none"
    act_ns: int | None = None
    act_by: str | None = None
    act_before: str = ""
    note: str = ""
    closed_ns: int | None = None
    closed_by: str | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events to list."""

    state: EventState | None = None
    kind: str | None = None
    severity: Severity | None = None
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a person has said is as it should be. `detail` "": whatever that detector says of the subject."""

    kind: str
    subject: str
    detail: str
    created_ns: int
    created_by: str


@dataclass(frozen=True, slots=True)
class Decoy:
    """A token that nobody uses, put where only a thief finds it. `place` says where, for people."""

    token_id: str
    name: str
    place: str
    masked: str
    created_ns: int
    created_by: str

    @property
    def id(self) -> str:
        """The id of its token, which is its own."""
        return self.token_id


@dataclass(frozen=True, slots=True)
class LeakReport:
    """A token that somebody found. `source` says what kind of place, `reporter` who says so ("" for anybody)."""

    token: str = field(repr=False)
    url: str = ""
    source: str = ""
    reporter: str = ""


@dataclass(frozen=True, slots=True)
class Received:
    """Reports that wait to be looked at, sealed."""

    id: str
    sealed: bytes = field(repr=False)
    created_ns: int


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far findings were read, and the revision of what the ledger is to watch by."""

    seq: int
    revision: int


EventCounts = Mapping[str, int]
"""Open events by severity."""
