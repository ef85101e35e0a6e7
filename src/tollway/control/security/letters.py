"""Letters about security events: to the owner of a token, else to those who look after the installation.

Law: a letter is best effort beside the inbox and the webhooks, which keep what happened: it waits in memory, is written
once an event, and nothing waits for the mail server. No secret is in it.
"""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from tollway.control.notices.events import write_instant
from tollway.control.notices.model import Letter, Posted
from tollway.control.security.model import SecurityEvent
from tollway.kernel.errors import TollwayError
from tollway.policy.token import mask

WAITING_MAX = 200
"""Letters that wait; above it the oldest is left out, and the inbox says it all the same."""
RECIPIENTS_MAX = 20
WRITTEN = frozenset(("high", "critical"))
"""What is worth a letter, and whatever led to an act."""
_SUBJECT = "Tollway: {what} of {whose}"
_TEXT = """Something was noticed about {whose} ({masked}):

  {what}, {severity}, at {at}
{facts}
What was done: {done}.

Look into it, undo it or mark it expected: {url}
"""
_DONE = {
    "none": "nothing but telling you",
    "done": "{act}, which can be undone",
    "final": "{act}",
    "failed": "nothing: {act} was refused",
}

_log = logging.getLogger(__name__)


class Post(Protocol):
    """Hands letters to the mail server."""

    def send(self, letter: Letter) -> Posted:
        """Send one. Raises TollwayError when mail is not set up, or the letter cannot be."""
        ...


Recipients = Callable[[SecurityEvent], Sequence[str]]


class SecurityLetters:
    """Letters that wait. `add` from any thread; `send` from one."""

    def __init__(self, post: Post, recipients: Recipients, console_url: str) -> None:
        self._post = post
        self._recipients = recipients
        self._console_url = console_url
        self._waiting: deque[SecurityEvent] = deque(maxlen=WAITING_MAX)

    def add(self, event: SecurityEvent) -> None:
        """Have a letter written when the event is worth one."""
        if event.act_state != "would" and (event.severity in WRITTEN or event.act_state != "none"):
            self._waiting.append(event)

    def send(self) -> bool:
        """Write the letters of one event; return whether more wait. What cannot be sent is logged and left."""
        if not self._waiting:
            return False
        event = self._waiting.popleft()
        for address in list(self._recipients(event))[:RECIPIENTS_MAX]:
            try:
                posted = self._post.send(write_letter(event, address, self._console_url))
            except TollwayError as error:
                if error.code.name != "management.not_found":  # mail is not set up
                    _log.warning("security: no letter to %s about %s: %s", address, event.id, error)
                continue
            if not posted.is_ok:
                _log.warning("security: no letter to %s about %s: %s", address, event.id, posted.detail)
        return bool(self._waiting)


def write_letter(event: SecurityEvent, to: str, console_url: str) -> Letter:
    """Return the letter about an event. Pure."""
    whose = _line(event.subject_name or event.subject)
    what = event.kind.replace("_", " ")
    facts = "".join(f"  {name.replace('_', ' ')}: {_line(str(value))}\n" for name, value in event.facts.items())
    text = _TEXT.format(
        whose=whose,
        masked=mask(event.subject, "s") if event.is_token else "a source of calls",
        what=what,
        severity=event.severity,
        at=write_instant(event.last_ns),
        facts=facts,
        done=_DONE.get(event.act_state, event.act_state).format(act=event.act),
        url=f"{console_url}/security?event={event.id}",
    )
    return Letter(to, _SUBJECT.format(what=what, whose=whose), text)


def _line(text: str) -> str:
    """Make a text that others wrote one printable line."""
    return "".join(char if char.isprintable() else "?" for char in text)[:200]
