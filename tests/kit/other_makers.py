"""Stand-in vendors that others wrote, run as their own programs: fakellm, llmock and stubllm."""

import json
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import yaml

FAKELLM_RULES = {
    "version": 1,
    "rules": [
        {
            "name": "two-tools",
            "when": {"messages_contain": "weather and time"},
            "respond": {
                "tool_calls": [
                    {"name": "get_weather", "arguments": {"city": "Lyon"}},
                    {"name": "get_time", "arguments": {"zone": "Europe/Paris"}},
                ]
            },
        },
        {"name": "busy", "when": {"messages_contain": "be busy"}, "respond": {"status": 429, "error": "Slow down"}},
        {"name": "hello", "when": {"messages_contain": "hello"}, "respond": {"content": "Hi there! How are you?"}},
    ],
}

STUBLLM_FIXTURES = [
    {
        "name": "tool",
        "match": {"messages": [{"role": "user", "content": {"contains": "weather"}}]},
        "response": {
            "tool_calls": [
                {
                    "id": "call_1",
                    "type": "function",
                    "function": {"name": "get_weather", "arguments": '{"city": "Lyon"}'},
                }
            ],
            "usage": {"prompt_tokens": 11, "completion_tokens": 5, "total_tokens": 16},
        },
    },
    {
        "name": "hello",
        "match": {"messages": [{"role": "user", "content": {"contains": "hello"}}]},
        "response": {
            "content": "Hi there! How are you?",
            "usage": {"prompt_tokens": 12, "completion_tokens": 7, "total_tokens": 19},
        },
    },
]


class OtherMaker:
    """One such server on a port of its own, from the start of a `with` to its end."""

    def __init__(self, folder: Path, module: str, *options: str) -> None:
        self._folder = folder
        self._command = [
            sys.executable,
            "-c",
            f"from {module} import {_entry(module)} as run; run()",
            "serve",
            *options,
        ]
        self.port = 0

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "OtherMaker":
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        with (self._folder / "other-maker.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*self._command, "--port", str(self.port)], stdout=log, stderr=log, cwd=self._folder
            )
        until = time.monotonic() + 15
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return self
            except OSError:
                if time.monotonic() > until or self._process.poll() is not None:
                    self.__exit__()
                    raise AssertionError((self._folder / "other-maker.log").read_text()[-2000:]) from None
                time.sleep(0.05)

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(10)

    def ask(self, method: str, path: str, body: object = None) -> object:
        """Call one of its control paths; returns the JSON of the answer."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json"}
        request = urllib.request.Request(f"{self.url}{path}", data=data, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())


def fakellm(folder: Path) -> OtherMaker:
    """Return fakellm with the rules above."""
    (folder / "fakellm.yaml").write_text(yaml.safe_dump(FAKELLM_RULES))
    return OtherMaker(folder, "fakellm.cli", "--config", "fakellm.yaml")


def llmock(folder: Path) -> OtherMaker:
    """Return llmock; `/_llmock/scenario` queues faults, `/_llmock/requests` tells what arrived."""
    return OtherMaker(folder, "llmock.cli")


def stubllm(folder: Path) -> OtherMaker:
    """Return stubllm with the fixtures above; it speaks the dialects of OpenAI, Anthropic and Gemini."""
    (folder / "stubllm.yaml").write_text(yaml.safe_dump({"fixtures": STUBLLM_FIXTURES}))
    return OtherMaker(folder, "stubllm.cli", "--fixture-file", "stubllm.yaml")


def _entry(module: str) -> str:
    return {"fakellm.cli": "main", "llmock.cli": "app", "stubllm.cli": "cli"}[module]
