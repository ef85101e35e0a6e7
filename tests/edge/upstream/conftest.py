"""The upstream client on uvloop, closed after each test."""

from collections.abc import AsyncIterator

import pytest
import uvloop

from tollway.edge.upstream.client import EdgeUpstreams


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> dict[str, object]:
    """Run on the loop that production runs on."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
async def upstreams() -> AsyncIterator[EdgeUpstreams]:
    client = EdgeUpstreams()
    yield client
    client.close()
