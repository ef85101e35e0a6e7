"""A child is kept running: started, restarted when it ends, given up when it cannot start, stopped when told."""

import asyncio
import os
import resource
import signal
from pathlib import Path

import pytest

from tollway.runtime.process import FAILED_STARTS_MAX, Process, Role
from tollway.settings.model import Settings

pytestmark = pytest.mark.timeout(60)


def keep(data: Path, role: Role = Role.LEDGER) -> Process:
    """Keep a child of a data directory running; it accepts on no socket."""
    return Process(
        role, 0, settings=Settings(data=data), root_keys=((1, b"k" * 32),), sockets=(), gateway_url="", console_url=""
    )


async def connected(path: Path) -> int:
    """Wait until somebody answers on the local socket; return the process id of who does."""
    while True:
        try:
            _, writer = await asyncio.open_unix_connection(path)
        except OSError:
            await asyncio.sleep(0.02)
            continue
        raw = writer.get_extra_info("socket").getsockopt(1, 17, 12)  # SOL_SOCKET, SO_PEERCRED
        writer.close()
        await writer.wait_closed()
        return int.from_bytes(raw[:4], "little")


async def test_a_killed_child_is_back_and_a_stopped_one_stays_away(tmp_path: Path) -> None:
    process = keep(tmp_path)
    try:
        assert await process.wait_ready()
        first = await connected(tmp_path / "run/ledger.sock")
        os.kill(first, signal.SIGKILL)
        async with asyncio.timeout(30):
            while (second := await connected(tmp_path / "run/ledger.sock")) == first:
                await asyncio.sleep(0.02)
    finally:
        await process.stop(20)
    assert not Path(f"/proc/{second}").exists()
    await process.stop(1)


async def test_a_child_that_cannot_start_is_given_up_and_still_tried(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "ledger.db").mkdir()  # No database can be opened there.
    (tmp_path / "run").write_text("no directory")
    process = keep(tmp_path)
    try:
        assert not await process.wait_ready()
        assert caplog.text.count("ended unexpectedly (exit code 1)") >= FAILED_STARTS_MAX
    finally:
        await process.stop(20)


async def test_a_child_that_does_not_end_is_killed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    process = keep(tmp_path)
    assert await process.wait_ready()
    await process.stop(0)
    assert "is killed" in caplog.text


async def test_a_stop_during_the_start_is_no_failure(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    process = keep(tmp_path)
    await process.stop(20)
    assert not await process.wait_ready()
    assert "unexpectedly" not in caplog.text


async def test_a_child_is_back_once_the_machine_has_descriptors_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    process = keep(tmp_path)
    try:
        assert await process.wait_ready()
        first = await connected(tmp_path / "run/ledger.sock")
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, limits[1]))
        try:
            os.kill(first, signal.SIGKILL)
            async with asyncio.timeout(30):
                while "could not be started" not in caplog.text:
                    await asyncio.sleep(0.02)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        async with asyncio.timeout(30):
            assert await connected(tmp_path / "run/ledger.sock") != first
    finally:
        await process.stop(20)


async def test_a_stop_does_not_wait_for_the_next_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("tollway.runtime.process.PAUSE_SECONDS_FIRST", 60.0)
    monkeypatch.setattr("tollway.runtime.process.PAUSE_SECONDS_MAX", 60.0)
    (tmp_path / "run").write_text("no directory")
    process = keep(tmp_path)
    async with asyncio.timeout(30):
        while "ended unexpectedly" not in caplog.text:
            await asyncio.sleep(0.02)
    async with asyncio.timeout(5):
        await process.stop(20)
