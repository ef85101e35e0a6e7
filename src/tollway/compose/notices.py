"""Builds the notices domain: what tells, what sends, what watches."""

import msgspec

from tollway.adapters.mail import SMTPSender
from tollway.adapters.secrets import KeyRing
from tollway.adapters.webhooks import HTTPWebhookSender
from tollway.compose.stores import Stores
from tollway.control.accounts.noticing import AccountNewsDesk, NewsParts
from tollway.control.alerts.service import Alerts
from tollway.control.configuration.applying_notices import NoticesParts
from tollway.control.notices.delivering import Deliveries, DeliveryParts
from tollway.control.notices.mail import Mail, MailParts
from tollway.control.notices.outbox import Outbox, OutboxParts
from tollway.control.notices.ports import Budgets, ProviderNames, Resting
from tollway.control.notices.secrets import SigningSecrets
from tollway.control.notices.service import NoticeDesk, WebhookParts, Webhooks
from tollway.control.notices.telling import Notifier
from tollway.control.notices.watching import Watch, WatchParts
from tollway.control.ports import Trail
from tollway.kernel.clock import Clock


class Watched(msgspec.Struct, frozen=True):
    """What is looked at for lasting states."""

    budgets: Budgets
    resting: Resting
    providers: ProviderNames


def build_notifier(stores: Stores, clock: Clock) -> Notifier:
    """Return what every domain tells its events to."""
    return Notifier(stores.webhooks, stores.deliveries, stores.database, clock)


def build_mail(stores: Stores, keys: KeyRing, trail: Trail, clock: Clock) -> Mail:
    """Return how letters are sent."""
    return Mail(MailParts(stores.mail, keys.notices, SMTPSender(clock), stores.database, trail, clock))


def build_outbox(stores: Stores, mail: Mail, clock: Clock) -> Outbox:
    """Return what takes letters that go out by themselves."""
    return Outbox(OutboxParts(stores.letters, mail, stores.database, clock))


def build_account_news(stores: Stores, mail: Mail, clock: Clock, *, console_url: str) -> AccountNewsDesk:
    """Return what tells people of their own accounts."""
    outbox = build_outbox(stores, mail, clock)
    return AccountNewsDesk(NewsParts(build_notifier(stores, clock), outbox, stores.database, clock, console_url))


def build_configured_notices(stores: Stores, keys: KeyRing, trail: Trail, clock: Clock) -> NoticesParts:
    """Return what a configuration document brings to what it says."""
    secrets, sender = SigningSecrets(keys.notices), HTTPWebhookSender()
    return NoticesParts(
        webhooks=Webhooks(WebhookParts(stores.webhooks, secrets, sender, stores.database, trail, clock)),
        mail=build_mail(stores, keys, trail, clock),
    )


def build_notices(stores: Stores, keys: KeyRing, trail: Trail, watched: Watched, clock: Clock) -> NoticeDesk:
    """Return the domain's services."""
    secrets, sender = SigningSecrets(keys.notices), HTTPWebhookSender()
    deliveries = DeliveryParts(
        store=stores.deliveries,
        webhooks=stores.webhooks,
        secrets=secrets,
        sender=sender,
        transactions=stores.database,
        trail=trail,
        clock=clock,
    )
    watch = WatchParts(
        budgets=watched.budgets,
        resting=watched.resting,
        providers=watched.providers,
        told=stores.told,
        alerts=stores.alerts,
        notices=build_notifier(stores, clock),
        transactions=stores.database,
        clock=clock,
    )
    mail = build_mail(stores, keys, trail, clock)
    return NoticeDesk(
        webhooks=Webhooks(WebhookParts(stores.webhooks, secrets, sender, stores.database, trail, clock)),
        deliveries=Deliveries(deliveries),
        mail=mail,
        watch=Watch(watch),
        alerts=Alerts(stores.alerts, stores.database, trail, clock),
        outbox=build_outbox(stores, mail, clock),
    )
