"""Streams that end early, on either side."""

import asyncio
import json
import time

from kit.load import Reply, chat, new_trace
from kit.truth.rig import End, Figures, Judge, Rig

CLOSE_MS_MAX = 100


async def streams(world: Rig, *, count: int, pause_ms: int = 20, events: int = 60) -> Judge:
    """Clients leave in the middle of a stream, then upstreams cut theirs."""
    token = (await world.api.issue("reader"))["token"]
    left = dict(await asyncio.gather(*(_leave(world, token, pause_ms, events) for _ in range(count))))
    caller = world.caller(token)
    cut = [await caller.call(chat("n=50 cut=7", stream=True, max_tokens=None)) for _ in range(count)]
    caller.close()

    def judge(end: End) -> Figures:
        figures = Figures(f"{count} clients leave their streams, {count} upstreams cut theirs")
        _judge_left(end, left, figures)
        _judge_cut(end, cut, figures)
        return figures

    return judge


def _judge_left(end: End, left: dict[str, int], figures: Figures) -> None:
    gone = [call for call in end.served if call.trace in left]
    closed = sorted((call.ended_ns - left[call.trace]) / 1e6 for call in gone)
    is_soon = all(call.how == "gone" for call in gone) and closed[-1] <= CLOSE_MS_MAX
    text = f"{closed[len(closed) // 2]:.1f} / {closed[-1]:.1f} ms"
    figures.add("upstream closed after, median / most", text, holds=is_soon)
    records = [end.record_of(call.trace) for call in gone]
    pairs = zip(records, gone, strict=True)
    most = max(abs(record.usage.output_tokens / call.output_tokens - 1) * 100 for record, call in pairs)
    figures.add("billed tokens differ from the upstream's by at most", f"{most:.1f} %", holds=most <= 5)
    is_marked = all(record.outcome == "disconnected" and record.usage.is_estimated for record in records)
    figures.add("marked disconnected and estimated", len(records), holds=is_marked and len(records) == len(left))


def _judge_cut(end: End, cut: list[Reply], figures: Figures) -> None:
    ended = sum(_ends_in_error(reply.body) for reply in cut)
    figures.add("cut streams that end in an error event", ended, holds=ended == len(cut))
    invented = [reply for reply in cut if b'"stop"' in reply.body or b"[DONE]" in reply.body]
    figures.add("invented finish reasons", len(invented), holds=not invented)
    records = [end.record_of(reply.trace) for reply in cut]
    is_marked = all(r.outcome == "truncated" and r.usage.is_estimated and r.usage.output_tokens == 7 for r in records)
    figures.add("marked truncated and estimated, 7 tokens each", len(records), holds=is_marked)


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


def _ends_in_error(body: bytes) -> bool:
    last = [event for event in body.decode().split("\n\n") if event][-1]
    return last.startswith("data: {") and json.loads(last[6:])["error"]["code"] == "upstream.truncated"
