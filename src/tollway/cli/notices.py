"""`tollway webhook` and `tollway mail`: who is told what happens, and how mail is sent."""

import sys
from itertools import islice
from typing import Annotated, Any

import typer

from tollway.cli.answers import CommandError, ExitCode
from tollway.cli.find import find_one, remove, switch
from tollway.cli.session import Session, command

WebhookArgument = Annotated[str, typer.Argument(metavar="WEBHOOK", help="Name or id of the webhook.")]
NameArgument = Annotated[str, typer.Argument(metavar="NAME")]
UrlArgument = Annotated[str, typer.Argument(metavar="URL", help="Where events are sent.")]
DeliveryArgument = Annotated[str, typer.Argument(metavar="DELIVERY", help="Id of the delivery.")]
ToArgument = Annotated[str, typer.Argument(metavar="ADDRESS", help="Who gets the letter.")]
HostArgument = Annotated[str, typer.Argument(metavar="HOST", help="The mail server.")]
Events = Annotated[
    list[str] | None,
    typer.Option("--event", metavar="KIND", help="One of `tollway webhook events`; default all. Repeatable."),
]
NewName = Annotated[str | None, typer.Option("--name", metavar="NAME", help="Its new name.")]
NewUrl = Annotated[str | None, typer.Option("--url", metavar="URL", help="Where events are sent from now on.")]
AllowPrivate = Annotated[
    list[str] | None,
    typer.Option("--allow-private", metavar="CIDR", help="Private addresses it may be at; `all` for any. Repeatable."),
]
State = Annotated[str | None, typer.Option("--state", metavar="STATE", help="One of pending, delivered, failed.")]
Event = Annotated[str | None, typer.Option("--event", metavar="KIND", help="Only this kind of event.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many to show.")]
Overlap = Annotated[int, typer.Option("--overlap", metavar="SECONDS", help="How long the old secret signs as well.")]
Port = Annotated[int, typer.Option("--port", help="587 for STARTTLS, 465 for TLS.")]
Security = Annotated[str, typer.Option("--security", metavar="KIND", help="One of starttls, tls, none.")]
Sender = Annotated[str, typer.Option("--from", metavar="ADDRESS", help="In whose name mail is sent.")]
Username = Annotated[str, typer.Option("--username", metavar="NAME", help="The login; its password is asked for.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    webhooks = typer.Typer(name="webhook", help="Signed webhooks: who is told what happens.", no_args_is_help=True)
    app.add_typer(webhooks)
    command(webhooks, "list")(list_webhooks)
    command(webhooks, "events")(list_events)
    command(webhooks, "add")(add_webhook)
    command(webhooks, "show")(show_webhook)
    command(webhooks, "change")(change_webhook)
    command(webhooks, "enable")(enable_webhook)
    command(webhooks, "disable")(disable_webhook)
    command(webhooks, "secret")(replace_secret)
    command(webhooks, "remove")(remove_webhook)
    command(webhooks, "test")(test_webhook)
    command(webhooks, "deliveries")(list_deliveries)
    command(webhooks, "delivery")(show_delivery)
    command(webhooks, "resend")(resend_delivery)
    mail = typer.Typer(name="mail", help="How mail is sent.", no_args_is_help=True)
    app.add_typer(mail)
    command(mail, "show")(show_mail)
    command(mail, "set")(set_mail)
    command(mail, "test")(test_mail)
    command(mail, "remove")(remove_mail)


def list_webhooks(session: Session) -> None:
    """List webhooks, newest first.

    Example: tollway webhook list
    """
    columns = {"id": "id", "name": "name", "state": "state", "url": "URL", "events": "events", "pending": "waiting"}
    items = [_flat(session, item) for item in session.items("/webhooks")]
    session.output.rows(
        items, {**columns, "delivered_at": "delivered"}, empty="no webhooks; add one with: tollway webhook add NAME URL"
    )


def list_events(session: Session) -> None:
    """List the kinds of event that a webhook may ask for.

    Example: tollway webhook events
    """
    columns = {"name": "event", "meaning": "when", "fields": "fields of its data"}
    session.output.rows(session.call("GET", "/webhooks/events")["items"], columns, empty="no events")


def add_webhook(
    session: Session, name: NameArgument, url: UrlArgument, *, event: Events = None, allow_private: AllowPrivate = None
) -> None:
    """Add a webhook, and print its signing secret, which is not shown again.

    Example: tollway webhook add ops https://hooks.example.com/tollway --event token.revoked
    """
    body: dict[str, Any] = {"name": name, "url": url, "events": event or None}
    if allow_private:
        body["allow_private"] = True if "all" in allow_private else allow_private
    _print_secret(session, session.call("POST", "/webhooks", body=body))


def show_webhook(session: Session, webhook: WebhookArgument) -> None:
    """Show one webhook.

    Example: tollway webhook show ops
    """
    session.output.fields(_flat(session, find_one(session, "webhooks", webhook)))


def change_webhook(
    session: Session,
    webhook: WebhookArgument,
    *,
    name: NewName = None,
    url: NewUrl = None,
    event: Events = None,
    allow_private: AllowPrivate = None,
) -> None:
    """Change what is named; --event and --allow-private replace all that was chosen before.

    Example: tollway webhook change ops --event token.revoked --event user.invited
    """
    found = find_one(session, "webhooks", webhook)
    wish: dict[str, Any] = {"name": name, "url": url, "events": event or None}
    if allow_private:
        wish["allow_private"] = True if "all" in allow_private else allow_private
    body = {field: value for field, value in wish.items() if value is not None}
    session.output.fields(_flat(session, session.call("PATCH", f"/webhooks/{found['id']}", body=body)))


def enable_webhook(session: Session, webhook: WebhookArgument) -> None:
    """Send events to a webhook again, and what still waits.

    Example: tollway webhook enable ops
    """
    switch(session, "webhooks", webhook, "enable")


def disable_webhook(session: Session, webhook: WebhookArgument) -> None:
    """Send nothing to a webhook. What happens meanwhile is not kept for it.

    Example: tollway webhook disable ops
    """
    switch(session, "webhooks", webhook, "disable")


def replace_secret(session: Session, webhook: WebhookArgument, *, overlap: Overlap = 86_400) -> None:
    """Print a new signing secret. For a while both sign, so that the receiver can change over.

    Example: tollway webhook secret ops --overlap 3600
    """
    found = find_one(session, "webhooks", webhook)
    body = {"overlap_seconds": overlap}
    _print_secret(session, session.call("POST", f"/webhooks/{found['id']}/secret", body=body))


def remove_webhook(session: Session, webhook: WebhookArgument) -> None:
    """Delete a webhook with what waits for it and its log.

    Example: tollway webhook remove ops
    """
    remove(session, "webhooks", webhook)


def test_webhook(session: Session, webhook: WebhookArgument) -> int:
    """Send a webhook.test to a webhook. Exits with 1 when it is not taken.

    Example: tollway webhook test ops
    """
    found = find_one(session, "webhooks", webhook)
    with session.output.working(f"sending to {found['name']}"):
        tried = session.call("POST", f"/webhooks/{found['id']}/test")
    is_taken = tried["state"] == "delivered"
    if session.output.as_json:
        session.output.json(tried)
    else:
        last = tried["last_attempt"]
        session.output.line(
            f"{found['name']}: {'works' if is_taken else 'FAILS'} in {last['milliseconds']} ms: {last['detail']}"
        )
    return ExitCode.DONE if is_taken else ExitCode.REFUSED


def list_deliveries(
    session: Session, webhook: WebhookArgument, *, state: State = None, event: Event = None, limit: Limit = 50
) -> None:
    """List what was sent to a webhook and what waits, newest first.

    Example: tollway webhook deliveries ops --state failed
    """
    found = find_one(session, "webhooks", webhook)
    items = islice(session.items(f"/webhooks/{found['id']}/deliveries", {"state": state, "event": event}), limit)
    columns = {"id": "id", "event": "event", "state": "state", "created_at": "made", "attempts_total": "attempts"}
    rows = [item if session.output.as_json else {**item, **(item["last_attempt"] or {})} for item in items]
    session.output.rows(
        rows, {**columns, "due_at": "due", "status": "status", "detail": "last word"}, empty="nothing was sent"
    )


def show_delivery(session: Session, webhook: WebhookArgument, delivery: DeliveryArgument) -> None:
    """Show what was sent in one delivery, and what came of each attempt.

    Example: tollway webhook delivery ops dlv_0123456789abcdef
    """
    found = find_one(session, "webhooks", webhook)
    session.output.fields(session.call("GET", f"/webhooks/{found['id']}/deliveries/{delivery}"))


def resend_delivery(session: Session, webhook: WebhookArgument, delivery: DeliveryArgument) -> None:
    """Send a delivery again, under its id.

    Example: tollway webhook resend ops msg_2yBq0Y6oQ1Zb7nXc
    """
    found = find_one(session, "webhooks", webhook)
    again = session.call("POST", f"/webhooks/{found['id']}/deliveries/{delivery}/resend")
    if session.output.as_json:
        session.output.json(again)
    else:
        session.output.line(f"{again['event']} ({again['id']}) is sent to {found['name']} again")


def show_mail(session: Session) -> None:
    """Show how mail is sent.

    Example: tollway mail show
    """
    found = session.call("GET", "/mail")
    if session.output.as_json:
        session.output.json(found)
    elif found["server"] is None:
        session.output.line("mail is not set up; do it with: tollway mail set HOST --from ADDRESS")
    else:
        session.output.fields({**found["server"], "letters_waiting": found["waiting"]})


def set_mail(
    session: Session,
    host: HostArgument,
    *,
    sender: Sender,
    port: Port = 587,
    security: Security = "starttls",
    username: Username = "",
) -> None:
    """Say how mail is sent. The password of --username is typed, or piped in.

    Example: tollway mail set mail.example.com --from tollway@example.com --username tollway
    """
    body: dict[str, Any] = {"host": host, "port": port, "security": security, "from_address": sender}
    if username:
        body |= {"username": username, "password": _read_password()}
    session.output.fields(session.call("PUT", "/mail", body=body)["server"])


def test_mail(session: Session, to: ToArgument) -> int:
    """Send a test letter. Exits with 1 when the mail server does not take it.

    Example: tollway mail test ada@example.com
    """
    with session.output.working(f"sending to {to}"):
        posted = session.call("POST", "/mail/test", body={"to": to})
    if session.output.as_json:
        session.output.json(posted)
    else:
        session.output.line(f"{'works' if posted['ok'] else 'FAILS'}: {posted['detail']}")
    return ExitCode.DONE if posted["ok"] else ExitCode.REFUSED


def remove_mail(session: Session) -> None:
    """Forget the mail server and its login; from then on links are shown to whoever asks for them.

    Example: tollway mail remove
    """
    session.call("DELETE", "/mail")
    if session.output.as_json:
        session.output.json({"removed": True})
    else:
        session.output.line("no mail is sent any more")


def _read_password() -> str:
    typed = typer.prompt("Password", hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.readline()
    password = str(typed).rstrip("\r\n")
    if not password:
        raise CommandError(ExitCode.USAGE, "no password was given")
    return password


def _print_secret(session: Session, shown: dict[str, Any]) -> None:
    if session.output.as_json:
        session.output.json(shown)
        return
    session.output.note(f"{shown['name']} ({shown['id']}) signs with this secret, shown once:")
    session.output.line(shown["secret"])


def _flat(session: Session, webhook: dict[str, Any]) -> dict[str, Any]:
    if session.output.as_json:
        return webhook
    return {**webhook, "events": webhook["events"] or "all"}
