"""The official clients in Python, called as their users call them, with one face for all.

A case is text, stream, tool (the model asks for a call), result (the call's result is sent back, after `tool`) or
streamed-tool (the call comes in pieces).
What comes back: `text` or `calls`, and `usage` as input (all of it), output and cached.
"""

import json
from typing import Any

import anthropic
import openai
from google import genai
from google.genai import types
from langchain_core.messages import HumanMessage, SystemMessage, ToolMessage
from langchain_openai import ChatOpenAI
from mistralai.client import Mistral

SYSTEM, PROMPT, RESULT = "Be brief.", "hello", "sunny, 21 degrees"
DESCRIPTION = "The weather of a city."
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city", "days"],
}
FUNCTION = {"name": "get_weather", "description": DESCRIPTION, "parameters": SCHEMA}
TOKENS_MAX = 500

CLIENTS = {
    "openai-chat": "chat",
    "openai-responses": "responses",
    "anthropic": "messages",
    "google-genai": "gemini",
    "mistralai": "chat",
    "langchain": "chat",
}
"""Each client with the dialect it speaks."""


class PythonClients:
    """Calls; keeps what was said for the case `result`."""

    def __init__(self) -> None:
        self._said: dict[str, Any] = {}

    def call(self, client: str, case: str, *, base: str, key: str, model: str) -> dict[str, Any]:
        """Make one call. Raises what the client raises."""
        made = getattr(self, f"_{client.replace('-', '_')}")
        return dict(made(case, base, key, model))

    def _openai_chat(self, case: str, base: str, key: str, model: str) -> dict[str, Any]:
        messages: list[Any] = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": PROMPT}]
        options: dict[str, Any] = {"model": model, "max_completion_tokens": TOKENS_MAX}
        with openai.OpenAI(base_url=f"{base}/v1", api_key=key, max_retries=0) as client:
            if case == "streamed-tool":
                options["tools"] = [{"type": "function", "function": FUNCTION}]
            if case in ("stream", "streamed-tool"):
                asked = {"messages": messages, "stream_options": {"include_usage": True}, **options}
                with client.chat.completions.stream(**asked) as stream:
                    pieces = [event.delta for event in stream if event.type == "content.delta"]
                    completion = stream.get_final_completion()
                assert "".join(pieces) == (completion.choices[0].message.content or "")
                assert (len(pieces) > 1) == (case == "stream")
                return _chat_shown(completion)
            if case in ("tool", "result"):
                options["tools"] = [{"type": "function", "function": FUNCTION}]
            if case == "result":
                said = self._said["chat"]
                results = [
                    {"role": "tool", "tool_call_id": call.id, "content": RESULT} for call in said.tool_calls or ()
                ]
                messages += [said.model_dump(exclude_none=True), *results]
            completion = client.chat.completions.create(messages=messages, **options)
            self._said["chat"] = completion.choices[0].message
            return _chat_shown(completion)

    def _openai_responses(self, case: str, base: str, key: str, model: str) -> dict[str, Any]:
        options: dict[str, Any] = {"model": model, "instructions": SYSTEM, "max_output_tokens": TOKENS_MAX}
        given: list[Any] = [{"role": "user", "content": PROMPT}]
        with openai.OpenAI(base_url=f"{base}/v1", api_key=key, max_retries=0) as client:
            if case == "streamed-tool":
                options["tools"] = [{"type": "function", **FUNCTION, "strict": False}]
            if case in ("stream", "streamed-tool"):
                with client.responses.stream(input=given, **options) as stream:
                    pieces = [event.delta for event in stream if event.type == "response.output_text.delta"]
                    response: Any = stream.get_final_response()
                assert "".join(pieces) == response.output_text and (len(pieces) > 1) == (case == "stream")
                return _responses_shown(response)
            if case in ("tool", "result"):
                options["tools"] = [{"type": "function", **FUNCTION, "strict": False}]
            if case == "result":
                said = self._said["responses"]
                given += [item.model_dump(exclude_none=True) for item in said]
                given += [
                    {"type": "function_call_output", "call_id": item.call_id, "output": RESULT}
                    for item in said
                    if item.type == "function_call"
                ]
            response = client.responses.create(input=given, **options)
            self._said["responses"] = response.output
            return _responses_shown(response)

    def _anthropic(self, case: str, base: str, key: str, model: str) -> dict[str, Any]:
        options: dict[str, Any] = {"model": model, "system": SYSTEM, "max_tokens": TOKENS_MAX}
        messages: list[Any] = [{"role": "user", "content": PROMPT}]
        with anthropic.Anthropic(base_url=base, api_key=key, max_retries=0) as client:
            if case in ("tool", "result", "streamed-tool"):
                tool = {"name": FUNCTION["name"], "description": DESCRIPTION, "input_schema": SCHEMA}
                options["tools"] = [tool]
            if case in ("stream", "streamed-tool"):
                with client.messages.stream(messages=messages, **options) as stream:
                    pieces = list(stream.text_stream)
                    message: Any = stream.get_final_message()
                said = _messages_shown(message)
                assert "".join(pieces) == said["text"] and (len(pieces) > 1) == (case == "stream")
                return said
            if case == "result":
                said = self._said["messages"]
                results = [
                    {"type": "tool_result", "tool_use_id": block.id, "content": RESULT}
                    for block in said
                    if block.type == "tool_use"
                ]
                messages += [{"role": "assistant", "content": said}, {"role": "user", "content": results}]
            message = client.messages.create(messages=messages, **options)
            self._said["messages"] = message.content
            return _messages_shown(message)

    def _google_genai(self, case: str, base: str, key: str, model: str) -> dict[str, Any]:
        client = genai.Client(api_key=key, http_options=types.HttpOptions(base_url=base))
        config = types.GenerateContentConfig(system_instruction=SYSTEM, max_output_tokens=TOKENS_MAX)
        contents: list[Any] = [types.Content(role="user", parts=[types.Part(text=PROMPT)])]
        try:
            if case in ("tool", "result", "streamed-tool"):
                declared = types.FunctionDeclaration(
                    name="get_weather", description=DESCRIPTION, parameters_json_schema=SCHEMA
                )
                config.tools = [types.Tool(function_declarations=[declared])]
            if case in ("stream", "streamed-tool"):
                chunks = list(client.models.generate_content_stream(model=model, contents=contents, config=config))
                assert len(chunks) > 1 or case == "streamed-tool"
                called = [call for chunk in chunks for call in chunk.function_calls or ()]
                text = "" if called else "".join(chunk.text or "" for chunk in chunks)
                calls = [{"name": call.name, "arguments": call.args} for call in called]
                return {"text": text, "calls": calls, "usage": _gemini_usage(chunks[-1])}
            if case == "result":
                said = self._said["gemini"]
                results = [
                    types.Part(
                        function_response=types.FunctionResponse(
                            id=part.function_call.id, name=part.function_call.name, response={"output": RESULT}
                        )
                    )
                    for part in said.parts
                    if part.function_call
                ]
                contents += [said, types.Content(role="user", parts=results)]
            response = client.models.generate_content(model=model, contents=contents, config=config)
            self._said["gemini"] = response.candidates[0].content
            calls = [{"name": call.name, "arguments": call.args} for call in response.function_calls or ()]
            text = "" if calls else response.text
            return {"text": text, "calls": calls, "usage": _gemini_usage(response)}
        finally:
            client.close()

    def _mistralai(self, case: str, base: str, key: str, model: str) -> dict[str, Any]:
        messages: list[Any] = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": PROMPT}]
        options: dict[str, Any] = {"model": model, "max_tokens": TOKENS_MAX}
        with Mistral(api_key=key, server_url=base) as client:
            if case == "streamed-tool":
                options["tools"] = [{"type": "function", "function": FUNCTION}]
            if case in ("stream", "streamed-tool"):
                with client.chat.stream(messages=messages, **options) as stream:
                    events = [event.data for event in stream]
                deltas = [choice.delta for event in events for choice in event.choices]
                pieces = [delta.content or "" for delta in deltas]
                made = [call.function for delta in deltas for call in delta.tool_calls or ()]
                arguments = "".join(str(function.arguments) for function in made)
                calls = [{"name": made[0].name, "arguments": json.loads(arguments)}] if made else []
                # Mistral states usage unasked; whoever else does not, and this client does not ask.
                usage = _chat_usage(events[-1].usage) if events[-1].usage else None
                return {"text": "".join(pieces), "calls": calls, "usage": usage}
            if case in ("tool", "result"):
                options["tools"] = [{"type": "function", "function": FUNCTION}]
            if case == "result":
                said = self._said["mistral"]
                results = [
                    {"role": "tool", "tool_call_id": call.id, "name": call.function.name, "content": RESULT}
                    for call in said.tool_calls
                ]
                messages += [said, *results]
            response = client.chat.complete(messages=messages, **options)
            message = response.choices[0].message
            self._said["mistral"] = message
            calls = [
                {"name": call.function.name, "arguments": json.loads(call.function.arguments)}
                for call in message.tool_calls or ()
            ]
            return {"text": message.content or "", "calls": calls, "usage": _chat_usage(response.usage)}

    def _langchain(self, case: str, base: str, key: str, model: str) -> dict[str, Any]:
        chat: Any = ChatOpenAI(
            base_url=f"{base}/v1", api_key=key, model=model, max_retries=0, max_tokens=TOKENS_MAX, stream_usage=True
        )
        messages: list[Any] = [SystemMessage(SYSTEM), HumanMessage(PROMPT)]
        if case in ("tool", "result", "streamed-tool"):
            chat = chat.bind_tools([{"type": "function", "function": FUNCTION}])
        if case in ("stream", "streamed-tool"):
            chunks = list(chat.stream(messages))
            whole = sum(chunks[1:], chunks[0])
            calls = [{"name": call["name"], "arguments": call["args"]} for call in whole.tool_calls]
            return {"text": whole.content, "calls": calls, "usage": _langchain_usage(whole)}
        if case == "result":
            said = self._said["langchain"]
            messages += [said, *(ToolMessage(RESULT, tool_call_id=call["id"]) for call in said.tool_calls)]
        message = chat.invoke(messages)
        self._said["langchain"] = message
        calls = [{"name": call["name"], "arguments": call["args"]} for call in message.tool_calls]
        return {"text": message.content, "calls": calls, "usage": _langchain_usage(message)}


def _chat_shown(completion: Any) -> dict[str, Any]:
    message = completion.choices[0].message
    calls = [
        {"name": call.function.name, "arguments": json.loads(call.function.arguments)}
        for call in message.tool_calls or ()
    ]
    assert completion.choices[0].finish_reason == ("tool_calls" if calls else "stop")
    return {"text": message.content or "", "calls": calls, "usage": _chat_usage(completion.usage)}


def _chat_usage(usage: Any) -> dict[str, int]:
    details: Any = usage.prompt_tokens_details or {}
    cached = (details.get if isinstance(details, dict) else dict(details).get)("cached_tokens") or 0
    return {"input": usage.prompt_tokens, "output": usage.completion_tokens, "cached": cached}


def _responses_shown(response: Any) -> dict[str, Any]:
    calls = [
        {"name": item.name, "arguments": json.loads(item.arguments)}
        for item in response.output
        if item.type == "function_call"
    ]
    usage = response.usage
    counts = {"input": usage.input_tokens, "output": usage.output_tokens}
    assert response.status == "completed"
    cached = usage.input_tokens_details.cached_tokens
    return {"text": response.output_text, "calls": calls, "usage": {**counts, "cached": cached}}


def _messages_shown(message: Any) -> dict[str, Any]:
    calls = [{"name": block.name, "arguments": block.input} for block in message.content if block.type == "tool_use"]
    text = "".join(block.text for block in message.content if block.type == "text")
    usage = message.usage
    cached = usage.cache_read_input_tokens or 0
    counts = {"input": usage.input_tokens + cached, "output": usage.output_tokens, "cached": cached}
    assert message.stop_reason == ("tool_use" if calls else "end_turn")
    return {"text": text, "calls": calls, "usage": counts}


def _gemini_usage(response: Any) -> dict[str, int]:
    usage = response.usage_metadata
    output = (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0)
    return {
        "input": usage.prompt_token_count,
        "output": output,
        "cached": usage.cached_content_token_count or 0,
    }


def _langchain_usage(message: Any) -> dict[str, int]:
    usage = message.usage_metadata
    cached = usage.get("input_token_details", {}).get("cache_read", 0)
    return {"input": usage["input_tokens"], "output": usage["output_tokens"], "cached": cached}
