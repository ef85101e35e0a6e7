"""Letters with the one-time link by which a person chooses a password.

Law: the address of the link comes from this installation's own configuration, never from a request; a link that was
mailed is shown to nobody else, and one that could not be is shown to whoever made it, as if there were no mail.
"""

from dataclasses import dataclass

from tollway.control.accounts.model import IssuedLink
from tollway.control.actor import Actor
from tollway.control.audit.model import Subject
from tollway.control.notices.events import write_instant
from tollway.control.notices.mail import Mail
from tollway.control.notices.model import Letter
from tollway.control.ports import Trail

_INVITATION = """Hello {name},

you are invited to the Tollway gateway at {console}. Choose a password here and you are signed in:

{url}

The link works once, until {until}. If you did not expect this, do nothing.
"""
_RESET = """Hello {name},

here you choose a new password for the Tollway gateway at {console}:

{url}

The link works once, until {until}, and ends your other sessions. If you did not ask for it, do nothing, and tell an
administrator.
"""


@dataclass(frozen=True, slots=True)
class Mailed:
    """Whether a letter was taken by the mail server, and what it said when not."""

    to: str
    is_ok: bool
    detail: str


def write_letter(issued: IssuedLink, to: str, url: str, console_url: str) -> Letter:
    """Return the letter with a link. Pure."""
    template, subject = (
        (_INVITATION, "You are invited to Tollway")
        if issued.purpose == "invite"
        else (_RESET, "Choose a new Tollway password")
    )
    until = write_instant(issued.expires_ns)
    text = template.format(name=issued.user.name, console=console_url, url=url, until=until)
    return Letter(to, subject, text)


@dataclass(frozen=True, slots=True)
class LinkPost:
    """Sends links to their people. `console_url` is where this console answers, by its configuration."""

    mail: Mail
    trail: Trail
    console_url: str

    def send(self, issued: IssuedLink, url: str, actor: Actor) -> Mailed | None:
        """Send the link to its person; None where mail is not set up, or they have no address. Blocks for 30 s at most.

        What the mail server said is in the result, and in the audit log that it was tried.
        """
        to = issued.user.email
        if to is None or self.mail.find() is None:
            return None
        posted = self.mail.send(write_letter(issued, to, url, self.console_url))
        facts = {"to": to, "purpose": issued.purpose, "is_ok": posted.is_ok}
        subject = Subject("user", issued.user.id, issued.user.name)
        self.trail.record(actor, "user.mail", subject, None, facts)
        return Mailed(to, posted.is_ok, posted.detail)
