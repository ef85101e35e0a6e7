"""A console with an owner for each test; a signed-in browser and the command line's operator."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from kit.console import Console, console_on


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    """A console whose owner exists."""
    with console_on(tmp_path) as console:
        yield console


@pytest.fixture
def browser(console: Console) -> TestClient:
    """The owner's browser."""
    return console.signed_in()


@pytest.fixture
def operator(console: Console) -> TestClient:
    """The command line on the local socket."""
    return console.operator()
