"""Hands letters in by SMTP (port: MailSender), with the standard library's client, which blocks: for threads only.

A server that does not offer what the settings ask for (STARTTLS, a login) is refused; nothing falls back to less. Each
letter has a connection of its own.
"""

import smtplib
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from tollway.control.notices.model import Letter, MailServer, Posted
from tollway.control.notices.ports import MailSender
from tollway.kernel.clock import NANOS_PER_SECOND, Clock, SystemClock

SECONDS_MAX = 10.0
"""Of each wait for the server; a letter needs about six short ones, and of a server that is gone only the first."""
_WORDS_MAX = 200


class SMTPSender:
    """Implements MailSender. `context` makes what certificates are checked by: the system's CAs by default."""

    def __init__(
        self, clock: Clock | None = None, context: Callable[[], ssl.SSLContext] = ssl.create_default_context
    ) -> None:
        self._clock = clock or SystemClock()
        self._context = context

    def send(self, server: MailServer, password: str, letter: Letter) -> Posted:
        """Hand one letter in; see MailSender."""
        try:
            message = build_message(server, letter, sent_ns=self._clock.now_ns())
            with self._connect(server) as client:
                if server.security == "starttls":
                    client.starttls(context=self._context())
                if server.username:
                    client.login(server.username, password)
                client.send_message(message)
        except (OSError, smtplib.SMTPException, MessageError, ValueError) as error:  # ssl.SSLError is an OSError
            return Posted(False, describe(error))
        return Posted(True, f"{server.host} took the letter for {letter.to}.")

    def _connect(self, server: MailServer) -> smtplib.SMTP:
        if server.security == "tls":
            return smtplib.SMTP_SSL(server.host, server.port, timeout=SECONDS_MAX, context=self._context())
        return smtplib.SMTP(server.host, server.port, timeout=SECONDS_MAX)


def build_message(server: MailServer, letter: Letter, *, sent_ns: int) -> EmailMessage:
    """Return the letter as a message. Raises ValueError or MessageError for what cannot stand in a header."""
    message = EmailMessage()
    user, _, domain = server.from_address.rpartition("@")
    message["From"] = Address(server.from_name, user, domain)
    message["To"] = letter.to
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(datetime.fromtimestamp(sent_ns // NANOS_PER_SECOND, UTC))
    message["Message-ID"] = make_msgid(domain=domain)
    # RFC 3834: no holiday note answers this.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    return message


def describe(error: Exception) -> str:
    """Say what went wrong in words for the operator. The server's own words are shown, cut; the password never is."""
    match error:
        case smtplib.SMTPAuthenticationError():
            return f"The mail server refused the login: {_words(error)}"
        case smtplib.SMTPNotSupportedError():
            return f"The mail server cannot do what is asked for: {error}"
        case smtplib.SMTPRecipientsRefused():
            code, words = next(iter(error.recipients.values()))
            return f"The mail server refused the recipient: {code} {_clean(words)}"
        case smtplib.SMTPSenderRefused():
            return f"The mail server refused the sender: {_words(error)}"
        case smtplib.SMTPResponseException():
            return f"The mail server refused: {_words(error)}"
        case _:
            return _describe_connection(error)


def _describe_connection(error: Exception) -> str:
    match error:
        case smtplib.SMTPServerDisconnected() if isinstance(error.__context__, TimeoutError):
            return _describe_connection(error.__context__)
        case smtplib.SMTPServerDisconnected():
            return "The mail server closed the connection; is it the right port and kind of encryption?"
        case ssl.SSLCertVerificationError():
            return f"The mail server's certificate is not trusted: {error.verify_message}"
        case ssl.SSLError():
            return "The mail server does not speak TLS here; is it the right port and kind of encryption?"
        case TimeoutError():
            return f"The mail server does not answer within {SECONDS_MAX:.0f} s."
        case OSError():
            return f"The mail server cannot be reached: {error.strerror or type(error).__name__}"
        case _:
            return "The letter cannot be written as mail."


def _words(error: smtplib.SMTPResponseException) -> str:
    return f"{error.smtp_code} {_clean(error.smtp_error)}"


def _clean(words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return "".join(character if character.isprintable() else " " for character in text)[:_WORDS_MAX]


_: type[MailSender] = SMTPSender
