"""A stand-in for the console's management API on a Unix socket, for tests of the command line.

Answers are set by method and path; everything that was asked is kept.
"""

import json
import socketserver
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Asked:
    """One request that arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None


@dataclass
class ConsoleStandIn:
    """Serves `answers[(method, path)]`, a status and a body; a problem of the status `otherwise` for everything else.

    A list of answers is given one after the other. Used as a context manager.
    """

    socket_path: Path
    answers: dict[tuple[str, str], Any] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    otherwise: int = 404

    def answer(self, method: str, path: str, body: object, status: int = 200, media: str = "application/json") -> None:
        """Set, or add, what is answered to a request."""
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        self.answers.setdefault((method, f"/api/v1{path}"), []).append((status, media, raw))

    def refuse(self, method: str, path: str, status: int, code: str, detail: str) -> None:
        """Answer with a problem document."""
        problem = {"title": code, "status": status, "detail": detail, "code": code, "request_id": "req_1"}
        self.answer(method, path, problem, status, "application/problem+json")

    def __enter__(self) -> "ConsoleStandIn":
        self.socket_path.parent.mkdir(parents=True, exist_ok=True)
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def _serve(self) -> None:
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                query = {name: ",".join(values) for name, values in parse_qs(parts.query).items()}
                headers = {name.lower(): value for name, value in self.headers.items()}
                stand_in.asked.append(Asked(self.command, parts.path, query, headers, body))
                status, media, raw = stand_in._next(self.command, parts.path)
                self.send_response(status)
                self.send_header("content-type", media)
                self.send_header("content-length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
            daemon_threads = True
            block_on_close = True

            def handle_error(self, request: object, client_address: object) -> None:
                """Say nothing of callers that only looked whether somebody is here."""

        self._server = Server(str(self.socket_path), Handler)
        # A Unix peer has no address; the handler wants a pair of things to log.
        self._server.get_request = lambda: (self._server.socket.accept()[0], ("local", 0))  # type: ignore[method-assign]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _next(self, method: str, path: str) -> tuple[int, str, bytes]:
        answers = self.answers.get((method, path))
        if not answers:
            problem = {
                "title": "not found",
                "status": self.otherwise,
                "detail": f"nothing at {path}",
                "code": "management.not_found",
            }
            return self.otherwise, "application/problem+json", json.dumps(problem).encode()
        return answers.pop(0) if len(answers) > 1 else answers[0]
