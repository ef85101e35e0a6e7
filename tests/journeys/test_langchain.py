"""`langchain-openai` against Tollway: chat, tools, structured output, embeddings; sandbox and other makers."""

from collections.abc import Iterator

import openai
import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import BaseModel

from kit.instance import Tollway
from kit.other_makers import OtherMaker

pytestmark = pytest.mark.timeout(120)

MODELS = ["sandbox-small", "gpt-4o-mini", "fake"]


class Person(BaseModel):
    """A person."""

    name: str
    age: int


@tool
def get_weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"21 degrees in {city}"


@pytest.fixture(scope="module")
def token(tollway: Tollway, fakellm: OtherMaker, llmock_server: OtherMaker) -> str:
    tollway.apply(
        "version: 1\nproviders:\n"
        f"  - {{name: fakellm, kind: openai-compatible, base_url: {fakellm.url}/v1, allow_private: true,\n"
        "     models: [fake]}\n"
        f"  - {{name: llmock, kind: openai, base_url: {llmock_server.url}/v1, credential: sk-x, allow_private: true,\n"
        "     models: [gpt-4o-mini, text-embedding-3-small]}\n"
    )
    return tollway.token()


@pytest.fixture
def options(tollway: Tollway, token: str) -> Iterator[dict[str, object]]:
    """What a user changes: base URL and key."""
    yield {"base_url": f"{tollway.gateway_url}/v1", "api_key": token, "max_retries": 0}


@pytest.mark.parametrize("model", MODELS)
def test_invoke(options: dict[str, object], model: str) -> None:
    reply = ChatOpenAI(model=model, **options).invoke([SystemMessage("Be brief."), HumanMessage("hello")])
    assert isinstance(reply, AIMessage)
    assert reply.content
    assert reply.usage_metadata["total_tokens"] > 0
    assert reply.response_metadata["model_name"] == model


@pytest.mark.parametrize("model", MODELS)
def test_stream(options: dict[str, object], model: str) -> None:
    chunks = list(ChatOpenAI(model=model, stream_usage=True, **options).stream("hello"))
    assert len([chunk for chunk in chunks if chunk.content]) > 2
    whole = sum(chunks[1:], chunks[0])
    assert whole.content == ChatOpenAI(model=model, **options).invoke("hello").content
    if model != "fake":  # fakellm never states usage in a stream
        assert whole.usage_metadata["output_tokens"] > 0


async def test_async_stream(options: dict[str, object]) -> None:
    chunks = [chunk async for chunk in ChatOpenAI(model="sandbox-small", **options).astream("hello")]
    assert "".join(chunk.content for chunk in chunks).startswith("You said: hello")


@pytest.mark.parametrize("model", ["sandbox-small", "gpt-4o-mini"])
def test_tools(options: dict[str, object], model: str) -> None:
    chat = ChatOpenAI(model=model, **options).bind_tools([get_weather])
    messages: list[object] = [HumanMessage("What is the weather in Paris?")]
    asked = chat.invoke(messages)
    assert [call["name"] for call in asked.tool_calls] == ["get_weather"]
    result = get_weather.invoke(asked.tool_calls[0])
    assert isinstance(result, ToolMessage)
    assert chat.invoke([*messages, asked, result]).content


def test_streamed_tools(options: dict[str, object]) -> None:
    chunks = list(ChatOpenAI(model="gpt-4o-mini", **options).bind_tools([get_weather]).stream("the weather in Paris?"))
    assert [call["name"] for call in sum(chunks[1:], chunks[0]).tool_calls] == ["get_weather"]


@pytest.mark.parametrize("method", ["json_schema", "function_calling"])
@pytest.mark.parametrize("model", ["sandbox-small", "gpt-4o-mini"])
def test_structured_output(options: dict[str, object], model: str, method: str) -> None:
    person = ChatOpenAI(model=model, **options).with_structured_output(Person, method=method).invoke("Who is it?")
    assert isinstance(person, Person)


def test_embeddings(options: dict[str, object]) -> None:
    maker = OpenAIEmbeddings(model="sandbox-embedding", check_embedding_ctx_length=False, **options)
    vectors = maker.embed_documents(["a cat sat", "a cat sat down", "prices of copper"])
    assert [len(vector) for vector in vectors] == [256] * 3
    near, far = (sum(a * b for a, b in zip(vectors[0], other, strict=True)) for other in vectors[1:])
    assert near > far
    assert len(maker.embed_query("a")) == 256


def test_refusal_keeps_its_class_and_code(options: dict[str, object]) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        ChatOpenAI(model="gpt-99", **options).invoke("hello")
    assert caught.value.code == "model.not_found"
    with pytest.raises(openai.AuthenticationError):
        ChatOpenAI(model="fake", **(options | {"api_key": "sk-wrong"})).invoke("hello")
