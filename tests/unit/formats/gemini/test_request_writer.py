"""A hub request is written as Google's API takes it, or refused by the field with what would work."""

import json

import pytest

from tollway.formats import hub
from tollway.formats.dialect import Inexpressible, Target
from tollway.formats.gemini.notes import NOTES
from tollway.formats.gemini.request_writer import write_request

TURNS = (hub.Turn(role="user", parts=(hub.Text(text="Hi"),)),)
CONTENTS = [{"role": "user", "parts": [{"text": "Hi"}]}]
TOOL = hub.Tool(name="f", description="d", parameters=b'{"type":"object"}')
STRICT = hub.Tool(name="g", strict=True)


def write(_model="gemini-2.5-flash", _vendor="gemini", _cap=None, **fields):
    request = hub.Request(model="m", turns=TURNS, **fields)
    written = write_request(request, Target(vendor=_vendor, model=_model, output_cap=_cap))
    body = json.loads(written.body)
    assert body.pop("contents") == CONTENTS
    assert set(written.notes) <= NOTES.keys()
    return body, list(written.notes)


def refused(**fields):
    with pytest.raises(Inexpressible) as caught:
        write(**fields)
    return caught.value


def test_the_simplest_request():
    assert write() == ({}, [])


def test_instructions_and_every_field_of_the_configuration():
    body, notes = write(
        system=(hub.Text(text="S"),),
        output_tokens_max=100,
        temperature=0.5,
        top_p=0.9,
        top_k=40,
        stop=("a",),
        seed=7,
        frequency_penalty=0.1,
        presence_penalty=-0.1,
        logprobs=True,
        top_logprobs=5,
        choices=2,
        store=False,
        service_tier="flex",
        verbosity="medium",
        min_p=0.0,
        parallel_tool_calls=True,
    )
    assert body == {
        "systemInstruction": {"parts": [{"text": "S"}]},
        "generationConfig": {
            "maxOutputTokens": 100,
            "temperature": 0.5,
            "topP": 0.9,
            "topK": 40,
            "stopSequences": ["a"],
            "seed": 7,
            "frequencyPenalty": 0.1,
            "presencePenalty": -0.1,
            "responseLogprobs": True,
            "logprobs": 5,
            "candidateCount": 2,
        },
        "serviceTier": "flex",
        "store": False,
    }
    assert notes == []


@pytest.mark.parametrize(
    ("asked", "cap", "bound"), [(None, None, None), (9, None, 9), (None, 5, 5), (9, 5, 5), (3, 5, 3)]
)
def test_the_lower_bound_counts(asked, cap, bound):
    body, _ = write(output_tokens_max=asked, _cap=cap)
    assert body.get("generationConfig", {}).get("maxOutputTokens") == bound


@pytest.mark.parametrize(
    ("output", "written", "noted"),
    [
        (hub.Output(kind="text"), {"responseMimeType": "text/plain"}, []),
        (hub.Output(kind="json"), {"responseMimeType": "application/json"}, []),
        (
            hub.Output(kind="json_schema", name="n", description="d", schema=b'{"$ref":"#/$defs/A"}', strict=True),
            {"responseMimeType": "application/json", "responseJsonSchema": {"$ref": "#/$defs/A"}},
            ["schema-description-ignored"],
        ),
    ],
)
def test_the_form_of_the_output(output, written, noted):
    assert write(output=output) == ({"generationConfig": written}, noted)


@pytest.mark.parametrize(
    ("tools", "choice", "calling", "noted"),
    [
        ((TOOL,), None, None, []),
        ((TOOL,), hub.ToolChoice(mode="auto"), {"mode": "AUTO"}, []),
        ((TOOL,), hub.ToolChoice(mode="none"), {"mode": "NONE"}, []),
        ((TOOL,), hub.ToolChoice(mode="required"), {"mode": "ANY"}, []),
        ((TOOL,), hub.ToolChoice(mode="tool", names=("f",)), {"mode": "ANY", "allowedFunctionNames": ["f"]}, []),
        ((TOOL,), hub.ToolChoice(mode="auto", names=("f",)),
         {"mode": "VALIDATED", "allowedFunctionNames": ["f"]}, ["strict-for-all-tools"]),
        ((STRICT,), None, {"mode": "VALIDATED"}, []),
        ((STRICT, TOOL), None, {"mode": "VALIDATED"}, ["strict-for-all-tools"]),
        ((STRICT,), hub.ToolChoice(mode="required"), {"mode": "ANY"}, []),
        ((), hub.ToolChoice(mode="auto"), None, []),
        ((), hub.ToolChoice(mode="required"), {"mode": "ANY"}, []),
    ],
)  # fmt: skip
def test_each_choice_of_tools(tools, choice, calling, noted):
    body, notes = write(tools=tools, tool_choice=choice)
    assert body.get("toolConfig") == (None if calling is None else {"functionCallingConfig": calling})
    assert notes == noted


def test_functions_keep_the_bytes_of_their_schemas():
    body, notes = write(tools=(TOOL, hub.Tool(name="h", cache=hub.CacheMark())))
    declared = [{"name": "f", "description": "d", "parametersJsonSchema": {"type": "object"}}, {"name": "h"}]
    assert (body, notes) == ({"tools": [{"functionDeclarations": declared}]}, ["cache-marks-ignored"])


def test_a_search():
    assert write(web_search=hub.WebSearch()) == ({"tools": [{"googleSearch": {}}]}, [])
    assert write(web_search=hub.WebSearch(context_size="high"))[1] == ["web-search-size-ignored"]
    body, _ = write(web_search=hub.WebSearch(blocked_domains=("a.example",)), _vendor="vertex")
    assert body == {"tools": [{"googleSearch": {"excludeDomains": ["a.example"]}}]}


def test_search_beside_functions_needs_a_newer_model():
    for choice in (None, hub.ToolChoice(mode="auto")):
        both = {
            "tools": (TOOL,),
            "web_search": hub.WebSearch(),
            "tool_choice": choice,
            "_model": "gemini-3-flash-preview",
        }
        body, _ = write(**both)
        assert body["toolConfig"] == {"includeServerSideToolInvocations": True}
        assert len(body["tools"]) == 2
        calling = {} if choice is None else {"toolConfig": {"functionCallingConfig": {"mode": "AUTO"}}}
        assert write(_vendor="vertex", **both)[0] == {"tools": body["tools"]} | calling
    body, _ = write(**both | {"tool_choice": hub.ToolChoice(mode="none")})
    assert body["toolConfig"]["functionCallingConfig"] == {"mode": "NONE"}
    assert refused(tools=(TOOL,), web_search=hub.WebSearch()).field == "web_search"


def test_json_beside_functions_needs_a_newer_model():
    both = {"tools": (TOOL,), "output": hub.Output(kind="json"), "_model": "gemini-3-flash-preview"}
    assert write(**both)[0].keys() == {"tools", "generationConfig"}
    assert write(tools=(TOOL,), output=hub.Output(kind="text"))[0].keys() == {"tools", "generationConfig"}


def test_vertex_keeps_what_its_project_says():
    assert write(store=True, _vendor="vertex") == ({}, ["store-ignored"])


def test_what_makes_no_difference_to_the_answer_is_noted():
    _, notes = write(user="u", metadata={"a": "b"}, prompt_cache_key="k")
    assert notes == ["user-ignored", "metadata-ignored", "prompt-cache-key-ignored"]


@pytest.mark.parametrize(
    ("tier", "written"), [(None, None), ("auto", None), ("default", "standard"), ("priority", "priority")]
)
def test_tiers_are_named_as_google_names_them(tier, written):
    assert write(service_tier=tier)[0].get("serviceTier") == written


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"min_p": 0.1}, "min_p"),
        ({"logit_bias": {"1": 5.0}}, "logit_bias"),
        ({"verbosity": "low"}, "verbosity"),
        ({"parallel_tool_calls": False, "tools": (TOOL,)}, "parallel_tool_calls"),
        ({"stop": tuple("abcdef")}, "stop"),
        ({"choices": 9}, "choices"),
        ({"top_logprobs": 21}, "top_logprobs"),
        ({"seed": 2**31}, "seed"),
        ({"service_tier": "scale"}, "service_tier"),
        ({"web_search": hub.WebSearch(uses_max=3)}, "web_search"),
        ({"web_search": hub.WebSearch(allowed_domains=("a",))}, "web_search"),
        ({"web_search": hub.WebSearch(blocked_domains=("a",))}, "web_search"),
        ({"web_search": hub.WebSearch(city="Rome")}, "web_search"),
        ({"output": hub.Output(kind="json"), "tools": (TOOL,)}, "output"),
        ({"output": hub.Output(kind="json"), "web_search": hub.WebSearch()}, "output"),
        ({"tools": (hub.Tool(name="1st"),)}, "tools"),
        ({"tools": (hub.Tool(name="a" * 129),)}, "tools"),
        ({"reasoning": hub.Reasoning(effort="low"), "_model": "gemini-2.0-flash"}, "reasoning"),
    ],
)
def test_what_google_has_no_word_for_is_refused(fields, field):
    caught = refused(**fields)
    assert caught.field == field and caught.advice


def test_thinking_is_asked_for():
    body, _ = write(reasoning=hub.Reasoning(effort="low"), _model="gemini-3-flash-preview")
    assert body == {"generationConfig": {"thinkingConfig": {"thinkingLevel": "LOW"}}}
    assert write(reasoning=hub.Reasoning())[0] == {}
