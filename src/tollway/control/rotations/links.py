"""One-time links to new secrets: shown to an operator who gives it to somebody, or sent by mail.

Law: a link is a collecting token behind the address of the console's page; its hash alone is stored, and another link
to the same secret makes it void. It stands after the `#` of the address, which browsers send to nobody. The address is
this installation's own, by its configuration. A link that was mailed is shown to nobody else. What cannot be mailed is
tried again a few times and then given up, which keeps the old secret and is told.
"""

from dataclasses import dataclass, replace

from tollway.control.actor import SETUP, Actor
from tollway.control.audit.model import Subject
from tollway.control.faults import refuse
from tollway.control.notices.events import write_instant
from tollway.control.notices.mail import is_address
from tollway.control.notices.model import Letter, Posted
from tollway.control.ports import Trail, Transactions
from tollway.control.rotations.errors import mail_is_missing
from tollway.control.rotations.handing import COLLECT_SECONDS, MAILED_SECONDS, Handovers
from tollway.control.rotations.model import Handover, Link, Mailed
from tollway.control.rotations.ports import HandoverStore, Post
from tollway.control.tokens.model import Token
from tollway.control.tokens.service import Tokens
from tollway.kernel.clock import NANOS_PER_SECOND, Clock
from tollway.kernel.errors import TollwayError
from tollway.kernel.secret import Secret

PAGE = "/collect"
RETRY_SECONDS = (60, 300, 1_800)
"""How long after each failed letter the next one is tried; after the last one there is none."""
CLAIM_SECONDS = 60
"""Twice what handing a letter in may take: then another console may try."""
LETTERS_AT_ONCE = 20
_TEXT = """The token {name} ({masked}) has a new secret. Open this page and show it, once:

{url}

The link works once, until {until}. The secret before it works until the new one was shown, and then for {overlap}.

If the page says that there is nothing to show and it was not you, somebody was there before you: tell whoever runs the
gateway at {console} at once. If nobody shows it in time, nothing changes.
"""


@dataclass(frozen=True, slots=True)
class LinkParts:
    """What the service is built from. `console_url` is where this console answers, by its configuration."""

    handovers: Handovers
    store: HandoverStore
    tokens: Tokens
    post: Post
    transactions: Transactions
    trail: Trail
    clock: Clock
    console_url: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """A link that is asked for: to the token's new secret, after whose use the old one works `overlap_seconds` more."""

    token_id: str
    overlap_seconds: int = 86_400
    expected_version: int | None = None


class HandoverLinks:
    """Links of this installation. Thread-safe."""

    def __init__(self, parts: LinkParts) -> None:
        self._parts = parts

    def make(self, wanted: Wanted, actor: Actor) -> Link:
        """Return a link to the token's new secret: to the one that waits, else to one that is made now.

        The old secret works until the link was used, and then for the overlap. Raises as `TokenSecrets.rotate`.
        """
        return self._make(wanted, actor, COLLECT_SECONDS)

    def mail(self, wanted: Wanted, to: str, actor: Actor) -> Mailed:
        """Send such a link to an address and return what the mail server said; the link is shown to nobody.

        When it was not taken the new secret waits, and the next link is to the same. Blocks for 30 s at most. Raises
        as `make`, and management.invalid (no address), management.conflict (mail is not set up).
        """
        if not is_address(to):
            raise refuse("/mail_to", "this is not an e-mail address")
        if self._parts.post.find() is None:
            raise mail_is_missing()
        link = self._make(wanted, actor, MAILED_SECONDS)
        posted = self._post(write_letter(link, to, self._parts.console_url))
        with self._parts.transactions.write():
            self._record_letter(actor, link.token, to, posted)
        return Mailed(to, posted.is_ok, posted.detail)

    def send_due(self) -> int:
        """Write the letters that policies ask for and that are due; return how many were taken."""
        parts = self._parts
        taken = 0
        for handover in parts.store.letters_due(now_ns=parts.clock.now_ns(), limit=LETTERS_AT_ONCE):
            claimed = self._claim(handover.id)
            if claimed is None:
                continue
            handover, link = claimed
            posted = self._post(write_letter(link, handover.mail_to, parts.console_url))
            self._finish(handover, link.token, posted)
            taken += posted.is_ok
        return taken

    def _make(self, wanted: Wanted, actor: Actor, seconds: int) -> Link:
        parts = self._parts
        with parts.transactions.write():
            token = parts.tokens.changeable(wanted.token_id, actor, wanted.expected_version)
            parts.tokens.refuse_excess(token, actor)
            waiting = parts.handovers.find_waiting(token.id)
            if waiting is not None and waiting.generation == token.life.generation:
                waiting = replace(waiting, mail_due_ns=None)  # a letter that is due would make this link void
                handover, collecting = parts.handovers.renew(waiting)
            else:
                handover, collecting = parts.handovers.begin_by_hand(
                    token.id, actor, overlap_seconds=wanted.overlap_seconds, seconds=seconds
                )
            facts = {"secret": handover.generation, "until": write_instant(handover.expires_ns)}
            parts.trail.record(actor, "token.link", Subject("token", token.id, token.name), None, facts)
            return self._link(parts.tokens.get(token.id), handover, collecting)

    def _link(self, token: Token, handover: Handover, collecting: Secret[str]) -> Link:
        url = Secret(f"{self._parts.console_url}{PAGE}#{collecting.reveal()}")
        return Link(token, url, handover.expires_ns, handover.overlap_seconds)

    def _claim(self, handover_id: str) -> tuple[Handover, Link] | None:
        """Hold a letter that is due, with a link of its own; None when somebody else does, or nothing waits."""
        parts = self._parts
        with parts.transactions.write():
            handover, now = parts.store.find(handover_id), parts.clock.now_ns()
            if handover is None or handover.state != "waiting" or (handover.mail_due_ns or now + 1) > now:
                return None
            held = replace(handover, mail_due_ns=now + CLAIM_SECONDS * NANOS_PER_SECOND)
            handover, collecting = parts.handovers.renew(held)
            return handover, self._link(parts.tokens.get(handover.token_id), handover, collecting)

    def _finish(self, handover: Handover, token: Token, posted: Posted) -> None:
        parts = self._parts
        with parts.transactions.write():
            self._record_letter(SETUP, token, handover.mail_to, posted)
            now = parts.store.find(handover.id)
            if now is None or now.state != "waiting" or now.mail_due_ns != handover.mail_due_ns:
                return  # collected already, or another link was made
            attempts = now.mail_attempts + 1
            wait = None if posted.is_ok or attempts > len(RETRY_SECONDS) else RETRY_SECONDS[attempts - 1]
            due_ns = None if wait is None else parts.clock.now_ns() + wait * NANOS_PER_SECOND
            tried = replace(now, mail_attempts=attempts, mail_due_ns=due_ns)
            parts.store.put(tried)
            if not posted.is_ok and due_ns is None:
                parts.handovers.give_up(tried, None, f"The letter could not be sent: {posted.detail}")

    def _post(self, letter: Letter) -> Posted:
        try:
            return self._parts.post.send(letter)
        except TollwayError as error:  # mail is no longer set up, or its password does not open
            return Posted(False, error.public)

    def _record_letter(self, actor: Actor, token: Token, to: str, posted: Posted) -> None:
        facts = {"to": to, "is_ok": posted.is_ok}
        self._parts.trail.record(actor, "token.mail_link", Subject("token", token.id, token.name), None, facts)


def write_letter(link: Link, to: str, console_url: str) -> Letter:
    """Return the letter with a link. Pure."""
    name = "".join(char if char.isprintable() else "?" for char in link.token.name)
    text = _TEXT.format(
        name=name,
        masked=link.token.masked,
        url=link.url.reveal(),
        until=write_instant(link.until_ns),
        overlap=_in_words(link.overlap_seconds),
        console=console_url,
    )
    return Letter(to, f"A new secret of the token {name}", text)


def _in_words(seconds: int) -> str:
    """Write a duration in its largest whole unit."""
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= size and not seconds % size:
            return f"{seconds // size} {unit}{'' if seconds == size else 's'}"
    return f"{seconds} second{'' if seconds == 1 else 's'}"
