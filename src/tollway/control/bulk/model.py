"""Acts on many tokens: what is asked, for which tokens, and how far it is."""

from dataclasses import dataclass, field
from typing import Literal

from tollway.control.access.grant import EVERYTHING, Grant
from tollway.control.access.model import EVERYWHERE, Sight
from tollway.control.actor import ActorKind
from tollway.control.limits.model import NO_RULES, LimitRules
from tollway.control.tokens.model import Token, TokenFilter

ActKind = Literal["set_plan", "set_limits", "disable", "enable", "extend", "revoke"]
ACTS: tuple[ActKind, ...] = ("set_plan", "set_limits", "disable", "enable", "extend", "revoke")
JobState = Literal["running", "done", "cancelled"]


@dataclass(frozen=True, slots=True)
class Act:
    """What is done to each token. `plan_id` None takes the plan away, `expires_ns` None is never.

    Only the fields that belong to the kind count.
    """

    kind: ActKind
    plan_id: str | None = None
    limits: LimitRules = NO_RULES
    expires_ns: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tokens: those that match, within the sight of who asks, issued before the job and not revoked."""

    tokens: TokenFilter = field(default_factory=TokenFilter)
    sight: Sight = EVERYWHERE


@dataclass(frozen=True, slots=True)
class By:
    """Who asks: as the audit log knows them, and the most they may give away, as it was when they asked."""

    id: str
    kind: ActorKind
    name: str = ""
    role: str = ""
    address: str = ""
    request_id: str = ""
    token_id: str = ""
    sight: Sight = EVERYWHERE
    bound: Grant = EVERYTHING


@dataclass(frozen=True, slots=True)
class Job:
    """One act on many tokens. `total` matched when it began; of these `looked_at` are past and `changed` were changed.

    `undoes` is the job that this one takes back. (`last_created_ns`, `last_id`) is where it stands.
    """

    id: str
    state: JobState
    wanted: Wanted
    act: Act
    by: By
    total: int
    created_ns: int
    created_by: str
    undoes: str | None = None
    looked_at: int = 0
    changed: int = 0
    last_created_ns: int = 0
    last_id: str = ""
    ended_ns: int | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a job would be about: how many tokens match, and the newest of them."""

    total: int
    sample: tuple[Token, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Before:
    """What a token was before a job changed it: enough to take the change back."""

    token_id: str
    state: str
    plan_id: str | None
    limits: str
    expires_ns: int | None
