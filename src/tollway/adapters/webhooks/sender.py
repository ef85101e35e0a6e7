"""Sends webhooks through the client and the connect policy of upstreams (port: WebhookSender).

Law: the address that is connected to is the one that was judged, at each attempt anew; redirects are not followed; of
the answer only status and Retry-After are read, and nothing of its body is kept or shown.
"""

import asyncio
import re
import time

from tollway.contract.policy import Timeouts, Upstream
from tollway.control.notices.model import Outcome, Outgoing
from tollway.control.notices.ports import WebhookSender
from tollway.edge.upstream.client import EdgeUpstreams
from tollway.edge.upstream.destination import build_destination
from tollway.gateway.ports import Answer, Destination
from tollway.kernel.errors import TollwayError

SECONDS_MAX = 20.0
_TIMEOUTS = Timeouts(connect_seconds=5.0, first_byte_seconds=15.0, idle_seconds=15.0, total_seconds=SECONDS_MAX)
_URL = re.compile(r"(?P<origin>[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*)(?P<path>/[^?#]*)?(?P<query>\?[^#]*)?")
_TARGET = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})+", re.ASCII)
_DIGITS = re.compile(r"[0-9]{1,9}", re.ASCII)
_URL_CHARACTERS_MAX = 2_000


class HTTPWebhookSender:
    """Implements WebhookSender. Every request has a connection of its own, so receivers may come and go."""

    def check(self, url: str, allow_private: tuple[str, ...]) -> None:
        """Raise ValueError with a text for the operator unless that can be sent to."""
        parse_url(url, allow_private)

    async def send(self, message: Outgoing) -> Outcome:
        """Send it; see WebhookSender."""
        began = time.monotonic()
        try:
            destination, target = parse_url(message.url, message.allow_private)
            async with asyncio.timeout(SECONDS_MAX):
                answer = await _post(destination, target, message)
        except ValueError as error:
            return Outcome(None, 0, f"It cannot be sent: {error}", "management.invalid")
        except TollwayError as error:
            return Outcome(None, _milliseconds(began), error.public, error.code.name)
        except TimeoutError:
            return Outcome(None, _milliseconds(began), f"No answer within {SECONDS_MAX:.0f} s.", "upstream.timeout")
        return judge(answer, _milliseconds(began))

    def send_and_wait(self, message: Outgoing) -> Outcome:
        """Do the same from a thread without an event loop."""
        return asyncio.run(self.send(message))


def parse_url(url: str, allow_private: tuple[str, ...]) -> tuple[Destination, bytes]:
    """Return where to connect and the target of the request line. Raises ValueError with a text for the operator."""
    match = _URL.fullmatch(url) if len(url) <= _URL_CHARACTERS_MAX else None
    if match is None:
        raise ValueError("write http://host/path or https://host/path, without a fragment (#…)")
    target = (match["path"] or "/") + (match["query"] or "")
    if not _TARGET.fullmatch(target):
        raise ValueError("the path or query has a character that must be percent-encoded")
    upstream = Upstream(match["origin"], allow_private, timeouts=_TIMEOUTS)
    try:
        destination = build_destination(upstream, pool_key="webhook")
    except ValueError as error:
        raise ValueError(str(error).replace("base_url", "it")) from error
    return destination, target.encode("ascii")


def judge(answer: Answer, milliseconds: int) -> Outcome:
    """Say what an answer means: 2xx is taken, everything else is not."""
    status = answer.status
    if 200 <= status < 300:
        return Outcome(status, milliseconds, "Taken.")
    detail = f"The receiver answered {status}."
    if 300 <= status < 400:
        detail = f"The receiver answered {status}: redirects are not followed, enter the address it leads to."
    return Outcome(status, milliseconds, detail, "upstream.protocol", _retry_after(answer))


async def _post(destination: Destination, target: bytes, message: Outgoing) -> Answer:
    upstreams = EdgeUpstreams()
    try:
        headers = [(name.encode("ascii"), value.encode("ascii")) for name, value in message.headers]
        answer = await upstreams.send(destination, method="POST", target=target, headers=headers, body=message.body)
        answer.close()
        return answer
    finally:
        upstreams.close()


def _retry_after(answer: Answer) -> int | None:
    """Return the seconds of Retry-After; its other form, a date, counts as absent."""
    for name, value in answer.headers:
        if name == b"retry-after" and _DIGITS.fullmatch(text := value.decode("latin-1").strip()):
            return int(text)
    return None


def _milliseconds(began: float) -> int:
    return round((time.monotonic() - began) * 1_000)


_: type[WebhookSender] = HTTPWebhookSender
