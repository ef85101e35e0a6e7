"""A REST service to publish: aiohttp in a thread of its own, answering what the path says."""

import asyncio
import hashlib
import threading

from aiohttp import WSMsgType, web

MEGABYTE = 1_048_576
PIECE = b"\0" * 65_536


class RESTUpstream:
    """`/echo` tells what arrived; the other paths misbehave or stream as their names say."""

    def __init__(self) -> None:
        self.port = 0
        self.sent_bytes = 0
        self.read_bytes = 0
        self.may_read = threading.Event()
        self.gone = threading.Event()
        self.hangs = threading.Event()

    def __enter__(self) -> "RESTUpstream":
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main(ready)), daemon=True)
        self._thread.start()
        assert ready.wait(20)
        return self

    def __exit__(self, *_: object) -> None:
        self.may_read.set()
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    async def _main(self, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        app = web.Application(client_max_size=64 * MEGABYTE)
        for name in ("upload", "down", "endless", "sse", "cookies", "redirect", "cached", "hang", "cut", "ws", "slow"):
            app.router.add_route("*", f"/base/{name}", getattr(self, f"_{name}"))
        app.router.add_route("*", "/base{rest:.*}", self._echo)
        runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None, handler_cancellation=True)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.port = runner.addresses[0][1]
        ready.set()
        await self._stop.wait()
        await runner.cleanup()

    async def _echo(self, request: web.Request) -> web.Response:
        body = await request.read()
        headers = [[name.decode().lower(), value.decode()] for name, value in request.raw_headers]
        seen = {"method": request.method, "target": request.raw_path, "headers": headers, "body": body.decode()}
        return web.json_response(seen, headers={"X-Own": "1"})

    async def _upload(self, request: web.Request) -> web.Response:
        await asyncio.to_thread(self.may_read.wait, 15)
        digest, self.read_bytes = hashlib.sha256(), 0
        try:
            async for piece in request.content.iter_any():
                digest.update(piece)
                self.read_bytes += len(piece)
        except ConnectionError:
            self.gone.set()
            raise
        return web.json_response({"sha256": digest.hexdigest(), "bytes": self.read_bytes})

    async def _down(self, request: web.Request) -> web.StreamResponse:
        size = int(request.query["bytes"])
        answer = web.StreamResponse()
        if "chunked" in request.query:
            answer.enable_chunked_encoding()
        else:
            answer.content_length = size
        await answer.prepare(request)
        while size:
            piece = PIECE[: min(size, len(PIECE))]
            await answer.write(piece)
            size -= len(piece)
        return answer

    async def _endless(self, request: web.Request) -> web.StreamResponse:
        self.sent_bytes = 0
        answer = web.StreamResponse()
        await answer.prepare(request)
        try:
            while True:
                await answer.write(PIECE)
                self.sent_bytes += len(PIECE)
        finally:
            self.gone.set()

    async def _sse(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await answer.prepare(request)
        for number in range(3):
            await answer.write(f"id: {number}\ndata: tick\n\n".encode())
            await asyncio.sleep(0.2)
        return answer

    async def _cookies(self, request: web.Request) -> web.Response:
        answer = web.Response(text="x", headers={"Strict-Transport-Security": "max-age=1", "Clear-Site-Data": "*"})
        answer.set_cookie("session", "secret")
        return answer

    async def _redirect(self, request: web.Request) -> web.Response:
        raise web.HTTPFound("/elsewhere")

    async def _cached(self, request: web.Request) -> web.Response:
        if request.headers.get("If-None-Match") == '"v1"':
            return web.Response(status=304, headers={"ETag": '"v1"'})
        data = b"0123456789"
        if request.headers.get("Range") == "bytes=2-5":
            headers = {"Content-Range": "bytes 2-5/10", "ETag": '"v1"'}
            return web.Response(status=206, body=data[2:6], headers=headers)
        return web.Response(body=data, headers={"ETag": '"v1"', "Accept-Ranges": "bytes"})

    async def _hang(self, request: web.Request) -> web.Response:
        self.hangs.set()
        try:
            await asyncio.sleep(30)
        finally:
            self.gone.set()
        return web.Response()

    async def _slow(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        await answer.write(b"begun")
        await asyncio.sleep(30)
        return answer

    async def _cut(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        answer.content_length = 1_000_000
        if "head" not in request.query:
            await answer.prepare(request)
            await answer.write(b"x" * 1_000)
        assert request.transport is not None
        request.transport.close()
        return answer

    async def _ws(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=("chat",))
        await socket.prepare(request)
        await socket.send_str(request.headers.get("Authorization", "no credential"))
        async for message in socket:
            if message.type == WSMsgType.TEXT:
                await socket.send_str(message.data.upper())
            elif message.type == WSMsgType.BINARY:
                await socket.send_bytes(message.data)
        return socket
