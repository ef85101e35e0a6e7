"""Letters to the owners of tokens that expire soon.

Law: a letter is a courtesy. Where mail is not set up or the owner has no address, there is none, and nothing else
changes; the webhook, the page and the header say the same. The token itself is not in it.
"""

import logging
from collections.abc import Callable

from tollway.control.notices.events import write_instant
from tollway.control.notices.model import Letter
from tollway.control.notices.ports import Letterbox
from tollway.control.tokens.model import Token
from tollway.kernel.errors import TollwayError

_TEXT = """The token {name} ({masked}) expires on {when}, in at most {days}.

Its calls are refused from then on. Extend it, or give it a new secret, on its page:
{url}

You get this letter because the token is yours.
"""

_IDLE_TEXT = """The token {name} ({masked}) was not used for long. It ends on {when}, in at most {days}, unless it is
used before.

Any call with it keeps it, and so does a change on its page:
{url}

You get this letter because the token is yours.
"""

_log = logging.getLogger(__name__)


class ExpiryLetters:
    """Writes to owners. `find_address` returns where a person gets mail, None for nowhere."""

    def __init__(self, letterbox: Letterbox, find_address: Callable[[str], str | None], console_url: str) -> None:
        self._letterbox = letterbox
        self._find_address = find_address
        self._console_url = console_url

    def write(self, token: Token, days: int, idle_ends_ns: int | None = None) -> None:
        """Write to the token's owner that it expires within `days` days. Never raises.

        `idle_ends_ns` is when it ends if it is not used before; None: it expires whatever is done.
        """
        try:
            address = None if token.owner_id is None else self._find_address(token.owner_id)
            if address is not None:
                self._letterbox.post(self._letter(address, token, days, idle_ends_ns))
        except TollwayError as error:
            _log.warning("the owner of token %s could not be written to: %s", token.id, error)

    def _letter(self, address: str, token: Token, days: int, idle_ends_ns: int | None) -> Letter:
        when_ns = token.expires_ns if idle_ends_ns is None else idle_ends_ns
        assert when_ns is not None, "it expires"
        text = (_TEXT if idle_ends_ns is None else _IDLE_TEXT).format(
            name=token.name,
            masked=token.masked,
            when=write_instant(when_ns),
            days="1 day" if days == 1 else f"{days} days",
            url=f"{self._console_url}/tokens/{token.id}",
        )
        subject = "expires soon" if idle_ends_ns is None else "ends soon if it is not used"
        return Letter(address, f"The token {token.name} {subject}", text)
