"""What all tests share: where the fixtures are, and a guard against blocking the event loop."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from blockbuster import BlockBuster, blockbuster_ctx

ROOT = Path(__file__).resolve().parent.parent


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
