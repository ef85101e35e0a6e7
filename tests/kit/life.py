"""The services of the life of tokens on a test's control plane, built as the composer builds them."""

from typing import TYPE_CHECKING

from tollway.adapters.storage.life import SQLEpochStore
from tollway.adapters.storage.rotations import SQLHandoverStore, SQLRotationPolicyStore, SQLSelfRotationStore
from tollway.contract.ledger_api import HealthAnswer, LastUse
from tollway.control.notices.model import Letter, MailServer, Posted
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
from tollway.control.tokens.replacing import Replacements
from tollway.control.tokens.secrets import TokenSecrets
from tollway.control.tokens.upkeep import TokenUpkeep, UpkeepParts, Uses

if TYPE_CHECKING:
    from kit.control import ControlPlane

CONSOLE_URL = "https://console.example"
COLLECT_URL = f"{CONSOLE_URL}/api/v1/rotations/collect"
MAIL = MailServer("mail.example", 587, "starttls", "", b"", "tollway@example.org", "", 0, "setup:setup")


class LinkPost:
    """The mail of a test (implements Post): `addresses` are those of people; remembers letters, answers `posted`."""

    def __init__(self) -> None:
        self.is_set_up = True
        self.addresses: dict[str, str] = {}
        self.sent: list[Letter] = []
        self.posted = Posted(True, "taken")

    def find(self) -> MailServer | None:
        return MAIL if self.is_set_up else None

    def send(self, letter: Letter) -> Posted:
        self.sent.append(letter)
        return self.posted


class ListedUses:
    """Implements Uses over a dictionary; `health` None: the ledger does not answer."""

    def __init__(self, clock) -> None:
        self.uses: dict[str, LastUse] = {}
        self.health: HealthAnswer | None = HealthAnswer(0, 0, clock.now_ns(), 0)

    def get_last_uses(self, token_ids: list[str]) -> dict[str, LastUse]:
        return {token_id: self.uses[token_id] for token_id in token_ids if token_id in self.uses}

    def find_health(self) -> HealthAnswer | None:
        return self.health

    def use(self, token_id: str, at_ns: int) -> None:
        """Note a use, and that the ledger is up to date at that instant."""
        self.uses[token_id] = LastUse(token_id, at_ns, at_ns, "192.0.2.1", "sdk", 1)
        self.health = HealthAnswer(0, 0, at_ns, 0)


def build_token_desk(plane: "ControlPlane") -> TokenDesk:
    """Return what is done with tokens beside issuing and changing them."""
    ends = TokenEnds(plane.tokens, SQLEpochStore(plane.database), plane.tokens.parts)
    parts = plane.tokens.parts
    replacements = Replacements(plane.tokens, parts, build_policies(plane).follow)
    return TokenDesk(TokenSecrets(plane.tokens, parts), ends, plane.lifetimes, replacements)


def build_policies(plane: "ControlPlane") -> RotationPolicies:
    """Return the policies by which tokens get new secrets."""
    return RotationPolicies(
        PolicyParts(
            store=SQLRotationPolicyStore(plane.database, plane.token_store),
            webhooks=plane.webhook_store,
            tokens=plane.token_store,
            owners=plane.application_store,
            transactions=plane.database,
            trail=plane.audit,
            clock=plane.clock,
        )
    )


def build_rotations(plane: "ControlPlane", desk: TokenDesk) -> RotationDesk:
    """Return rotation by policy and by the tokens themselves."""
    policies = SQLRotationPolicyStore(plane.database, plane.token_store)
    waiting = SQLHandoverStore(plane.database)
    reached = Reached(plane.webhook_store, plane.link_post, plane.link_post.addresses.get)
    common = {"transactions": plane.database, "clock": plane.clock}
    handovers = Handovers(
        HandoverParts(
            store=waiting,
            tokens=plane.tokens,
            secrets=desk.secrets,
            hasher=plane.keys,
            box=plane.keys.notices,
            webhooks=plane.webhook_store,
            outbox=plane.delivery_store,
            reached=reached,
            told=plane.told_store,
            notices=plane.notifier,
            trail=plane.audit,
            collect_url=COLLECT_URL,
            **common,
        )
    )
    return RotationDesk(
        build_policies(plane),
        handovers,
        SelfRotation(
            OwnParts(
                store=SQLSelfRotationStore(plane.database),
                tokens=plane.token_store,
                owners=plane.application_store,
                secrets=desk.secrets,
                hasher=plane.keys,
                box=plane.keys.notices,
                epochs=SQLEpochStore(plane.database),
                **common,
            )
        ),
        RotationScheduler(
            SchedulerParts(
                policies, handovers, waiting, plane.delivery_store, plane.token_store, plane.database, plane.clock
            )
        ),
        HandoverLinks(
            LinkParts(
                handovers=handovers,
                store=waiting,
                tokens=plane.tokens,
                post=plane.link_post,
                trail=plane.audit,
                console_url=CONSOLE_URL,
                **common,
            )
        ),
        FailedRotations(FailingParts(policies, waiting, plane.told_store, reached, plane.token_store, plane.clock)),
    )


def build_upkeep(plane: "ControlPlane", uses: Uses) -> TokenUpkeep:
    """Return what the program does with tokens by itself."""
    return TokenUpkeep(
        UpkeepParts(
            plane.token_store, plane.tokens, uses, plane.told_store, plane.notifier, plane.database, plane.clock
        )
    )
