"""How long a start may take: as long as somebody is at work on it. The rest is tests/contract/runtime's."""

import asyncio
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tollway.adapters.secrets import RootKey
from tollway.kernel.secret import Secret
from tollway.runtime import supervisor
from tollway.runtime.supervisor import Supervisor
from tollway.settings.model import Settings

PATIENCE_SECONDS = 0.1


@pytest.fixture
def starting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Supervisor:
    """A supervisor whose console was begun just now."""
    monkeypatch.setattr(supervisor, "READY_SECONDS", PATIENCE_SECONDS)
    settings = Settings(data=tmp_path)
    keys = (RootKey(1, Secret(b"k" * 32)),)
    no_listener: Any = None
    one = Supervisor(settings, lambda: settings, keys, no_listener, no_listener)
    one._web = SimpleNamespace(heard_at=time.monotonic())  # type: ignore[assignment]  # no process
    return one


async def test_a_start_of_which_nothing_is_heard_is_given_up(starting: Supervisor) -> None:
    with pytest.raises(TimeoutError):
        await starting._all_ready([asyncio.get_running_loop().create_future()])


async def test_a_start_at_which_somebody_works_is_waited_for(starting: Supervisor) -> None:
    ready: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    async def work() -> None:
        for _ in range(5):
            await asyncio.sleep(PATIENCE_SECONDS / 2)
            starting._web.heard_at = time.monotonic()  # type: ignore[union-attr]  # it is there
        ready.set_result(True)

    working = asyncio.create_task(work())
    assert await starting._all_ready([ready])
    await working
