"""The official clients on Node (tests/node), one process for all calls of a module."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent.parent / "node"
CLIENTS = {
    "ai-chat": "chat",
    "ai-responses": "responses",
    "ai-anthropic": "messages",
    "ai-google": "gemini",
    "anthropic": "messages",
}
"""Each client with the dialect it speaks."""


def why_not() -> str | None:
    """Return why there are none here; None when there are."""
    if shutil.which("node") is None:
        return "needs Node.js 20 or newer"
    if not (FOLDER / "node_modules" / "ai").is_dir():
        return "needs the clients of tests/node, which `make test` installs where npm is (not with TOLLWAY_SKIP_UI=1)"
    return None


class NodeClients:
    """The process; use it in a `with`."""

    def __enter__(self) -> "NodeClients":
        node = shutil.which("node")
        assert node is not None
        self._process = subprocess.Popen(
            [node, "clients.mjs"], cwd=FOLDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()

    def call(self, client: str, case: str, *, base: str, key: str, model: str) -> dict[str, Any]:
        """Make one call and return what the client made of the answer."""
        assert self._process.stdin is not None and self._process.stdout is not None
        if client == "ai-google":
            model = f"models/{model}"  # It takes a name with a slash for a path.
        job = {"client": client, "case": case, "base": base, "key": key, "model": model}
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        return dict(json.loads(self._process.stdout.readline()))
