"""A whole Tollway, shared by the journeys of a module, with a replaying upstream behind every provider kind."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from kit.instance import Tollway
from kit.replay import Replay


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Closes what a test opened."""
    with ExitStack() as opened:
        yield opened


@pytest.fixture(scope="module")
def upstream() -> Iterator[Replay]:
    """The upstream of this module."""
    replay = Replay().start()
    yield replay
    replay.stop()


@pytest.fixture(scope="module")
def tollway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tollway]:
    """A running Tollway with one worker."""
    instance = Tollway(tmp_path_factory.mktemp("tollway"))
    instance.start()
    yield instance
    assert instance.stop() == 0
