"""Letters about security events: to the owner of a token, else to those who look after the installation.

Law: a letter is written once an event, with it, beside the inbox and the webhooks; nothing waits for the mail server.
No secret is in it.
"""

from collections.abc import Callable, Sequence

from tollway.control.notices.events import write_instant
from tollway.control.notices.model import Letter
from tollway.control.notices.ports import Letterbox
from tollway.control.security.model import SecurityEvent
from tollway.policy.token import mask

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

Recipients = Callable[[SecurityEvent], Sequence[str]]


class SecurityLetters:
    """Writes letters about events. Thread-safe."""

    def __init__(self, letterbox: Letterbox, recipients: Recipients, console_url: str) -> None:
        self._letterbox = letterbox
        self._recipients = recipients
        self._console_url = console_url

    def add(self, event: SecurityEvent) -> None:
        """Write the letters of an event that is worth one, in the transaction that stores it."""
        if event.act_state != "would" and (event.severity in WRITTEN or event.act_state != "none"):
            for address in list(self._recipients(event))[:RECIPIENTS_MAX]:
                self._letterbox.post(write_letter(event, address, self._console_url))


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
