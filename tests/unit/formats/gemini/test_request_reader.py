"""A whole request is read, or refused by the name of the field that cannot be meant."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.json_values import VALUES, objects
from kit.translation import meaning
from tollway.formats import hub
from tollway.formats.gemini.request_reader import NAMES, read_request
from tollway.kernel.errors import TollwayError

CONTENTS = [{"role": "user", "parts": [{"text": "Hi"}]}]


def read(_model="gemini-x", **body):
    return read_request(json.dumps({"contents": CONTENTS} | body).encode(), model=_model, is_stream=False)


def config(**fields):
    return read(generationConfig=fields)


def refused(**body):
    with pytest.raises(TollwayError) as caught:
        read(**body)
    return caught.value.code.name.removeprefix("request."), caught.value.param


def test_the_simplest_request():
    assert meaning(read()) == hub.Request(
        model="gemini-x", turns=(hub.Turn(role="user", parts=(hub.Text(text="Hi"),)),)
    )


def test_every_field_of_the_configuration_has_its_place():
    found = config(
        maxOutputTokens="100",
        temperature=0.5,
        top_p=0.9,
        topK=40.0,
        stopSequences=["a", "b"],
        seed=7,
        frequencyPenalty=0.1,
        presencePenalty=-0.1,
        responseLogprobs=True,
        logprobs=5,
        candidateCount=2,
        responseModalities=["TEXT"],
        mediaResolution="MEDIA_RESOLUTION_UNSPECIFIED",
    )
    assert (found.output_tokens_max, found.temperature, found.top_p, found.top_k) == (100, 0.5, 0.9, 40)
    assert (found.stop, found.seed, found.frequency_penalty, found.presence_penalty) == (("a", "b"), 7, 0.1, -0.1)
    assert (found.logprobs, found.top_logprobs, found.choices) == (True, 5, 2)


def test_every_name_is_a_field_of_the_hub():
    assert set(NAMES) <= set(hub.Request.__struct_fields__)
    assert read().names == NAMES


@pytest.mark.parametrize(
    ("thinking", "expected"),
    [
        ({}, None),
        ({"thinkingBudget": 0}, hub.Reasoning(effort="none")),
        ({"thinkingBudget": -1}, hub.Reasoning(is_adaptive=True)),
        ({"thinking_budget": 1024, "include_thoughts": True}, hub.Reasoning(budget_tokens=1024, wants_text=True)),
        ({"thinkingLevel": "LOW"}, hub.Reasoning(effort="low")),
        ({"thinkingLevel": "high", "includeThoughts": False}, hub.Reasoning(effort="high", wants_text=False)),
        ({"thinkingLevel": "THINKING_LEVEL_UNSPECIFIED"}, None),
    ],
)
def test_thinking(thinking, expected):
    assert config(thinkingConfig=thinking).reasoning == expected


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ({}, None),
        ({"responseMimeType": "text/plain"}, hub.Output(kind="text")),
        ({"responseMimeType": "application/json"}, hub.Output(kind="json")),
        (
            {"responseMimeType": "application/json", "responseJsonSchema": {"type": "object"}},
            hub.Output(kind="json_schema", schema=b'{"type": "object"}'),
        ),
        (
            {"responseMimeType": "application/json", "responseSchema": {"type": "OBJECT"}},
            hub.Output(kind="json_schema", schema=b'{"type":"object"}'),
        ),
    ],
)
def test_the_form_of_the_output(output, expected):
    assert config(**output).output == expected


@pytest.mark.parametrize(
    ("calling", "expected", "is_strict"),
    [
        ({}, None, None),
        ({"mode": "MODE_UNSPECIFIED"}, None, None),
        ({"mode": "AUTO"}, hub.ToolChoice(mode="auto"), None),
        ({"mode": "none"}, hub.ToolChoice(mode="none"), None),
        ({"mode": "ANY"}, hub.ToolChoice(mode="required"), None),
        ({"mode": "ANY", "allowedFunctionNames": ["f"]}, hub.ToolChoice(mode="tool", names=("f",)), None),
        ({"mode": "ANY", "allowedFunctionNames": ["f", "g"]}, hub.ToolChoice(mode="required", names=("f", "g")), None),
        ({"mode": "VALIDATED"}, hub.ToolChoice(mode="auto"), True),
        ({"mode": "VALIDATED", "allowedFunctionNames": ["f"]}, hub.ToolChoice(mode="auto", names=("f",)), True),
    ],
)
def test_each_mode_of_calling(calling, expected, is_strict):
    tools = [{"functionDeclarations": [{"name": "f"}]}]
    found = read(tools=tools, toolConfig={"functionCallingConfig": calling, "includeServerSideToolInvocations": True})
    assert (found.tool_choice, found.tools[0].strict) == (expected, is_strict)


def test_functions_in_either_kind_of_schema():
    declared = [
        {"name": "f", "description": "d", "parameters": {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}}},
        {"name": "g", "parameters_json_schema": {"type": "object", "$defs": {}}},
        {"name": "h"},
    ]
    found = read(tools=[{"functionDeclarations": declared[:1]}, {"functionDeclarations": declared[1:]}]).tools
    assert meaning(found) == (
        hub.Tool(name="f", description="d", parameters=b'{"type":"object","properties":{"a":{"type":"string"}}}'),
        hub.Tool(name="g", parameters=b'{"type": "object", "$defs": {}}'),
        hub.Tool(name="h"),
    )
    assert found[1].at == "tools[1].functionDeclarations[0]"


def test_a_search():
    assert meaning(read(tools={"googleSearch": {}}).web_search) == hub.WebSearch()
    found = read(tools=[{"google_search": {"exclude_domains": ["a.example"]}}]).web_search
    assert meaning(found) == hub.WebSearch(blocked_domains=("a.example",))


@pytest.mark.parametrize(
    ("tier", "expected"),
    [("standard", "default"), ("SERVICE_TIER_FLEX", "flex"), ("unspecified", None), ("priority", "priority")],
)
def test_the_tier_is_named_as_others_name_it(tier, expected):
    assert read(serviceTier=tier, store=False).service_tier == expected


def test_fields_that_say_nothing_mean_as_without_them():
    found = read(
        safetySettings=[],
        cachedContent="",
        labels={},
        toolConfig={"retrievalConfig": {}},
        generationConfig={"speechConfig": None, "enableEnhancedCivicAnswers": False},
        model="models/gemini-x",
    )
    assert meaning(found) == meaning(read())


def test_no_filter_is_what_other_vendors_have():
    settings = [
        {"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"},
        {"category": "HARM_CATEGORY_HATE_SPEECH", "threshold": "OFF", "method": "SEVERITY"},
    ]
    assert meaning(read(safetySettings=settings)) == meaning(read())


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"contents": []}, ("field_invalid", "contents")),
        ({"contents": [{"role": "model", "parts": []}]}, ("field_invalid", "contents")),
        ({"contents": "Hi"}, ("field_invalid", "contents")),
        ({"model": "models/other"}, ("field_invalid", "model")),
        ({"cachedContent": "cachedContents/1"}, ("untranslatable", "cachedContent")),
        ({"labels": {"team": "a"}}, ("untranslatable", "labels")),
        ({"safetySettings": [{"threshold": "BLOCK_LOW_AND_ABOVE"}]}, ("untranslatable", "safetySettings[0]")),
        ({"modelArmorConfig": {"a": 1}}, ("untranslatable", "modelArmorConfig")),
        ({"tools": [{"codeExecution": {}}]}, ("untranslatable", "tools[0].codeExecution")),
        ({"tools": [{"url_context": {}}]}, ("untranslatable", "tools[0].url_context")),
        ({"tools": [{"googleSearch": {"timeRangeFilter": {"a": 1}}}]},
         ("untranslatable", "tools[0].googleSearch.timeRangeFilter")),
        ({"tools": [{"functionDeclarations": [{"name": ""}]}]},
         ("field_invalid", "tools[0].functionDeclarations[0].name")),
        ({"tools": [{"functionDeclarations": [{"name": "f", "behavior": "NON_BLOCKING"}]}]},
         ("untranslatable", "tools[0].functionDeclarations[0].behavior")),
        ({"tools": [{"functionDeclarations": [{"name": "f", "parameters": {}, "parametersJsonSchema": {}}]}]},
         ("field_invalid", "tools[0].functionDeclarations[0].parameters")),
        ({"tools": [{"functionDeclarations": [{"name": "f", "parametersJsonSchema": True}]}]},
         ("field_invalid", "tools[0].functionDeclarations[0].parametersJsonSchema")),
        ({"toolConfig": {"retrievalConfig": {"a": 1}}}, ("untranslatable", "toolConfig.retrievalConfig")),
        ({"toolConfig": {"functionCallingConfig": {"mode": "MUST"}}},
         ("field_invalid", "toolConfig.functionCallingConfig.mode")),
        ({"toolConfig": {"functionCallingConfig": {"mode": "AUTO", "allowedFunctionNames": ["f"]}}},
         ("field_invalid", "toolConfig.functionCallingConfig.allowedFunctionNames")),
        ({"toolConfig": {"functionCallingConfig": {"streamFunctionCallArguments": True}}},
         ("untranslatable", "toolConfig.functionCallingConfig.streamFunctionCallArguments")),
        ({"generationConfig": {"topK": 1.5}}, ("field_invalid", "generationConfig.topK")),
        ({"generationConfig": {"speechConfig": {"a": 1}}}, ("untranslatable", "generationConfig.speechConfig")),
        ({"generationConfig": {"responseModalities": ["TEXT", "IMAGE"]}},
         ("untranslatable", "generationConfig.responseModalities")),
        ({"generationConfig": {"media_resolution": "MEDIA_RESOLUTION_LOW"}},
         ("untranslatable", "generationConfig.media_resolution")),
        ({"generationConfig": {"responseMimeType": "text/x.enum"}},
         ("untranslatable", "generationConfig.responseMimeType")),
        ({"generationConfig": {"responseSchema": {}}}, ("field_invalid", "generationConfig.responseMimeType")),
        ({"generationConfig": {"responseSchema": {}, "responseJsonSchema": {}}},
         ("field_invalid", "generationConfig.responseSchema")),
        ({"generationConfig": {"responseJsonSchema": True, "responseMimeType": "application/json"}},
         ("field_invalid", "generationConfig.responseJsonSchema")),
        ({"generationConfig": {"thinkingConfig": {"thinkingLevel": "SOME"}}},
         ("field_invalid", "generationConfig.thinkingConfig.thinkingLevel")),
        ({"generationConfig": {"thinkingConfig": {"thinkingBudget": -2}}},
         ("field_invalid", "generationConfig.thinkingConfig.thinkingBudget")),
        ({"generationConfig": {"thinkingConfig": {"thinkingBudget": 5, "thinkingLevel": "LOW"}}},
         ("field_invalid", "generationConfig.thinkingConfig.thinkingBudget")),
        ({"unheard_of": 1}, ("untranslatable", "unheard_of")),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_by_its_name(body, expected):
    assert refused(**body) == expected


def test_what_is_no_object_is_refused():
    for raw in (b"", b"[]", b'"a"', b"{", b"\xff"):
        with pytest.raises(TollwayError) as caught:
            read_request(raw, model="m", is_stream=True)
        assert caught.value.code.name == "request.field_invalid"


PARTS = st.lists(
    objects("text", "thought", "inlineData", "fileData", "functionCall", "functionResponse", "thoughtSignature", "x")
    | st.fixed_dictionaries({"text": st.text(max_size=3)}),
    max_size=3,
)
BODIES = st.fixed_dictionaries(
    {
        "contents": VALUES
        | st.lists(st.fixed_dictionaries({"role": st.sampled_from(["user", "model"]), "parts": PARTS}), max_size=3)
    },
    optional={
        "generationConfig": VALUES
        | objects(
            "topK", "temperature", "stopSequences", "responseSchema", "responseMimeType", "thinkingConfig", "seed"
        ),
        "tools": VALUES | st.lists(objects("functionDeclarations", "googleSearch"), max_size=2),
        "toolConfig": VALUES | objects("functionCallingConfig"),
        "systemInstruction": VALUES | objects("parts", "role"),
        "serviceTier": VALUES,
        "safetySettings": VALUES,
        "model": VALUES,
        "store": VALUES,
    },
)


@given(BODIES)
def test_any_json_is_read_or_refused_by_a_name(body):
    try:
        found = read_request(json.dumps(body).encode(), model="m", is_stream=False)
    except TollwayError as error:
        assert error.code.name in ("request.field_invalid", "request.untranslatable")
        assert error.param
    else:
        assert found.turns


@given(st.binary(max_size=60))
def test_any_bytes_are_refused_or_read(raw):
    try:
        read_request(raw, model="m", is_stream=False)
    except TollwayError as error:
        assert error.code.name in ("request.field_invalid", "request.untranslatable")
