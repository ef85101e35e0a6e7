"""The resolver remembers a little and asks once."""

import asyncio

import pytest

from tollway.edge.upstream import dns
from tollway.edge.upstream.dns import SystemResolver


async def test_the_memory_for_names_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def ask(host: str, port: int) -> tuple[str, ...]:
        asked.append(host)
        return ("192.0.2.1",)

    monkeypatch.setattr(dns, "_ask", ask)
    monkeypatch.setattr(dns, "NAMES_MAX", 2)
    resolver = SystemResolver(asyncio.get_running_loop())
    for host in ("a", "b", "a", "c", "a"):
        await resolver.resolve(host, 1)
    assert asked == ["a", "b", "c", "a"]
