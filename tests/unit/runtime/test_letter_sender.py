"""Letters about accounts are sent beside requests, and in a process that ends soon before each answer is complete."""

import asyncio
from collections import deque

from starlette.types import Receive, Scope, Send

from tollway.runtime.letter_sender import LetterSender, SendingApp


def test_everything_that_waits_is_sent() -> None:
    waiting = deque("abc")

    def send_one() -> bool:
        waiting.popleft()
        return bool(waiting)

    async def look() -> None:
        task = asyncio.create_task(LetterSender(send_one).run())
        while waiting:
            await asyncio.sleep(0)
        task.cancel()

    asyncio.run(look())
    assert not waiting


def test_a_request_is_over_once_its_letters_are_sent() -> None:
    log: list[str] = []

    def send_one() -> bool:
        log.append("letter")
        return False

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        log.append(scope["type"])

    async def never() -> dict[str, str]:
        raise AssertionError("nothing is received")

    async def ignore(message: object) -> None:
        raise AssertionError("nothing is sent")

    served = SendingApp(app, LetterSender(send_one))
    for kind in ("lifespan", "http"):
        asyncio.run(served({"type": kind}, never, ignore))
    assert log == ["lifespan", "http", "letter"]
