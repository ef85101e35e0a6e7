"""Builds what looks after the life of tokens: secrets, ends, rules, rotation by policy, and upkeep."""

from collections.abc import Callable
from typing import NamedTuple

from tollway.adapters.secrets import KeyRing
from tollway.adapters.storage.life import SQLEpochStore, SQLLifetimeStore
from tollway.adapters.storage.rotations import SQLHandoverStore, SQLRotationPolicyStore, SQLSelfRotationStore
from tollway.compose.stores import Stores
from tollway.control.notices.outbox import Post
from tollway.control.notices.ports import Letterbox
from tollway.control.ports import Trail
from tollway.control.rotations.desk import RotationDesk
from tollway.control.rotations.failing import FailedRotations, FailingParts
from tollway.control.rotations.handing import HandoverParts, Handovers
from tollway.control.rotations.links import HandoverLinks, LinkParts
from tollway.control.rotations.own import OwnParts, SelfRotation
from tollway.control.rotations.reaching import Reached
from tollway.control.rotations.scheduling import RotationScheduler, SchedulerParts
from tollway.control.rotations.service import PolicyParts, RotationPolicies
from tollway.control.tokens.desk import TokenDesk
from tollway.control.tokens.ends import TokenEnds
from tollway.control.tokens.letters import ExpiryLetters
from tollway.control.tokens.lifetimes import Lifetimes
from tollway.control.tokens.replacing import Replacements
from tollway.control.tokens.secrets import TokenSecrets
from tollway.control.tokens.service import Tokens
from tollway.control.tokens.upkeep import TokenUpkeep, UpkeepParts, Uses
from tollway.kernel.clock import Clock

COLLECT_PATH = "/api/v1/rotations/collect"


def build_lifetimes(stores: Stores, trail: Trail, clock: Clock) -> Lifetimes:
    """Return the rules of how long tokens live."""
    return Lifetimes(SQLLifetimeStore(stores.database), stores.database, trail, clock)


def build_token_desk(tokens: Tokens, lifetimes: Lifetimes, stores: Stores) -> TokenDesk:
    """Return what is done with tokens beside issuing and changing them."""
    parts = tokens.parts
    ends = TokenEnds(tokens, SQLEpochStore(stores.database), parts)
    replacements = Replacements(tokens, parts, build_rotation_policies(tokens, stores).follow)
    return TokenDesk(TokenSecrets(tokens, parts), ends, lifetimes, replacements)


def build_rotation_policies(tokens: Tokens, stores: Stores) -> RotationPolicies:
    """Return the policies by which tokens get new secrets."""
    parts, database = tokens.parts, stores.database
    store = SQLRotationPolicyStore(database, stores.tokens)
    return RotationPolicies(
        PolicyParts(store, stores.webhooks, stores.tokens, parts.owners, database, parts.trail, parts.clock)
    )


class Reach(NamedTuple):
    """How people are reached: by mail, whose letters name the console's address."""

    post: Post
    console_url: str


def build_rotations(tokens: Tokens, desk: TokenDesk, stores: Stores, keys: KeyRing, reach: Reach) -> RotationDesk:
    """Return rotation by policy and by the tokens themselves."""
    parts, database = tokens.parts, stores.database
    policies = SQLRotationPolicyStore(database, stores.tokens)
    waiting = SQLHandoverStore(database)
    reached = Reached(stores.webhooks, reach.post, _addresses(stores))
    handovers = Handovers(
        HandoverParts(
            store=waiting,
            tokens=tokens,
            secrets=desk.secrets,
            hasher=keys,
            box=keys.notices,
            webhooks=stores.webhooks,
            outbox=stores.deliveries,
            reached=reached,
            notices=parts.notices,
            told=stores.told,
            transactions=database,
            trail=parts.trail,
            clock=parts.clock,
            collect_url=reach.console_url + COLLECT_PATH,
        )
    )
    return RotationDesk(
        build_rotation_policies(tokens, stores),
        handovers,
        SelfRotation(
            OwnParts(
                store=SQLSelfRotationStore(database),
                tokens=stores.tokens,
                owners=parts.owners,
                secrets=desk.secrets,
                hasher=keys,
                box=keys.notices,
                epochs=SQLEpochStore(database),
                transactions=database,
                clock=parts.clock,
            )
        ),
        RotationScheduler(
            SchedulerParts(policies, handovers, waiting, stores.deliveries, stores.tokens, database, parts.clock)
        ),
        HandoverLinks(
            LinkParts(handovers, waiting, tokens, reach.post, database, parts.trail, parts.clock, reach.console_url)
        ),
        FailedRotations(FailingParts(policies, waiting, stores.told, reached, stores.tokens, parts.clock)),
    )


def build_upkeep(tokens: Tokens, stores: Stores, uses: Uses, letterbox: Letterbox, *, console_url: str) -> TokenUpkeep:
    """Return what the program does with tokens by itself."""
    parts = tokens.parts
    return TokenUpkeep(
        UpkeepParts(
            stores.tokens,
            tokens,
            uses,
            stores.told,
            parts.notices,
            stores.database,
            parts.clock,
            ExpiryLetters(letterbox, _addresses(stores), console_url).write,
        )
    )


def _addresses(stores: Stores) -> Callable[[str], str | None]:
    """Return what finds where an active person gets mail."""

    def find_address(user_id: str) -> str | None:
        user = stores.accounts.find(user_id)
        return user.email if user is not None and user.state == "active" else None

    return find_address
