"""Official clients, each against the sandbox and against a vendor of every dialect: only address and key change.

The vendors are stand-ins that answer as their documents say and refuse what their own clients could not have sent.
"""

import json
from collections.abc import Iterator

import pytest

from kit.facts.answer import squeeze
from kit.gateway_client import provider
from kit.instance import Tollway
from kit.node_clients import CLIENTS as NODE_CLIENTS
from kit.node_clients import NodeClients, why_not
from kit.python_clients import CLIENTS as PYTHON_CLIENTS
from kit.python_clients import DESCRIPTION, PROMPT, RESULT, SYSTEM, PythonClients
from kit.replay import Replay
from kit.vendor_answers import ARGUMENTS, CACHED, INPUT, OUTPUT, TEXT
from kit.vendor_stand_in import REQUESTS, dialect_of, respond

pytestmark = pytest.mark.timeout(180)

STREAMED = ("stream", "streamed-tool")
CASES = ("text", "tool", "result", *STREAMED)
VENDORS = {
    # provider: (kind, model)
    "openai": ("openai", "gpt-4o"),
    "responses": ("openai-responses", "gpt-4o"),
    "mistral": ("mistral", "mistral-large-latest"),
    "anthropic": ("anthropic", "claude-sonnet-4-5"),
    "gemini": ("gemini", "gemini-2.5-flash"),
    "ollama": ("ollama", "llama3.2"),
}


@pytest.fixture(scope="module")
def vendors() -> Iterator[Replay]:
    """All vendors: one server that speaks every dialect, by path."""
    replay = Replay(respond=respond).start()
    yield replay
    replay.stop()


@pytest.fixture(scope="module")
def token(tollway: Tollway, vendors: Replay) -> str:
    """A token for all of them."""
    root = f"http://127.0.0.1:{vendors.port}"
    roots = {"mistral": f"{root}/as-mistral"}
    listed = [provider(name, kind, roots.get(name, root)) for name, (kind, _) in VENDORS.items()]
    tollway.apply("version: 1\nproviders:\n" + "".join(listed))
    return tollway.token()


@pytest.fixture(scope="module")
def node() -> Iterator[NodeClients]:
    """The clients on Node."""
    reason = why_not()
    if reason:
        pytest.skip(reason)
    with NodeClients() as clients:
        yield clients


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("client", PYTHON_CLIENTS)
def test_a_python_client_talks_to_every_vendor(tollway, vendors, token, client, vendor):
    talk(PythonClients(), client, tollway, token, vendors, vendor)


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("client", NODE_CLIENTS)
def test_a_node_client_talks_to_every_vendor(tollway, vendors, token, node, client, vendor):
    talk(node, client, tollway, token, vendors, vendor)


def talk(clients, client, tollway, token, vendors, vendor) -> None:
    """Whole, streamed, a call, its result, a streamed call: what the client gets, and what reached the vendor."""
    model = VENDORS[vendor][1]
    # OpenAI streams a call in pieces, which pass through as they are and which Mistral's client does not take.
    is_in_pieces = client == "mistralai" and vendor in ("openai", "responses", "ollama")
    for case in CASES[:-1] if is_in_pieces else CASES:
        said = clients.call(client, case, base=tollway.gateway_url, key=token, model=f"{vendor}/{model}")
        seen = vendors.seen[-1]
        assert "error" not in said, (case, said, seen.body)
        if case in ("tool", "streamed-tool"):
            assert said["calls"] == [{"name": "get_weather", "arguments": ARGUMENTS}]
        else:
            assert said["text"] == TEXT, case
        is_unasked = client == "mistralai" and case in STREAMED and vendor != "mistral"
        assert said["usage"] == (None if is_unasked else {"input": INPUT, "output": OUTPUT, "cached": CACHED}), case
        asked = REQUESTS[dialect_of(seen)].read(json.loads(seen.body))
        assert squeeze(asked.system) == squeeze(SYSTEM)
        assert (asked.items[0].role, asked.items[0].value) == ("user", PROMPT)
        assert asked.tokens_max == 500
        assert [(tool.name, tool.description) for tool in asked.tools] == (
            [("get_weather", DESCRIPTION)] if case not in ("text", "stream") else []
        )
        if case == "result":
            call, result = asked.items[1:]
            assert (call.role, call.kind, call.value) == ("assistant", "call", ("get_weather", ARGUMENTS))
            assert result.value[0] == "get_weather" and squeeze(RESULT) in squeeze(str(result.value[1]))
        assert_key(vendor, seen)


def assert_key(vendor: str, seen) -> None:
    """The vendor got its own key in its own header, and the caller's token nowhere."""
    given = [seen.headers.get(name, "") for name in ("authorization", "x-api-key", "x-goog-api-key")]
    assert [value.removeprefix("Bearer ") for value in given if value] == [f"sk-{vendor}"]
    assert "key=" not in seen.path


@pytest.mark.parametrize("client", PYTHON_CLIENTS)
def test_a_python_client_talks_to_the_sandbox(tollway, token, client):
    talk_to_sandbox(PythonClients(), client, tollway, token)


@pytest.mark.parametrize("client", NODE_CLIENTS)
def test_a_node_client_talks_to_the_sandbox(tollway, token, node, client):
    talk_to_sandbox(node, client, tollway, token)


def talk_to_sandbox(clients, client, tollway, token) -> None:
    """The same cases with what the sandbox says."""
    for case in CASES:
        said = clients.call(client, case, base=tollway.gateway_url, key=token, model="sandbox-small")
        assert "error" not in said, (case, said)
        if client != "mistralai" or case not in STREAMED:
            assert said["usage"]["input"] > 0 and said["usage"]["output"] > 0
        if case in ("tool", "streamed-tool"):
            (call,) = said["calls"]
            assert call["name"] == "get_weather" and set(call["arguments"]) == {"city", "days"}
        else:
            assert said["text"]
