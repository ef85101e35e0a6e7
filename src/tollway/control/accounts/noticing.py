"""Tells people what happened to their accounts (port: AccountNotices): by webhook, and by a letter to the person.

Law: the webhook is queued in the transaction that stores the change. A letter is best effort beside it and the audit
log: it waits in memory, goes to where letters went before the change, and nothing waits for the mail server. No secret
is in either.
"""

import logging
from collections import deque
from dataclasses import dataclass
from typing import Protocol, assert_never

from tollway.control.notices.events import (
    Data,
    Event,
    UserEmailChanged,
    UserFactorsChanged,
    UserNewDevice,
    UserPasswordChanged,
    write_instant,
)
from tollway.control.notices.model import Letter, MailServer, Posted
from tollway.control.notices.ports import Notices
from tollway.control.ports import Transactions
from tollway.control.sessions.model import AccountChange, AccountNews
from tollway.control.sessions.ports import AccountNotices
from tollway.kernel.clock import Clock
from tollway.kernel.errors import TollwayError

WAITING_MAX = 500
"""Letters that wait; above it the oldest is left out, and the audit log says it all the same."""
_LINE_CHARS_MAX = 200
_TEXT = """Hello {name},

{what}

  when: {when}
  from: {address}{agent}
  by:   {by}

If this was you, there is nothing to do. If it was not, {advice}
"""
_ADVICE = """choose a new password at {account}, look there where you are signed in, and
tell an administrator."""
_ADVICE_SIGNED_OUT = "tell an administrator at once."
_MEANS = {
    "totp": "an authenticator app",
    "passkey": "a passkey",
    "password": "the password",
    "link": "a one-time link",
    "recovery": "a recovery code",
}
_SUBJECTS: dict[AccountChange, str] = {
    "password_changed": "Your Tollway password was changed",
    "email_changed": "The address of your Tollway account was changed",
    "factor_added": "A second factor was added to your Tollway account",
    "factor_removed": "A second factor was removed from your Tollway account",
    "factors_reset": "The second factors of your Tollway account were taken away",
    "codes_renewed": "New recovery codes were made for your Tollway account",
    "code_used": "A recovery code of your Tollway account was used",
    "new_device": "A sign-in to your Tollway account from a new browser",
}
_TEXTS: dict[AccountChange, str] = {
    "password_changed": "the password of your account at {console} was changed, by {means}. All other sessions ended.",
    "email_changed": "letters about your account at {console} go to another address from now on, or nowhere.",
    "factor_added": "{means} was added to your account at {console}. All other sessions ended.",
    "factor_removed": "{means} was removed from your account at {console}. All other sessions ended.",
    "factors_reset": (
        "the second factors and recovery codes of your account at {console} were taken away, and you were signed out "
        "everywhere. Your password is what it was."
    ),
    "codes_renewed": "new recovery codes were made for your account at {console}. Those before do not work any more.",
    "code_used": "a recovery code of your account at {console} was used. It does not work any more.",
    "new_device": "your account at {console} was signed in to with {means}, in a browser that was not known.",
}

_log = logging.getLogger(__name__)


class Post(Protocol):
    """The mail of this installation."""

    def find(self) -> MailServer | None:
        """Return how mail is sent; None: it is not set up."""
        ...

    def send(self, letter: Letter) -> Posted:
        """Hand one letter over; blocks for at most 30 s. Failures are in the result. Raises TollwayError."""
        ...


@dataclass(frozen=True, slots=True)
class NewsParts:
    """What this is built from. `console_url` is where the console answers, by its configuration."""

    notices: Notices
    post: Post
    transactions: Transactions
    clock: Clock
    console_url: str


class AccountNewsDesk:
    """Implements AccountNotices. `tell` from any thread; `send` from one."""

    def __init__(self, parts: NewsParts) -> None:
        self._parts = parts
        self._waiting: deque[Letter] = deque(maxlen=WAITING_MAX)

    def tell(self, news: AccountNews) -> None:
        """Queue the webhook with the change, and the letter once it is stored."""
        parts, now_ns = self._parts, self._parts.clock.now_ns()
        with parts.transactions.write():
            parts.notices.tell(Event(describe(news), now_ns))
            if news.user.email:
                letter = write_letter(news, news.user.email, parts.console_url, at_ns=now_ns)
                parts.transactions.after_commit(lambda: self._waiting.append(letter))

    def send(self) -> bool:
        """Send one letter that waits; return whether more do. What cannot be sent is logged and left."""
        if not self._waiting:
            return False
        letter = self._waiting.popleft()
        try:
            if self._parts.post.find() is not None and not (posted := self._parts.post.send(letter)).is_ok:
                _log.warning("no letter to %s about their account: %s", letter.to, posted.detail)
        except TollwayError as error:
            _log.warning("no letter to %s about their account: %s", letter.to, error)
        return bool(self._waiting)


def describe(news: AccountNews) -> Data:
    """Return the event that webhooks get. Pure."""
    who, by = (news.user.id, news.user.name, news.user.role), str(news.by)
    match news.change:
        case "password_changed":
            return UserPasswordChanged(*who, means=news.means, address=news.by.address, by=by)
        case "email_changed":
            return UserEmailChanged(*who, address=news.by.address, by=by)
        case "new_device":
            return UserNewDevice(*who, means=news.means, address=news.by.address, agent=_line(news.agent))
        case "factor_added" | "factor_removed" | "factors_reset" | "codes_renewed" | "code_used":
            factor = news.means or None
            return UserFactorsChanged(*who, change=news.change, factor=factor, address=news.by.address, by=by)
        case _:
            assert_never(news.change)


def write_letter(news: AccountNews, to: str, console_url: str, *, at_ns: int) -> Letter:
    """Return the letter to the person. Pure."""
    means = _MEANS.get(news.means, news.means)
    what = _TEXTS[news.change].format(console=console_url, means=means)
    account = f"{console_url}/account"
    text = _TEXT.format(
        name=_line(news.user.name),
        what=what[0].upper() + what[1:],
        when=write_instant(at_ns),
        address=news.by.address or "the machine itself",
        agent=f", {_line(news.agent)}" if news.agent else "",
        by=_line(news.by.name) if news.by.id == news.user.id else f"{_line(news.by.name or str(news.by))}, not you",
        advice=_ADVICE_SIGNED_OUT if news.change == "factors_reset" else _ADVICE.format(account=account),
    )
    return Letter(to, _SUBJECTS[news.change], text)


def _line(text: str) -> str:
    """Make a text that others wrote one printable line."""
    return "".join(char if char.isprintable() else "?" for char in text)[:_LINE_CHARS_MAX]


_: type[AccountNotices] = AccountNewsDesk
