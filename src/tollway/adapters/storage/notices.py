"""Webhooks, their deliveries, how mail is sent, and what was told, in the config database."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, delete, func, insert, select, update

from tollway.adapters.storage.config_database import ConfigDatabase
from tollway.adapters.storage.config_rows import after_position, from_json, in_order, to_json
from tollway.adapters.storage.config_schema import mail_server, told, webhook_deliveries, webhooks
from tollway.control.model import Page, Position, name_key
from tollway.control.notices.model import Attempt, Delivery, DeliveryFilter, MailServer, Webhook
from tollway.control.notices.ports import DeliveryStore, MailStore, ToldStore, WebhookStore

_D = webhook_deliveries.c
_LOOKED_AT = 4
"""Due rows read for each that may be claimed: enough to get past those whose webhook has its share already."""
_SHARE = 4
"""Deliveries of one webhook in one claim, so that a receiver that hangs never takes every place."""


class SQLWebhookStore:
    """Implements WebhookStore. There are at most 50 rows."""

    def __init__(self, database: ConfigDatabase) -> None:
        self._database = database

    def add(self, webhook: Webhook) -> None:
        """Store a new webhook."""
        self._database.writing().execute(insert(webhooks).values({**_values(webhook), "dropped": 0}))

    def put(self, webhook: Webhook) -> None:
        """Store a changed webhook; not what follows from deliveries."""
        self._database.writing().execute(update(webhooks).where(webhooks.c.id == webhook.id).values(_values(webhook)))

    def remove(self, webhook_id: str) -> None:
        """Delete the webhook and its deliveries, by webhook_deliveries_by_webhook."""
        self._database.writing().execute(delete(webhook_deliveries).where(_D.webhook_id == webhook_id))
        self._database.writing().execute(delete(webhooks).where(webhooks.c.id == webhook_id))

    def find(self, webhook_id: str) -> Webhook | None:
        """Return the webhook."""
        return self._first(select(webhooks).where(webhooks.c.id == webhook_id))

    def find_named(self, name: str) -> Webhook | None:
        """Return the webhook of that name (case ignored)."""
        return self._first(select(webhooks).where(webhooks.c.name_key == name_key(name)))

    def all(self) -> tuple[Webhook, ...]:
        """Return every webhook, newest first. Sorts in memory: there are few."""
        with self._database.reading() as connection:
            return tuple(_webhook(row) for row in connection.execute(in_order(select(webhooks), webhooks)).mappings())

    def mark(self, webhook_id: str, *, delivered_ns: int | None = None, failed_ns: int | None = None) -> None:
        """Note when an attempt went well or badly; None leaves that one as it is."""
        given = {"delivered_ns": delivered_ns, "failed_ns": failed_ns}
        values = {name: value for name, value in given.items() if value is not None}
        self._database.writing().execute(update(webhooks).where(webhooks.c.id == webhook_id).values(values))

    def count_dropped(self, webhook_id: str) -> None:
        """Count an event that found the queue full."""
        counted = update(webhooks).where(webhooks.c.id == webhook_id).values(dropped=webhooks.c.dropped + 1)
        self._database.writing().execute(counted)

    def _first(self, query: Select[Any]) -> Webhook | None:
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
        return _webhook(row) if row else None


class SQLDeliveryStore:
    """Implements DeliveryStore."""

    def __init__(self, database: ConfigDatabase) -> None:
        self._database = database

    def add(self, delivery: Delivery, *, claimed_until_ns: int = 0) -> None:
        """Store a new delivery."""
        values = {**_delivery_values(delivery), "claimed_until_ns": claimed_until_ns}
        self._database.writing().execute(insert(webhook_deliveries).values(values))

    def find(self, delivery_id: str) -> Delivery | None:
        """Return the delivery."""
        with self._database.reading() as connection:
            row = connection.execute(select(webhook_deliveries).where(_D.id == delivery_id)).mappings().first()
        return _delivery(row) if row else None

    def page(self, webhook_id: str, wanted: DeliveryFilter, *, after: Position | None, limit: int) -> Page[Delivery]:
        """Return deliveries of a webhook, newest first, by webhook_deliveries_by_webhook or _by_state."""
        query = in_order(select(webhook_deliveries).where(_D.webhook_id == webhook_id), webhook_deliveries)
        if wanted.state is not None:
            query = query.where(_D.state == wanted.state)
        if wanted.kind is not None:
            query = query.where(_D.kind == wanted.kind.value)
        if (condition := after_position(webhook_deliveries, after)) is not None:
            query = query.where(condition)
        with self._database.reading() as connection:
            rows = connection.execute(query.limit(limit + 1)).mappings().all()
        last = rows[limit - 1] if len(rows) > limit else None
        following = None if last is None else Position(last["created_ns"], last["id"])
        return Page(tuple(_delivery(row) for row in rows[:limit]), following)

    def is_full(self, webhook_id: str, pending_max: int) -> bool:
        """Whether that many deliveries wait: looks for that one in webhook_deliveries_by_state and counts nothing."""
        waiting = select(_D.id).where(_D.webhook_id == webhook_id, _D.state == "pending")
        with self._database.reading() as connection:
            return connection.execute(waiting.limit(1).offset(pending_max - 1)).first() is not None

    def count_pending(self, webhook_ids: Collection[str]) -> Mapping[str, int]:
        """Return how many deliveries wait for each webhook, by webhook_deliveries_by_state; at most 10,000 each."""
        waiting = _D.webhook_id.in_(list(webhook_ids)) & (_D.state == "pending")
        query = select(_D.webhook_id, func.count()).where(waiting).group_by(_D.webhook_id)
        with self._database.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def has_due(self, now_ns: int) -> bool:
        """Whether any unclaimed delivery to an enabled webhook is due, by webhook_deliveries_by_due."""
        with self._database.reading() as connection:
            return connection.execute(_due(select(_D.id), now_ns).limit(1)).first() is not None

    def claim(self, *, now_ns: int, until_ns: int, limit: int, without: Collection[str]) -> Sequence[Delivery]:
        """Claim due deliveries, longest due first, at most 4 of one webhook, by webhook_deliveries_by_due."""
        query = _due(select(webhook_deliveries), now_ns).where(_D.webhook_id.not_in(list(without)))
        query = query.order_by(_D.due_ns, _D.id).limit(limit * _LOOKED_AT)
        connection = self._database.writing()
        taken: list[Delivery] = []
        shares: dict[str, int] = {}
        for row in connection.execute(query).mappings():
            shares[row["webhook_id"]] = shares.get(row["webhook_id"], 0) + 1
            if shares[row["webhook_id"]] <= _SHARE and len(taken) < limit:
                taken.append(_delivery(row))
        ids = [delivery.id for delivery in taken]
        connection.execute(update(webhook_deliveries).where(_D.id.in_(ids)).values(claimed_until_ns=until_ns))
        return taken

    def finish(self, delivery: Delivery, *, claimed_until_ns: int) -> bool:
        """Store what an attempt changed and give the claim back; False when the claim was lost meanwhile."""
        values = {
            "state": delivery.state,
            "due_ns": delivery.due_ns,
            "attempts": to_json(delivery.attempts),
            "attempts_total": delivery.attempts_total,
            "claimed_until_ns": 0,
        }
        own = _is_claimed(delivery.id, claimed_until_ns)
        return bool(self._database.writing().execute(update(webhook_deliveries).where(own).values(values)).rowcount)

    def release(self, delivery_id: str, *, claimed_until_ns: int) -> None:
        """Give a claim back without an attempt."""
        own = _is_claimed(delivery_id, claimed_until_ns)
        self._database.writing().execute(update(webhook_deliveries).where(own).values(claimed_until_ns=0))

    def requeue(self, delivery_id: str, *, now_ns: int) -> None:
        """Make the delivery due now, with a new day of retries. A claim on it stays."""
        values = {"state": "pending", "due_ns": now_ns, "retry_from_ns": now_ns}
        self._database.writing().execute(update(webhook_deliveries).where(_D.id == delivery_id).values(values))

    def purge(self, *, before_ns: int, limit: int) -> int:
        """Delete the oldest deliveries made before an instant, by webhook_deliveries_by_time."""
        oldest = select(_D.id).where(_D.created_ns < before_ns).order_by(_D.created_ns).limit(limit)
        return (
            self._database.writing()
            .execute(delete(webhook_deliveries).where(_D.id.in_(oldest.scalar_subquery())))
            .rowcount
        )


class SQLMailStore:
    """Implements MailStore."""

    def __init__(self, database: ConfigDatabase) -> None:
        self._database = database

    def find(self) -> MailServer | None:
        """Return it."""
        with self._database.reading() as connection:
            row = connection.execute(select(mail_server)).mappings().first()
        return MailServer(**{name: row[name] for name in _MAIL_FIELDS}) if row else None

    def put(self, server: MailServer) -> None:
        """Store it."""
        self.remove()
        values = {name: getattr(server, name) for name in _MAIL_FIELDS}
        self._database.writing().execute(insert(mail_server).values(only=1, **values))

    def remove(self) -> None:
        """Delete it."""
        self._database.writing().execute(delete(mail_server))


class SQLToldStore:
    """Implements ToldStore."""

    def __init__(self, database: ConfigDatabase) -> None:
        self._database = database

    def find_until(self, subject: str) -> int | None:
        """Return until when the subject counts as told."""
        with self._database.reading() as connection:
            return connection.execute(select(told.c.until_ns).where(told.c.subject == subject)).scalar()

    def put(self, subject: str, until_ns: int) -> None:
        """Count the subject as told until then."""
        connection = self._database.writing()
        connection.execute(delete(told).where(told.c.subject == subject))
        connection.execute(insert(told).values(subject=subject, until_ns=until_ns))

    def current(self, prefix: str, *, now_ns: int, limit: int) -> tuple[str, ...]:
        """Return what counts as told then, by primary key."""
        is_wanted = (told.c.subject.startswith(prefix, autoescape=True), told.c.until_ns > now_ns)
        with self._database.reading() as connection:
            query = select(told.c.subject).where(*is_wanted).order_by(told.c.subject).limit(limit)
            return tuple(connection.execute(query).scalars())

    def forget(self, *, before_ns: int) -> None:
        """Delete what counted until before that instant. Reads all: there are as many as things near their end."""
        self._database.writing().execute(delete(told).where(told.c.until_ns < before_ns))


_MAIL_FIELDS = tuple(column.name for column in mail_server.columns if column.name != "only")


def _due(query: Select[Any], now_ns: int) -> Select[Any]:
    """Add the condition of what may be claimed now."""
    enabled = select(webhooks.c.id).where(webhooks.c.state == "enabled").scalar_subquery()
    is_free = (_D.due_ns <= now_ns) & (_D.claimed_until_ns <= now_ns)
    return query.where(_D.state == "pending", is_free, _D.webhook_id.in_(enabled))


def _is_claimed(delivery_id: str, claimed_until_ns: int) -> ColumnElement[bool]:
    return (_D.id == delivery_id) & (_D.claimed_until_ns == claimed_until_ns)


def _values(webhook: Webhook) -> dict[str, Any]:
    return {
        "id": webhook.id,
        "name": webhook.name,
        "name_key": name_key(webhook.name),
        "url": webhook.url,
        "kinds": None if webhook.kinds is None else to_json([kind.value for kind in webhook.kinds]),
        "allow_private": to_json(webhook.allow_private),
        "state": webhook.state,
        "disabled_reason": webhook.disabled_reason,
        "sealed": webhook.sealed,
        "previous_sealed": webhook.previous_sealed,
        "previous_until_ns": webhook.previous_until_ns,
        "created_ns": webhook.created_ns,
        "created_by": webhook.created_by,
        "updated_ns": webhook.updated_ns,
        "updated_by": webhook.updated_by,
        "version": webhook.version,
    }


def _webhook(row: RowMapping) -> Webhook:
    fields = {str(name): value for name, value in row.items() if name not in ("name_key", "kinds", "allow_private")}
    kinds = None if row["kinds"] is None else Webhook.read_kinds(from_json(row["kinds"], list[str]))
    return Webhook(**fields, kinds=kinds, allow_private=from_json(row["allow_private"], tuple[str, ...]))


def _delivery_values(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "webhook_id": delivery.webhook_id,
        "kind": delivery.kind,
        "body": delivery.body,
        "state": delivery.state,
        "created_ns": delivery.created_ns,
        "retry_from_ns": delivery.retry_from_ns,
        "due_ns": delivery.due_ns,
        "attempts": to_json(delivery.attempts),
        "attempts_total": delivery.attempts_total,
    }


def _delivery(row: RowMapping) -> Delivery:
    fields = {str(name): value for name, value in row.items() if name not in ("attempts", "claimed_until_ns")}
    return Delivery(**fields, attempts=from_json(row["attempts"], tuple[Attempt, ...]))


_webhooks: type[WebhookStore] = SQLWebhookStore
_deliveries: type[DeliveryStore] = SQLDeliveryStore
_mail: type[MailStore] = SQLMailStore
_told: type[ToldStore] = SQLToldStore
