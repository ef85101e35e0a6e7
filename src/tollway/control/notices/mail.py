"""How mail is sent, and sending it.

Law: the password is write-only, sealed, and bound to where it is sent: with another server, port or user it must be
given again, and it never goes over a connection that is not encrypted.
"""

import re
from dataclasses import dataclass, replace

from msgspec import UNSET

from tollway.control.actor import Actor
from tollway.control.audit.facts import pick
from tollway.control.audit.model import Facts, Subject
from tollway.control.faults import Faults
from tollway.control.notices.errors import mail_not_set_up
from tollway.control.notices.model import Letter, MailChange, MailServer, Posted
from tollway.control.notices.ports import MailSender, MailStore, Sealer
from tollway.control.ports import Trail, Transactions
from tollway.control.versions import check_version
from tollway.kernel.clock import Clock
from tollway.kernel.secret import Secret

PASSWORD_AAD = b"mail_server|password|only"
_HOST = re.compile(r"(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_.:-]*[A-Za-z0-9_])?", re.ASCII)
# RFC 5321 section 4.1.2 without quoted strings and literals, which nobody has and which parsers read differently.
_ADDRESS = re.compile(
    r"(?=.{3,254}$)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*",
    re.ASCII,
)
_CHARACTERS_MAX = 200
_LETTER = """This is a test.

Tollway can send mail through {host}. Nobody needs to answer.
"""


@dataclass(frozen=True, slots=True)
class MailParts:
    """What the service is built from."""

    store: MailStore
    sealer: Sealer
    sender: MailSender
    transactions: Transactions
    trail: Trail
    clock: Clock


class Mail:
    """Mail of this installation. Thread-safe."""

    def __init__(self, parts: MailParts) -> None:
        self._parts = parts

    def find(self) -> MailServer | None:
        """Return how mail is sent; None: it is not set up."""
        return self._parts.store.find()

    def get(self) -> MailServer:
        """Return how mail is sent. Raises management.not_found: it is not set up."""
        server = self._parts.store.find()
        if server is None:
            raise mail_not_set_up()
        return server

    def set_up(self, change: MailChange, actor: Actor, *, expected_version: int | None = None) -> MailServer:
        """Say how mail is sent; nothing is tried. Raises management.invalid, management.precondition."""
        with self._parts.transactions.write():
            before = self.find()
            check_version(before.version if before else 0, expected_version)
            faults = Faults()
            _check(change, faults)
            sealed = self._seal_password(before, change, faults)
            faults.check()
            server = MailServer(
                host=change.host,
                port=change.port,
                security=change.security,
                username=change.username,
                sealed_password=sealed,
                from_address=change.from_address,
                from_name=change.from_name,
                updated_ns=self._parts.clock.now_ns(),
                updated_by=str(actor),
                version=before.version + 1 if before else 1,
            )
            self._parts.store.put(server)
            self._record(actor, "set_up", server, _facts(before) if before else None, _facts(server))
            return server

    def remove(self, actor: Actor, *, expected_version: int | None = None) -> None:
        """Forget the server and its login. Idempotent. Raises management.precondition."""
        with self._parts.transactions.write():
            server = self.find()
            check_version(server.version if server else 0, expected_version)
            if server is not None:
                self._parts.store.remove()
                self._record(actor, "remove", server, _facts(server), None)

    def send(self, letter: Letter) -> Posted:
        """Hand one letter to the mail server; blocks for at most 30 s. Failures are in the result.

        Raises management.not_found (not set up), management.invalid (not an address, a subject of several lines),
        upstream.no_credential (the password does not open).
        """
        faults = Faults()
        if not _ADDRESS.fullmatch(letter.to):
            faults.add("/to", "this is not an e-mail address")
        if not letter.subject.isprintable():
            faults.add("/subject", "a subject is one line of printable characters")
        faults.check()
        server = self.get()
        password = ""
        if server.username:
            password = self._parts.sealer.open(server.sealed_password, PASSWORD_AAD).decode()
        return self._parts.sender.send(replace(server, sealed_password=b""), password, letter)

    def test(self, to: str, actor: Actor) -> Posted:
        """Send a letter that says it is a test. Raises as `send`."""
        server = self.get()
        posted = self.send(Letter(to, "Test from Tollway", _LETTER.format(host=server.host)))
        with self._parts.transactions.write():
            self._record(actor, "test", server, None, {"to": to, "is_ok": posted.is_ok})
        return posted

    def _record(self, actor: Actor, act: str, server: MailServer, before: Facts | None, after: Facts | None) -> None:
        self._parts.trail.record(actor, f"mail.{act}", Subject("mail", "", server.host), before, after)

    def _seal_password(self, before: MailServer | None, change: MailChange, faults: Faults) -> bytes:
        if not change.username:
            if isinstance(change.password, Secret):
                faults.add("/password", "there is no user that it is for")
            return b""
        if isinstance(change.password, Secret):
            password = change.password.reveal()
            if not (password.isascii() and password.isprintable()):
                faults.add("/password", "printable ASCII characters only: mail servers disagree about all others")
                return b""
            return self._parts.sealer.seal(password.encode(), PASSWORD_AAD)
        assert change.password is UNSET
        is_same = before is not None and (before.host, before.port, before.username) == (
            change.host,
            change.port,
            change.username,
        )
        if before is None or not is_same or not before.sealed_password:
            faults.add("/password", "give the password of this user at this server")
            return b""
        return before.sealed_password


def is_address(text: str) -> bool:
    """Return whether a letter could be sent to it, as far as its form goes."""
    return _ADDRESS.fullmatch(text) is not None


def _facts(server: MailServer) -> dict[str, object]:
    """Return what the audit log shows of a mail server: never the password, not even sealed."""
    return pick(server, "host", "port", "security", "username", "from_address", "from_name")


def _check(change: MailChange, faults: Faults) -> None:
    if not _HOST.fullmatch(change.host):
        faults.add("/host", "a host name or an address")
    if not 1 <= change.port <= 65_535:
        faults.add("/port", "a port from 1 to 65535")
    if not _ADDRESS.fullmatch(change.from_address):
        faults.add("/from_address", "this is not an e-mail address")
    for path, text in (("/from_name", change.from_name), ("/username", change.username)):
        if len(text) > _CHARACTERS_MAX or not text.isprintable():
            faults.add(path, f"at most {_CHARACTERS_MAX} printable characters in one line")
    if not change.username.isascii():
        faults.add("/username", "ASCII characters only: mail servers disagree about all others")
    if change.username and change.security == "none":
        faults.add("/security", "a login is only sent over an encrypted connection: use starttls or tls")
