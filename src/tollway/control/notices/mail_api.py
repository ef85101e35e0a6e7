"""How mail is sent, over HTTP. The password goes in and never comes out."""

from typing import Annotated

from fastapi import APIRouter
from msgspec import UNSET
from pydantic import Field

from tollway.control.notices.model import MailChange, MailServer, Security
from tollway.kernel.secret import Secret
from tollway.web.asking import Asking, FreshNotices, ReadNotices, WriteNotices
from tollway.web.etags import ExpectedVersion
from tollway.web.fields import Input, Instant, Output, Text, absent, format_instant

router = APIRouter(prefix="/mail", tags=["mail"])

Address = Annotated[str, Field(min_length=3, max_length=254)]
Password = Annotated[str, Field(min_length=1, max_length=1_000, json_schema_extra={"writeOnly": True})]


class MailInput(Input):
    """How mail is to be sent. `password` left out: the stored one, while host, port and username stay as they are."""

    host: Annotated[str, Field(min_length=1, max_length=253)]
    port: Annotated[int, Field(ge=1, le=65_535)] = 587
    security: Security = "starttls"
    username: Text = ""
    password: Password = absent()
    from_address: Address
    from_name: Text = ""


class MailServerOutput(Output):
    """How mail is sent. `has_password`: one is stored."""

    host: str
    port: int
    security: Security
    username: str
    has_password: bool
    from_address: str
    from_name: str
    updated_at: Instant
    updated_by: str


class MailOutput(Output):
    """How mail is sent; null: it is not set up. `waiting` letters were not taken yet, and are tried again."""

    server: MailServerOutput | None
    waiting: int


class LetterInput(Input):
    """Where to send a test letter."""

    to: Address


class PostedOutput(Output):
    """Whether the mail server took the letter, and why not."""

    ok: bool
    detail: str


@router.get("")
def get_mail(ask: ReadNotices) -> MailOutput:
    """Show how mail is sent."""
    return _answer(ask.services.notices.mail.find(), ask)


@router.put("")
def set_up_mail(body: MailInput, expected: ExpectedVersion, ask: FreshNotices) -> MailOutput:
    """Say how mail is sent. Nothing is tried: send a test letter."""
    change = MailChange(
        host=body.host,
        port=body.port,
        security=body.security,
        from_address=body.from_address,
        from_name=body.from_name,
        username=body.username,
        password=Secret(body.password) if "password" in body.model_fields_set else UNSET,
    )
    return _answer(ask.services.notices.mail.set_up(change, ask.actor, expected_version=expected), ask)


@router.delete("", status_code=204)
def remove_mail(expected: ExpectedVersion, ask: FreshNotices) -> None:
    """Forget the mail server and its login."""
    ask.services.notices.mail.remove(ask.actor, expected_version=expected)


@router.post("/test")
def test_mail(body: LetterInput, ask: WriteNotices) -> PostedOutput:
    """Send a test letter and say whether the mail server took it."""
    posted = ask.services.notices.mail.test(body.to, ask.actor)
    return PostedOutput(ok=posted.is_ok, detail=posted.detail)


def _answer(server: MailServer | None, ask: Asking) -> MailOutput:
    waiting = ask.services.notices.outbox.count_waiting()
    if server is None:
        return MailOutput(server=None, waiting=waiting)
    ask.tag(server.version)
    shown = MailServerOutput(
        host=server.host,
        port=server.port,
        security=server.security,
        username=server.username,
        has_password=bool(server.sealed_password),
        from_address=server.from_address,
        from_name=server.from_name,
        updated_at=format_instant(server.updated_ns),
        updated_by=server.updated_by,
    )
    return MailOutput(server=shown, waiting=waiting)
