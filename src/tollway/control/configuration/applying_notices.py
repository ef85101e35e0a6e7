"""Bring webhooks, and how mail is sent, to what the document says.

A webhook's signing secret is made here and shown once; it is never in a document. The query of a URL is where receivers
put secrets of their own: a URL that has one is exported as `stored`, which leaves it as it is. The password of the mail
server is written or `stored`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from msgspec import UNSET, UnsetType

from tollway.control.actor import Actor
from tollway.control.configuration.entries import MailEntry, WebhookEntry
from tollway.control.configuration.shown import Shown
from tollway.control.faults import Faults, refuse
from tollway.control.notices.events import Kind
from tollway.control.notices.mail import Mail
from tollway.control.notices.model import MailChange, MailServer, NewWebhook, Webhook, WebhookChange, WebhookState
from tollway.control.notices.service import Webhooks
from tollway.control.upstreams.model import STORED
from tollway.kernel.secret import Secret

MAIL = "mail"
"""The name of the one entry of its kind."""
_ALL = "*"


@dataclass(frozen=True, slots=True)
class NoticesParts:
    """What tells others."""

    webhooks: Webhooks
    mail: Mail


class WebhookStep:
    """Implements Step for webhooks."""

    def __init__(self, webhooks: Webhooks) -> None:
        self._webhooks = webhooks

    def find(self, entry: WebhookEntry) -> Webhook | None:
        """Return the webhook of that name."""
        return next((one for one in self._webhooks.all() if one.name == entry.name), None)

    def create(self, entry: WebhookEntry, actor: Actor) -> tuple[Webhook, Secret[str]]:
        """Make the webhook; its signing secret is shown once."""
        if entry.url is UNSET or entry.url == STORED:
            raise refuse("/url", "a new webhook needs its `url`")
        kinds = _kinds(entry)
        allow_private = () if entry.allow_private is UNSET else entry.allow_private
        new = NewWebhook(entry.name, entry.url, None if kinds is UNSET else kinds, allow_private)
        made = self._webhooks.create(new, actor)
        return self._switch(made.webhook, entry, actor), made.secret

    def change(self, found: Webhook, entry: WebhookEntry, actor: Actor) -> Webhook:
        """Bring the webhook to what the entry states."""
        url = UNSET if entry.url == STORED else entry.url
        change = WebhookChange(entry.name, url, _kinds(entry), entry.allow_private)
        return self._switch(self._webhooks.change(found.id, change, actor), entry, actor)

    def remove(self, found: Webhook, actor: Actor) -> None:
        """Delete the webhook."""
        self._webhooks.delete(found.id, actor)

    def show(self, item: Webhook) -> Shown:
        """Return the entry."""
        shown: Shown = {"name": item.name, "url": STORED if "?" in item.url else item.url}
        if item.kinds is not None:
            shown["events"] = [kind.value for kind in item.kinds]
        if item.allow_private:
            shown["allow_private"] = True if item.allow_private == (_ALL,) else list(item.allow_private)
        return shown if item.state == "enabled" else shown | {"state": "disabled"}

    def show_all(self) -> Iterator[Shown]:
        """Return all webhooks."""
        return map(self.show, reversed(self._webhooks.all()))

    def _switch(self, item: Webhook, entry: WebhookEntry, actor: Actor) -> Webhook:
        wanted: WebhookState = "disabled" if entry.state == "disabled" else "enabled"
        if entry.state is UNSET or wanted == item.state:
            return item
        return self._webhooks.change(item.id, WebhookChange(state=wanted), actor)


class MailStep:
    """Implements Step for the one way that mail is sent."""

    def __init__(self, mail: Mail) -> None:
        self._mail = mail

    def find(self, entry: MailEntry) -> MailServer | None:
        """Return how mail is sent."""
        return self._mail.find()

    def create(self, entry: MailEntry, actor: Actor) -> tuple[MailServer, None]:
        """Set mail up."""
        if entry.host is UNSET or entry.from_address is UNSET:
            raise refuse("", "mail needs `host` and `from_address`")
        blank = MailChange(entry.host, 587, "starttls", entry.from_address)
        return self._mail.set_up(_stated(blank, entry), actor), None

    def change(self, found: MailServer, entry: MailEntry, actor: Actor) -> MailServer:
        """Bring it to what the entry states; a change of nothing leaves it."""
        before = MailChange(found.host, found.port, found.security, found.from_address, found.from_name, found.username)
        after = _stated(before, entry)
        return found if after == before else self._mail.set_up(after, actor)

    def remove(self, found: MailServer, actor: Actor) -> None:
        """Forget the server and its login."""
        self._mail.remove(actor)

    def show(self, item: MailServer) -> Shown:
        """Return the entry."""
        shown: Shown = {"name": MAIL, "host": item.host, "port": item.port, "security": item.security}
        shown["from_address"] = item.from_address
        if item.from_name:
            shown["from_name"] = item.from_name
        if item.username:
            shown |= {"username": item.username, "credential": STORED}
        return shown

    def show_all(self) -> Iterator[Shown]:
        """Return it, if mail is set up."""
        server = self._mail.find()
        return iter(()) if server is None else iter((self.show(server),))


def _stated(change: MailChange, entry: MailEntry) -> MailChange:
    stated = {
        "host": entry.host,
        "port": entry.port,
        "security": entry.security,
        "username": entry.username,
        "from_address": entry.from_address,
        "from_name": entry.from_name,
    }
    change = replace(change, **{name: value for name, value in stated.items() if value is not UNSET})  # type: ignore[arg-type]  # each value was typed where it was read
    if entry.credential is UNSET or entry.credential.reveal() == STORED:
        return change
    if entry.credential.reveal().startswith(("env:", "file:")):
        raise refuse("/credential", "set the variable where `tollway apply` runs: mail has no reference of its own")
    return replace(change, password=entry.credential)


def _kinds(entry: WebhookEntry) -> tuple[Kind, ...] | UnsetType | None:
    """Return the events that are stated; None for all of them. Raises management.invalid for an unknown one."""
    if entry.events is UNSET or entry.events is None:
        return entry.events
    faults, known = Faults(), {kind.value: kind for kind in Kind}
    for index, name in enumerate(entry.events):
        if name not in known:
            faults.add(f"/events/{index}", "there is no such event")
    faults.check()
    return tuple(known[name] for name in entry.events)
