"""Google's own client sends what we read and reads what we write, without a network between."""

import json

import httpx
import msgspec
import pytest
from google import genai
from google.genai import errors, types

from kit.gemini_values import SHOWN
from kit.translation import meaning
from tollway.contract.usage import Usage
from tollway.formats import hub
from tollway.formats.gemini.count import Counted, read_count_request, write_count
from tollway.formats.gemini.dialect import DIALECT
from tollway.formats.gemini.models import write_model, write_models
from tollway.formats.gemini.path import parse
from tollway.formats.json_object import JSONObject
from tollway.formats.model_card import ModelCard
from tollway.kernel.errors import TollwayError

FOREIGN = hub.Signature(origin="anthropic", value="EqRk+/==")
CALL = hub.ToolCall(id="toolu_1", name="weather", arguments='{"city":"Rome"}', signature=FOREIGN)
REPLY = hub.Reply(
    id="r",
    model="claude",
    choices=(
        hub.Choice(
            parts=(
                hub.Thinking(text="Let me see.", signature=FOREIGN),
                hub.Text(text="I look it up.", citations=(hub.Citation(url="https://a.example", start=0, end=1),)),
                CALL,
            ),
            stop="tool_calls",
        ),
    ),
    usage=Usage(30, 12, cached_input_tokens=5, reasoning_tokens=4),
)


class Wire:
    """Answers a client of Google's with the given answers in turn and keeps what it sent."""

    def __init__(self, *answers, **options):
        self.sent: list[httpx.Request] = []
        self._answers = list(answers)
        http_options = types.HttpOptions(client_args={"transport": httpx.MockTransport(self._answer)})
        self.client = genai.Client(api_key="key", http_options=http_options, **options)

    def _answer(self, request):
        self.sent.append(request)
        found = self._answers.pop(0)
        return found if isinstance(found, httpx.Response) else httpx.Response(200, content=found)

    def address(self, at=-1):
        found = parse(self.sent[at].url.raw_path.decode().partition("?")[0])
        assert found is not None
        return found

    def body(self, at=-1):
        return JSONObject.parse(self.sent[at].content)

    def request(self, at=-1):
        address = self.address(at)
        return DIALECT.read_request(
            self.body(at), model=address.model, is_stream=address.method == "streamGenerateContent"
        )


def events(*pieces):
    writer = DIALECT.open_writer(SHOWN)
    return b"".join(writer.write(event) for event in pieces)


def said(number, opened, *deltas, signature=None):
    found = [hub.PartBegin(choice=0, part=number, opened=opened)]
    found += [hub.TextDelta(choice=0, part=number, text=delta) for delta in deltas]
    if signature is not None:
        found.append(hub.SignatureStated(choice=0, part=number, signature=signature))
    return [*found, hub.PartEnd(choice=0, part=number)]


STREAM = [
    hub.Begin(id="r", model="claude"),
    *said(0, hub.Thinking(), "Let me", " see.", signature=FOREIGN),
    *said(1, hub.Text(text=""), "I look", " it up."),
    *said(2, hub.ToolCall(id="toolu_1", name="weather", arguments=""), '{"city":', '"Rome"}', signature=FOREIGN),
    hub.ChoiceEnd(choice=0, stop="tool_calls"),
    hub.UsageStated(usage=REPLY.usage),
    hub.Done(),
]


def test_a_whole_answer_is_read():
    wire = Wire(DIALECT.write_reply(REPLY, SHOWN))
    answer = wire.client.models.generate_content(model="mine", contents="Weather?")
    assert (answer.response_id, answer.model_version) == ("r", "mine")
    (candidate,) = answer.candidates
    assert candidate.finish_reason == types.FinishReason.STOP
    thought, text, call = candidate.content.parts
    assert (thought.thought, thought.text, text.text) == (True, "Let me see.", "I look it up.")
    assert (call.function_call.id, call.function_call.name) == ("toolu_1", "weather")
    assert call.function_call.args == {"city": "Rome"}
    assert candidate.grounding_metadata.grounding_chunks[0].web.uri == "https://a.example"
    used = answer.usage_metadata
    assert (used.prompt_token_count, used.candidates_token_count, used.thoughts_token_count) == (30, 8, 4)
    assert (used.cached_content_token_count, used.total_token_count) == (5, 42)


def test_a_stream_is_read():
    wire = Wire(events(*STREAM))
    chunks = list(wire.client.models.generate_content_stream(model="mine", contents="Weather?"))
    assert wire.address().method == "streamGenerateContent" and wire.request().is_stream
    parts = [part for chunk in chunks for part in chunk.candidates[0].content.parts]
    assert "".join(part.text for part in parts if part.text and not part.thought) == "I look it up."
    assert "".join(part.text for part in parts if part.text and part.thought) == "Let me see."
    assert [part.function_call.args for part in parts if part.function_call] == [{"city": "Rome"}]
    assert [chunk.candidates[0].finish_reason for chunk in chunks if chunk.candidates[0].finish_reason] == ["STOP"]
    assert chunks[-1].usage_metadata.total_token_count == 42


@pytest.mark.parametrize("streams", [False, True])
def test_a_conversation_comes_back_as_it_was(streams):
    """Thoughts, seals of another vendor and calls go through the client's history into the next request."""
    answer = events(*STREAM) if streams else DIALECT.write_reply(REPLY, SHOWN)
    done = hub.Reply(id="s", model="claude", choices=(hub.Choice(parts=(hub.Text(text="Sunny."),), stop="end"),))
    wire = Wire(answer, DIALECT.write_reply(done, SHOWN))
    chat = wire.client.chats.create(model="mine")
    if streams:
        list(chat.send_message_stream("Weather?"))
    else:
        chat.send_message("Weather?")
    result = types.Part(
        function_response=types.FunctionResponse(id="toolu_1", name="weather", response={"output": "sun"})
    )
    assert chat.send_message(result).text == "Sunny."
    assert meaning(wire.request().turns) == (
        hub.Turn(role="user", parts=(hub.Text(text="Weather?"),)),
        hub.Turn(
            role="assistant",
            parts=(
                hub.Thinking(text="Let me see.", signature=FOREIGN),
                hub.Text(text="I look it up."),
                msgspec.structs.replace(CALL, arguments='{"city": "Rome"}'),  # As this client spaces JSON.
            ),
        ),
        hub.Turn(
            role="user", parts=(hub.ToolResult(call_id="toolu_1", name="weather", parts=(hub.Text(text="sun"),)),)
        ),
    )


@pytest.mark.parametrize("options", [{}, {"vertexai": True}])
def test_every_option_of_the_client_is_understood(options):
    wire = Wire(DIALECT.write_reply(REPLY, SHOWN), **options)
    search = types.Tool(google_search=types.GoogleSearch())
    schema = types.Schema(type="OBJECT", properties={"city": types.Schema(type="STRING", nullable=True)})
    weather = types.FunctionDeclaration(name="weather", description="d", parameters=schema)
    other = types.FunctionDeclaration(name="other", parameters_json_schema={"type": "object"})
    calling = types.FunctionCallingConfig(mode="ANY", allowed_function_names=["weather"])
    wire.client.models.generate_content(
        model="mine",
        contents=["Look:", types.Part.from_bytes(data=b"\xfb\xff", mime_type="image/png")],
        config=types.GenerateContentConfig(
            system_instruction="Be brief.",
            temperature=0.5,
            top_p=0.9,
            top_k=40,
            candidate_count=2,
            max_output_tokens=100,
            stop_sequences=["."],
            response_logprobs=True,
            logprobs=3,
            presence_penalty=0.1,
            frequency_penalty=0.2,
            seed=7,
            response_mime_type="application/json",
            response_schema={"type": "OBJECT", "properties": {"a": {"type": "INTEGER"}}},
            safety_settings=[types.SafetySetting(category="HARM_CATEGORY_HARASSMENT", threshold="BLOCK_NONE")],
            tools=[search, types.Tool(function_declarations=[weather, other])],
            tool_config=types.ToolConfig(function_calling_config=calling),
            thinking_config=types.ThinkingConfig(thinking_budget=1024, include_thoughts=True),
            service_tier="flex",
        ),
    )
    assert wire.address().model == "mine"
    assert meaning(wire.request()) == hub.Request(
        model="mine",
        turns=(
            hub.Turn(
                role="user",
                parts=(
                    hub.Text(text="Look:"),
                    hub.Image(source=hub.Base64(media_type="image/png", data="+/8=")),
                ),
            ),
        ),
        system=(hub.Text(text="Be brief."),),
        tools=(
            hub.Tool(
                name="weather",
                description="d",
                parameters=b'{"type":"object","properties":{"city":{"type":["string","null"]}}}',
            ),
            hub.Tool(name="other", parameters=b'{"type": "object"}'),
        ),
        web_search=hub.WebSearch(),
        tool_choice=hub.ToolChoice(mode="tool", names=("weather",)),
        output=hub.Output(kind="json_schema", schema=b'{"type":"object","properties":{"a":{"type":"integer"}}}'),
        reasoning=hub.Reasoning(budget_tokens=1024, wants_text=True),
        output_tokens_max=100,
        temperature=0.5,
        top_p=0.9,
        top_k=40,
        stop=(".",),
        seed=7,
        frequency_penalty=0.2,
        presence_penalty=0.1,
        logprobs=True,
        top_logprobs=3,
        choices=2,
        service_tier="flex",
    )


def test_a_refusal_is_an_error_of_the_clients():
    error = TollwayError("limit.requests", public="Too many.", retry_after_seconds=3)
    wire = Wire(httpx.Response(error.status, content=DIALECT.write_error(error, "req-1")))
    with pytest.raises(errors.ClientError) as caught:
        wire.client.models.generate_content(model="mine", contents="Hi")
    assert (caught.value.code, caught.value.status, caught.value.message) == (429, "RESOURCE_EXHAUSTED", "Too many.")
    wire = Wire(httpx.Response(502, content=DIALECT.write_error(TollwayError("upstream.unreachable"), "req-1")))
    with pytest.raises(errors.ServerError) as failed:
        wire.client.models.generate_content(model="mine", contents="Hi")
    assert (failed.value.code, failed.value.status) == (502, "UNAVAILABLE")


def test_a_stream_that_was_cut_is_an_error_of_the_clients():
    cut = events(*STREAM[:8]) + DIALECT.write_error_event("upstream.truncated", "It was cut.", "req-1")
    wire = Wire(cut)
    seen: list[types.GenerateContentResponse] = []
    with pytest.raises(errors.APIError) as caught:
        seen.extend(wire.client.models.generate_content_stream(model="mine", contents="Hi"))
    assert caught.value.message == "It was cut."


def test_tokens_are_counted():
    wire = Wire(write_count(Counted(31, 4)))
    found = wire.client.models.count_tokens(model="mine", contents="How long is this?")
    assert (found.total_tokens, found.cached_content_token_count) == (31, 4)
    assert wire.address().method == "countTokens"
    assert meaning(read_count_request(wire.body(), model="mine").turns) == (
        hub.Turn(role="user", parts=(hub.Text(text="How long is this?"),)),
    )


def test_models_are_listed_and_found():
    cards = [ModelCard(f"m{number}", 5, "acme") for number in range(5)]
    token = json.loads(write_models(cards, page_size="3"))["nextPageToken"]
    wire = Wire(
        write_models(cards, page_size="3"), write_models(cards, page_size="3", page_token=token), write_model(cards[0])
    )
    assert [model.name for model in wire.client.models.list(config={"page_size": 3})] == [
        f"models/m{n}" for n in range(5)
    ]
    assert [wire.address(at).method for at in (0, 1)] == ["list", "list"]
    assert wire.sent[1].url.params["pageToken"] == token
    found = wire.client.models.get(model="m0")
    assert (found.name, found.supported_actions) == ("models/m0", ["generateContent", "countTokens"])
    assert wire.address().model == "m0" and wire.address().method == "get"
