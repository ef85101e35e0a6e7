"""Bodies are bounded before any route sees them."""

import asyncio
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from tollway.kernel.errors import TollwayError
from tollway.web import bodies
from tollway.web.bodies import BodyLimit


def test_a_declared_or_arriving_body_over_the_bound_is_refused(browser: TestClient) -> None:
    big = b" " * 1_048_577

    def parts() -> object:
        yield from (big[:600_000], big[600_000:])

    for content in (big, parts()):
        answer = browser.post("/api/v1/teams", content=content, headers={"content-type": "application/json"})  # type: ignore[arg-type]
        assert (answer.status_code, answer.json()["code"]) == (413, "request.body_too_large")


async def give(length: bytes, *messages: Message) -> list[Message]:
    """Send a POST of this declared length in these messages, after which nothing comes; return what the app reads."""
    arriving, read = list(messages), []

    async def receive() -> Message:
        return arriving.pop(0) if arriving else await asyncio.Event().wait()  # type: ignore[return-value]  # for ever

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        read.append(await receive())

    async def send(message: Message) -> None:
        raise AssertionError(message)

    scope: dict[str, Any] = {"type": "http", "method": "POST", "headers": [(b"content-length", length)]}
    await BodyLimit(app)(scope, receive, send)
    return read


def part(body: bytes, *, more: bool) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


async def test_a_body_in_parts_is_read_whole_before_the_app_sees_it() -> None:
    assert await give(b"4", part(b"ab", more=True), part(b"cd", more=False)) == [part(b"abcd", more=False)]


@pytest.mark.parametrize("length", [b"x", b"-1", "\u0664".encode(), b"9" * 5_000], ids=["word", "less", "arab", "long"])
async def test_a_length_that_is_no_number_or_too_large_is_refused_without_reading(length: bytes) -> None:
    with pytest.raises(TollwayError, match=r"^request\.body_too_large"):
        await give(length)


async def test_who_sends_a_body_too_slowly_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.01)
    with pytest.raises(TollwayError, match=r"^request\.timeout"):
        await give(b"4", part(b"ab", more=True))


async def test_half_a_body_of_somebody_who_has_left_reaches_no_route() -> None:
    assert await give(b"4", part(b"ab", more=True), {"type": "http.disconnect"}) == []
