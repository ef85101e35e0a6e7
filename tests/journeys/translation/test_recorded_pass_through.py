"""Recorded exchanges of Responses, Messages and Gemini, with counts and embeddings, pass through in their own dialect:
the request but for the pointers that docs/pass-through.md lists, the answer byte for byte, whatever its chunking.

Chat Completions are in tests/journeys/test_recordings.py.
"""

import json
from collections import Counter
from collections.abc import Iterator

import pytest

from kit.expected_price import model_of
from kit.gateway_client import BASES, PATHS, GatewayClient, provider
from kit.instance import Tollway
from kit.recordings import Recording, recordings
from kit.replay import Replay, differences

pytestmark = pytest.mark.timeout(180)

PROVIDERS = {
    # recorded provider and dialect: kind
    ("anthropic", "messages"): "anthropic",
    ("openai", "responses"): "openai",
    ("deepseek", "responses"): "deepseek",
    ("openrouter", "responses"): "openrouter",
    ("google", "gemini"): "gemini",
    ("vertex", "gemini"): "vertex",
}


@pytest.fixture(scope="module")
def token(tollway: Tollway) -> str:
    return tollway.token()


@pytest.fixture(params=PROVIDERS, ids="-".join)
def recorded(
    request: pytest.FixtureRequest, tollway: Tollway, upstream: Replay, shared_fixtures
) -> Iterator[tuple[str, list[Recording]]]:
    """The exchanges of one provider in one dialect, and its kind; it alone serves their models, under their names."""
    name, dialect = request.param
    found = [
        recording
        for recording in recordings(shared_fixtures)
        if recording.provider == name and recording.rule is not None and recording.rule.dialect == dialect
    ]
    kind = PROVIDERS[request.param]
    names = json.dumps(sorted({name_in_path(recording) or model_of(recording) for recording in found}))
    listed = provider("recorded", kind, f"http://127.0.0.1:{upstream.port}", names)
    tollway.apply(f"version: 1\nproviders:\n{listed}")
    yield kind, found
    tollway.apply("version: 1\nproviders:\n  - {name: recorded, state: absent}\n")


def name_in_path(recording: Recording) -> str:
    """Return the model that the path of Gemini's dialect names, without its folder."""
    return model_of(recording) if ":" in recording.path else ""


def path_of(recording: Recording) -> str:
    """Return where a caller of this gateway sends the exchange."""
    assert recording.rule is not None
    if recording.rule.dialect != "gemini":
        ending = "/count_tokens" if recording.rule.operation == "count" else ""
        return PATHS[recording.rule.dialect] + ending
    query = "?alt=sse" if "stream" in recording.path else ""
    return f"/v1beta/models/{recording.path.rpartition('/')[2]}{query}"


def test_recorded_exchanges_keep_their_bytes(tollway: Tollway, upstream: Replay, token: str, recorded, capsys):
    kind, found = recorded
    client = GatewayClient(tollway.gateway_url, token)
    counts: Counter[str] = Counter()
    for number, recording in enumerate(found):
        upstream.status, upstream.content_type = recording.status, recording.content_type
        upstream.answer, upstream.seed, upstream.is_chunked = recording.answer, number, number % 3 > 0
        upstream.seen.clear()
        answered = client.post(path_of(recording), recording.request)
        if b"response.previous_not_found" in answered.body:
            counts["continues what is not ours"] += 1
            continue
        assert (answered.status, answered.body) == (recording.status, recording.answer), recording.where
        (seen,) = upstream.seen
        body = json.loads(seen.body)
        assert differences(body, recording.request) == set(), recording.where
        assert seen.body == json.dumps(recording.request).encode(), recording.where
        assert seen.path == path_of(recording).replace("/v1beta" if kind in BASES else "/v1", base_of(kind), 1)
        counts["streamed" if recording.is_stream else "whole"] += 1
    client.close()
    with capsys.disabled():
        print(f"\n{kind:12}{dict(counts)}", end="")
    assert counts["whole"] + counts["streamed"] > 0


def base_of(kind: str) -> str:
    """Return the path of the upstream's address."""
    return BASES.get(kind, "/v1")
