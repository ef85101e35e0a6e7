"""Sends the console's webhooks and watches what they tell of, beside the requests it serves.

Law: nothing here ends the console. What cannot be read or written is logged and tried again; a claim that could not be
finished runs out, and its delivery is sent again under its id.
"""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Iterator

from tollway.control.notices.model import Claim
from tollway.control.notices.service import NoticeDesk
from tollway.kernel.errors import TollwayError
from tollway.runtime.looks import Looks

POLL_SECONDS = 0.5
PLACES = 16
"""Deliveries under way at once."""
PLACES_EACH = 4
"""Of them to one webhook: a receiver that hangs keeps no other waiting."""
PROVIDERS_SECONDS = 5.0
BUDGETS_SECONDS = 60.0
TIDY_SECONDS = 3_600.0
CLOSE_SECONDS = 3.0
"""How long sends that are under way may go on when the console leaves. Longer ones are sent again after its start."""

_log = logging.getLogger(__name__)


class Deliverer:
    """Runs on one event loop; blocking work goes to its threads."""

    def __init__(self, desk: NoticeDesk, looks: Looks) -> None:
        self._desk = desk
        self._looks = looks
        self._deliveries = desk.deliveries
        self._sending: dict[asyncio.Task[None], Claim] = {}

    async def run(self) -> None:
        """Deliver and watch until cancelled; then give up the claims of what is not sent within CLOSE_SECONDS."""
        beside = [
            asyncio.create_task(repeat(self._desk.watch.look_at_providers, PROVIDERS_SECONDS)),
            asyncio.create_task(repeat(self._desk.watch.look_at_budgets, BUDGETS_SECONDS)),
            asyncio.create_task(repeat(self._tidy, TIDY_SECONDS)),
        ]
        try:
            while True:
                if self._looks.are_due():
                    with _logged("webhooks cannot be delivered"):
                        await self._begin_due()
                await asyncio.sleep(POLL_SECONDS)
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            await self._close()

    async def _begin_due(self) -> None:
        busy = Counter(claim.delivery.webhook_id for claim in self._sending.values())
        without = [webhook_id for webhook_id, count in busy.items() if count >= PLACES_EACH]
        room = PLACES - len(self._sending)
        for claim in await asyncio.to_thread(self._deliveries.claim, room, without=without):
            task = asyncio.create_task(self._deliver(claim))
            self._sending[task] = claim
            task.add_done_callback(self._sending.pop)

    async def _deliver(self, claim: Claim) -> None:
        with _logged(f"delivery {claim.delivery.id} is sent again"):
            outcome = await self._deliveries.send(claim)
            await asyncio.to_thread(self._deliveries.record, claim, outcome)

    async def _close(self) -> None:
        if not self._sending:
            return
        _, late = await asyncio.wait(self._sending, timeout=CLOSE_SECONDS)
        claims = [self._sending[task] for task in late]
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        for claim in claims:
            with _logged(f"the claim on {claim.delivery.id} runs out by itself"):
                await asyncio.to_thread(self._deliveries.release, claim)

    def _tidy(self) -> None:
        self._desk.watch.forget()
        while self._deliveries.purge():
            pass


async def repeat(act: Callable[[], None], seconds: float, looks: Looks | None = None) -> None:
    """Run blocking work in a thread, again and again when `looks` say so, until cancelled. What it raises is logged."""
    while True:
        if looks is None or looks.are_due():
            with _logged("notices cannot be looked after"):
                await asyncio.to_thread(act)
        await asyncio.sleep(seconds)


@contextlib.contextmanager
def _logged(what: str) -> Iterator[None]:
    try:
        yield
    except TollwayError as error:
        _log.warning("%s: %s", what, error)
    except Exception:  # the boundary of a background process: it must go on
        _log.exception("%s", what)
