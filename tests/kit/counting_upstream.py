"""An upstream in a process of its own that writes down every request: when it came, how its answer ended, its tokens.

It answers chat completions of OpenAI's dialect, whole or as events. What it does is asked for in the request's `user`
field: `delay=MS n=TOKENS pause=MS cut=EVENTS`, all optional. Run as a program it prints its port and serves until
SIGTERM; `CountingUpstream` starts it and reads its book.
"""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import cast

INPUT_TOKENS = 10
WORD = " word"
"""The text of one token."""

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.I)
_TRACE = re.compile(rb"\r\ntraceparent: *00-([0-9a-f]{32})-", re.I)


@dataclass
class Served:
    """One request as the upstream saw it. `how`: ok, cut (on purpose), gone (the gateway left), "" (not ended)."""

    trace: str
    begun_ns: int
    ended_ns: int = 0
    how: str = ""
    output_tokens: int = 0


class CountingUpstream:
    """The upstream's process and its book."""

    def __init__(self, root: Path) -> None:
        self._book = root / "upstream.book"
        self._process = subprocess.Popen([sys.executable, __file__, str(self._book)], stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def read(self) -> list[Served]:
        """What was seen until some 50 ms ago, in order of arrival; all of it after `stop`."""
        served: list[Served] = []
        open_calls: dict[str, Served] = {}
        for line in self._book.read_text().splitlines():
            kind, number, trace, instant, *rest = line.split(" ")
            if kind == "b":
                open_calls[number] = Served(trace, int(instant))
                served.append(open_calls[number])
            else:
                call = open_calls.pop(number)
                call.ended_ns, call.how, call.output_tokens = int(instant), rest[0], int(rest[1])
        return served

    def stop(self) -> list[Served]:
        """End the process and return what it saw."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(10)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return self.read()


class _Book:
    def __init__(self, path: str) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._lines: list[str] = []
        self.count = 0

    def note(self, kind: str, number: int, trace: str, rest: str = "") -> None:
        self._lines.append(f"{kind} {number} {trace} {time.monotonic_ns()}{rest}\n")

    def flush(self) -> None:
        lines, self._lines = self._lines, []
        os.write(self._fd, "".join(lines).encode())


class _Connection(asyncio.Protocol):
    """One connection of the gateway: one request after the other."""

    def __init__(self, book: _Book) -> None:
        self._book = book
        self._data = b""
        self._open: tuple[int, str] | None = None
        self._written = 0
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._data += data
        end = self._data.find(b"\r\n\r\n") + 4
        if end < 4:
            return
        length = _LENGTH.search(self._data, 0, end)
        whole = end + (int(length[1]) if length else 0)
        if len(self._data) < whole:
            return
        trace = _TRACE.search(self._data, 0, end)
        body = self._data[end:whole]
        self._data = self._data[whole:]
        self._begin(trace[1].decode() if trace else "-", json.loads(body) if body else {})

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._open is not None:
            self._end("gone")

    def _begin(self, trace: str, asked: dict) -> None:
        self._book.count += 1
        self._open, self._written = (self._book.count, trace), 0
        self._book.note("b", *self._open)
        wishes = {name: int(value) for name, _, value in (w.partition("=") for w in asked.get("user", "").split())}
        bound = asked.get("max_tokens") or asked.get("max_completion_tokens") or 10**9
        tokens = min(wishes.get("n", 8), bound)
        act = self._start_stream if asked.get("stream") else self._answer
        self._later(wishes.get("delay", 0), act, asked, wishes, tokens)

    def _later(self, milliseconds: int, act, *arguments) -> None:
        if milliseconds:
            self._timer = asyncio.get_running_loop().call_later(milliseconds / 1000, act, *arguments)
        else:
            act(*arguments)

    def _answer(self, asked: dict, wishes: dict[str, int], tokens: int) -> None:
        self._written = tokens
        choice = {"index": 0, "message": {"role": "assistant", "content": WORD * tokens}, "finish_reason": "stop"}
        body = json.dumps({"id": "x", "object": "chat.completion", "model": asked.get("model"),
                           "choices": [choice], "usage": _usage(tokens)}).encode()  # fmt: skip
        self._transport.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)
        )
        self._end("ok")

    def _start_stream(self, asked: dict, wishes: dict[str, int], tokens: int) -> None:
        self._transport.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        )
        self._event(asked, wishes, tokens)

    def _event(self, asked: dict, wishes: dict[str, int], tokens: int) -> None:
        if self._open is None:
            return
        if self._written == wishes.get("cut", -1):
            self._end("cut")
            self._transport.close()
        elif self._written < tokens:
            self._written += 1
            self._write_event(asked, {"index": 0, "delta": {"content": WORD}, "finish_reason": None})
            self._later(wishes.get("pause", 0), self._event, asked, wishes, tokens)
        else:
            self._write_event(asked, {"index": 0, "delta": {}, "finish_reason": "stop"})
            if (asked.get("stream_options") or {}).get("include_usage"):
                self._write_event(asked, None, usage=_usage(tokens))
            self._write_chunk(b"data: [DONE]\n\n")
            self._transport.write(b"0\r\n\r\n")
            self._end("ok")

    def _write_event(self, asked: dict, choice: dict | None, **more: object) -> None:
        fields = {"id": "x", "object": "chat.completion.chunk", "model": asked.get("model"), **more}
        self._write_chunk(b"data: " + json.dumps({**fields, "choices": [choice] if choice else []}).encode() + b"\n\n")

    def _write_chunk(self, data: bytes) -> None:
        self._transport.write(b"%x\r\n%b\r\n" % (len(data), data))

    def _end(self, how: str) -> None:
        assert self._open is not None
        self._book.note("e", *self._open, f" {how} {self._written}")
        self._open = None


def _usage(tokens: int) -> dict[str, int]:
    return {"prompt_tokens": INPUT_TOKENS, "completion_tokens": tokens, "total_tokens": INPUT_TOKENS + tokens}


async def _serve(path: str) -> None:
    book = _Book(path)
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    server = await loop.create_server(lambda: _Connection(book), "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    while not stop.is_set():
        book.flush()
        await asyncio.sleep(0.05)
    server.close()
    book.flush()


if __name__ == "__main__":
    import uvloop

    uvloop.run(_serve(sys.argv[1]))
