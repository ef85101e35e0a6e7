"""Recorded exchanges of OpenAI's dialect pass through a real Tollway: the request but for listed pointers, the answer
byte for byte, whatever its chunking.
"""

import http.client
import json
from collections import Counter
from contextlib import ExitStack

import pytest

from kit.instance import Tollway
from kit.replay import Replay, differences

PATHS = {"/chat/completions": "/v1/chat/completions", "/embeddings": "/v1/embeddings"}
PROVIDERS = ("openai", "groq", "mistral", "deepseek", "openrouter", "cerebras", "huggingface", "zai")
ALLOWED_POINTERS = {"/stream_options"}
"""What docs/pass-through.md lists for a call without alias and without budget."""


def exchanges(folder, provider):
    for line in (folder / "recordings" / f"{provider}.jsonl").read_text().splitlines():
        item = json.loads(line)
        for suffix, path in PATHS.items():
            if item["path"].endswith(suffix):
                yield suffix, path, item


def provider_yaml(name, port, prefix):
    return (
        f"  - name: at-{name}\n    kind: {name}\n    base_url: http://127.0.0.1:{port}{prefix}\n"
        f"    credential: sk-{name}\n    allow_private: true\n    models: ['*']\n"
    )


@pytest.mark.timeout(120)
def test_every_recorded_exchange_passes_unchanged(
    tollway: Tollway, upstream: Replay, shared_fixtures, capsys, stack: ExitStack
):
    table: dict[str, Counter[str]] = {}
    tollway.apply("version: 1\nproviders:\n" + "".join(provider_yaml(n, upstream.port, "/base") for n in PROVIDERS))
    token = tollway.token()
    host, port = tollway.gateway_url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=20)
    stack.callback(connection.close)
    for provider in PROVIDERS:
        counts = table[provider] = Counter()
        for number, (suffix, path, item) in enumerate(exchanges(shared_fixtures, provider)):
            given = item["response"]
            upstream.answer = given.encode() if isinstance(given, str) else json.dumps(given).encode()
            upstream.status, upstream.content_type = item["status"], item["content_type"]
            upstream.seed, upstream.is_chunked = number, number % 3 > 0
            # `provider/model` names one provider's own; the recorded name is what reaches it.
            sent = dict(item["request"], model=f"at-{provider}/{item['request']['model']}")
            headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
            connection.request("POST", path, json.dumps(sent), headers)
            reply = connection.getresponse()
            body = reply.read()
            seen = upstream.seen.pop()
            where = f"{provider} {number} {item['source']}"
            assert seen.path == f"/base{suffix}", where
            assert seen.headers["authorization"] == f"Bearer sk-{provider}"
            assert differences(json.loads(seen.body), item["request"]) <= ALLOWED_POINTERS, where
            assert reply.status == item["status"], f"{where}: {body[:400]!r}"
            assert reply.headers["x-tollway-upstream-request-id"] == "up-1"
            if item["status"] == 200:
                shown, expected = as_asked(body, upstream.answer, sent["model"])
            else:
                shown, expected = body, upstream.answer
            assert shown == expected, where
            counts["streamed" if "event-stream" in item["content_type"] else "whole"] += 1
            counts["errors"] += item["status"] != 200
    with capsys.disabled():
        print(f"\n{'provider':14}{'whole':>8}{'streamed':>10}{'errors':>8}")
        for provider, counts in table.items():
            print(f"{provider:14}{counts['whole']:>8}{counts['streamed']:>10}{counts['errors']:>8}")
    assert sum(c["whole"] + c["streamed"] for c in table.values()) >= 200


def as_asked(shown: bytes, expected: bytes, model: str) -> tuple[object, object]:
    """An alias was used, so each `model` is the asked name; everything else must be equal."""
    if shown.startswith(b"{"):
        answer = json.loads(expected)
        if "model" in answer:
            answer["model"] = model
        return json.loads(shown), answer
    events = []
    for event in expected.decode().replace("\r\n", "\n").split("\n\n"):
        if event.startswith("data: {"):
            fields = json.loads(event[6:])
            event = {**fields, "model": model} if "model" in fields else fields
        events.append(event)
    got = [json.loads(e[6:]) if e.startswith("data: {") else e for e in shown.decode().split("\n\n")]
    return got, events


@pytest.mark.timeout(120)
def test_answers_keep_their_bytes_when_the_name_asked_for_is_the_upstreams(
    tollway: Tollway, upstream: Replay, shared_fixtures, stack: ExitStack
):
    token = tollway.token()
    host, port = tollway.gateway_url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=20)
    stack.callback(connection.close)
    total = 0
    for provider in PROVIDERS:
        items = list(exchanges(shared_fixtures, provider))
        names = sorted({item["request"]["model"] for _, _, item in items})
        listed = "".join(f"      - {json.dumps(name)}\n" for name in names)
        document = provider_yaml(provider, upstream.port, "/base").replace(
            "    models: ['*']\n", f"    models:\n{listed}"
        )
        others = "".join(f"  - name: at-{name}\n    state: absent\n" for name in PROVIDERS if name != provider)
        tollway.apply(f"version: 1\nproviders:\n{document}{others}")
        for number, (_, path, item) in enumerate(items):
            given = item["response"]
            upstream.answer = (
                given.encode() if isinstance(given, str) else json.dumps(given, indent=number % 2).encode()
            )
            upstream.status, upstream.content_type = item["status"], item["content_type"]
            upstream.seed, upstream.is_chunked = number + 1, number % 2 == 0
            raw = json.dumps(item["request"]).encode()
            headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
            connection.request("POST", path, raw, headers)
            reply = connection.getresponse()
            body = reply.read()
            seen = upstream.seen.pop()
            where = f"{provider} {number} {item['source']}"
            assert (reply.status, body) == (item["status"], upstream.answer), where
            if differences(json.loads(seen.body), item["request"]) == set():
                assert seen.body == raw, where
            total += 1
    assert total >= 200
