"""Tells people what happened to their accounts (port: AccountNotices): by webhook, and by a letter to the person.

Law: the webhook and the letter are queued in the transaction that stores the change. The letter goes to where letters
went before the change, and nothing waits for the mail server. No secret is in either.
"""

from dataclasses import dataclass
from typing import assert_never

from tollway.control.notices.events import (
    Data,
    Event,
    UserEmailChanged,
    UserFactorsChanged,
    UserNewDevice,
    UserPasswordChanged,
    write_instant,
)
from tollway.control.notices.model import Letter
from tollway.control.notices.ports import Letterbox, Notices
from tollway.control.ports import Transactions
from tollway.control.sessions.model import AccountChange, AccountNews
from tollway.control.sessions.ports import AccountNotices
from tollway.kernel.clock import Clock

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


@dataclass(frozen=True, slots=True)
class NewsParts:
    """What this is built from. `console_url` is where the console answers, by its configuration."""

    notices: Notices
    letterbox: Letterbox
    transactions: Transactions
    clock: Clock
    console_url: str


class AccountNewsDesk:
    """Implements AccountNotices. Thread-safe."""

    def __init__(self, parts: NewsParts) -> None:
        self._parts = parts

    def tell(self, news: AccountNews) -> None:
        """Queue the webhook and the letter with the change."""
        parts, now_ns = self._parts, self._parts.clock.now_ns()
        with parts.transactions.write():
            parts.notices.tell(Event(describe(news), now_ns))
            if news.user.email:
                parts.letterbox.post(write_letter(news, news.user.email, parts.console_url, at_ns=now_ns))


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
