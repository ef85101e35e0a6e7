"""What the ledger watches for and what it finds: thresholds from the console to the ledger, findings back.

Thresholds are per detector, with defaults that were measured on generated traffic (docs/detectors.md). A team may have
its own. The ledger finds; what is done about it is decided by the console alone.
"""

from typing import Annotated, Final, Literal

import msgspec

VERSION = 1

Detector = Literal[
    "used_after_end",
    "used_after_rotation",
    "new_origin",
    "spike",
    "error_share",
    "many_networks",
    "many_clients",
    "secret_guessed",
    "unknown_ids",
    "scanning",
    "decoy_used",
]
Mode = Literal["on", "dry_run", "off"]
"""dry_run: found and shown with what would have been done, told to nobody and acted on by nothing."""
Act = Literal["notify", "limit", "quarantine", "revoke"]
"""The ladder, lowest first. Each but the first can be undone by a person; revoke only while its undo window is open."""
LADDER: Final[tuple[Act, ...]] = ("notify", "limit", "quarantine", "revoke")
NOTIFY_ONLY: Final[frozenset[Detector]] = frozenset({"secret_guessed", "unknown_ids", "scanning", "decoy_used"})
"""What others do without holding a secret that works must never end the token that they aim at."""

Severity = Literal["low", "medium", "high", "critical"]
Facts = dict[str, str | int | float | bool]

_Count = Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]
_Nanos = Annotated[int, msgspec.Meta(ge=1, le=2**53)]
_Days = Annotated[int, msgspec.Meta(ge=0, le=365)]
_Factor = Annotated[float, msgspec.Meta(ge=1.0, le=1_000.0)]
_Share = Annotated[float, msgspec.Meta(gt=0.0, le=1.0)]
_Seconds = Annotated[int, msgspec.Meta(ge=0, le=31 * 86_400)]


class Rule(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """What all detectors have. The first event about a token takes `act`; each further one within a day of the last
    climbs one step, up to `act_most` (None: no higher than `act`).
    """

    mode: Mode = "on"
    act: Act = "notify"
    act_most: Act | None = None


class UsedAfter(Rule, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """A secret that no longer works is presented. From a place that the token was never used from: at once.

    From a known place only when it goes on for `grace_seconds`: somebody was not told.
    """

    grace_seconds: _Seconds = 3_600
    calls: _Count = 3


class NewOrigin(Rule, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """A token is used from where it never was. `needs` says what must be new: the network, the client, both, either."""

    needs: Literal["both", "network", "client", "either"] = "both"
    learning_days: _Days = 14
    active_days: _Days = 5


class Spike(Rule, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """An hour has `factor` times more than the token's busiest hour of the last 35 days, and at least the floor."""

    factor: _Factor = 6.0
    learning_days: _Days = 14
    requests: _Count = 2_000
    cost_nanos: _Nanos = 5_000_000_000
    errors: _Count = 500
    bytes: Annotated[int, msgspec.Meta(ge=1, le=2**53)] = 1_000_000_000
    """Of requests and answers together."""


class ErrorShare(Rule, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """In an hour, this share of a token's calls is refused or not found, over several models and services."""

    share: _Share = 0.5
    calls: _Count = 50
    targets: _Count = 8


class Spread(Rule, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """At once, a token is used from this many places, and `factor` times more than ever before."""

    count: _Count = 20
    factor: _Factor = 3.0
    learning_days: _Days = 14
    learning_count: _Count = 200


class Guessing(Rule, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """This many different credentials in the time, of which none works."""

    count: _Count = 5
    seconds: Annotated[int, msgspec.Meta(ge=1, le=86_400)] = 3_600


class Thresholds(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """One rule for each detector."""

    used_after_end: UsedAfter = UsedAfter()
    used_after_rotation: UsedAfter = UsedAfter()
    new_origin: NewOrigin = NewOrigin()
    spike: Spike = Spike()
    error_share: ErrorShare = ErrorShare()
    many_networks: Spread = Spread()
    many_clients: Spread = Spread(count=6, factor=3.0, learning_count=20)
    secret_guessed: Guessing = Guessing()
    unknown_ids: Guessing = Guessing()
    scanning: Guessing = Guessing(count=20, seconds=600)
    decoy_used: Rule = Rule()

    def rule(self, detector: Detector) -> Rule:
        """Return the rule of one detector."""
        rule = getattr(self, detector)
        assert isinstance(rule, Rule)
        return rule


DEFAULTS: Final = Thresholds()


class Expected(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A person has said that this is as it should be. `detail` "": whatever the detector says of the subject."""

    detector: str
    subject: str
    detail: str = ""


class WatchPolicy(msgspec.Struct, frozen=True):
    """Everything the ledger needs to know to watch. `revision` grows with each change; the console sends it again
    whenever the ledger has another.
    """

    revision: int
    thresholds: Thresholds = DEFAULTS
    teams: dict[str, Thresholds] = {}
    """By team id; whole, so that nothing is merged here."""
    decoys: tuple[str, ...] = ()
    """Ids of tokens that were put where only a thief finds them."""
    expected: tuple[Expected, ...] = ()


NO_POLICY: Final = WatchPolicy(0)


class Finding(msgspec.Struct, frozen=True, gc=False):
    """What a detector says. `subject` is a token id, or a source for what has none.

    `detail` tells one episode of a subject from another (a network, a measure); `facts` are what people read.
    """

    detector: Detector
    subject: str
    at_ns: int
    severity: Severity
    team_id: str = ""
    detail: str = ""
    facts: Facts = {}
