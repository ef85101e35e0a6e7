"""A change of the root key is carried on in the background, whatever gets in its way."""

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit.control import ACTOR, ControlPlane, open_surroundings
from kit.root_keys import KeyChange
from tollway.runtime.key_changer import KeyChanger


@pytest.fixture
def change(tmp_path: Path) -> Iterator[KeyChange]:
    around = open_surroundings(tmp_path)
    yield KeyChange(ControlPlane(around).start())
    around.writer.dispose()
    around.reader.dispose()


async def test_it_goes_on_with_what_was_begun_once_every_process_answers(
    change: KeyChange, caplog: pytest.LogCaptureFixture
) -> None:
    change.ring.refuses = True
    change.service.rotate(ACTOR)
    task = asyncio.create_task(KeyChanger(change.service, poll_seconds=0.01).run())
    with caplog.at_level(logging.WARNING):
        await asyncio.sleep(0.1)
    assert caplog.text.count("A process does not answer") == 1, "said once, tried again and again"
    assert change.service.show().step == "handing_over"
    change.ring.refuses = False
    async with asyncio.timeout(10):
        while change.service.show().step != "in_use":
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_fault_of_the_program_does_not_end_it(
    change: KeyChange, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    calls: list[None] = []

    def fail() -> bool:
        calls.append(None)
        raise ZeroDivisionError

    monkeypatch.setattr(change.service, "advance", fail)
    task = asyncio.create_task(KeyChanger(change.service, poll_seconds=0.01).run())
    async with asyncio.timeout(10):
        while len(calls) < 3:
            await asyncio.sleep(0.01)
    assert not task.done() and "waits" in caplog.text
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
