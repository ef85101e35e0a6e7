"""What all tests share: where the fixtures are, how properties are tried, a guard against blocking the event loop."""

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from blockbuster import BlockBuster, blockbuster_ctx
from coverage import Coverage

from kit.order import deal

ROOT = Path(__file__).resolve().parent.parent

# No deadline anywhere: how long an example takes says more about the machine than about the code. In CI the same
# examples every time, so that a red run is the change's fault; everywhere else new ones.
_SLOW = [hypothesis.HealthCheck.too_slow]
hypothesis.settings.register_profile("here", deadline=None, suppress_health_check=_SLOW)
hypothesis.settings.register_profile(
    "ci", deadline=None, suppress_health_check=_SLOW, derandomize=True, database=None, print_blob=True
)
# Where coverage is measured: tracing makes an example three times as dear, and the first few reach what the rest do.
# The same ones every time, so that the figure is the change's.
hypothesis.settings.register_profile(
    "measured", deadline=None, suppress_health_check=_SLOW, derandomize=True, database=None, max_examples=20
)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where several processes share the files (`make test`), deal them out so that all of them have work to the end."""
    if hasattr(config, "workerinput"):
        items[:] = deal(items, Path(__file__).parent)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write what a worker of pytest-xdist has covered before it says that it is done.

    Ten seconds after that it is killed (xdist's NodeManager.EXIT_TIMEOUT). With tracing on, the end of an interpreter
    that has run thousands of tests takes longer, and coverage writes at its very end.
    """
    if hasattr(session.config, "workerinput") and (measured := Coverage.current()) is not None:
        measured.stop()
        measured.save()


@pytest.fixture(scope="session")
def project_root() -> Path:
    """The root of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def shared_fixtures() -> Path:
    """Recorded traffic beside the repository; tests that need it are skipped where it is absent."""
    path = ROOT.parent / "shared" / "fixtures"
    if not path.is_dir():
        pytest.skip(f"needs the recordings in {path}")
    return path


@pytest.fixture
def no_blocking_calls() -> Iterator[BlockBuster]:
    """Fail a test whose code blocks the event loop (sleep, file or socket I/O in a coroutine)."""
    with blockbuster_ctx("tollway") as guard:
        yield guard
