"""A streamed request body: framing, back-pressure, and every way it can end, without sockets."""

import asyncio
from collections.abc import Callable

import pytest

from kit.scripted_upstream import StandInExchange
from tollway.edge.upstream.request_body import Upload
from tollway.kernel.errors import TollwayError


class StandInAnswer:
    """An answer that is still awaited."""

    def __init__(self, connection: "StandInConnection") -> None:
        self.connection: StandInConnection | None = connection
        self.status = 0
        self.total_at_ns = 99

    def idle_deadline(self) -> int:
        return 1

    def first_byte_deadline(self) -> int:
        return 2


class StandInConnection:
    """Takes bytes, remembers deadlines, and can be full."""

    def __init__(self) -> None:
        self.transport = self
        self.is_write_paused = False
        self.written = b""
        self.limits: list[int] = []
        self.closed_with: TollwayError | None = None
        self.pause: Callable[[], None] | None = None
        self.resume: Callable[[], None] | None = None

    def write(self, data: bytes) -> None:
        self.written += data

    def limit(self, deadline_ns: int) -> None:
        self.limits.append(deadline_ns)

    def close(self, error: TollwayError | None = None) -> None:
        self.closed_with = error

    def watch_writable(self, on_pause: Callable[[], None], on_resume: Callable[[], None]) -> None:
        self.pause, self.resume = on_pause, on_resume


def build(*pieces: object, body_bytes: int | None = None) -> tuple[Upload, StandInConnection, StandInAnswer]:
    connection = StandInConnection()
    answer = StandInAnswer(connection)
    exchange = StandInExchange(pieces, body_bytes=body_bytes)
    return Upload(connection, answer, exchange), connection, answer  # type: ignore[arg-type]


@pytest.mark.parametrize(("body_bytes", "written"), [(4, b"abcd"), (None, b"3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n")])
async def test_the_body_is_framed_as_the_head_said(body_bytes: int | None, written: bytes) -> None:
    upload, connection, _ = build(b"abc", b"d", body_bytes=body_bytes)
    upload.start()
    await upload.settle()
    assert connection.written == written
    assert upload.is_done
    assert connection.limits == [2]  # from now on the head is awaited


async def test_the_idle_deadline_runs_while_the_upstream_is_full() -> None:
    upload, connection, _ = build()
    connection.is_write_paused = True
    told: list[str] = []
    assert not upload.is_writable
    upload.watch_writable(lambda: told.append("pause"), lambda: told.append("resume"))
    assert connection.resume is not None
    connection.resume()
    assert told == ["pause", "resume"]
    assert connection.limits == [1, 99]


async def test_after_an_early_answer_nothing_is_written_and_no_deadline_moves() -> None:
    upload, connection, answer = build(b"abc")
    answer.connection = None
    upload.watch_writable(lambda: None, lambda: None)
    assert connection.pause is not None and connection.resume is not None
    connection.pause()
    connection.resume()
    upload.start()
    await upload.settle()
    assert (connection.written, connection.limits) == (b"", [])


async def test_a_callers_fault_closes_the_upstream_with_its_own_error() -> None:
    error = TollwayError("request.timeout")
    upload, connection, _ = build(b"abc", error)
    upload.start()
    await upload.settle()
    assert connection.closed_with is error
    assert b"0\r\n" not in connection.written


async def test_a_fault_of_ours_never_leaves_half_a_request_open() -> None:
    upload, connection, _ = build(b"abc", RuntimeError("bug"))
    upload.start()
    await upload.settle()
    assert connection.closed_with is not None
    assert connection.closed_with.code.name == "upstream.truncated"


async def test_cancelling_stops_the_reading_and_can_be_repeated() -> None:
    upload, connection, _ = build(b"abc", 60, b"d")
    upload.start()
    await asyncio.sleep(0.01)
    upload.cancel()
    await upload.settle()
    upload.cancel()
    assert connection.written == b"3\r\nabc\r\n"
    assert not upload.is_done
