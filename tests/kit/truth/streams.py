"""Streams that end early, on either side."""

import asyncio
import json
import time

from kit.evidence import Books
from kit.load import chat, new_trace
from kit.truth.rig import Figures, Rig, rig

CLOSE_MS_MAX = 100


async def run(*, streams: int, pause_ms: int = 20, events: int = 60) -> Figures:
    """Clients leave in the middle of a stream, then upstreams cut theirs."""
    async with rig(workers=1) as world:
        token = (await world.api.issue("reader"))["token"]
        left = dict(await asyncio.gather(*(_leave(world, token, pause_ms, events) for _ in range(streams))))
        cut = [await world.caller(token).call(chat("n=50 cut=7", stream=True, max_tokens=None)) for _ in range(streams)]
        _, served, books = await world.end()
    figures = Figures(f"{streams} clients leave their streams, {streams} upstreams cut theirs")
    gone = {call.trace: call for call in served if call.trace in left}
    closed = sorted((gone[trace].ended_ns - at) / 1e6 for trace, at in left.items())
    is_soon = all(call.how == "gone" for call in gone.values()) and closed[-1] <= CLOSE_MS_MAX
    figures.add(
        "upstream closed after, median / most", f"{closed[len(closed) // 2]:.1f} / {closed[-1]:.1f} ms", holds=is_soon
    )
    errors = [abs(_tokens(books, trace) / call.output_tokens - 1) * 100 for trace, call in gone.items()]
    figures.add("billed tokens differ from the upstream's by at most", f"{max(errors):.1f} %", holds=max(errors) <= 5)
    records = [books.calls[trace][0] for trace in left]
    is_marked = all(r.outcome == "disconnected" and r.usage.is_estimated for r in records)
    figures.add("marked disconnected and estimated", f"{len(records)}", holds=is_marked)
    bad = [reply for reply in cut if not _ends_in_error(reply.body)]
    figures.add("cut streams that end in an error event", len(cut) - len(bad), holds=not bad)
    invented = [reply for reply in cut if b'"stop"' in reply.body or b"[DONE]" in reply.body]
    figures.add("invented finish reasons", len(invented), holds=not invented)
    records = [books.calls[reply.trace][0] for reply in cut]
    is_marked = all(r.outcome == "truncated" and r.usage.is_estimated and r.usage.output_tokens == 7 for r in records)
    figures.add("marked truncated and estimated, 7 tokens each", len(records), holds=is_marked)
    return figures


async def _leave(world: Rig, token: str, pause_ms: int, events: int) -> tuple[str, int]:
    """Read some events of a stream and leave; return the trace and the instant."""
    host, port = world.tollway.gateway_url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    trace, body = new_trace(), chat(f"n=1000 pause={pause_ms}", stream=True, max_tokens=None)
    writer.write(
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        f"traceparent: 00-{trace}-00000000000000aa-01\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n".encode()
        + body
    )
    for _ in range(events):
        await reader.readuntil(b'"content"')
    left_ns = time.monotonic_ns()
    writer.close()
    return trace, left_ns


def _tokens(books: Books, trace: str) -> int:
    return books.calls[trace][0].usage.output_tokens


def _ends_in_error(body: bytes) -> bool:
    last = [event for event in body.decode().split("\n\n") if event][-1]
    return last.startswith("data: {") and json.loads(last[6:])["error"]["code"] == "upstream.truncated"
