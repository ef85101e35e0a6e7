"""An upstream that streams: 52 events, 10 ms apart, to as many callers as come."""

import asyncio
import sys

import uvloop

EVENTS = 52
PAUSE_SECONDS = float(sys.argv[2]) if len(sys.argv) > 2 else 0.01

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _event(text: str, tail: str = "") -> bytes:
    body = (
        '{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"bench",'
        f'"choices":[{{"index":0,"delta":{{"content":"{text}"}},"finish_reason":null}}]{tail}}}'
    )
    return _chunk(f"data: {body}\n\n".encode())


USAGE = _chunk(
    b'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"bench","choices":[],'
    b'"usage":{"prompt_tokens":20,"completion_tokens":50,"total_tokens":70}}\n\n'
)
END = _chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n"


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            writer.write(HEAD)
            for at in range(EVENTS - 2):
                if writer.transport.is_closing():
                    return
                writer.write(_event(f" word{at}"))
                await asyncio.sleep(PAUSE_SECONDS)
            writer.write(USAGE + END)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main(port: int) -> None:
    """Serve until stopped."""
    server = await asyncio.start_server(_serve, "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
