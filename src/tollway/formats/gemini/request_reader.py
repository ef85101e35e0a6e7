"""Reading a whole request of generateContent.

https://ai.google.dev/api/generate-content#request-body — strict: a field that the hub does not know, or that only
Google can serve, is refused by its name. Schemas keep their bytes where they are JSON Schema, else they are converted.
"""

from msgspec import structs

from tollway.formats import hub
from tollway.formats.gemini.asked import Asked, invalid, untranslatable
from tollway.formats.gemini.content_reader import Conversation, read_system
from tollway.formats.gemini.schema import to_json_schema

NAMES = {
    "turns": "contents",
    "system": "systemInstruction",
    "tools": "tools",
    "web_search": "tools.googleSearch",
    "tool_choice": "toolConfig.functionCallingConfig",
    "output": "generationConfig.responseMimeType",
    "reasoning": "generationConfig.thinkingConfig",
    "output_tokens_max": "generationConfig.maxOutputTokens",
    "temperature": "generationConfig.temperature",
    "top_p": "generationConfig.topP",
    "top_k": "generationConfig.topK",
    "stop": "generationConfig.stopSequences",
    "seed": "generationConfig.seed",
    "frequency_penalty": "generationConfig.frequencyPenalty",
    "presence_penalty": "generationConfig.presencePenalty",
    "logprobs": "generationConfig.responseLogprobs",
    "top_logprobs": "generationConfig.logprobs",
    "choices": "generationConfig.candidateCount",
    "service_tier": "serviceTier",
    "store": "store",
}
"""What callers of this dialect call the hub's fields."""

_ONLY_GOOGLE = {
    "cachedContent": "names content that only Google keeps: send the content itself",
    "labels": "is for Google's own billing: leave it out",
}
_EFFORTS: dict[str, hub.Effort] = {
    "MINIMAL": "minimal",
    "LOW": "low",
    "MEDIUM": "medium",
    "HIGH": "high",
    "XHIGH": "xhigh",
}
_UNFILTERED = ("BLOCK_NONE", "OFF", "HARM_BLOCK_THRESHOLD_UNSPECIFIED")
_MODES = ("AUTO", "ANY", "NONE", "VALIDATED", "MODE_UNSPECIFIED")


def read_request(raw: bytes, *, model: str, is_stream: bool, at: str = "") -> hub.Request:
    """Return what the body means; `at` is its place where it is wrapped.

    Raises request.field_invalid or request.untranslatable.
    """
    body = Asked.parse(raw, at)
    for name, advice in _ONLY_GOOGLE.items():
        if name in body and body.raw(name) not in (b"[]", b"{}", b'""'):
            untranslatable(body.place(name), advice)
    _check_safety(body.children("safetySettings"))
    turns = Conversation(body.children("contents")).read()
    if not turns:
        invalid(body.place("contents"), "is required")
    tools, web_search = _tools(body.children("tools"))
    choice, is_strict = _tool_choice(body.child("toolConfig"))
    if is_strict:
        tools = [structs.replace(tool, strict=True) for tool in tools]
    config = body.child("generationConfig") or Asked({}, body.place("generationConfig"))
    request = hub.Request(
        model=model,
        turns=turns,
        system=read_system(body.child("systemInstruction")),
        tools=tuple(tools),
        web_search=web_search,
        tool_choice=choice,
        output=_output(config),
        reasoning=_reasoning(config.child("thinkingConfig")),
        output_tokens_max=config.integer("maxOutputTokens"),
        temperature=config.number("temperature"),
        top_p=config.number("topP"),
        top_k=config.integer("topK"),
        stop=config.texts("stopSequences"),
        seed=config.integer("seed"),
        frequency_penalty=config.number("frequencyPenalty"),
        presence_penalty=config.number("presencePenalty"),
        logprobs=config.flag("responseLogprobs"),
        top_logprobs=config.integer("logprobs"),
        choices=config.integer("candidateCount"),
        service_tier=_service_tier(body.text("serviceTier")),
        store=body.flag("store"),
        is_stream=is_stream,
        names=NAMES if not at else {field: f"{at}.{name}" for field, name in NAMES.items()},
    )
    _check_media(config)
    _check_model(body, model)
    config.nothing_else()
    body.nothing_else()
    return request


def _check_safety(settings: list[Asked]) -> None:
    """Refuse a filter of Google's that is asked for; that none shall filter is so at any other vendor."""
    for setting in settings:
        setting.text("category")
        setting.text("method")
        if setting.text("threshold") not in (None, *_UNFILTERED):
            untranslatable(setting.at, "asks for a filter that only Google has: leave it out")
        setting.nothing_else()


def _check_media(config: Asked) -> None:
    for modality in config.texts("responseModalities"):
        if modality.upper() not in ("TEXT", "MODALITY_UNSPECIFIED"):
            untranslatable(config.place("responseModalities"), "can only be `TEXT` for this model")
    if config.text("mediaResolution") not in (None, "MEDIA_RESOLUTION_UNSPECIFIED"):
        untranslatable(config.place("mediaResolution"), "can only be said to Google: leave it out")


def _check_model(body: Asked, model: str) -> None:
    """The model is in the path; some clients repeat it in the body (a count's `generateContentRequest` must)."""
    if (named := body.text("model")) is not None and named.removeprefix("models/") != model:
        invalid(body.place("model"), "is not the model of the path")


def _tools(groups: list[Asked]) -> tuple[list[hub.Tool], hub.WebSearch | None]:
    tools: list[hub.Tool] = []
    web_search = None
    for group in groups:
        tools += [_tool(declared) for declared in group.children("functionDeclarations")]
        search = group.child("googleSearch")
        if search is not None:
            web_search = hub.WebSearch(blocked_domains=search.texts("excludeDomains"), at=search.at)
            search.nothing_else("cannot be asked of another vendor's search: leave it out")
        # Even `{}` switches one of Google's tools on.
        for name in group.others():
            untranslatable(group.place(name), "is a tool that only Google has: leave it out or declare a function")
    return tools, web_search


def _tool(declared: Asked) -> hub.Tool:
    name = declared.text("name") or invalid(declared.place("name"), "is required")
    description = declared.text("description")
    own, schema = declared.raw("parameters"), declared.document("parametersJsonSchema")
    if own is not None and schema is not None:
        invalid(declared.place("parameters"), "and `parametersJsonSchema` exclude each other")
    if own is not None:
        schema = to_json_schema(own, declared.place("parameters"))
    declared.nothing_else()
    return hub.Tool(name=name, description=description, parameters=schema, at=declared.at)


def _tool_choice(config: Asked | None) -> tuple[hub.ToolChoice | None, bool]:
    """Return the choice, and whether calls must keep to their schemas (`VALIDATED`)."""
    calling = None if config is None else config.child("functionCallingConfig")
    if config is not None:
        # Whether the answer shows what Google's own search did: every dialect has its own way of showing that.
        config.flag("includeServerSideToolInvocations")
        config.nothing_else("is for tools that only Google has: leave it out")
    if calling is None:
        return None, False
    mode = (calling.text("mode") or "MODE_UNSPECIFIED").upper()
    names = calling.texts("allowedFunctionNames")
    calling.nothing_else()
    if mode not in _MODES:
        invalid(calling.place("mode"), "must be `AUTO`, `ANY`, `NONE` or `VALIDATED`")
    match mode:
        case "NONE":
            return hub.ToolChoice(mode="none"), False
        case "ANY":
            return hub.ToolChoice(mode="tool" if len(names) == 1 else "required", names=names), False
        case "VALIDATED":
            return hub.ToolChoice(mode="auto", names=names), True
    if names:
        invalid(calling.place("allowedFunctionNames"), "needs the mode `ANY` or `VALIDATED`")
    return (hub.ToolChoice(mode="auto") if mode == "AUTO" else None), False


def _output(config: Asked) -> hub.Output | None:
    kind = config.text("responseMimeType")
    own, schema = config.raw("responseSchema"), config.document("responseJsonSchema")
    if own is not None and schema is not None:
        invalid(config.place("responseSchema"), "and `responseJsonSchema` exclude each other")
    if own is not None:
        schema = to_json_schema(own, config.place("responseSchema"))
    if kind in (None, "", "text/plain"):
        if schema is not None:
            invalid(config.place("responseMimeType"), "must be `application/json` with a schema")
        return None if not kind else hub.Output(kind="text")
    if kind != "application/json":
        untranslatable(config.place("responseMimeType"), "can only be `application/json` or `text/plain`")
    return hub.Output(kind="json") if schema is None else hub.Output(kind="json_schema", schema=schema)


def _reasoning(config: Asked | None) -> hub.Reasoning | None:
    """Read `thinkingConfig`: a budget of -1 lets the model decide, 0 switches thinking off.

    https://ai.google.dev/gemini-api/docs/thinking
    """
    if config is None:
        return None
    wants_text = config.flag("includeThoughts")
    budget = config.integer("thinkingBudget")
    level = (config.text("thinkingLevel") or "THINKING_LEVEL_UNSPECIFIED").upper()
    config.nothing_else()
    effort = _EFFORTS.get(level)
    if effort is None and level != "THINKING_LEVEL_UNSPECIFIED":
        invalid(config.place("thinkingLevel"), "must be one of " + ", ".join(f"`{name}`" for name in _EFFORTS))
    if budget is not None and effort is not None:
        invalid(config.place("thinkingBudget"), "and `thinkingLevel` exclude each other")
    if budget is not None and budget < -1:
        invalid(config.place("thinkingBudget"), "must be -1 or more")
    if budget == 0:
        effort, budget = "none", None
    found = hub.Reasoning(
        effort=effort,
        budget_tokens=None if budget == -1 else budget,
        is_adaptive=budget == -1,
        wants_text=wants_text,
    )
    return None if found == hub.Reasoning() else found


def _service_tier(tier: str | None) -> str | None:
    """Return the tier; Google's `standard` is what the hub and OpenAI call `default`."""
    name = (tier or "").lower().removeprefix("service_tier_")
    return {"": None, "unspecified": None, "standard": "default"}.get(name, name)
