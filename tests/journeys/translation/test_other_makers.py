"""Stand-in vendors of other makers, asked directly and through the gateway in every dialect, say the same."""

from collections.abc import Iterator
from contextlib import ExitStack
from importlib import import_module

import pytest

from kit import other_makers
from kit.facts.answer import Answer
from kit.facts.asked import Asked, Item, Tool
from kit.gateway_client import GatewayClient, provider
from kit.instance import Tollway

pytestmark = pytest.mark.timeout(120)

DIALECTS = ("chat", "responses", "messages", "gemini")
ANSWERS = {name: import_module(f"kit.facts.{name}") for name in DIALECTS}
REQUESTS = {name: import_module(f"kit.facts.{name}_request") for name in DIALECTS}
MODEL = "gpt-4o"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
ASKED = {
    "hello": Asked(items=[Item("user", "text", "hello")], tokens_max=100),
    "tool": Asked(
        items=[Item("user", "text", "weather and time, please")],
        tools=[Tool("get_weather", "The weather", SCHEMA), Tool("get_time", "The time", None)],
        tokens_max=100,
    ),
}
MAKERS = {
    # provider: (server, kind, the dialect it is asked in, path before the kind's own)
    "fakellm-chat": ("fakellm", "openai-compatible", "chat", ""),
    "fakellm-messages": ("fakellm", "anthropic", "messages", ""),
    "llmock-chat": ("llmock", "openai-compatible", "chat", ""),
    "llmock-messages": ("llmock", "anthropic", "messages", "/anthropic"),
    "llmock-gemini": ("llmock", "gemini", "gemini", "/gemini"),
    "llmock-mistral": ("llmock", "mistral", "chat", "/mistral"),
    "stubllm-chat": ("stubllm", "openai-compatible", "chat", ""),
    "stubllm-messages": ("stubllm", "anthropic", "messages", ""),
    "stubllm-gemini": ("stubllm", "gemini", "gemini", ""),
}
OWN_WAYS = {
    ("stubllm-messages", "hello"): "its stop_reason is `stop`, which Anthropic does not have",
    ("stubllm-messages", "stream"): "its streams have no message_start",
    ("stubllm-chat", "stream tool"): "its streamed calls have no finish_reason",
    ("stubllm-gemini", "stream tool"): "its streamed calls have no finishReason",
}
"""What a maker does otherwise than the vendor, so that there is nothing to agree on."""


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The servers, by name."""
    makers = {
        "fakellm": other_makers.fakellm, "llmock": other_makers.llmock, "stubllm": other_makers.stubllm,
    }  # fmt: skip
    with ExitStack() as stack:
        yield {name: stack.enter_context(make(tmp_path_factory.mktemp(name))).url for name, make in makers.items()}


@pytest.fixture(scope="module")
def client(tollway: Tollway, addresses: dict[str, str]) -> Iterator[GatewayClient]:
    """A caller of a gateway in front of all of them."""
    listed = [provider(name, kind, addresses[server] + path) for name, (server, kind, _, path) in MAKERS.items()]
    tollway.apply("version: 1\nproviders:\n" + "".join(listed))
    client = GatewayClient(tollway.gateway_url, tollway.token())
    yield client
    client.close()


def read(dialect: str, raw: bytes, *, is_stream: bool, is_strict: bool) -> Answer:
    reader = ANSWERS[dialect]
    return (reader.read_stream if is_stream else reader.read_answer)(raw, is_strict=is_strict)


@pytest.mark.parametrize("is_stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("case", ["hello", "tool"])
@pytest.mark.parametrize("maker", MAKERS)
def test_what_a_maker_says_is_what_every_caller_is_shown(addresses, client, maker, case, is_stream):
    for way in (case, "stream" if is_stream else "", f"stream {case}" if is_stream else ""):
        if (maker, way) in OWN_WAYS:
            pytest.skip(OWN_WAYS[maker, way])
    server, _, spoken, path = MAKERS[maker]
    asked = ASKED[case]
    asked.is_stream = is_stream
    direct = GatewayClient(addresses[server], f"sk-{maker}")
    body = REQUESTS[spoken].write(asked)
    if spoken == "gemini":
        verb = "streamGenerateContent?alt=sse" if is_stream else "generateContent"
        body.pop("model", None)
        given = direct.post(f"{path}/v1beta/models/{MODEL}:{verb}", body)
    else:
        ending = "messages" if spoken == "messages" else "chat/completions"
        given = direct.post(f"{path}/v1/{ending}", body | {"model": MODEL})
    direct.close()
    assert given.status == 200, given.body
    expected = read(spoken, given.body, is_stream=is_stream, is_strict=False)
    for dialect in DIALECTS:
        sent = REQUESTS[dialect].write(asked)
        shown = client.ask(dialect, sent, model=f"{maker}/{MODEL}", is_stream=is_stream)
        assert shown.status == 200, (dialect, shown.body)
        told = read(dialect, shown.body, is_stream=is_stream, is_strict=dialect != spoken)
        one, other = expected.options[0], told.options[0]
        assert [(call.name, call.arguments) for call in one.calls] == [
            (call.name, call.arguments) for call in other.calls
        ]
        assert one.stop == other.stop
        # fakellm says something of its own before calls, different each time.
        assert case == "tool" or one.text == other.text
        if expected.use is not None and not is_stream:
            assert told.use is not None
            assert (expected.use.input, expected.use.output) == (told.use.input, told.use.output)
