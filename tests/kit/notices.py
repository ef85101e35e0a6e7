"""The notices domain on a throw-away control plane, with receivers and a mail server that only remember."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from kit.control import ControlPlane
from tollway.adapters.storage.letters import SQLLetterStore
from tollway.adapters.webhooks.sender import parse_url
from tollway.contract.resting import RestingKey
from tollway.control.alerts.service import Alerts
from tollway.control.gateway.ports import UsedBudget
from tollway.control.notices.delivering import Deliveries, DeliveryParts
from tollway.control.notices.mail import Mail, MailParts
from tollway.control.notices.model import Letter, MailServer, Outcome, Outgoing, Posted
from tollway.control.notices.outbox import Outbox, OutboxParts
from tollway.control.notices.secrets import SigningSecrets
from tollway.control.notices.service import NoticeDesk, WebhookParts, Webhooks
from tollway.control.notices.watching import Watch, WatchParts

TAKEN = Outcome(200, 7, "Taken.")


class StandInReceivers:
    """Implements WebhookSender: remembers what was sent, and answers with `outcomes` in turn, then takes everything."""

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []
        self.outcomes: list[Outcome] = []
        self.gate: asyncio.Event | None = None
        """While it is there and not set, receivers hang."""

    def check(self, url: str, allow_private: tuple[str, ...]) -> None:
        """Judge as the real one does."""
        parse_url(url, allow_private)

    async def send(self, message: Outgoing) -> Outcome:
        """Remember and answer."""
        if self.gate is not None:
            await self.gate.wait()
        return self.send_and_wait(message)

    def send_and_wait(self, message: Outgoing) -> Outcome:
        """Remember and answer."""
        self.sent.append(message)
        return self.outcomes.pop(0) if self.outcomes else TAKEN


class StandInPost:
    """Implements MailSender: remembers letters with the password they came under."""

    def __init__(self) -> None:
        self.sent: list[tuple[MailServer, str, Letter]] = []
        self.posted = Posted(True, "taken")

    def send(self, server: MailServer, password: str, letter: Letter) -> Posted:
        """Remember and answer."""
        self.sent.append((server, password, letter))
        return self.posted


@dataclass
class StandInStates:
    """Implements Budgets, Resting and ProviderNames over lists."""

    budgets: list[UsedBudget] = field(default_factory=list)
    keys: list[RestingKey] = field(default_factory=list)
    names_by_id: dict[str, str] = field(default_factory=dict)

    def near_end(self, percent: int, limit: int) -> Sequence[UsedBudget]:
        """Return those that are used to that percentage."""
        used = [one for one in self.budgets if 100 * one.spent_nanos >= percent * one.limit_nanos]
        return used[:limit]

    def read(self, now_ns: int) -> Sequence[RestingKey]:
        """Return the keys that rest now."""
        return [key for key in self.keys if key.until_seconds * 10**9 > now_ns]

    def names(self, provider_ids: Collection[str]) -> Mapping[str, str]:
        """Return the names that are known."""
        return {one: self.names_by_id[one] for one in provider_ids if one in self.names_by_id}


class Notices:
    """The domain's services, and what they send to."""

    def __init__(self, plane: ControlPlane, *, fraction: float = 0.5) -> None:
        self.plane, self.clock = plane, plane.clock
        self.receivers, self.post, self.states = StandInReceivers(), StandInPost(), StandInStates()
        database, trail, clock = plane.database, plane.audit, plane.clock
        self.secrets = SigningSecrets(plane.keys.notices)
        self.webhooks = Webhooks(
            WebhookParts(plane.webhook_store, self.secrets, self.receivers, database, trail, clock)
        )
        self.deliveries = Deliveries(
            DeliveryParts(
                store=plane.delivery_store,
                webhooks=plane.webhook_store,
                secrets=self.secrets,
                sender=self.receivers,
                transactions=database,
                trail=trail,
                clock=clock,
                fraction=lambda: fraction,
            )
        )
        self.mail = Mail(MailParts(plane.mail_store, plane.keys.notices, self.post, database, trail, clock))
        states = self.states
        told, alerts = plane.told_store, plane.alert_store
        self.watch = Watch(WatchParts(states, states, states, told, alerts, plane.notifier, database, clock))
        self.alerts = Alerts(alerts, database, trail, clock)
        parts = OutboxParts(SQLLetterStore(database), self.mail, database, clock, lambda: fraction)
        self.outbox = Outbox(parts)
        self.desk = NoticeDesk(self.webhooks, self.deliveries, self.mail, self.watch, self.alerts, self.outbox)

    def deliver_due(self) -> list[str]:
        """Send everything that is due now, as the deliverer does, and return the ids in the order they were sent."""
        sent = []
        while claims := self.deliveries.claim(16):
            for claim in claims:
                sent.append(claim.delivery.id)
                self.deliveries.record(claim, self.receivers.send_and_wait(claim.message))
        return sent
