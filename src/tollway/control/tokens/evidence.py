"""What is known of an overlap: whether the old secret is still used, by whom, and whether it is safe to end. Pure."""

from dataclasses import dataclass

from tollway.contract.ledger_api import OriginsAnswer, SecretUse
from tollway.control.tokens.life import ReplacedSecret, quiet_seconds
from tollway.control.tokens.model import Token
from tollway.kernel.clock import NANOS_PER_SECOND


@dataclass(frozen=True, slots=True)
class SecretEvidence:
    """A replaced secret and its use since it was replaced; `use` None: none.

    `quiet_ns` is since when it was not used; `is_safe_to_end`: for long enough (see `quiet_seconds`).
    """

    secret: ReplacedSecret
    is_working: bool
    use: SecretUse | None
    quiet_ns: int
    is_safe_to_end: bool


def weigh(token: Token, origins: OriginsAnswer, now_ns: int) -> tuple[SecretEvidence, ...]:
    """Return the evidence of each replaced secret that is remembered, newest first."""
    uses = {use.generation: use for use in origins.secrets}
    return tuple(_of(old, uses.get(str(old.generation)), now_ns) for old in token.life.old_secrets)


def _of(old: ReplacedSecret, use: SecretUse | None, now_ns: int) -> SecretEvidence:
    quiet_ns = max(old.replaced_ns, use.last_ns if use else 0)
    is_quiet = now_ns - quiet_ns >= quiet_seconds(old) * NANOS_PER_SECOND
    return SecretEvidence(old, old.works_at(now_ns), use, quiet_ns, is_quiet or not old.works_at(now_ns))
