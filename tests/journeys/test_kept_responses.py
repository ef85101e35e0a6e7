"""The official `openai` client continues, shows and deletes responses that are kept here: over two workers, over the
death of both, and never those of another token.
"""

import time
from collections.abc import Callable, Iterator

import openai
import pytest
from openai import OpenAI
from openai.types.responses import Response

from kit.instance import Tollway

pytestmark = pytest.mark.timeout(120)

MODEL = "sandbox-small"
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    "strict": False,
}
Client = Callable[..., OpenAI]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tollway]:
    instance = Tollway(tmp_path_factory.mktemp("kept"), workers=2)
    instance.start()
    yield instance
    instance.destroy()


@pytest.fixture(scope="module")
def client(gateway: Tollway) -> Iterator[Client]:
    clients: list[OpenAI] = []

    def connect(token: str = "") -> OpenAI:
        # Each client is a connection of its own, which either worker may take.
        clients.append(OpenAI(api_key=token or gateway.token(), base_url=f"{gateway.gateway_url}/v1", max_retries=0))
        return clients[-1]

    yield connect
    for opened in clients:
        opened.close()


def create(client: OpenAI, **fields: object) -> Response:
    response = client.responses.create(model=MODEL, **fields)  # type: ignore[call-overload]  # one of many
    assert isinstance(response, Response)
    return response


def items_of(client: OpenAI, response_id: str) -> list[str]:
    listed = client.responses.input_items.list(response_id, order="asc", limit=2)
    return [content.text for item in listed if item.type == "message" for content in item.content]  # type: ignore[union-attr]  # all texts


def test_a_conversation_goes_on_over_both_workers_and_streams(gateway: Tollway, client: Client) -> None:
    token = gateway.token()
    last = create(client(token), input="turn 0")
    said = ["turn 0", last.output_text]
    for turn in range(1, 6):
        with client(token).responses.stream(model=MODEL, input=f"turn {turn}", previous_response_id=last.id) as stream:
            last = stream.get_final_response()
        assert items_of(client(token), last.id) == [*said, f"turn {turn}"]
        said += [f"turn {turn}", last.output_text]
    shown = client(token).responses.retrieve(last.id)
    assert shown.output_text == last.output_text and shown.previous_response_id == last.previous_response_id


def test_a_call_and_its_result_are_two_turns(client: Client) -> None:
    ours = client()
    asked = create(ours, input="weather in Bonn", tools=[WEATHER], tool_choice="required")
    (call,) = asked.output
    assert call.type == "function_call"
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}
    answered = create(ours, input=[result], previous_response_id=asked.id, tools=[WEATHER])
    assert "sunny" in answered.output_text
    by_reference = create(
        ours,
        input=[{"role": "user", "content": "weather in Bonn"}, {"type": "item_reference", "id": str(call.id)}, result],
        tools=[WEATHER],
    )
    assert "sunny" in by_reference.output_text


def test_another_tokens_response_is_as_unknown_as_none(client: Client) -> None:
    ours, other = client(), client()
    kept = create(ours, input="secret")
    unknown = f"resp_{'0' * 24}"
    for response_id in (kept.id, unknown):
        with pytest.raises(openai.NotFoundError) as shown:
            other.responses.retrieve(response_id)
        with pytest.raises(openai.NotFoundError) as listed:
            other.responses.input_items.list(response_id)
        with pytest.raises(openai.NotFoundError) as deleted:
            other.responses.delete(response_id)
        with pytest.raises(openai.BadRequestError) as continued:
            create(other, input="x", previous_response_id=response_id)
        assert shown.value.code == listed.value.code == deleted.value.code == "response.not_found"
        assert continued.value.code == "response.previous_not_found"
        assert continued.value.param == "previous_response_id"
    assert ours.responses.retrieve(kept.id).output_text == kept.output_text


def test_what_is_deleted_or_was_not_to_be_kept_is_gone(client: Client) -> None:
    ours = client()
    kept, loose = create(ours, input="a"), create(ours, input="b", store=False)
    with pytest.raises(openai.BadRequestError) as cancelled:
        ours.responses.cancel(kept.id)
    assert cancelled.value.code == "response.not_cancellable"
    ours.responses.delete(kept.id)
    for response_id in (kept.id, loose.id):
        with pytest.raises(openai.NotFoundError):
            ours.responses.retrieve(response_id)


def test_what_is_kept_outlives_every_worker(gateway: Tollway, client: Client) -> None:
    token = gateway.token()
    kept = create(client(token), input="remember me")
    for role in ("worker", "worker-2"):
        before = gateway.pids()
        gateway.kill(before[role])
        deadline = time.monotonic() + 20
        while not gateway.has_replaced(role, before) and time.monotonic() < deadline:
            time.sleep(0.05)
    assert client(token).responses.retrieve(kept.id).output_text == kept.output_text
    again = create(client(token), input="and?", previous_response_id=kept.id)
    assert items_of(client(token), again.id)[0] == "remember me"
