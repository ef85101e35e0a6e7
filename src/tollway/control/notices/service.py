"""Make, change and delete webhooks.

Law: a webhook's secret is shown once, when it is made or replaced. The URL may change under it, since a signature gives
nothing of it away.
"""

from dataclasses import dataclass, replace

from msgspec import UNSET

from tollway.control.actor import Actor
from tollway.control.alerts.service import Alerts
from tollway.control.audit.facts import pick
from tollway.control.audit.model import Facts, Subject
from tollway.control.faults import Faults, refuse
from tollway.control.names import check_name
from tollway.control.notices.delivering import Deliveries
from tollway.control.notices.errors import webhook_name_taken, webhook_not_found
from tollway.control.notices.events import KINDS
from tollway.control.notices.mail import Mail
from tollway.control.notices.model import NewWebhook, ShownSecret, Webhook, WebhookChange
from tollway.control.notices.outbox import Outbox
from tollway.control.notices.ports import WebhookSender, WebhookStore
from tollway.control.notices.secrets import SigningSecrets
from tollway.control.notices.watching import Watch
from tollway.control.ports import Trail, Transactions
from tollway.control.versions import check_version
from tollway.kernel.clock import NANOS_PER_SECOND, Clock
from tollway.kernel.ids import WEBHOOK, new_id

WEBHOOKS_MAX = 50
OVERLAP_SECONDS_MAX = 7 * 86_400
OVERLAP_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class WebhookParts:
    """What the service is built from."""

    store: WebhookStore
    secrets: SigningSecrets
    sender: WebhookSender
    transactions: Transactions
    trail: Trail
    clock: Clock


class Webhooks:
    """The webhooks of this installation. Thread-safe."""

    def __init__(self, parts: WebhookParts) -> None:
        self._parts = parts
        self._store = parts.store
        self._transactions = parts.transactions

    def all(self) -> tuple[Webhook, ...]:
        """Return every webhook, newest first: there are at most WEBHOOKS_MAX."""
        return self._store.all()

    def get(self, webhook_id: str) -> Webhook:
        """Return the webhook. Raises management.not_found."""
        webhook = self._store.find(webhook_id)
        if webhook is None:
            raise webhook_not_found()
        return webhook

    def create(self, new: NewWebhook, actor: Actor) -> ShownSecret:
        """Make a webhook and show its secret. Raises management.invalid, management.conflict (name taken)."""
        with self._transactions.write():
            now_ns, webhook_id = self._parts.clock.now_ns(), new_id(WEBHOOK)
            secret, sealed = self._parts.secrets.make(webhook_id)
            draft = Webhook(
                id=webhook_id,
                name="",
                url="",
                kinds=None,
                allow_private=(),
                state="enabled",
                sealed=sealed,
                created_ns=now_ns,
                created_by=str(actor),
                updated_ns=now_ns,
                updated_by=str(actor),
            )
            if len(self._store.all()) >= WEBHOOKS_MAX:
                raise refuse("", f"an installation has at most {WEBHOOKS_MAX} webhooks")
            webhook = self._changed(draft, WebhookChange(new.name, new.url, new.kinds, new.allow_private))
            self._store.add(webhook)
            self._record(actor, "create", webhook, None, show_facts(webhook))
            return ShownSecret(webhook, secret)

    def change(
        self, webhook_id: str, change: WebhookChange, actor: Actor, *, expected_version: int | None = None
    ) -> Webhook:
        """Change what is given; also what waits goes to the new URL. Enabling it sends what waited.

        Raises management.not_found, .precondition, .invalid, .conflict (name taken).
        """
        with self._transactions.write():
            before = self.get(webhook_id)
            check_version(before.version, expected_version)
            act = "change" if change.state is UNSET else change.state.removesuffix("d")
            return self._save(before, self._changed(before, change), actor, act)

    def replace_secret(
        self,
        webhook_id: str,
        actor: Actor,
        *,
        overlap_seconds: int = OVERLAP_SECONDS,
        expected_version: int | None = None,
    ) -> ShownSecret:
        """Show a new secret. The one before signs beside it for `overlap_seconds` (0: ends now); an older one ends.

        Raises management.not_found, .precondition, .invalid.
        """
        if not 0 <= overlap_seconds <= OVERLAP_SECONDS_MAX:
            raise refuse("/overlap_seconds", f"from 0 to {OVERLAP_SECONDS_MAX}")
        with self._transactions.write():
            before = self.get(webhook_id)
            check_version(before.version, expected_version)
            secret, sealed = self._parts.secrets.make(webhook_id)
            until_ns = self._parts.clock.now_ns() + overlap_seconds * NANOS_PER_SECOND
            after = replace(
                before,
                sealed=sealed,
                previous_sealed=before.sealed if overlap_seconds else None,
                previous_until_ns=until_ns if overlap_seconds else None,
            )
            return ShownSecret(self._save(before, after, actor, "replace_secret"), secret)

    def delete(self, webhook_id: str, actor: Actor, *, expected_version: int | None = None) -> None:
        """Delete the webhook with what waits for it and its log. Raises management.not_found, .precondition."""
        with self._transactions.write():
            webhook = self.get(webhook_id)
            check_version(webhook.version, expected_version)
            self._store.remove(webhook_id)
            self._record(actor, "delete", webhook, show_facts(webhook), None)

    def _changed(self, webhook: Webhook, change: WebhookChange) -> Webhook:
        faults, fields = Faults(), dict[str, object]()
        if change.name is not UNSET:
            check_name(change.name, "/name", faults)
            fields["name"] = change.name
        if change.kinds is not UNSET:
            fields["kinds"] = None if change.kinds is None else tuple(dict.fromkeys(change.kinds))
            if change.kinds is not None and not change.kinds:
                faults.add("/events", "choose at least one, or null for all of them")
            for index, kind in enumerate(change.kinds or ()):
                if not KINDS[kind].can_be_chosen:
                    faults.add(f"/events/{index}", "this event cannot be chosen")
        if change.url is not UNSET or change.allow_private is not UNSET:
            url = webhook.url if change.url is UNSET else change.url
            allowed = webhook.allow_private if change.allow_private is UNSET else change.allow_private
            fields |= {"url": url, "allow_private": allowed}
            try:
                self._parts.sender.check(url, allowed)
            except ValueError as error:
                faults.add("/url", str(error))
        if change.state is not UNSET:
            fields |= {"state": change.state, "disabled_reason": None}
        faults.check()
        changed = replace(webhook, **fields)  # type: ignore[arg-type]  # each value was typed where it was put in
        self._check_name(changed)
        return changed

    def _check_name(self, webhook: Webhook) -> None:
        other = self._store.find_named(webhook.name)
        if other is not None and other.id != webhook.id:
            raise webhook_name_taken()

    def _save(self, before: Webhook, after: Webhook, actor: Actor, act: str) -> Webhook:
        if after == before:
            return before
        now_ns = self._parts.clock.now_ns()
        saved = replace(after, updated_ns=now_ns, updated_by=str(actor), version=before.version + 1)
        self._store.put(saved)
        self._record(actor, act, saved, show_facts(before), show_facts(saved))
        return saved

    def _record(self, actor: Actor, act: str, webhook: Webhook, before: Facts | None, after: Facts | None) -> None:
        self._parts.trail.record(actor, f"webhook.{act}", Subject("webhook", webhook.id, webhook.name), before, after)


def show_facts(webhook: Webhook) -> dict[str, object]:
    """Return what the audit log shows of a webhook. The query of a URL is where receivers put their own secrets."""
    url = webhook.url.partition("?")[0]
    return {"url": url, **pick(webhook, "name", "kinds", "allow_private", "state", "previous_until_ns")}


@dataclass(frozen=True, slots=True)
class NoticeDesk:
    """Everything of this domain that the console's faces and its background work use."""

    webhooks: Webhooks
    deliveries: Deliveries
    mail: Mail
    watch: Watch
    alerts: Alerts
    outbox: Outbox
