"""The console's application, called without a socket."""

from contextlib import ExitStack
from typing import Any

import pytest

from tollway.cli.answers import CommandError
from tollway.cli.in_process import InProcessAPI


class Echo:
    """An ASGI application that answers with what it was asked, and notes its own life."""

    def __init__(self) -> None:
        self.events: list[str] = []

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            self.events.append((await receive())["type"])
            await send({"type": "lifespan.startup.complete"})
            self.events.append((await receive())["type"])
            await send({"type": "lifespan.shutdown.complete"})
            return
        body = (await receive())["body"]
        assert (await receive())["type"] == "http.disconnect"
        accept = dict(scope["headers"])[b"accept"].decode()
        text = f"{scope['method']} {scope['path']} {scope['query_string'].decode()} {accept} "
        await send({"type": "http.response.start", "status": 201, "headers": [(b"X-Echo", b"yes")]})
        await send({"type": "http.response.body", "body": text.encode(), "more_body": True})
        await send({"type": "http.response.body", "body": body})


def test_requests_reach_the_application_and_its_answer_comes_back() -> None:
    application, released = Echo(), []
    locks = ExitStack()
    locks.callback(released.append, True)
    api = InProcessAPI(application, locks)
    answer = api.request("POST", "/api/v1/a%20b?c=d", {"accept": "text/plain"}, b"body")
    assert (answer.status, answer.headers["x-echo"]) == (201, "yes")
    assert answer.body == b"POST /api/v1/a b c=d text/plain body"
    assert not released
    api.close()
    api.close()
    assert application.events == ["lifespan.startup", "lifespan.shutdown"]
    assert released == [True]


def test_an_application_that_cannot_start_says_why_and_the_lock_is_released() -> None:
    async def broken(scope: dict[str, Any], receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "newer schema"})

    released: list[bool] = []
    locks = ExitStack()
    locks.callback(released.append, True)
    with pytest.raises(CommandError, match="newer schema"):
        InProcessAPI(broken, locks)
    assert released == [True]


def test_an_application_that_raises_at_start_says_why() -> None:
    async def broken(scope: dict[str, Any], receive: Any, send: Any) -> None:
        raise RuntimeError("no room")

    with pytest.raises(CommandError, match="no room"):
        InProcessAPI(broken, ExitStack())
