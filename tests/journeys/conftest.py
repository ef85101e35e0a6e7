"""A whole Tollway, shared by the journeys of a module, with a replaying upstream and servers of other makers."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from kit import other_makers
from kit.instance import Tollway
from kit.other_makers import OtherMaker
from kit.replay import Replay


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Closes what a test registers."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture(scope="module")
def upstream() -> Iterator[Replay]:
    """The upstream of this module."""
    replay = Replay().start()
    yield replay
    replay.stop()


@pytest.fixture(scope="module")
def fakellm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OtherMaker]:
    """fakellm, for this module."""
    with other_makers.fakellm(tmp_path_factory.mktemp("fakellm")) as server:
        yield server


@pytest.fixture(scope="module")
def llmock_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OtherMaker]:
    """llmock, for this module."""
    with other_makers.llmock(tmp_path_factory.mktemp("llmock")) as server:
        yield server


@pytest.fixture(scope="module")
def tollway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tollway]:
    """A running Tollway with one worker."""
    instance = Tollway(tmp_path_factory.mktemp("tollway"))
    instance.start()
    yield instance
    assert instance.stop() == 0
